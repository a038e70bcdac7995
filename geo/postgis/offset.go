package postgis

import "geohub/clause"

// Middle is the middle of the box of f, as two columns lon and lat.
func Middle() clause.C {
	return clause.Of("(ST_XMin(f.geom) + ST_XMax(f.geom)) / 2, (ST_YMin(f.geom) + ST_YMax(f.geom)) / 2")
}

// NearAlike holds for rows f of dimension k.dimension in a box of some degrees
// round the point k.lon, k.lat.
func NearAlike(degrees float64) clause.C {
	return clause.Of("f.geom && ST_Expand(ST_SetSRID(ST_MakePoint(k.lon, k.lat), 4326), ?::float8) AND ST_Dimension(f.geom) = k.dimension", degrees)
}
