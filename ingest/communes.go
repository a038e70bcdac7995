package ingest

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/geo"
)

// communes are the communes of all epochs, by their codes. They tell which one
// a point lies in as the database's unit_of does, for a twentieth of its time,
// wherever that can't be a matter of rounding.
type communes []commune

type commune struct {
	id    int32
	from  geo.Date
	to    *geo.Date // the first day on which it was no more
	bound orb.Bound
	area  orb.MultiPolygon
}

// nearBorder is within how many degrees, a tenth of a millimetre, of a border
// only the database may say on which side of it a point lies.
const nearBorder = 1e-9

// firstDay is from when on the country's time is +07:00.
var firstDay = geo.Date{Year: 1976, Month: time.January, Day: 1}

// at is the unit of a point on a day, nil outside of all; ok is false when the
// database has to say it.
func (all communes) at(p orb.Point, day geo.Date) (unit *int32, ok bool) {
	if day.Before(firstDay) {
		return nil, false
	}
	for i := range all {
		c := &all[i]
		if !c.bound.Contains(p) || day.Before(c.from) || c.to != nil && !day.Before(*c.to) {
			continue
		}
		switch in, sure := within(c.area, p); {
		case !sure:
			return nil, false
		case in:
			return &c.id, true
		}
	}
	return nil, true
}

// within says whether a point lies in a valid polygon: whether a ray from it
// crosses an odd number of edges.
func within(area orb.MultiPolygon, p orb.Point) (in, sure bool) {
	for _, polygon := range area {
		for _, ring := range polygon {
			for i := 1; i < len(ring); i++ {
				a, b := ring[i-1], ring[i]
				if max(a[1], b[1]) < p[1]-nearBorder || min(a[1], b[1]) > p[1]+nearBorder || max(a[0], b[0]) < p[0]-nearBorder {
					continue
				}
				if planar(a, b, p) <= nearBorder {
					return false, false
				}
				if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < a[0]+(b[0]-a[0])*(p[1]-a[1])/(b[1]-a[1]) {
					in = !in
				}
			}
		}
	}
	return in, true
}

// planar is the distance of a point from an edge.
func planar(a, b, p orb.Point) float64 {
	dx, dy := b[0]-a[0], b[1]-a[1]
	along := 0.0
	if length2 := dx*dx + dy*dy; length2 > 0 {
		along = min(1, max(0, ((p[0]-a[0])*dx+(p[1]-a[1])*dy)/length2))
	}
	return math.Hypot(p[0]-a[0]-along*dx, p[1]-a[1]-along*dy)
}

// communesKept are the communes as they were last read.
type communesKept struct {
	mu    sync.Mutex
	stamp string
	all   communes
}

// of reads the communes anew when one has changed since.
func (k *communesKept) of(ctx context.Context, tx pgx.Tx) (communes, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var stamp string
	err := tx.QueryRow(ctx, "SELECT coalesce(md5(string_agg(id || ' ' || xmin || ' ' || ctid, ',' ORDER BY id)), '') FROM units").Scan(&stamp)
	if err != nil || stamp == k.stamp {
		return k.all, err
	}
	rows, err := tx.Query(ctx, `SELECT id, valid_from, valid_to, geom FROM units WHERE kind = 'COMMUNE' AND geom IS NOT NULL ORDER BY code COLLATE "C"`)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c commune, err error) {
		err = row.Scan(&c.id, &c.from, &c.to, &c.area)
		c.bound = c.area.Bound()
		return c, err
	})
	if err == nil {
		k.stamp, k.all = stamp, all
	}
	return all, err
}
