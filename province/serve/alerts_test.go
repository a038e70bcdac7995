package serve_test

import "testing"

func TestAlertsOverTheWire(t *testing.T) {
	r, _ := newRunner(t, "alerts")
	read(t, r, "cap-feed")
	compareLayer(t, r.DB, "alerts")
	if again := read(t, r, "cap-feed"); again.In != 0 {
		t.Errorf("a second read had %d records", again.In)
	}
	// What was read is read again as a whole, as after a new mapping.
	if _, err := r.DB.Exec(t.Context(), "UPDATE sources SET checkpoint = NULL"); err != nil {
		t.Fatal(err)
	}
	if again := read(t, r, "cap-feed"); again.Changed != 0 {
		t.Errorf("the same messages changed %d rows", again.Changed)
	}
	compareLayer(t, r.DB, "alerts")
}
