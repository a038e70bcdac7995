package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

func TestImportTable(t *testing.T) {
	db := pgtest.DB(t, hubtest.Empty())
	env := map[string]string{"HUB_DATABASE_URL": db.Config().ConnString(), "HUB_DATA": t.TempDir()}
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	csv := file("dams.csv", "MA_SO;TEN;MNDBT;SONG;X;Y\nA;Hồ A;45,5;Hương;1820899,64;562268,12\nB;Hồ B;sâu;Bồ;1820899,64;562268,12\n")
	recipe := file("dams.yaml", "key: MA_SO\nlabel: TEN\nlon: Y\nlat: X\ncrs: 9214\ndecimalComma: true\nfields: {normalLevelM: MNDBT, river: SONG}\n")
	mended := file("mended.json", `{"properties":{"MA_SO":"B","TEN":"Hồ B","MNDBT":"40,5","SONG":"Bồ","X":"1820899,64","Y":"562268,12"}}`)
	count := func() (n int) {
		t.Helper()
		if err := db.QueryRow(context.Background(), "SELECT count(*) FROM dams").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, step := range []struct {
		name string
		args []string
		code int
		says string
		rows int
	}{
		{"help", []string{"import", "--help"}, 0, "hub import dams reservoirs.zip --map reservoirs.yaml --crs 9214", 0},
		{"no file", []string{"import", "dams"}, 2, "takes a layer and a file", 0},
		{"no layer", []string{"import", "damns", csv}, 2, "there is no layer \"damns\"; layers are reports", 0},
		{"no such CRS", []string{"import", "dams", csv, "--crs", "1"}, 2, "EPSG:1", 0},
		{"no such file", []string{"import", "dams", filepath.Join(dir, "none.csv")}, 1, "no such file", 0},
		{"no key", []string{"import", "dams", csv}, 3, "nothing tells the row from others", 0},
		{"check", []string{"import", "dams", csv, "--map", recipe, "--check"}, 3, "Nothing was written. 2 rows read: 1 new or changed", 0},
		{"import", []string{"import", "dams", csv, "--map", recipe}, 3, `normalLevelM: "sâu" is not a number`, 1},
		{"again", []string{"import", "dams", csv, "--map", recipe, "--json"}, 3, `"in":2,"changed":0,"same":1,"late":0,"quarantined":1`, 1},
		{"its quarantine", []string{"source", "quarantine", "import-dams"}, 0, "normalLevelM", 1},
		{"replay", []string{"source", "replay", "import-dams", "--id", "7", "--record", mended}, 1, "no record 7", 1},
	} {
		code, stdout, stderr := run(context.Background(), env, nil, step.args...)
		if code != step.code || !strings.Contains(stdout+stderr, step.says) {
			t.Errorf("%s: exit code %d, want %d and %q\n%s%s", step.name, code, step.code, step.says, stdout, stderr)
		}
		if n := count(); n != step.rows {
			t.Errorf("%s: %d dams, want %d", step.name, n, step.rows)
		}
	}
	right, wrong := file("right.csv", "code,label,lon,lat\nCP,Điểm gốc,107.585,16.463\n"), file("wrong.csv", "code,label,lon,lat\nCP,Điểm gốc,107.5831727,16.4640176\n")
	for _, step := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"import", "places", right}, 0, "1 rows read: 1 new"},
		{[]string{"import", "places", wrong, "--check"}, 1, "say their CRS, crs 9214"},
		{[]string{"import", "places", wrong, "--source", "forestry"}, 1, "195 m too far west and 113 m too far north"},
		{[]string{"import", "places", wrong, "--source", "forestry", "--crs", "4756"}, 0, "1 rows read"},
	} {
		if code, stdout, stderr := run(context.Background(), env, nil, step.args...); code != step.code || !strings.Contains(stdout+stderr, step.says) {
			t.Errorf("%v: exit code %d, want %d and %q\n%s%s", step.args, code, step.code, step.says, stdout, stderr)
		}
	}
	var id string
	if err := db.QueryRow(t.Context(), "SELECT id::text FROM quarantine WHERE reason LIKE '%sâu%'").Scan(&id); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := run(context.Background(), env, nil, "source", "replay", "import-dams", "--id", id, "--record", mended); code != 0 || count() != 2 {
		t.Errorf("replay: exit code %d, %d dams\n%s%s", code, count(), stdout, stderr)
	}
}
