package serve_test

import (
	"strings"
	"testing"
)

// The same rows come about whichever feed is read first.
func TestPressOverTheWire(t *testing.T) {
	for _, order := range []string{"press press-huonggiang press-huongriverpost", "press-huonggiang press-huongriverpost press"} {
		t.Run(order, func(t *testing.T) {
			r, _ := newRunner(t, "articles")
			for range 2 {
				for _, source := range strings.Fields(order) {
					read(t, r, source)
				}
			}
			// An article's row names the feed that its words came from.
			compareLayer(t, r.DB, "articles", "source", "version_at")
			if again := read(t, r, "press"); again.In != 0 {
				t.Errorf("an unchanged feed had %d items", again.In)
			}
			if _, err := r.DB.Exec(t.Context(), "UPDATE sources SET checkpoint = NULL"); err != nil {
				t.Fatal(err)
			}
			for _, source := range strings.Fields(order) {
				if again := read(t, r, source); again.Changed != 0 {
					t.Errorf("%s: the same items changed %d rows", source, again.Changed)
				}
			}
		})
	}
}

func TestOutletAlone(t *testing.T) {
	r, _ := newRunner(t, "articles")
	read(t, r, "press-huongriverpost")
	var articles, placed int
	if err := r.DB.QueryRow(t.Context(), "SELECT count(*), count(*) FILTER (WHERE geom IS NOT NULL AND unit_id IS NOT NULL) FROM articles").Scan(&articles, &placed); err != nil {
		t.Fatal(err)
	}
	if articles == 0 || placed == 0 || placed == articles {
		t.Errorf("%d of %d articles lie where their text says", placed, articles)
	}
}
