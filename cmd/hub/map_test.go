package main

import (
	"os"
	"os/exec"
	"testing"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// TestMapInBrowser drives the map page in Chromium, against a hub over the test
// province: web/e2e/map.test.mjs says what is to be seen.
func TestMapInBrowser(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	// Half of the reservoirs have been known for three days, the others since now.
	for _, sql := range []string{
		"ALTER TABLE dams DISABLE TRIGGER keep_updated",
		"UPDATE dams SET updated_at = now()",
		"UPDATE dams SET updated_at = now() - interval '3 days' WHERE id IN (SELECT id FROM dams ORDER BY id LIMIT 11)",
		"ALTER TABLE dams ENABLE TRIGGER keep_updated",
	} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	url, _ := serving(t, map[string]string{"HUB_DATABASE_URL": pool.Config().ConnString(), "HUB_LISTEN": "127.0.0.1:0", "HUB_DATA": t.TempDir()}, "serve")
	c := exec.CommandContext(t.Context(), "node", "--test", "--test-reporter=spec", "e2e/map.test.mjs")
	c.Dir, c.Env = "../../web", append(os.Environ(), "HUB_URL="+url)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v (Node and Chromium come with scripts/deps.sh test, the page with make web)\n%s", err, out)
	}
}
