package layer

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2/ast"

	"geohub/access"
	"geohub/clause"
	"geohub/internal/fault"
)

// Name is a member of the enum LayerName: "DAM".
type Name string

// Catalog is all layers with what the schema says of them: titles, classes,
// units of measure, descriptions. It is never changed after NewCatalog.
type Catalog struct {
	systems  []*System
	byPrefix map[string]*System
	info     map[*System]*Info
	crs      sync.Map // EPSG codes known to the database; those asked for only
}

// Info is what the schema says of a layer.
type Info struct {
	Class       access.Class
	Title       Title
	Description string
	Fields      []*FieldMeta
	byName      map[string]*FieldMeta
	refs        []reference
	geojson     []Member
	queryables  []Queryable
}

// FieldMeta is what the schema says of a field, base fields included.
type FieldMeta struct {
	Name        string
	Type        string
	Class       access.Class
	Title       Title
	Measure     string // UCUM
	Description string
	Values      []EnumValue // of an enum
	Leaf        bool        // a scalar, an enum or a list of them, without arguments
}

// EnumValue is a value of an enum with its title.
type EnumValue struct {
	Value string
	Title Title
}

// reference is a column that holds another feature's id (to) or an agency's code.
type reference struct {
	field *Field
	to    *System
}

// NewCatalog joins the declarations with the schema. An error names what one
// says and the other doesn't.
func NewCatalog(systems []*System, schema *ast.Schema) (*Catalog, error) {
	c := &Catalog{systems: systems, byPrefix: map[string]*System{}, info: map[*System]*Info{}}
	byType := map[string]*System{}
	for _, s := range systems {
		c.byPrefix[s.One], byType[s.Type] = s, s
	}
	for _, s := range systems {
		info, err := describe(s, schema, byType)
		if err != nil {
			return nil, fmt.Errorf("layer %s: %w", s.Field, err)
		}
		c.info[s] = info
	}
	return c, nil
}

// Systems are the layers in the order of their declaration.
func (c *Catalog) Systems() []*System { return c.systems }

// Info is what the schema says of a layer.
func (c *Catalog) Info(s *System) *Info { return c.info[s] }

// Field is what the schema says of a field; nil when it has none of that name.
func (i *Info) Field(name string) *FieldMeta { return i.byName[name] }

func describe(s *System, schema *ast.Schema, byType map[string]*System) (*Info, error) {
	def := schema.Types[s.Type]
	if def == nil {
		return nil, fmt.Errorf("the schema has no type %s", s.Type)
	}
	info := &Info{Title: titleOf(def.Directives), Description: def.Description, byName: map[string]*FieldMeta{}}
	if err := classOf(def.Directives, &info.Class); err != nil {
		return nil, err
	}
	base := schema.Types["Feature"]
	for _, fd := range def.Fields {
		m := &FieldMeta{Name: fd.Name, Type: fd.Type.String(), Description: fd.Description, Title: titleOf(fd.Directives)}
		m.Class = access.Class{Sharing: info.Class.Sharing}
		measured := fd.Directives
		if b := base.Fields.ForName(fd.Name); b != nil {
			m.Class, m.Title, measured = access.Class{}, titleOf(b.Directives), b.Directives
		}
		if err := classOf(fd.Directives, &m.Class); err != nil {
			return nil, err
		}
		if d := measured.ForName("measure"); d != nil {
			m.Measure = d.Arguments.ForName("unit").Value.Raw
		}
		t := schema.Types[fd.Type.Name()]
		m.Leaf = t.IsLeafType() && len(fd.Arguments) == 0
		for _, v := range t.EnumValues {
			m.Values = append(m.Values, EnumValue{v.Name, titleOf(v.Directives)})
		}
		info.Fields = append(info.Fields, m)
		info.byName[fd.Name] = m
	}
	for _, f := range s.Fields {
		if !f.Hidden && info.byName[f.Name] == nil {
			return nil, fmt.Errorf("field %s is not in the schema", f.Name)
		}
		for _, name := range f.For {
			fd := def.Fields.ForName(name)
			if fd == nil {
				return nil, fmt.Errorf("field %s is for %s, which is not in the schema", f.Name, name)
			}
			if to := byType[fd.Type.Name()]; to != nil || fd.Type.Name() == "Agency" {
				info.refs = append(info.refs, reference{f, to})
			}
		}
	}
	info.geojson, info.queryables = info.members(s), info.queryablesOf(s)
	return info, nil
}

// class of a field; a hidden column is as closed as the most closed field made
// from it.
func (i *Info) class(name string) access.Class {
	if i == nil {
		return access.Class{} // units, which are no layer: open
	}
	if m := i.byName[name]; m != nil {
		return m.Class
	}
	return i.Class
}

func titleOf(ds ast.DirectiveList) Title {
	if d := ds.ForName("title"); d != nil {
		return Title{d.Arguments.ForName("vi").Value.Raw, d.Arguments.ForName("en").Value.Raw}
	}
	return Title{}
}

func classOf(ds ast.DirectiveList, class *access.Class) error {
	d := ds.ForName("data")
	if d == nil {
		return nil
	}
	if a := d.Arguments.ForName("sharing"); a != nil {
		if err := class.Sharing.UnmarshalGQL(a.Value.Raw); err != nil {
			return err
		}
	}
	if a := d.Arguments.ForName("personal"); a != nil {
		return class.Personal.UnmarshalGQL(a.Value.Raw)
	}
	return nil
}

// knowsCRS refuses coordinate systems that the database doesn't know.
func (c *Catalog) knowsCRS(ctx context.Context, r *Reader, crs int) error {
	if _, known := c.crs.Load(crs); known {
		return nil
	}
	found := false
	if crs > 0 && crs < 1_000_000 {
		err := r.query(ctx, "find CRS", clause.Of("SELECT true FROM spatial_ref_sys WHERE srid = ?", crs),
			func(rows pgx.Rows) error { return rows.Scan(&found) })
		if err != nil {
			return err
		}
	}
	if !found {
		return fault.Invalid("UNKNOWN_CRS", "EPSG:%d is not known here; 4326, 3857, 9214 (VN-2000 / TM-3 107°00') and 3405 are", crs)
	}
	c.crs.Store(crs, true)
	return nil
}

// pick gives the systems of the names, all when nil, each once and in the
// catalogue's order.
func (c *Catalog) pick(names []Name) []*System {
	if names == nil {
		return c.systems
	}
	var out []*System
	for _, s := range c.systems {
		if slices.Contains(names, Name(s.Name)) {
			out = append(out, s)
		}
	}
	return out
}
