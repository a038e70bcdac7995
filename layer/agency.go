package layer

import (
	"context"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
)

// Agency is an agency by QĐ 20/2020/QĐ-TTg; the dots of its code are the hierarchy.
type Agency struct {
	Code string

	title                Title
	parentCode, unitCode *string
	r                    *Reader
	siblings             *[]string // codes of all agencies read together with it
}

// Name is the agency's name.
func (a *Agency) Name(lang *Lang) string { return a.title.In(lang) }

// Parent is the agency over it.
func (a *Agency) Parent(ctx context.Context) (*Agency, error) {
	if a.parentCode == nil {
		return nil, nil
	}
	return a.r.Agency(ctx, *a.parentCode)
}

// Children are the agencies under it.
func (a *Agency) Children(ctx context.Context) ([]*Agency, error) {
	l := loaderOf(a.r, "agency children", a.r.fetchAgencyChildren)
	l.Want(*a.siblings...)
	children, _, err := l.Load(ctx, a.Code)
	if children == nil {
		children = []*Agency{}
	}
	return children, err
}

// Unit is the unit it serves, as it stands today; nil when it is no single one.
func (a *Agency) Unit(ctx context.Context) (*Unit, error) {
	if a.unitCode == nil {
		return nil, nil
	}
	return a.r.UnitOn(ctx, *a.unitCode, nil)
}

// AgencyOf gives the agency that a row names by code; nil code, nil agency.
func AgencyOf(ctx context.Context, from *Base, code *string) (*Agency, error) {
	if code == nil || *code == "" {
		return nil, nil
	}
	return from.page.r.Agency(ctx, *code)
}

// Agency gives an agency by code; nil when there is none.
func (r *Reader) Agency(ctx context.Context, code string) (*Agency, error) {
	a, _, err := r.agencies.Load(ctx, code)
	return a, err
}

// AgenciesBy gives the agencies of codes in their order, nil where there is none.
func (r *Reader) AgenciesBy(ctx context.Context, codes []string) ([]*Agency, error) {
	r.agencies.Want(codes...)
	out := make([]*Agency, len(codes))
	for i, code := range codes {
		var err error
		if out[i], err = r.Agency(ctx, code); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Agencies gives those under one and of a name, by code; nil says nothing.
func (r *Reader) Agencies(ctx context.Context, parent, text *string) ([]*Agency, error) {
	out := []*Agency{}
	err := r.agenciesFrom(ctx, AskAgencies(parent, text), func(a *Agency) { out = append(out, a) })
	return out, err
}

// AskAgencies is FROM … of Agencies.
func AskAgencies(parent, text *string) clause.C {
	var where []clause.C
	if parent != nil {
		where = append(where, clause.Of("f.parent_code = ?", *parent))
	}
	if text != nil {
		where = append(where, clause.Of("fold(f.name || ' ' || f.name_en) LIKE '%' || fold(?) || '%'", likeEscape(*text)))
	}
	return AgenciesWhere(clause.And(where...))
}

// AgenciesWhere is FROM … of the agencies f that a condition holds for, by code.
func AgenciesWhere(where clause.C) clause.C {
	return clause.Of(`agencies f WHERE ? ORDER BY f.code COLLATE "C"`, where)
}

// InCharge gives the agency that answers for a service in a commune: the
// commune's own when it does, else the province's. A nil service asks for the
// commune's own.
func (r *Reader) InCharge(ctx context.Context, u *Unit, service *string) (*Agency, error) {
	var code *string
	if u != nil {
		code = &u.Code
	}
	where := clause.Of("f.unit_code = ?::text", code)
	if service != nil {
		where = clause.Of("? = ANY (f.services) AND (f.unit_code IS NULL OR f.unit_code = ?::text)", *service, code)
	}
	var best *Agency
	err := r.agenciesFrom(ctx, AgenciesWhere(where), func(a *Agency) {
		if best == nil || best.unitCode == nil && a.unitCode != nil {
			best = a
		}
	})
	return best, err
}

func (r *Reader) fetchAgencies(ctx context.Context, codes []string) (map[string]*Agency, error) {
	out := map[string]*Agency{}
	err := r.agenciesFrom(ctx, AgenciesWhere(clause.Of("f.code = ANY (?)", codes)), func(a *Agency) { out[a.Code] = a })
	return out, err
}

func (r *Reader) fetchAgencyChildren(ctx context.Context, codes []string) (map[string][]*Agency, error) {
	out := map[string][]*Agency{}
	err := r.agenciesFrom(ctx, AgenciesWhere(clause.Of("f.parent_code = ANY (?)", codes)), func(a *Agency) {
		out[*a.parentCode] = append(out[*a.parentCode], a)
	})
	return out, err
}

func (r *Reader) agenciesFrom(ctx context.Context, from clause.C, add func(*Agency)) error {
	c := clause.Of("SELECT f.code, f.name, f.name_en, f.parent_code, f.unit_code FROM ?", from)
	var siblings []string
	return r.query(ctx, "find agencies", c, func(rows pgx.Rows) error {
		a := &Agency{r: r, siblings: &siblings}
		if err := rows.Scan(&a.Code, &a.title.VI, &a.title.EN, &a.parentCode, &a.unitCode); err != nil {
			return err
		}
		siblings = append(siblings, a.Code)
		if a.parentCode != nil && r.wants.Wants("Agency", "parent") {
			r.agencies.Want(*a.parentCode)
		}
		if a.unitCode != nil && r.wants.Wants("Agency", "unit") {
			r.unitKeys.Want(unitKey{*a.unitCode, r.Day(nil)})
		}
		add(a)
		return nil
	})
}
