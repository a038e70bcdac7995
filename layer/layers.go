package layer

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"geohub/access"
	"geohub/clause"
	"geohub/geo"
)

// LayerInfo is a layer in the catalogue, as the viewer sees it.
type LayerInfo struct {
	Name  Name
	Field string
	Count int
	// Extent and Freshness are nil when the viewer sees nothing of the layer.
	Extent    *geo.BBox
	Freshness *Freshness
	Sharing   access.Sharing
	Fields    []*FieldInfo
	Tiles     string

	s    *System
	info *Info
	r    *Reader
}

// Title is what people call the layer.
func (i *LayerInfo) Title(lang *Lang) string { return i.info.Title.In(lang) }

// Description says what the layer holds; there is one language of it.
func (i *LayerInfo) Description(lang *Lang) *string {
	return &i.info.Description
}

// Agency answers for the layer.
func (i *LayerInfo) Agency(ctx context.Context) (*Agency, error) { return i.r.Agency(ctx, i.s.Agency) }

// FieldInfo is a field in the catalogue.
type FieldInfo struct {
	Name, Type string
	Unit       *string // UCUM
	Sharing    access.Sharing
	Personal   access.Personal
	Values     []*EnumTitle
	title      Title
}

// Title is what people call the field.
func (f *FieldInfo) Title(lang *Lang) string {
	if f.title.VI == "" {
		return f.Name
	}
	return f.title.In(lang)
}

// EnumTitle is a value of an enum with its title.
type EnumTitle struct {
	Value string
	title Title
}

// Title is what people call the value.
func (e *EnumTitle) Title(lang *Lang) string { return e.title.In(lang) }

// Layers is the catalogue: two statements for counts, boxes and newest times.
func (r *Reader) Layers(ctx context.Context) ([]*LayerInfo, error) {
	var lists []*List
	var newest []clause.C
	for _, s := range r.catalog.systems {
		l := r.All(s)
		lists = append(lists, l)
		newest = append(newest, l.NewestOf())
		r.agencies.Want(s.Agency)
	}
	counts, err := r.counts(ctx, lists)
	if err != nil {
		return nil, err
	}
	boxes, err := r.extents(ctx, lists)
	if err != nil {
		return nil, err
	}
	observed, err := r.times(ctx, newest)
	if err != nil {
		return nil, err
	}
	out := make([]*LayerInfo, len(lists))
	for i, l := range lists {
		out[i] = r.LayerInfo(l.s)
		out[i].Count, out[i].Extent, out[i].Freshness = counts[i], boxes[i], r.freshness(l.s, observed[i])
	}
	return out, nil
}

// LayerInfo is what the catalogue says of a layer without reading its rows.
func (r *Reader) LayerInfo(s *System) *LayerInfo {
	info := r.catalog.info[s]
	return &LayerInfo{Name: Name(s.Name), Field: s.Field, Sharing: info.Class.Sharing, Fields: info.fields(),
		Tiles: "/tiles/" + s.Field + "/{z}/{x}/{y}.mvt", s: s, info: info, r: r}
}

// All is the list of all rows of a layer.
func (r *Reader) All(s *System) *List { return &List{r: r, s: s, where: clause.And(r.policy(s))} }

func (i *Info) fields() []*FieldInfo {
	out := make([]*FieldInfo, len(i.Fields))
	for j, m := range i.Fields {
		f := &FieldInfo{Name: m.Name, Type: m.Type, Sharing: m.Class.Sharing, Personal: m.Class.Personal, title: m.Title}
		if m.Measure != "" {
			f.Unit = &m.Measure
		}
		for _, v := range m.Values {
			f.Values = append(f.Values, &EnumTitle{v.Value, v.Title})
		}
		out[j] = f
	}
	return out
}

// times reads several moments in one statement.
func (r *Reader) times(ctx context.Context, parts []clause.C) ([]*time.Time, error) {
	out := make([]*time.Time, len(parts))
	err := r.query(ctx, "newest observations", clause.Of("SELECT ?", clause.Join(", ", parts...)), func(rows pgx.Rows) error {
		dest := make([]any, len(out))
		for i := range out {
			dest[i] = &out[i]
		}
		return rows.Scan(dest...)
	})
	return out, err
}
