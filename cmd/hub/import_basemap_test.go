package main

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/internal/pmtest"
)

// TestImportBasemap: a hub shows what was imported into its folder, or the file it is
// given, and says what is wrong with another.
func TestImportBasemap(t *testing.T) {
	imported := pmtest.Write(t, pmtest.Archive{Type: 2, Tiles: map[[3]int]string{{0, 0, 0}: "imported"}})
	given := pmtest.Write(t, pmtest.Archive{Type: 2, Tiles: map[[3]int]string{{0, 0, 0}: "given"}})
	env := map[string]string{"HUB_DATABASE_URL": pgtest.DB(t, hubtest.Prepared()).Config().ConnString(),
		"HUB_LISTEN": "127.0.0.1:0", "HUB_DATA": filepath.Join(t.TempDir(), "data")}

	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"import", "basemap"}, 2, "one file, not 0"},
		{[]string{"import", "basemap", "main.go"}, 1, "main.go: this is no PMTiles archive"},
		{[]string{"import", "basemap", "nowhere.pmtiles"}, 1, "nowhere.pmtiles"},
		{[]string{"serve", "--basemap", "main.go"}, 1, "main.go: this is no PMTiles archive"},
		{[]string{"serve", "--basemap", "nowhere.pmtiles"}, 1, "nowhere.pmtiles"},
		{[]string{"import", "basemap", imported}, 0, "image/png, zooms 0 to 0"},
	} {
		if code, out, errs := run(context.Background(), env, nil, test.args...); code != test.code || !strings.Contains(out+errs, test.says) {
			t.Errorf("%v: exit code %d\n%s%s", test.args, code, out, errs)
		}
	}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"serve"}, "imported"},
		{[]string{"serve", "--basemap", given}, "given"},
	} {
		url, stop := serving(t, env, test.args...)
		resp, err := http.Get(url + "/tiles/basemap/0/0/0")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || string(body) != test.want || resp.Header.Get("Content-Type") != "image/png" {
			t.Errorf("%v: %v %s %q", test.args, err, resp.Status, body)
		}
		stop()
	}
}
