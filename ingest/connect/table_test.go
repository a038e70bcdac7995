package connect_test

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"

	"geohub/access"
	"geohub/geo"
	"geohub/ingest"
	"geohub/ingest/connect"
	"geohub/ingest/formats/table"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/layer"
	"geohub/systems"
)

// tableRunner runs sources declared in YAML over an empty database.
func tableRunner(t *testing.T, db *pgxpool.Pool, sources string) *ingest.Runner {
	t.Helper()
	parsed, err := ingest.ParseSources([]byte("sources:\n"+sources), func(string) string { return "" }, connect.Formats())
	if err != nil {
		t.Fatal(err)
	}
	r := &ingest.Runner{DB: db, Sources: parsed, Formats: connect.Formats(), Mappings: systems.Mappings, Derivations: systems.Derivations, Layers: systems.All,
		Clock: func() time.Time { return hubtest.Now }, Log: slog.New(slog.DiscardHandler)}
	if err := r.Declare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

// tableFile writes a file of the test's own.
func tableFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tableReasons are the places and reasons of the quarantine.
func tableReasons(t *testing.T, db *pgxpool.Pool) []string {
	t.Helper()
	rows, err := db.Query(t.Context(), "SELECT coalesce(place, '') || ': ' || reason FROM quarantine WHERE replayed_at IS NULL ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func loaded[T any](t *testing.T, db *pgxpool.Pool, l *layer.Layer[T], id string) *T {
	t.Helper()
	rows, err := layer.Load(t.Context(), db, l, []string{id})
	if err != nil || len(rows) != 1 {
		t.Fatalf("%s: %d rows, %v", id, len(rows), err)
	}
	return rows[0]
}

func TestTableCSV(t *testing.T) {
	db := pgtest.DB(t, hubtest.Empty())
	path := tableFile(t, "places.csv", "\ufeffMÃ SỐ;Tên;Loại;Kinh độ;Vĩ độ;Độ sâu;Sức chứa;Ngày\r\n"+
		"P1;Cảng Một;Cảng cá;107,61;16,55;3,4;1.250,0;05/02/2026\r\n"+
		"P2;\"Cảng; Hai\nlớn\";STORM_SHELTER;107,62;16,56;;;\r\n"+
		"P3;Sai loại;PORT;107,6;16,5;;;\r\n"+ // no such enum
		"P4;Đảo tọa độ;BEACH;16,5;107,6;;;\r\n"+ // lat first
		"P5;Chữ;BEACH;107,6;16,5;sâu;;\r\n"+
		";Không mã;BEACH;107,6;16,5;;;\r\n"+
		"P7;Thừa;BEACH;107,6;16,5;1;2;3;4\r\n")
	r := tableRunner(t, db, `
  - name: ports
    format: table
    address: `+path+`
    layer: places
    every: 1m
    agency: H57.12
    decimalComma: true
    map: {key: ma_so, label: ten, fields: {placeKind: Loại, channelDepthM: Độ sâu, shelterVessels: Sức chứa}, observedAt: Ngày, lon: Kinh độ, lat: Vĩ độ, constant: {sharing: OPEN}}
`)
	got, err := r.Read(t.Context(), "ports")
	if err != nil {
		t.Fatal(err)
	}
	if got.In != 7 || got.Changed != 2 || got.Quarantined != 5 {
		t.Errorf("%+v; want 7 in, 2 changed, 5 quarantined", got)
	}
	p := loaded(t, db, systems.Places, "place:P1")
	if p.LabelVI != "Cảng Một" || *p.PlaceKind != "FISHING_PORT" || *p.ChannelDepthM != 3.4 || *p.ShelterVessels != 1250 || *p.Code != "P1" || p.RecordKey != "P1" ||
		p.Geom != (orb.Point{107.61, 16.55}) || p.AgencyCode != "H57.12" || !p.ObservedAt.Equal(time.Date(2026, 2, 5, 0, 0, 0, 0, geo.Saigon)) {
		t.Errorf("P1 is %+v %+v", p.Base, p)
	}
	if p := loaded(t, db, systems.Places, "place:P2"); p.LabelVI != "Cảng; Hai\nlớn" || p.ChannelDepthM != nil {
		t.Errorf("P2 is %q, %v", p.LabelVI, p.ChannelDepthM)
	}
	for i, says := range []string{"9 cells under 8 titles", `"PORT" is no PlaceKind; allowed are FISHING_PORT, STORM_SHELTER`, "lat is 107.6: are lon and lat swapped?", `"sâu" is not a number`, "nothing tells the row from others"} {
		if reasons := tableReasons(t, db); len(reasons) != 5 || !strings.Contains(reasons[i], says) {
			t.Errorf("reason %d of %q does not say %q", i, reasons, says)
		}
	}
	// A row without titles carries them, so that it can come in once mended.
	again, err := r.Replay(t.Context(), ingest.Replay{Source: "ports", ID: 1, Record: []byte("MÃ SỐ;Tên;Loại;Kinh độ;Vĩ độ;Độ sâu;Sức chứa;Ngày\nP7;Thừa;BEACH;107,6;16,5;1;2;")})
	if err != nil || again.Changed != 1 {
		t.Errorf("replay: %+v, %v", again, err)
	}
	if again, err = r.Replay(t.Context(), ingest.Replay{Source: "ports"}); err != nil || again.Quarantined != 4 {
		t.Errorf("replay of what is still wrong: %+v, %v", again, err)
	}
}

// Two sources fill different fields of one layer.
func TestTableTwoSources(t *testing.T) {
	db := pgtest.DB(t, hubtest.Empty())
	first := tableFile(t, "a.geojson", `{"type":"FeatureCollection","features":[{"type":"Feature","id":"Z1","properties":{"zoneCode":"Z1","zoneKind":"FLOOD","zone_from":"01/07/2025","ten":"Một"},
		"geometry":{"type":"Polygon","coordinates":[[[107.5,16.4],[107.6,16.4],[107.6,16.5],[107.5,16.4]]]}}]}`)
	second := tableFile(t, "b.json", `[{"ZONE_CODE":"Z1","flood_level_m":3.5}]`)
	r := tableRunner(t, db, `
  - {name: first, format: table, address: `+first+`, layer: zones, every: 1m, map: {key: zone_code, label: ten, fields: {zoneKind: ZONEKIND, zoneFrom: zone_from}}}
  - {name: second, format: table, address: `+second+`, layer: ZONE, every: 1m}
`)
	for _, name := range []string{"second", "first", "second"} {
		if got, err := r.Read(t.Context(), name); err != nil || got.Quarantined > 0 {
			t.Fatalf("%s: %+v, %v, %q", name, got, err, tableReasons(t, db))
		}
	}
	z := loaded(t, db, systems.Zones, "zone:Z1")
	if z.LabelVI != "" && z.LabelVI != "Một" || z.FloodLevelM == nil || *z.FloodLevelM != 3.5 || *z.ZoneKind != "FLOOD" || *z.ZoneFrom != (geo.Date{Year: 2025, Month: 7, Day: 1}) || z.Geom == nil {
		t.Errorf("%+v %+v", z.Base, z)
	}
}

func TestTableMaps(t *testing.T) {
	db := pgtest.DB(t, hubtest.Empty())
	path := tableFile(t, "x.json", `[{"code":"A","ten":"Một","lon":107.6,"lat":16.5}]`)
	for i, test := range []struct{ name, program, layer, says string }{
		{"unknown field", `{key: .properties.code, depth: 3}`, "places", "has no such field; its fields are code, placeKind"},
		{"no such column", `{key: col("MA")}`, "places", `there is no column "MA"; columns are code, lat, lon, ten`},
		{"no object", `.properties.code`, "places", "not an object"},
		{"two values", `{key: "1"}, {key: "2"}`, "places", "more than one value"},
		{"no value", `empty`, "places", "gives nothing"},
		{"for ever", `def f: f; f`, "places", "longer than"},
		{"the environment", `{key: (env | keys | length | tostring), label: env.PATH}`, "places", ""},
		{"unknown CRS", `{key: .properties.code, crs: 1234}`, "places", "EPSG:1234 is not known here"},
		{"sharing", `{key: .properties.code, sharing: "SECRET"}`, "places", "SECRET"},
	} {
		r := tableRunner(t, db, fmt.Sprintf("  - {name: s%d, format: table, address: %s, layer: %s, every: 1m, map: %q}\n", i, path, test.layer, test.program))
		got, err := r.Read(t.Context(), fmt.Sprintf("s%d", i))
		reasons := tableReasons(t, db)
		if err != nil || test.says == "" && got.Changed != 1 || test.says != "" && (got.Quarantined != 1 || !strings.Contains(reasons[len(reasons)-1], test.says)) {
			t.Errorf("%s: %+v, %v, %q; want %q", test.name, got, err, reasons, test.says)
		}
	}
	var label *string
	if err := db.QueryRow(t.Context(), "SELECT label FROM places WHERE id = 'place:0'").Scan(&label); err != nil || label != nil {
		t.Errorf("the environment shows: %v, %v", label, err)
	}
}

func TestTableDeclarations(t *testing.T) {
	db := pgtest.DB(t, hubtest.Empty())
	for name, test := range map[string]struct{ more, says string }{
		"no layer":          {"", "layer is missing"},
		"not jq":            {`, layer: places, map: "{key: "`, "not jq"},
		"unknown function":  {`, layer: places, map: "$ENVIRONMENT"`, "map"},
		"further input":     {`, layer: places, map: "{key: input}"`, "input"},
		"unknown CRS":       {`, layer: places, crs: 4`, "EPSG:4"},
		"unknown in recipe": {`, layer: places, map: {kee: A}`, "kee"},
		"CRS in the recipe": {`, layer: places, map: {key: A, crs: 9214}`, "stand beside the map"},
	} {
		_, err := ingest.ParseSources([]byte("sources:\n  - {name: a, format: table, address: /x, every: 1m"+test.more+"}\n"), func(string) string { return "" }, connect.Formats())
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v; want %q", name, err, test.says)
		}
	}
	if _, err := connect.Formats()["table"].Connect(&ingest.Source{Layer: "places", Address: "ftp://x/y"}); err == nil || !strings.Contains(err.Error(), "http, https or from a file") {
		t.Errorf("ftp: %v", err)
	}
	r := tableRunner(t, db, "  - {name: a, format: table, address: /x, every: 1m, layer: plaices}\n")
	if _, err := r.Read(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "layers are reports") {
		t.Errorf("unknown layer: %v", err)
	}
}

// The features of an OGC API come page by page, in VN-2000, and a feature that
// is left out of the next complete read is gone; one broken page takes nothing.
func TestTablePages(t *testing.T) {
	db := pgtest.DB(t, hubtest.Empty())
	plane, _ := geo.PlaneOf(9214)
	codes, broken := []string{"A", "B", "C"}, false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var i int
		fmt.Sscan(r.URL.Query().Get("offset"), &i)
		next := ""
		if i+1 < len(codes) {
			next = fmt.Sprintf(`{"rel":"next","type":"application/geo+json","href":"?offset=%d&limit=%s"},`, i+1, r.URL.Query().Get("limit"))
		}
		if broken && i == 1 {
			io.WriteString(w, `{"type":"FeatureCollection","features":[{"type":"Feature","prop`)
			return
		}
		w.Header().Set("Content-Crs", "<http://www.opengis.net/def/crs/EPSG/0/9214>")
		at := plane.FromLonLat(orb.Point{107.5 + float64(i)/10, 16.5}).(orb.Point)
		fmt.Fprintf(w, `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":%q,"label":"x"},"geometry":{"type":"Point","coordinates":[%f,%f]}}],"links":[%s{"rel":"self","href":"."}],"numberMatched":%d,"numberReturned":1}`,
			codes[i], at[0], at[1], next, len(codes))
	}))
	defer server.Close()
	r := tableRunner(t, db, "  - {name: a, format: table, address: '"+server.URL+"/items', layer: places, every: 1m, pageSize: 1, deleteAfter: 1}\n")
	if got, err := r.Read(t.Context(), "a"); err != nil || got.Changed != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	if at := loaded(t, db, systems.Places, "place:B").Geom.(orb.Point); math.Abs(at[0]-107.6) > 1e-7 || math.Abs(at[1]-16.5) > 1e-7 {
		t.Errorf("B lies at %v", at)
	}
	broken, codes = true, []string{"A", "C"}
	if _, err := r.Read(t.Context(), "a"); err == nil {
		t.Error("a broken page was taken for a good one")
	}
	loaded(t, db, systems.Places, "place:B")
	broken = false
	if got, err := r.Read(t.Context(), "a"); err != nil || got.Gone != 1 {
		t.Errorf("%+v, %v; want one gone", got, err)
	}
}

func TestTableNotModified(t *testing.T) {
	db := pgtest.DB(t, hubtest.Empty())
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		io.WriteString(w, "code,label\nA,x\n")
	}))
	defer server.Close()
	for i, want := range []int{1, 0, 1, 0} {
		program := []string{"", "", `{key: .properties.code}`, `{key: .properties.code}`}[i]
		r := tableRunner(t, db, fmt.Sprintf("  - {name: a, format: table, address: %s, layer: places, every: 1m, map: %q}\n", server.URL, program))
		if got, err := r.Read(t.Context(), "a"); err != nil || got.In != want {
			t.Errorf("read %d: %+v, %v; want %d in", i, got, err, want)
		}
	}
	if asked != 4 {
		t.Errorf("asked %d times", asked)
	}
}

func TestTableAnswers(t *testing.T) {
	for name, test := range map[string]struct{ answer, says string }{
		"part without a next page": {`{"numberMatched": 3, "features": []}`, "it gave 0 of 3 records"},
		"round in a circle":        {`{"features": [], "next": "?"}`, "round in a circle"},
		"CRS behind the features":  {`{"features": [{"type":"Feature","geometry":null}], "crs": {"properties": {"name": "EPSG:9214"}}}`, "only behind its features"},
		"cut off":                  {`{"features": [{"type":"Feature","geometry":null,"prop`, "cut off or broken"},
		"HTML":                     {`<html><body>Login</body></html>`, "GDAL can't read it"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, test.answer) }))
		reader, err := connect.Formats()["table"].Connect(&ingest.Source{Name: "a", Layer: "places", Address: server.URL + "/?"})
		if err == nil {
			err = reader.Read(t.Context(), nil, func(context.Context, *ingest.Batch) error { return nil })
		}
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v; want %q", name, err, test.says)
		}
		server.Close()
	}
}

// A file of 200 MB streams by: no more is held than a batch.
func TestTableMemory(t *testing.T) {
	const features, ringPoints = 20_000, 40
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"type":"FeatureCollection","features":[`)
		ring := strings.Repeat("[107.5,16.4],", ringPoints) + "[107.5,16.4]"
		filler := strings.Repeat("x", 9500)
		for i := range features {
			if i > 0 {
				io.WriteString(w, ",\n")
			}
			fmt.Fprintf(w, `{"type":"Feature","properties":{"code":"%d","more":%q},"geometry":{"type":"Polygon","coordinates":[[%s]]}}`, i, filler, ring)
		}
		io.WriteString(w, `]}`)
	}))
	defer server.Close()
	reader, err := connect.Formats()["table"].Connect(&ingest.Source{Name: "a", Layer: "zones", Address: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	n, most := 0, uint64(0)
	err = reader.Read(t.Context(), nil, func(_ context.Context, b *ingest.Batch) error {
		n += b.Len()
		if n%10_000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
		return nil
	})
	if err != nil || n != features {
		t.Fatalf("%d features, %v", n, err)
	}
	if limit := before.HeapAlloc + 64<<20; most > limit {
		t.Errorf("%d MiB held, %d before", most>>20, before.HeapAlloc>>20)
	}
}

// A page of 100,000 rows is stored in batches.
func TestTableLongPage(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"items":[`)
		for i := range 100_000 {
			if i > 0 {
				io.WriteString(w, ",")
			}
			fmt.Fprintf(w, `{"code":"%d"}`, i)
		}
		io.WriteString(w, `]}`)
	}))
	defer server.Close()
	reader, err := connect.Formats()["table"].Connect(&ingest.Source{Name: "a", Layer: "places", Address: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	n, largest, last := 0, 0, 0
	err = reader.Read(t.Context(), nil, func(_ context.Context, b *ingest.Batch) error {
		n, largest = n+b.Len(), max(largest, b.Len())
		if b.Last {
			last++
		}
		return nil
	})
	if err != nil || n != 100_000 || largest > 1000 || last != 1 {
		t.Errorf("%d rows, at most %d at once, %d ends, %v", n, largest, last, err)
	}
}

// GDAL opens the rest; a shapefile of VN-2000 that names no datum is transformed
// as VN-2000 all the same.
func TestTableGDAL(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "in.csv")
	os.WriteFile(source, []byte("code,label,x,y\nCP,Điểm gốc,562268.12,1820899.64\n"), 0o600)
	vrt := filepath.Join(dir, "in.vrt")
	os.WriteFile(vrt, []byte(`<OGRVRTDataSource><OGRVRTLayer name="in"><SrcDataSource>`+source+`</SrcDataSource><GeometryType>wkbPoint</GeometryType>
		<LayerSRS>+proj=tmerc +lat_0=0 +lon_0=107 +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 +units=m</LayerSRS>
		<GeometryField encoding="PointFromColumns" x="x" y="y"/></OGRVRTLayer></OGRVRTDataSource>`), 0o600)
	convert := func(name string, args ...string) string {
		path := filepath.Join(dir, name)
		if out, err := exec.Command("ogr2ogr", append(args, path, vrt)...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v %s", name, err, out)
		}
		return path
	}
	shape := convert("cp.shp", "-f", "ESRI Shapefile", "-lco", "ENCODING=UTF-8")
	zipped := filepath.Join(dir, "cp.zip")
	z, err := os.Create(zipped)
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(z)
	for _, ext := range []string{"shp", "shx", "dbf", "prj", "cpg"} {
		part, _ := os.ReadFile(filepath.Join(dir, "cp."+ext))
		w, _ := archive.Create("Rừng 2025/cp." + ext)
		w.Write(part)
	}
	if err := errors.Join(archive.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	two := convert("two.gpkg", "-f", "GPKG", "-nln", "first")
	convert("two.gpkg", "-f", "GPKG", "-update", "-nln", "second")
	files := http.FileServer(http.Dir(dir))
	server := httptest.NewServer(files)
	defer server.Close()
	for _, test := range []struct {
		address string
		crs     int
		says    string
	}{
		{shape, 0, ""}, {zipped, 0, ""}, {server.URL + "/cp.zip", 0, ""}, {shape, 9214, ""}, {two + "#second", 0, ""}, {two, 0, "holds several layers"},
		{convert("cp.xlsx", "-f", "XLSX"), 9214, ""}, {server.URL + "/cp.xlsx", 9214, ""}, {convert("cp.fgb", "-f", "FlatGeobuf"), 0, ""},
		{filepath.Join(dir, "none.shp"), 0, "no such file"},
	} {
		reader, err := connect.Formats()["table"].Connect(&ingest.Source{Name: "a", Layer: "places", Address: test.address, CRS: test.crs})
		var records []any
		if err == nil {
			err = reader.Read(t.Context(), nil, func(_ context.Context, b *ingest.Batch) error {
				records = append(records, b.Records...)
				return nil
			})
		}
		if test.says != "" {
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %v; want %q", test.address, err, test.says)
			}
			continue
		}
		if err != nil || len(records) != 1 {
			t.Errorf("%s: %d records, %v", test.address, len(records), err)
			continue
		}
		rec := records[0].(table.Record)
		if rec.Properties["label"] != "Điểm gốc" || test.crs == 0 && rec.CRS != "EPSG:9214" {
			t.Errorf("%s: %+v", test.address, rec)
		}
	}

	db := pgtest.DB(t, hubtest.Empty())
	r := tableRunner(t, db, "  - {name: a, format: table, address: '"+shape+"', layer: places, every: 1m}\n")
	if got, err := r.Read(t.Context(), "a"); err != nil || got.Changed != 1 {
		t.Fatalf("%+v, %v, %q", got, err, tableReasons(t, db))
	}
	if at := loaded(t, db, systems.Places, "place:CP").Geom.(orb.Point); geo.DistanceM(at, orb.Point{107.585, 16.463}) > 0.02 {
		t.Errorf("the control point lies at %v", at)
	}
}

// Coordinates of VN-2000 that say they are WGS 84 lie 225 m off what is known.
func TestTableWrongDatum(t *testing.T) {
	db := pgtest.DB(t, hubtest.Empty())
	right, wrong := "code,label,lon,lat\n", "code,label,lon,lat\n"
	for i := range 5 {
		at := orb.Point{107.5 + float64(i)/50, 16.45 + float64(i)/70}
		east, north := geo.MissingDatum(at)
		right += fmt.Sprintf("P%d,Nơi %d,%.8f,%.8f\n", i, i, at[0], at[1])
		wrong += fmt.Sprintf("P%d,Nơi %d,%.8f,%.8f\n", i, i, at[0]+east/(111_320*math.Cos(at[1]*math.Pi/180)), at[1]+north/110_574)
	}
	renamed := strings.ReplaceAll(strings.ReplaceAll(wrong, "\nP", "\nQ"), "Nơi", "NOI")
	sources := ""
	for name, text := range map[string]string{"right": right, "wrong": wrong, "renamed": renamed} {
		sources += fmt.Sprintf("  - {name: %s, format: table, address: %s, layer: places, every: 1m}\n", name, tableFile(t, name+".csv", text))
	}
	sources += fmt.Sprintf("  - {name: stated, format: table, address: %s, layer: places, every: 1m, crs: 4756}\n", tableFile(t, "stated.csv", wrong))
	sources += fmt.Sprintf("  - {name: twice, format: table, address: %s, layer: places, every: 1m, crs: 4756}\n", tableFile(t, "twice.csv", right))
	sources += fmt.Sprintf("  - {name: trusted, format: table, address: %s, layer: places, every: 1m, crs: 4326}\n", tableFile(t, "trusted.csv", wrong))
	r := tableRunner(t, db, sources)
	for _, step := range []struct {
		source                    string
		changed, same, quarantine int
		says                      string
	}{
		{"right", 5, 0, 0, ""},
		{"wrong", 0, 0, 5, "5 of 5 features that are known lie 195 m too far west and 113 m too far north"},
		{"renamed", 0, 0, 5, "crs 9214"},
		{"twice", 0, 0, 5, "too far east"},
		{"replay twice", 0, 0, 5, "too far east"},
		{"replay renamed", 0, 0, 5, "too far east"},
		{"stated", 5, 0, 0, ""}, // by a tenth of a millimetre
		{"trusted", 5, 0, 0, ""},
	} {
		var got ingest.Result
		var err error
		if name, again := strings.CutPrefix(step.source, "replay "); again {
			got, err = r.Replay(t.Context(), ingest.Replay{Source: name})
		} else {
			got, err = r.Read(t.Context(), step.source)
		}
		reasons := tableReasons(t, db)
		if err != nil || got.Changed != step.changed || got.Quarantined != step.quarantine || step.says != "" && !strings.Contains(reasons[len(reasons)-1], step.says) {
			t.Errorf("%s: %+v, %v, %q", step.source, got, err, reasons)
		}
	}
	trusted := loaded(t, db, systems.Places, "place:P0").Geom.(orb.Point)
	if d := geo.DistanceM(trusted, orb.Point{107.5, 16.45}); math.Abs(d-225) > 1 {
		t.Errorf("P0 lies %v m off once the wrong coordinates are trusted", d)
	}
}

// Small polygons that cross themselves are mended, large ones refused with the
// place; a polygon is no point.
func TestTableGeometries(t *testing.T) {
	db := pgtest.DB(t, hubtest.Empty())
	large := "[107.5,16.4]"
	for i := range 400 {
		large += fmt.Sprintf(",[%f,%f]", 107.5+float64(i)/1000, 16.4+float64(i%2)/100)
	}
	path := tableFile(t, "zones.geojson", `{"type":"FeatureCollection","features":[
		{"type":"Feature","properties":{"zoneCode":"BOW"},"geometry":{"type":"Polygon","coordinates":[[[107.5,16.4],[107.6,16.5],[107.6,16.4],[107.5,16.5],[107.5,16.4]]]}},
		{"type":"Feature","properties":{"zoneCode":"OPEN"},"geometry":{"type":"Polygon","coordinates":[[[107.5,16.4],[107.6,16.5],[107.6,16.4],[107.5,16.5]]]}},
		{"type":"Feature","properties":{"zoneCode":"LARGE"},"geometry":{"type":"Polygon","coordinates":[[`+large+`,[107.5,16.4]]]}},
		{"type":"Feature","properties":{"zoneCode":"NAN"},"geometry":{"type":"Point","coordinates":["107.5",16.4]}},
		{"type":"Feature","properties":{"zoneCode":"HIGH"},"geometry":{"type":"Point","coordinates":[107.5,16.4,12.5]}},
		{"type":"Feature","properties":{"zoneCode":"PG"},"geometry":{"type":"LineString","coordinates":[[107.5,16.4],[107.6,16.4]],"crs":{"type":"name","properties":{"name":"EPSG:4326"}}}},
		{"type":"Feature","properties":{"zoneCode":"NONE"},"geometry":null},
		{"type":"Feature","properties":{"zoneCode":"WKT","wkt":"SRID=4326;POINT(107.5 16.4)"},"geometry":null}
	]}`)
	r := tableRunner(t, db, "  - {name: a, format: table, address: "+path+", layer: zones, every: 1m}\n  - {name: b, format: table, address: "+path+", layer: places, every: 1m, map: '{key: .properties.zoneCode}'}\n")
	got, err := r.Read(t.Context(), "a")
	reasons := strings.Join(tableReasons(t, db), "\n")
	if err != nil || got.Changed != 5 || got.Quarantined != 3 {
		t.Errorf("%+v, %v\n%s", got, err, reasons)
	}
	if g := loaded(t, db, systems.Zones, "zone:BOW").Geom; geo.Check(g) != nil || len(g.(orb.MultiPolygon)) != 2 {
		t.Errorf("the bow tie is %v", g)
	}
	for id, want := range map[string]orb.Geometry{"zone:HIGH": orb.Point{107.5, 16.4}, "zone:WKT": orb.Point{107.5, 16.4}, "zone:NONE": nil} {
		if diff := cmp.Diff(want, loaded(t, db, systems.Zones, id).Geom); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
	if !strings.Contains(reasons, "coordinates[0]") {
		t.Errorf("no place in %s", reasons)
	}
	if got, err := r.Read(t.Context(), "b"); err != nil || got.Changed != 3 {
		t.Errorf("%+v, %v, %q", got, err, tableReasons(t, db))
	}
	if reasons := strings.Join(tableReasons(t, db), "\n"); !strings.Contains(reasons, "the layer holds points, not a LineString") {
		t.Errorf("%s", reasons)
	}
}

// A row says no class: it has its layer's, never an open one in a shared layer.
func TestTableSharing(t *testing.T) {
	db := pgtest.DB(t, hubtest.Empty())
	path := tableFile(t, "d.csv", "dossierNo,label\nH57.01-260302-0001,x\n")
	r := tableRunner(t, db, "  - {name: a, format: table, address: "+path+", layer: dossiers, every: 1m}\n")
	if _, err := r.Read(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if d := loaded(t, db, systems.Dossiers, "dossier:H57.01-260302-0001"); d.Sharing != access.Shared {
		t.Errorf("it is %v; %q", d.Sharing, tableReasons(t, db))
	}
}
