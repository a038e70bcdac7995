package postgis_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"

	"geohub/geo/postgis"
	"geohub/internal/pgtest"
)

var withPostGIS = pgtest.Template{
	Name: "postgis",
	Key:  "1",
	Build: func(ctx context.Context, pool *pgxpool.Pool) error {
		_, err := pool.Exec(ctx, "CREATE EXTENSION postgis")
		return err
	},
	Configure: func(c *pgxpool.Config) { c.AfterConnect = postgis.Register },
}

var shapes = []orb.Geometry{
	orb.Point{107.58, 16.46},
	orb.MultiPoint{{107, 16}, {108, 17}},
	orb.LineString{{107, 16}, {108, 17}},
	orb.MultiLineString{{{107, 16}, {108, 17}}, {{1, 2}, {3, 4}, {5, 6}}},
	orb.Polygon{{{0, 0}, {9, 0}, {9, 9}, {0, 0}}, {{5, 1}, {6, 1}, {6, 2}, {5, 1}}},
	orb.MultiPolygon{{{{0, 0}, {9, 0}, {9, 9}, {0, 0}}}},
	orb.Collection{orb.Point{1, 2}, orb.LineString{{1, 2}, {3, 4}}},
}

// Every format that pgx speaks, since PgBouncer's users speak the simple one.
func TestCodecRoundTrip(t *testing.T) {
	db := pgtest.Shared(t, withPostGIS)
	for name, options := range map[string][]any{"binary": nil, "text": {pgx.QueryResultFormats{pgx.TextFormatCode}}} {
		for _, typ := range []string{"geometry", "geography"} {
			for _, g := range shapes {
				t.Run(name+"/"+typ+"/"+g.GeoJSONType(), func(t *testing.T) {
					sql := "SELECT g FROM (SELECT $1::" + typ + " AS g) q"
					var back orb.Geometry
					var shape postgis.Shape
					for _, target := range []any{&back, &shape} {
						if err := db.QueryRow(t.Context(), sql, append(options, g)...).Scan(target); err != nil {
							t.Fatal(err)
						}
					}
					if diff := cmp.Diff(g, back); diff != "" {
						t.Error(diff)
					}
					if diff := cmp.Diff(postgis.Shape{Geometry: g, SRID: 4326}, shape); diff != "" {
						t.Error(diff)
					}
				})
			}
		}
	}
}

func TestCodecSRID(t *testing.T) {
	db := pgtest.Shared(t, withPostGIS)
	var plain, other int
	var text string
	err := db.QueryRow(t.Context(), "SELECT ST_SRID($1::geometry), ST_SRID($2::geometry), ST_AsEWKT($2::geometry)",
		orb.Point{1, 2}, postgis.Shape{Geometry: orb.Point{562345, 1821000}, SRID: 32648}).Scan(&plain, &other, &text)
	if err != nil {
		t.Fatal(err)
	}
	if plain != 4326 || other != 32648 || text != "SRID=32648;POINT(562345 1821000)" {
		t.Error(plain, other, text)
	}
}

func TestCodecConcreteTypes(t *testing.T) {
	db := pgtest.Shared(t, withPostGIS)
	var (
		point    orb.Point
		points   orb.MultiPoint
		line     orb.LineString
		lines    orb.MultiLineString
		polygon  orb.Polygon
		polygons orb.MultiPolygon
		members  orb.Collection
		pointer  *orb.Point
		anything any
		raw      []byte
		first    = shapes[0]
	)
	err := db.QueryRow(t.Context(), "SELECT $1::geometry, $2::geometry, $3::geometry, $4::geometry, $5::geometry, $6::geometry, $7::geometry, $1::geometry, $1::geometry, $8::geometry",
		first, shapes[1], shapes[2], shapes[3], shapes[4], shapes[5], shapes[6], ewkb.MustMarshal(first, 4326)).
		Scan(&point, &points, &line, &lines, &polygon, &polygons, &members, &pointer, &anything, &raw)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shapes, []orb.Geometry{point, points, line, lines, polygon, polygons, members}); diff != "" {
		t.Error(diff)
	}
	if pointer == nil || *pointer != point || anything != first || !slices.Equal(raw, ewkb.MustMarshal(first, 4326)) {
		t.Error(pointer, anything, raw)
	}
	if err := db.QueryRow(t.Context(), "SELECT $1::geometry", shapes[2]).Scan(&point); err == nil {
		t.Error("a line was read as a point")
	}
	if err := db.QueryRow(t.Context(), "SELECT 'POINT EMPTY'::geometry").Scan(&point); err == nil {
		t.Error("an empty point was read")
	}
}

func TestCodecNull(t *testing.T) {
	db := pgtest.Shared(t, withPostGIS)
	var none orb.Geometry
	for _, v := range []any{nil, none, (*orb.Point)(nil), orb.LineString(nil), postgis.Shape{SRID: 3857}, []byte(nil)} {
		back, pointer, shape, raw := orb.Geometry(orb.Point{1, 2}), &orb.Point{}, postgis.Shape{SRID: 1}, []byte("x")
		var anything any = 1
		err := db.QueryRow(t.Context(), "SELECT g, g, g, g, g FROM (SELECT $1::geometry AS g) q", v).
			Scan(&back, &pointer, &shape, &raw, &anything)
		if err != nil {
			t.Errorf("%T: %v", v, err)
		}
		if back != nil || pointer != nil || shape.Geometry != nil || raw != nil || anything != nil {
			t.Errorf("%T: got %v, %v, %v, %v, %v", v, back, pointer, shape, raw, anything)
		}
	}
	var point orb.Point
	var line orb.LineString
	for _, target := range []any{&point, &line} {
		if err := db.QueryRow(t.Context(), "SELECT NULL::geometry").Scan(target); err == nil {
			t.Errorf("NULL was read into %T", target)
		}
	}
}

func TestCodecArrays(t *testing.T) {
	db := pgtest.Shared(t, withPostGIS)
	for name, options := range map[string][]any{"binary": nil, "text": {pgx.QueryResultFormats{pgx.TextFormatCode}}} {
		t.Run(name, func(t *testing.T) {
			const sql = "SELECT g FROM (SELECT $1::geometry[] AS g) q"
			in := append(slices.Clone(shapes), nil, orb.Point{math.Pi, 0})
			var out []orb.Geometry
			if err := db.QueryRow(t.Context(), sql, append(options, in)...).Scan(&out); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(in, out); diff != "" {
				t.Error(diff)
			}
			points := []orb.Point{{1, 2}, {3, 4}}
			var pointsOut []orb.Point
			if err := db.QueryRow(t.Context(), sql, append(options, points)...).Scan(&pointsOut); err != nil || !slices.Equal(points, pointsOut) {
				t.Error(pointsOut, err)
			}
			polygons := []orb.Polygon{shapes[4].(orb.Polygon), shapes[4].(orb.Polygon)}
			var polygonsOut []orb.Polygon
			if err := db.QueryRow(t.Context(), sql, append(options, polygons)...).Scan(&polygonsOut); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(polygons, polygonsOut); diff != "" {
				t.Error(diff)
			}
			for _, empty := range [][]orb.Geometry{{}, nil} {
				if err := db.QueryRow(t.Context(), sql, append(options, empty)...).Scan(&out); err != nil || len(out) != 0 || (out == nil) != (empty == nil) {
					t.Errorf("%#v: got %#v, %v", empty, out, err)
				}
			}
		})
	}
	if err := db.QueryRow(t.Context(), "SELECT ARRAY[NULL::geometry]").Scan(new([]orb.Point)); err == nil {
		t.Error("a NULL was read as a point")
	}
	// What pgx hands out untyped.
	rows, err := db.Query(t.Context(), "SELECT $1::geometry, $2::geometry[]", shapes[0], shapes[:2])
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{shapes[0], []any{shapes[0], shapes[1]}}, values); diff != "" {
		t.Error(diff)
	}
}

func TestCodecSimpleProtocolAndCopy(t *testing.T) {
	tx := pgtest.Tx(t, withPostGIS)
	if _, err := tx.Exec(t.Context(), "CREATE TEMP TABLE dams (geom geometry(Geometry, 4326))"); err != nil {
		t.Fatal(err)
	}
	n, err := tx.CopyFrom(t.Context(), pgx.Identifier{"dams"}, []string{"geom"}, pgx.CopyFromSlice(len(shapes), func(i int) ([]any, error) {
		return []any{shapes[i]}, nil
	}))
	if err != nil || int(n) != len(shapes) {
		t.Fatal(n, err)
	}
	rows, err := tx.Query(t.Context(), "SELECT geom FROM dams", pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	back, err := pgx.CollectRows(rows, pgx.RowTo[orb.Geometry])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shapes, back); diff != "" {
		t.Error(diff)
	}
}

func TestRegisterWithoutPostGIS(t *testing.T) {
	bare := pgtest.Template{Name: "bare", Key: "1", Build: func(context.Context, *pgxpool.Pool) error { return nil }}
	conn, err := pgtest.Shared(t, bare).Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if err := postgis.Register(t.Context(), conn.Conn()); err == nil {
		t.Error("no error")
	}
}
