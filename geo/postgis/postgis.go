// Package postgis writes the spatial SQL of the hub: it is the only package in
// which ST_… appears, and it holds the codec between orb and PostGIS.
//
// Every function gives a clause about the row f, whose geometry is f.geom in
// EPSG:4326. The rule: each condition can use the GiST index on geom and is
// exact; boxes of the index are never the last word.
//
//	postgis.Around(geo.Around{Lon: 107.58, Lat: 16.46, RadiusM: 500})
package postgis

import (
	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/geo"
)

// Geom is the column that every layer has.
func Geom() clause.C { return clause.Of("f.geom") }

// InBox holds for rows that meet the box, which may cross the antimeridian.
func InBox(b geo.BBox, points bool) clause.C {
	var boxes []clause.C
	for _, o := range b.Bounds() {
		box := envelope(o)
		if points {
			// The operator && compares boxes of 32-bit floats; the coordinates decide.
			boxes = append(boxes, clause.Of("f.geom && ? AND ST_X(f.geom) BETWEEN ? AND ? AND ST_Y(f.geom) BETWEEN ? AND ?",
				box, o.Min[0], o.Max[0], o.Min[1], o.Max[1]))
		} else {
			boxes = append(boxes, clause.Of("ST_Intersects(f.geom, ?)", box))
		}
	}
	return clause.Or(boxes...)
}

// AlongCurve selects the rows f of points in a box, in the order of their
// geohash, and then their id, as many as wanted or a few more: range by range of what the box covers, each a walk
// along the index until there are as many as wanted. after, a condition of rows
// behind a cursor, may be empty.
//
// The nested loop keeps the order of the ranges. The coordinates are compared
// inside of CASE because PostgreSQL takes a comparison of ST_X for a rare thing,
// and sorts all rows of a range rather than walk along it.
func AlongCurve(table clause.C, b geo.BBox, from string, where, after clause.C, limit int) clause.C {
	var first, last []string
	var inside []clause.C
	for _, r := range geo.Geohashes(b.Bounds(), curveRanges) {
		if r.Last >= from {
			first, last = append(first, max(r.First, from)), append(last, r.Last)
		}
	}
	for _, o := range b.Bounds() {
		inside = append(inside, clause.Of("CASE WHEN ST_X(f.geom) BETWEEN ? AND ? THEN ST_Y(f.geom) BETWEEN ? AND ? ELSE false END",
			o.Min[0], o.Max[0], o.Min[1], o.Max[1]))
	}
	return clause.Of(`(SELECT f.* FROM unnest(?::text[], ?::text[]) r(first, last), LATERAL
		(SELECT f.* FROM ? f WHERE f.place >= r.first AND f.place <= r.last AND ? ORDER BY f.place, f.id LIMIT ?) f LIMIT ?) f`,
		first, last, table, clause.And(clause.Or(inside...), where, after), clause.Enough(limit), clause.Enough(limit))
}

// curveRanges is how many ranges of geohashes a box is covered by, at most: the
// more, the fewer rows outside of it are read.
const curveRanges = 96

// Intersects holds for rows that meet g, which is in EPSG:4326.
func Intersects(g orb.Geometry) clause.C {
	return clause.Of("ST_Intersects(f.geom, ?::geometry)", Shape{g, 4326})
}

// ToLonLat is g, which is in another CRS, in EPSG:4326.
func ToLonLat(g orb.Geometry, crs int) clause.C {
	return clause.Of("ST_Transform(?::geometry, 4326)", Shape{g, crs})
}

// Around holds for rows within a geodesic distance.
func Around(a geo.Around) clause.C {
	return From(orb.Point{a.Lon, a.Lat}).WithinM(a.RadiusM)
}

func inBoundsOf(a geo.Around) clause.C {
	var boxes []clause.C
	for _, o := range a.Bounds() {
		boxes = append(boxes, clause.Of("f.geom && ?", envelope(o)))
	}
	return clause.Or(boxes...)
}

// Extent is the box of the rows f as text, or NULL.
func Extent() clause.C {
	return clause.Of(`CASE WHEN count(f.geom) > 0 THEN ARRAY[ST_XMin(ST_Extent(f.geom)), ST_YMin(ST_Extent(f.geom)), ST_XMax(ST_Extent(f.geom)), ST_YMax(ST_Extent(f.geom))] END`)
}

// Form is how a geometry is asked for: its CRS and its simplification.
type Form struct {
	CRS       int     // EPSG code
	SimplifyM float64 // tolerance in metres; 0 leaves every vertex
}

// Plain is the form in which geometries are stored.
var Plain = Form{CRS: 4326}

// In gives the geometry g in a form. Simplification keeps topology and is done
// in degrees of latitude, so that it doesn't depend on the CRS asked for.
func (f Form) In(g clause.C) clause.C {
	if f.SimplifyM > 0 {
		g = clause.Of("ST_SimplifyPreserveTopology(?, ?::float8)", g, f.SimplifyM/111320)
	}
	if f.CRS != 4326 {
		g = clause.Of("ST_Transform(?, ?::int)", g, f.CRS)
	}
	return g
}

// UnitOf is the unit of the geometry g on a day, by the database's one rule.
func UnitOf(g, day clause.C) clause.C { return clause.Of("unit_of(?, ?)", g, day) }

// CommuneOn selects the commune of f on a day as id. It is unit_of written out,
// which is quicker over many rows than calling it.
func CommuneOn(day clause.C) clause.C {
	return clause.Of(`SELECT u.id FROM units u
		WHERE u.kind = 'COMMUNE' AND u.valid_from <= ? AND (u.valid_to IS NULL OR ? < u.valid_to)
			AND ST_Covers(u.geom, CASE WHEN ST_Dimension(f.geom) = 0 THEN f.geom ELSE ST_PointOnSurface(f.geom) END)
		ORDER BY u.code COLLATE "C" LIMIT 1`, day, day)
}

// CommunesOn selects for rows of f, which from gives, their id, their unit_id as
// commune and, for each of some days, the commune of that day as part: by the rule
// of unit_of, but polygon by polygon, which is a great deal quicker over many rows.
func CommunesOn(days []geo.Date, points bool, from clause.C) clause.C {
	at := Geom()
	if !points {
		at = OnSurface()
	}
	return clause.Of(`SELECT DISTINCT ON (f.id, d.day) f.id, f.unit_id AS commune, d.day, u.id AS part
		FROM (SELECT DISTINCT d.day FROM unnest(?::date[]) d(day)) d
		JOIN units u ON u.kind = 'COMMUNE' AND u.valid_from <= d.day AND (u.valid_to IS NULL OR d.day < u.valid_to)
		JOIN (SELECT f.id, f.unit_id, ? AS geom FROM ?) f ON ST_Covers(u.geom, f.geom)
		ORDER BY f.id, d.day, u.code COLLATE "C"`, days, at, from)
}

// UnitIn holds for rows whose commune on a day is one of some.
func UnitIn(day clause.C, ids []int32) clause.C {
	return clause.Of("(?) = ANY (?)", CommuneOn(day), ids)
}

// UnitOfFeature is the unit of f at its own time: on the day it was observed in
// Asia/Ho_Chi_Minh, or today.
func UnitOfFeature() clause.C { return UnitOfFeatureAt(Geom()) }

// UnitOfFeatureAt is UnitOfFeature if f lay at g.
func UnitOfFeatureAt(g clause.C) clause.C { return UnitOf(g, DayOfFeature()) }

// DayOfFeature is the day in Asia/Ho_Chi_Minh on which f was observed, or today.
func DayOfFeature() clause.C { return DayOf(clause.Of("coalesce(f.observed_at, now())")) }

// DayOf is the day in Asia/Ho_Chi_Minh of a time.
func DayOf(t clause.C) clause.C { return clause.Of("(? AT TIME ZONE 'Asia/Ho_Chi_Minh')::date", t) }

// ApartM is the distance between two geometries, metres on the ellipsoid.
func ApartM(a, b clause.C) clause.C {
	return clause.Of("ST_Distance(?::geography, ?::geography)", a, b)
}

func envelope(o orb.Bound) clause.C {
	return clause.Of("ST_MakeEnvelope(?, ?, ?, ?, 4326)", o.Min[0], o.Min[1], o.Max[0], o.Max[1])
}

func point(lon, lat float64) clause.C {
	return clause.Of("ST_SetSRID(ST_MakePoint(?::float8, ?::float8), 4326)", lon, lat)
}

// OnSurface is a point on the surface of f, or on its line.
func OnSurface() clause.C { return clause.Of("ST_PointOnSurface(f.geom)") }

// IntersectsRow holds for rows that meet the geometry of one row of a table.
func IntersectsRow(table clause.C, id string) clause.C {
	return clause.Of("ST_Intersects(f.geom, (SELECT o.geom FROM ? o WHERE o.id = ?))", table, id)
}

// Holds holds for rows whose geometry g, border included, holds a point.
func Holds(g clause.C, p geo.LonLat) clause.C { return clause.Of("ST_Covers(?, ?)", g, Point(p)) }

// IntersectsUnits holds for rows that meet one of some administrative units.
func IntersectsUnits(ids []int32) clause.C {
	return clause.Of("EXISTS (SELECT FROM units u WHERE u.id = ANY (?) AND ST_Intersects(f.geom, u.geom))", ids)
}

// MeetsUnit holds for rows that meet the unit u.
func MeetsUnit() clause.C { return clause.Of("ST_Intersects(f.geom, u.geom)") }

// MakeLine joins the points s.geom in the order of s.at.
func MakeLine() clause.C { return clause.Of("ST_MakeLine(s.geom ORDER BY s.at)") }

// Point is a point as SQL.
func Point(p geo.LonLat) clause.C { return point(p.Lon, p.Lat) }
