package serve_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// stored are the rows of a layer by id, as JSON of what sources say: what the
// hub itself adds is left out, and the columns named.
func stored(t *testing.T, db *pgxpool.Pool, table string, without ...string) map[string]map[string]any {
	t.Helper()
	without = append(without, "updated_at", "versions", "exchange")
	rows, err := db.Query(t.Context(), "SELECT id, to_jsonb(f) - $1::text[] FROM "+table+" f", without)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]map[string]any{}
	for rows.Next() {
		var id string
		var text []byte
		if err := rows.Scan(&id, &text); err != nil {
			t.Fatal(err)
		}
		row := map[string]any{}
		if err := json.Unmarshal(text, &row); err != nil {
			t.Fatal(err)
		}
		all[id] = row
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// compareLayer holds the rows that came over the wire against the province's
// own, which the template has.
func compareLayer(t *testing.T, got *pgxpool.Pool, table string, without ...string) {
	t.Helper()
	want, have := stored(t, pgtest.Shared(t, hubtest.Province()), table, without...), stored(t, got, table, without...)
	if len(want) == 0 {
		t.Fatalf("the province has no %s", table)
	}
	faults := 0
	fault := func(format string, args ...any) {
		if faults++; faults <= 10 {
			t.Errorf(format, args...)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		row, ok := have[id]
		if !ok {
			fault("%s is missing", id)
			continue
		}
		for _, column := range slices.Sorted(maps.Keys(want[id])) {
			if w, h := want[id][column], row[column]; !reflect.DeepEqual(w, h) {
				fault("%s: %s is %s, not %s", id, column, clip(h), clip(w))
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(have)) {
		if want[id] == nil {
			fault("%s is none of the province's", id)
		}
	}
	if faults > 10 {
		t.Errorf("and %d more", faults-10)
	}
}

func clip(v any) string {
	text := fmt.Sprintf("%v", v)
	if len(text) > 200 {
		return text[:200] + "…"
	}
	return text
}
