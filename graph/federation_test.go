package graph_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

// TestComposes lets Apollo's composition judge the subgraph that the hub says
// it is.
func TestComposes(t *testing.T) {
	if _, err := os.Stat("compose/node_modules"); err != nil {
		install := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
		install.Dir = "compose"
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("npm ci: %v (is Node here?)\n%s", err, out)
		}
	}
	a := hubtest.Server(t, pgtest.Shared(t, hubtest.Empty())).Post("{ _service { sdl } }", nil)
	var got struct {
		Service struct{ SDL string } `json:"_service"`
	}
	if err := json.Unmarshal(a.Data, &got); err != nil {
		t.Fatalf("%v %v", err, a.Errors)
	}
	compose := exec.Command("node", "compose/compose.mjs")
	compose.Stdin = strings.NewReader(got.Service.SDL)
	if out, err := compose.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "ok" {
		t.Errorf("%v\n%s", err, out)
	}
}
