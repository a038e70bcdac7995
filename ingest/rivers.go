package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
	"geohub/internal/fault"
	"geohub/layer"
)

// RiverRow is a river of the network, to be written.
type RiverRow struct {
	Name   string
	NameEN string // empty: Name
	// Into names the river that it flows into; empty: it flows into the sea, or
	// out of the map.
	Into string
	// Line is its course from its source to its mouth, in EPSG:4326; nil: not known.
	Line orb.LineString
}

// Limits on a river network.
const (
	maxRiverBytes = 16 << 20
	maxRivers     = 10_000
	// maxMouthM is how far from the line of the next river one may end.
	maxMouthM = 2000
)

// ReadRivers reads a network from a GeoJSON FeatureCollection in degrees of
// WGS 84: a feature a river, with the properties name, name_en and into, and a
// LineString or null for its geometry. Errors are BAD_INPUT or BAD_GEOMETRY
// faults that name the river.
func ReadRivers(r io.Reader) ([]RiverRow, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxRiverBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read rivers: %w", err)
	}
	if len(text) > maxRiverBytes {
		return nil, fault.Invalid("BAD_INPUT", "read rivers: the file has over %d bytes", maxRiverBytes)
	}
	var file struct {
		Type     string
		Features []struct {
			Properties map[string]any
			Geometry   json.RawMessage
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fault.Invalid("BAD_INPUT", "read rivers: %v", err).Because(err)
	}
	if file.Type != "FeatureCollection" || len(file.Features) == 0 || len(file.Features) > maxRivers {
		return nil, fault.Invalid("BAD_INPUT", "read rivers: it takes a GeoJSON FeatureCollection of 1 to %d features, not a %q of %d", maxRivers, file.Type, len(file.Features))
	}
	var rivers []RiverRow
	for i, f := range file.Features {
		p := newProperties(f.Properties)
		row := RiverRow{Name: p.text("name"), NameEN: p.text("nameen"), Into: p.text("into")}
		if row.Name == "" {
			return nil, fault.Invalid("BAD_INPUT", "feature %d: it needs a name; there are the properties: %s", i+1, p.names())
		}
		if row.Line, err = courseOf(f.Geometry); err != nil {
			return nil, fmt.Errorf("river %s: %w", row.Name, err)
		}
		rivers = append(rivers, row)
	}
	return rivers, nil
}

// courseOf reads one line; nil where there is null or nothing.
func courseOf(geometry json.RawMessage) (orb.LineString, error) {
	if len(geometry) == 0 || string(geometry) == "null" {
		return nil, nil
	}
	g, err := geo.ParseJSON(geometry, geo.Options{})
	if err != nil {
		return nil, err
	}
	line, ok := g.(orb.LineString)
	if !ok {
		return nil, fault.Invalid("BAD_GEOMETRY", "its course is to be one LineString, from its source to its mouth, not a %s", g.GeoJSONType())
	}
	return line, nil
}

// Rivers writes the whole network: rivers that are not among the rows are no
// more. All rows are written or none: names must differ, each Into name a river
// of the rows, none flow into itself by any way, and each end near to the one that
// it flows into rather than begin there. Faults are BAD_INPUT and name the river.
func Rivers(ctx context.Context, tx pgx.Tx, rivers []RiverRow) (Result, error) {
	w := riverWriter{transaction{tx}}
	err := w.stage(ctx, rivers)
	if err == nil {
		err = w.check(ctx)
	}
	if err != nil {
		return Result{}, fmt.Errorf("write rivers: %w", err)
	}
	changed := 0
	for _, c := range []clause.C{
		clause.Of("DELETE FROM rivers t WHERE NOT EXISTS (SELECT FROM stage_rivers s WHERE s.key = t.key)"),
		clause.Of(`INSERT INTO rivers AS t (name, name_en, flows_into, geom)
			SELECT normalize(s.name, NFC), normalize(s.name_en, NFC), normalize(s.flows_into, NFC), s.geom FROM stage_rivers s
			ON CONFLICT (key) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, flows_into = excluded.flows_into,
				geom = excluded.geom, updated_at = stamped(t.updated_at)
			WHERE (t.name, t.name_en, t.flows_into, t.geom) IS DISTINCT FROM (excluded.name, excluded.name_en, excluded.flows_into, excluded.geom)`),
	} {
		n, err := w.exec(ctx, c)
		if err != nil {
			return Result{}, fmt.Errorf("write rivers: %w", err)
		}
		changed += n
	}
	return Result{In: len(rivers), Changed: changed}, nil
}

type riverWriter struct{ transaction }

// stage brings the rows into the database, which alone knows when two names are one.
func (w riverWriter) stage(ctx context.Context, rivers []RiverRow) error {
	for _, c := range []clause.C{
		clause.Of("LOCK TABLE rivers IN SHARE ROW EXCLUSIVE MODE"),
		clause.Of("CREATE TEMP TABLE IF NOT EXISTS stage_rivers (LIKE rivers INCLUDING GENERATED INCLUDING DEFAULTS) ON COMMIT DROP"),
		clause.Of("TRUNCATE stage_rivers"),
	} {
		if _, err := w.exec(ctx, c); err != nil {
			return err
		}
	}
	source := pgx.CopyFromSlice(len(rivers), func(i int) ([]any, error) {
		r := rivers[i]
		var g orb.Geometry
		if r.Line != nil {
			g = r.Line
		}
		english := r.NameEN
		if english == "" {
			english = r.Name
		}
		return []any{r.Name, english, given(r.Into), postgis.Shape{Geometry: g, SRID: 4326}}, nil
	})
	if _, err := w.CopyFrom(ctx, pgx.Identifier{"stage_rivers"}, []string{"name", "name_en", "flows_into", "geom"}, source); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	return nil
}

// check refuses what is no network, by the first river in which it fails.
func (w riverWriter) check(ctx context.Context) error {
	begins, ends := postgis.ApartM(postgis.Begin(clause.Of("s.geom")), clause.Of("n.geom")), postgis.ApartM(postgis.End(clause.Of("s.geom")), clause.Of("n.geom"))
	for _, reasons := range []clause.C{
		clause.Of("SELECT format('the names %s come down to one', string_agg(s.name, ', ' ORDER BY s.name)) FROM stage_rivers s GROUP BY s.key HAVING count(*) > 1 ORDER BY 1"),
		clause.Of(`SELECT format('river %s flows into %s, which is not among them', s.name, s.flows_into) FROM stage_rivers s
			WHERE s.flows_into IS NOT NULL AND NOT EXISTS (SELECT FROM stage_rivers n WHERE n.key = s.into_key) ORDER BY s.key`),
		clause.Of(`WITH RECURSIVE course AS (SELECT s.key, s.name, s.into_key, 1 AS step FROM stage_rivers s
				UNION ALL SELECT c.key, c.name, n.into_key, c.step + 1 FROM course c JOIN stage_rivers n ON n.key = c.into_key WHERE c.step <= ?)
			SELECT format('river %s flows into itself, or through more than %s rivers', c.name, ?::int) FROM course c WHERE c.step > ? ORDER BY c.key`,
			layer.MaxCourse, layer.MaxCourse, layer.MaxCourse),
		clause.Of(`SELECT format('river %s begins %s m and ends %s m from %s, into which it flows: draw it from its source to its mouth, which is to be within %s m',
				s.name, round(d.begins), round(d.ends), n.name, ?::int)
			FROM stage_rivers s JOIN stage_rivers n ON n.key = s.into_key, LATERAL (SELECT ? AS begins, ? AS ends) d
			WHERE d.ends > least(d.begins, ?::float8) ORDER BY s.key`, maxMouthM, begins, ends, float64(maxMouthM)),
	} {
		var reason string
		err := w.row(ctx, clause.Of("? LIMIT 1", reasons), &reason)
		if err == nil {
			return fault.Invalid("BAD_INPUT", "%s", reason)
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("check: %w", err)
		}
	}
	return nil
}
