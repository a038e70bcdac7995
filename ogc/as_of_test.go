package ogc_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"geohub/internal/pgtest"
)

// TestAsOf: a moment gone by is answered by what was known then, by every way.
func TestAsOf(t *testing.T) {
	pool := pgtest.DB(t, province())
	h := serveDB(t, pool)
	var then time.Time
	if err := pool.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&then); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "UPDATE dams SET label = 'Hồ Mới', updated_at = clock_timestamp() WHERE id = 'dam:TA_TRACH'"); err != nil {
		t.Fatal(err)
	}
	at := then.Format(time.RFC3339Nano)
	for _, test := range []struct {
		parameters []string
		label      string
		renamed    int
	}{
		{nil, "Hồ Mới", 1},
		{[]string{"asOf", at}, "Hồ Tả Trạch", 0},
	} {
		_, body := h.get("/ogc/collections/dams/items/dam:TA_TRACH", test.parameters...)
		var f feature
		if err := json.Unmarshal(body, &f); err != nil || f.Properties["label"] != test.label {
			t.Errorf("%v: %v %s", test.parameters, err, body)
		}
		if got := h.items("dams", append(test.parameters, "filter", "label = 'Hồ Mới'")...); got.NumberMatched != test.renamed {
			t.Errorf("%v: %d are renamed, want %d", test.parameters, got.NumberMatched, test.renamed)
		}
		if _, lines := h.get("/export/dams.geojsonl", append(test.parameters, "label", "Hồ Mới")...); bytes.Count(lines, []byte("\n")) != test.renamed {
			t.Errorf("%v: exported %s", test.parameters, lines)
		}
	}
	hash := h.as(2).store(`query($at: DateTime, $code: String) { dams(asOf: $at, filter: {code: {eq: $code}}) { nodes { label } } }`)
	for _, test := range []struct{ parameters, label string }{
		{"?code=TA_TRACH", "Hồ Mới"},
		{"?code=TA_TRACH&at=" + url.QueryEscape(at), "Hồ Tả Trạch"},
	} {
		for _, path := range []string{"/q/" + hash + ".geojsonl", "/q/" + hash + ".csv", "/ogc/collections/q-" + hash + "/items", "/tiles/q/" + hash + "/0/0/0.mvt"} {
			for key := -1; key < 3; key++ {
				if _, body := h.as(key).get(path + test.parameters); !bytes.Contains(body, []byte(test.label)) || bytes.Count(body, []byte("Hồ ")) != 1 {
					t.Errorf("viewer %d, %s%s: %s, want %s", key, path, test.parameters, body, test.label)
				}
			}
		}
	}
}
