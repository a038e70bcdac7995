package ingest

import (
	"errors"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/geo/postgis"
	"geohub/layer"
)

// ApartM is how far apart, in metres, two rows of a layer are stored; known is
// false when one of them isn't there or nobody knows where it is.
func (in *Intake) ApartM(s *layer.System, a, b string) (m float64, known bool, err error) {
	if in.ask == nil || a != clean(a) || b != clean(b) {
		return 0, false, nil
	}
	err = in.ask(clause.Of("SELECT ? FROM ? a, ? b WHERE a.id = ? AND b.id = ? AND a.geom IS NOT NULL AND b.geom IS NOT NULL",
		postgis.ApartM(clause.Column("a", "geom"), clause.Column("b", "geom")), clause.Name(s.Table), clause.Name(s.Table), a, b), &m)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, unasked("measure between "+s.Field, err)
	}
	return m, true, nil
}
