package resolvers_test

import (
	"encoding/json"
	"testing"

	"geohub/web"
)

// TestExamplesAreFast: no example is left to the typed printer.
func TestExamplesAreFast(t *testing.T) {
	h := province(t).As(2)
	examples, err := web.Examples()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range examples {
		var variables map[string]any
		if e.Variables != nil {
			if err := json.Unmarshal(e.Variables, &variables); err != nil {
				t.Fatal(err)
			}
		}
		h.Post(e.Query, variables)
	}
	taken, left := h.Printer.Counts()
	t.Logf("%d printed by plan, not these: %v", taken, left)
	if len(left) > 0 {
		t.Errorf("%d root fields were printed by plan, these were not: %v", taken, left)
	}
}
