package ingest

import (
	"context"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/fault"
	"geohub/layer"
)

// The shift of 225 m between VN-2000 and WGS 84 is looked for in each batch of a
// table: files of VN-2000 that say they are WGS 84, or name VN-2000 without its
// datum, are common, and on a map 225 m look right.
const (
	shiftToleranceM = 30
	labelsCompared  = 200   // rows compared by their names, where ids are new
	labelsNeeded    = 3     // so many have to agree then
	nearDegrees     = 0.005 // about 500 m
)

// judge compares where the rows of a batch lie with where features of the same
// id, or of the same name nearby, lie already. When most of them are off by the
// missing datum the batch is refused with the remedy.
func (t *tables) judge(ctx context.Context, tx pgx.Tx, in *Intake) error {
	for _, write := range in.writes {
		w, ok := write.(*tableWrite)
		if !ok {
			continue
		}
		for _, vn2000 := range []bool{false, true} {
			c := comparison{in: in, vn2000: vn2000}
			for _, r := range w.rows {
				if p := r.place; p.geom != nil && p.plane.VN2000() == vn2000 && !(p.stated && !vn2000) {
					c.add(r)
				}
			}
			err := c.byID(ctx, tx, w.s)
			if err == nil && c.found < labelsNeeded {
				err = c.byLabel(ctx, tx, t.layers)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// comparison is rows whose coordinates are of VN-2000, or are not.
type comparison struct {
	in        *Intake
	vn2000    bool
	ids       []string
	labels    []string
	at        []orb.Point
	dimension []int
	found     int
}

func (c *comparison) add(r tableRow) {
	b := layer.BaseOf(r.row)
	c.ids = append(c.ids, b.ID)
	c.labels = append(c.labels, b.LabelVI)
	c.at = append(c.at, r.place.geom.Bound().Center())
	c.dimension = append(c.dimension, r.place.geom.Dimensions())
}

func (c *comparison) byID(ctx context.Context, tx pgx.Tx, s *layer.System) error {
	if len(c.ids) == 0 {
		return nil
	}
	// Rows of its own may be those that a wrong CRS brought in before.
	return c.compare(ctx, tx, 1, clause.Of(`SELECT k.i, ? FROM unnest(?::text[]) WITH ORDINALITY k(id, i) JOIN ? f ON f.id = k.id
		WHERE f.geom IS NOT NULL AND (NOT ? OR f.source <> ?)`, postgis.Middle(), c.ids, clause.Name(s.Table), c.vn2000, c.in.Source.Name))
}

// byLabel compares with features and units of the same name.
func (c *comparison) byLabel(ctx context.Context, tx pgx.Tx, layers []*layer.System) error {
	n := min(len(c.ids), labelsCompared)
	if n == 0 {
		return nil
	}
	lons, lats := make([]float64, n), make([]float64, n)
	for i := range n {
		lons[i], lats[i] = c.at[i][0], c.at[i][1]
	}
	rows := clause.Of("unnest(?::text[], ?::float8[], ?::float8[], ?::int[]) WITH ORDINALITY k(label, lon, lat, dimension, i)", c.labels[:n], lons, lats, c.dimension[:n])
	from := []clause.C{clause.Of("SELECT k.i, ? FROM ? JOIN units f ON ? AND k.label <> '' AND fold(f.name) = fold(k.label) AND f.valid_to IS NULL AND NOT f.approximate",
		postgis.Middle(), rows, postgis.NearAlike(nearDegrees))}
	for _, s := range layers {
		from = append(from, clause.Of("SELECT k.i, ? FROM ? JOIN ? f ON ? AND k.label <> '' AND fold(f.label) = fold(k.label) AND f.source <> ?",
			postgis.Middle(), rows, clause.Name(s.Table), postgis.NearAlike(nearDegrees), c.in.Source.Name))
	}
	return c.compare(ctx, tx, min(labelsNeeded, n), clause.Join(" UNION ALL ", from...))
}

// compare reads pairs of a row's number and where its like lies.
func (c *comparison) compare(ctx context.Context, tx pgx.Tx, needed int, likes clause.C) error {
	sql, args := likes.SQL()
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return fmt.Errorf("compare positions: %w", err)
	}
	defer rows.Close()
	found, shifted := 0, 0
	var at orb.Point
	for rows.Next() {
		var i int
		var like orb.Point
		if err := rows.Scan(&i, &like[0], &like[1]); err != nil {
			return fmt.Errorf("compare positions: %w", err)
		}
		found++
		if c.isShifted(c.at[i-1], like) {
			shifted++
			at = like
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("compare positions: %w", err)
	}
	c.found += found
	if shifted < needed || shifted <= found/2 {
		return nil
	}
	east, north := geo.MissingDatum(at)
	if c.vn2000 {
		return fault.Invalid("WRONG_DATUM", "%d of %d features that are known lie %.0f m too far east and %.0f m too far south: the shift of VN-2000's datum, applied to coordinates that are WGS 84 already; say crs 4326 or the file's own CRS; if it is the map that is wrong, read the source that brought it anew", shifted, found, -east, north)
	}
	return fault.Invalid("WRONG_DATUM", "%d of %d features that are known lie %.0f m too far west and %.0f m too far north: the coordinates are VN-2000 without its datum, taken for WGS 84; say their CRS, crs 9214 for VN-2000 / TM-3 107°00' (Huế), 4756 if they are degrees; or crs 4326 if they are right and the map was wrong", shifted, found, -east, north)
}

// isShifted says that a lies off b by the datum.
func (c *comparison) isShifted(a, b orb.Point) bool {
	east, north := geo.MissingDatum(b)
	if c.vn2000 {
		east, north = -east, -north
	}
	dx, dy := (a[0]-b[0])*111_320*math.Cos(b[1]*math.Pi/180), (a[1]-b[1])*110_574
	return math.Hypot(dx-east, dy-north) <= shiftToleranceM
}
