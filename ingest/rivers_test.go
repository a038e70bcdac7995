package ingest_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/ingest"
	"geohub/internal/fault"
	"geohub/internal/pgtest"
)

func TestReadRivers(t *testing.T) {
	rivers, err := ingest.ReadRivers(strings.NewReader(`{"type": "FeatureCollection", "features": [
		{"type": "Feature", "properties": {"name": "Sông Hương", "name_en": "Huong River", "into": null}, "geometry": {"type": "LineString", "coordinates": [[107.5, 16.3], [107.6, 16.5]]}},
		{"type": "Feature", "properties": {"NAME": " Rào Trăng ", "into": "sông hương"}, "geometry": null}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(rivers) != 2 || rivers[0].NameEN != "Huong River" || rivers[0].Into != "" || len(rivers[0].Line) != 2 ||
		rivers[1].Name != "Rào Trăng" || rivers[1].Into != "sông hương" || rivers[1].Line != nil {
		t.Errorf("%+v", rivers)
	}
	for _, tt := range []struct{ name, file, code, says string }{
		{"no JSON", `river`, "BAD_INPUT", "invalid"},
		{"no collection", `{"type": "Feature"}`, "BAD_INPUT", "FeatureCollection"},
		{"empty", `{"type": "FeatureCollection", "features": []}`, "BAD_INPUT", "of 0"},
		{"no name", `{"type": "FeatureCollection", "features": [{"properties": {"ten_song": "Hương"}}]}`, "BAD_INPUT", "feature 1: it needs a name; there are the properties: ten_song"},
		{"two lines", `{"type": "FeatureCollection", "features": [{"properties": {"name": "Bồ"}, "geometry": {"type": "MultiLineString", "coordinates": [[[107, 16], [107, 17]], [[107, 17], [108, 17]]]}}]}`, "BAD_GEOMETRY", "river Bồ"},
		{"metres", `{"type": "FeatureCollection", "features": [{"properties": {"name": "Bồ"}, "geometry": {"type": "LineString", "coordinates": [[562268, 1820899], [562368, 1820899]]}}]}`, "BAD_GEOMETRY", "river Bồ"},
		{"too large", `{"type": "FeatureCollection", "features": [` + strings.Repeat(" ", 17<<20), "BAD_INPUT", "bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ingest.ReadRivers(strings.NewReader(tt.file))
			if f := fault.Of(err); f == nil || f.Code != tt.code || !strings.Contains(err.Error(), tt.says) {
				t.Error(err)
			}
		})
	}
}

func TestRivers(t *testing.T) {
	tx := pgtest.Tx(t, schema)
	huong := ingest.RiverRow{Name: "Sông Hương", Line: orb.LineString{{107.5, 16.3}, {107.6, 16.5}}}
	bo := ingest.RiverRow{Name: "Bồ", Into: "hương", Line: orb.LineString{{107.3, 16.4}, {107.601, 16.5}}}
	write := func(rivers ...ingest.RiverRow) int {
		t.Helper()
		r, err := ingest.Rivers(t.Context(), tx, rivers)
		if err != nil {
			t.Fatal(err)
		}
		return r.Changed
	}
	if n := write(bo, huong); n != 2 {
		t.Errorf("%d changed, want 2", n)
	}
	if n := write(huong, bo); n != 0 {
		t.Errorf("%d changed by the same again", n)
	}
	if into := one[string](t, tx, "SELECT name FROM rivers WHERE key = (SELECT into_key FROM rivers WHERE name = 'Bồ')"); into != "Sông Hương" {
		t.Errorf("Bồ flows into %s", into)
	}
	if n := write(ingest.RiverRow{Name: "SÔNG HƯƠNG", Line: huong.Line}); n != 2 {
		t.Errorf("%d changed, want one renamed and one gone", n)
	}
	turned := bo
	turned.Line = orb.LineString{bo.Line[1], bo.Line[0]}
	far := bo
	far.Line = orb.LineString{{107.3, 16.4}, {107.55, 16.5}}
	for _, tt := range []struct {
		name   string
		rivers []ingest.RiverRow
		says   string
	}{
		{"twice", []ingest.RiverRow{huong, {Name: "Huong River"}}, "Huong River, Sông Hương come down to one"},
		{"into none", []ingest.RiverRow{bo}, "river Bồ flows into hương, which is not among them"},
		{"into itself", []ingest.RiverRow{{Name: "A", Into: "B"}, {Name: "B", Into: "A"}}, "river A flows into itself"},
		{"from mouth to source", []ingest.RiverRow{huong, turned}, "river Bồ begins"},
		{"not as far as the next", []ingest.RiverRow{huong, far}, "river Bồ begins"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := pgx.BeginFunc(t.Context(), tx, func(tx pgx.Tx) error {
				_, err := ingest.Rivers(t.Context(), tx, tt.rivers)
				return err
			})
			if f := fault.Of(err); f == nil || f.Code != "BAD_INPUT" || !strings.Contains(err.Error(), tt.says) {
				t.Error(err)
			}
		})
	}
	if names := one[string](t, tx, "SELECT string_agg(name, ',') FROM rivers"); names != "SÔNG HƯƠNG" {
		t.Errorf("what was refused left %s", names)
	}
}
