package cql2_test

import (
	"testing"

	"geohub/cql2"
	"geohub/internal/fault"
)

var seeds = []string{
	"ward = 'phường Thuận Hoá' AND NOT (a < 1 OR b >= -2.5e3)",
	`CASEI(tên) LIKE casei('%hồ\_%') OR a NOT IN ('it''s', 'it\'s', 'x\\'') OR "độ sâu" IS NOT NULL`,
	"a BETWEEN 1 + 2 * b ^ 2 AND -c div 3 % (4 - d)",
	"S_INTERSECTS(geom, GEOMETRYCOLLECTION(POINT Z (1 2 3), LINESTRING(1 2, 3 4), MULTIPOINT(1 2, (3 4))))",
	"S_WITHIN(POLYGON((0 0, 4 0, 4 4, 0 0)), MULTIPOLYGON(((0 0, 4 0, 4 4, 0 0)))) AND S_EQUALS(a, BBOX(1,2,3,4,5,6))",
	"T_DURING(INTERVAL(a, '..'), INTERVAL('2025-07-01', '2025-10-27T13:30:00.5Z')) OR t < DATE('2025-07-01')",
	"A_OVERLAPS(tags, ('a', (1, (2)), f(), TIMESTAMP('2025-10-27T13:30:00Z')))",
	"(a = 1) IS NULL AND f((f() OR TRUE), ((a)))",
}

// FuzzParse: there is no panic, errors are faults, and what is read can be
// printed and read again.
func FuzzParse(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := cql2.Parse(text)
		checkRead(t, e, err)
	})
}

// FuzzParseJSON is FuzzParse for the other encoding.
func FuzzParseJSON(f *testing.F) {
	for _, seed := range seeds {
		e, err := cql2.Parse(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(cql2.JSON(e))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := cql2.ParseJSON(data)
		checkRead(t, e, err)
	})
}

func checkRead(t *testing.T, e cql2.Expr, err error) {
	switch {
	case err == nil:
		checkRoundTrip(t, e)
	case e != nil:
		t.Fatalf("an error and a tree: %v", err)
	case fault.Of(err) == nil || fault.Of(err).Kind != fault.KindInvalid:
		t.Fatalf("not a fault of the input: %v", err)
	}
}
