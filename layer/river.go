package layer

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/fault"
)

// MaxCourse is through how many rivers water is followed, its own one included.
const MaxCourse = 32

// river is the field of those layers whose features stand on rivers.
const river = "river"

// downstreamOrder is the one order of what lies downstream: along the river.
var downstreamOrder = order{name: "DOWNSTREAM"}

// Downstream gives what lies below the feature on its river, and below the
// confluence on those that it flows into, nearest first; DistanceM is along the
// rivers. All features of its page are asked in one statement. It is empty when
// the viewer may not see where the feature or on which river it is, and tells of
// no layer of which he may not.
//
// A feature's place on a river is the point of the line nearest to it. On a river
// whose line is not known places have no order: what stands there finds nothing
// on it and nothing finds it, and its course begins on the next river, at the
// point nearest to the feature itself.
func (b *Base) Downstream(ctx context.Context, layers []Name, withinM *float64, first *int) ([]*FeatureEdge, error) {
	n, err := pageSize("first", first, DefaultFirst, MaxFirst)
	if err != nil {
		return nil, err
	}
	if withinM != nil {
		if err := geo.CheckDistanceM("withinM", *withinM); err != nil {
			return nil, err
		}
	}
	p := b.page
	systems, err := p.r.onRivers(layers)
	if err != nil {
		return nil, err
	}
	v, err := p.batch(fmt.Sprintf("downstream %#v %v %d", layers, value(withinM), n), func() (any, error) { return p.downstream(ctx, systems, withinM, n) })
	if err != nil {
		return nil, err
	}
	edges := v.(map[string][]*FeatureEdge)[b.ID]
	if edges == nil {
		edges = []*FeatureEdge{}
	}
	return edges, nil
}

// onRivers are the layers of the names whose features stand on rivers.
func (r *Reader) onRivers(names []Name) (out []*System, err error) {
	var all []string
	for _, s := range r.catalog.systems {
		if _, ok := s.Lookup(river); ok {
			all = append(all, s.Name)
		}
	}
	for _, s := range r.catalog.pick(names) {
		if _, ok := s.Lookup(river); ok {
			out = append(out, s)
		} else if names != nil {
			return nil, fault.Invalid("BAD_INPUT", "layers: no %s stands on a river; there are %s", s.Name, strings.Join(all, ", "))
		}
	}
	return out, nil
}

// downstream reads what lies below each row of the page: the ids in one
// statement, then each layer's rows by id.
func (p *page) downstream(ctx context.Context, systems []*System, withinM *float64, first int) (map[string][]*FeatureEdge, error) {
	r := p.r
	out := map[string][]*FeatureEdge{}
	var stand []clause.C
	for _, s := range systems {
		if r.tellsRiver(s) {
			stand = append(stand, clause.Of("SELECT f.id, ? AS key, ? AS geom FROM ? f WHERE ?", riverKey(s), standing(s), r.table(s.Table),
				clause.And(r.policy(s), clause.Of("? IS NOT NULL AND f.geom IS NOT NULL", clause.Column("f", s.byName[river].Column)))))
		}
	}
	if len(stand) == 0 || !r.tellsRiver(p.s) {
		return out, nil
	}
	along := postgis.PieceM(clause.Of("c.geom"), clause.Of("c.begins"), clause.Of("a.place"))
	below := clause.Of("f.id <> c.origin AND (a.place > c.begins OR a.place = c.begins AND c.step > 1)")
	if withinM != nil {
		below = clause.And(below, clause.Of("c.passed + ? <= ?", along, *withinM))
	}
	var hits []hit
	of := map[string][]hit{}
	c := clause.Of(`WITH RECURSIVE course AS (?)
		SELECT x.origin, x.id, x.away::text FROM (SELECT y.*, row_number() OVER (PARTITION BY y.origin ORDER BY y.away, y.id) AS n FROM (
			SELECT c.origin, f.id, c.passed + ? AS away FROM course c JOIN (?) f ON f.key = c.key, LATERAL (SELECT ? AS place) a WHERE ?) y) x
		WHERE x.n <= ? ORDER BY x.origin, x.n`,
		p.course(), along, clause.Join(" UNION ALL ", stand...), postgis.Along(clause.Of("c.geom"), clause.Of("f.geom")), below, first)
	err := r.query(ctx, "follow rivers", c, func(rows pgx.Rows) error {
		var origin string
		var h hit
		err := rows.Scan(&origin, &h.id, &h.value)
		hits, of[origin] = append(hits, h), append(of[origin], h)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.want(hits)
	for origin, hits := range of {
		if out[origin], err = r.edges(ctx, hits, downstreamOrder, true); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// course selects the rivers that water of each row of the page runs through:
// where on each it begins to, and how many metres it has passed before.
func (p *page) course() clause.C {
	rivers := p.r.table("rivers")
	all := postgis.PieceM(clause.Of("c.geom"), clause.Of("c.begins"), clause.Of("1"))
	return clause.Of(`
		SELECT f.id AS origin, 1 AS step, r.key, r.into_key, r.geom, o.enters, ? AS begins, 0::float8 AS passed
		FROM ? f JOIN ? r ON r.key = ?, LATERAL (SELECT ?::geometry AS enters) o WHERE f.id = ANY (?)
		UNION ALL
		SELECT c.origin, c.step + 1, r.key, r.into_key, r.geom, o.enters, ?, c.passed + coalesce(?, 0)
		FROM course c JOIN ? r ON r.key = c.into_key, LATERAL (SELECT coalesce(?, c.enters) AS enters) o WHERE c.step < ?`,
		postgis.Along(clause.Of("r.geom"), clause.Of("o.enters")), p.r.table(p.s.Table), rivers, riverKey(p.s), standing(p.s), p.ids(),
		postgis.Along(clause.Of("r.geom"), clause.Of("o.enters")), all, rivers, postgis.End(clause.Of("c.geom")), MaxCourse)
}

// tellsRiver says whether the viewer may see where on which river a layer's
// features stand.
func (r *Reader) tellsRiver(s *System) bool {
	_, on := s.Lookup(river)
	return on && r.sees(s, river) && r.sees(s, "geometry")
}

// riverKey is what the names of a feature's river come down to.
func riverKey(s *System) clause.C {
	return clause.Of("river_key(?)", clause.Column("f", s.byName[river].Column))
}

// standing is the point where a feature stands.
func standing(s *System) clause.C {
	if s.Points {
		return postgis.Geom()
	}
	return postgis.OnSurface()
}
