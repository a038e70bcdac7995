package postgis

import "geohub/clause"

// Along is where on a line the place nearest to a point is, from 0 at its
// beginning to 1 at its end: nearest in degrees, as the map shows it.
func Along(line, point clause.C) clause.C { return clause.Of("ST_LineLocatePoint(?, ?)", line, point) }

// PieceM is the geodesic length of a line from one place on it to a later one;
// 0 if that is earlier.
func PieceM(line, from, to clause.C) clause.C {
	return clause.Of("ST_Length(ST_LineSubstring(?, ?, greatest(?, ?))::geography)", line, from, from, to)
}

// Begin is the first point of a line, and End the last.
func Begin(line clause.C) clause.C { return clause.Of("ST_StartPoint(?)", line) }

// End is the last point of a line.
func End(line clause.C) clause.C { return clause.Of("ST_EndPoint(?)", line) }
