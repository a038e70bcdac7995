package tiles_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	orbmvt "github.com/paulmach/orb/encoding/mvt"

	"geohub/access"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/province/prepare"
	"geohub/systems"
	"geohub/tiles"
	"geohub/tiles/mvt"
)

// served is the handler over a database.
type served struct {
	url string
	key string
	t   *testing.T
}

func serve(t *testing.T, pool *pgxpool.Pool, configure ...func(*tiles.Config)) served {
	t.Helper()
	keys, err := access.NewKeys(pool)
	if err != nil {
		t.Fatal(err)
	}
	c := tiles.Config{Catalog: hubtest.Catalog(t), DB: pool, Viewer: keys.Viewer,
		Clock: func() time.Time { return hubtest.Now }, Log: slog.New(slog.DiscardHandler)}
	for _, f := range configure {
		f(&c)
	}
	s := httptest.NewServer(tiles.NewHandler(c))
	t.Cleanup(s.Close)
	return served{s.URL, "", t}
}

func (s served) as(key string) served { s.key = key; return s }

// ask sends a request, headers being names and values in turn; the body comes as
// it was sent.
func (s served) ask(path string, headers ...string) (*http.Response, []byte) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "identity")
	if s.key != "" {
		req.Header.Set("X-Api-Key", s.key)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, body
}

// tile gives a tile's layers by their names.
func (s served) tile(names string, at mvt.Tile, query ...string) map[string]*orbmvt.Layer {
	s.t.Helper()
	resp, body := s.ask(fmt.Sprintf("/tiles/%s/%d/%d/%d.mvt%s", names, at.Z, at.X, at.Y, strings.Join(query, "")))
	out := map[string]*orbmvt.Layer{}
	switch resp.StatusCode {
	case http.StatusNoContent:
	case http.StatusOK:
		layers, err := orbmvt.Unmarshal(body)
		if err != nil {
			s.t.Fatalf("%s %v: %v", names, at, err)
		}
		for _, l := range layers {
			out[l.Name] = l
		}
	default:
		s.t.Fatalf("%s %v: %s %s", names, at, resp.Status, body)
	}
	return out
}

// idsOf are the features' ids, which each has to have.
func idsOf(t *testing.T, l *orbmvt.Layer) []string {
	t.Helper()
	if l == nil {
		return nil
	}
	var ids []string
	for _, f := range l.Features {
		id, ok := f.Properties["id"].(string)
		if !ok || id == "" {
			t.Fatalf("%s: a feature without id: %v", l.Name, f.Properties)
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("%s: ids repeat", l.Name)
	}
	return ids
}

var viewers = []struct{ name, key string }{
	{"anonymous", ""}, {"citizens", prepare.Keys()[0].Secret}, {"fisheries", prepare.Keys()[1].Secret}, {"operations", prepare.Keys()[2].Secret},
}

// around are the tiles of a zoom on which the province lies.
func around(z int) []mvt.Tile {
	from, to := mvt.CellAt(z, 106.5, 17.5), mvt.CellAt(z, 110, 15.5)
	var out []mvt.Tile
	for x := from.X; x <= to.X; x++ {
		for y := from.Y; y <= to.Y; y++ {
			out = append(out, mvt.Tile{Z: z, X: x, Y: y})
		}
	}
	return out
}

// TestSameAsLists: for each viewer and layer a tile holds the features that the
// list of its box has, no other and no fewer.
func TestSameAsLists(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	graph := hubtest.Server(t, pool).Alone()
	drawn := serve(t, pool, func(c *tiles.Config) { c.Limit = 50_000 })
	for v, viewer := range viewers {
		hub := graph
		if v > 0 {
			hub = graph.As(v - 1)
		}
		for _, s := range systems.All {
			t.Run(viewer.name+" "+s.Field, func(t *testing.T) {
				drawn, seen := served{drawn.url, viewer.key, t}, 0
				for _, at := range around(9) {
					got := idsOf(t, drawn.tile(s.Field, at)[s.Field])
					want := listed(t, hub, s.Field, at)
					if !slices.Equal(got, want) {
						t.Errorf("%v: the tile has %d features, the list %d", at, len(got), len(want))
					}
					seen += len(got)
				}
				t.Logf("%d features", seen)
			})
		}
	}
}

// listed are the ids of the features in a tile's box; none where it may not be
// asked.
func listed(t *testing.T, hub *hubtest.Hub, field string, at mvt.Tile) []string {
	t.Helper()
	b := at.Bounds(64)
	var ids []string
	for after := (*string)(nil); ; {
		a := hub.Post(`query($box: BBox!, $after: String) { `+field+`(area: {bbox: $box}, first: 1000, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }`,
			map[string]any{"box": []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}, "after": after})
		if len(a.Errors) > 0 {
			if a.Errors[0].Code() != "DENIED" {
				t.Fatal(a.Errors)
			}
			return nil
		}
		var data map[string]struct {
			Nodes    []struct{ ID string }
			PageInfo struct {
				EndCursor   *string
				HasNextPage bool
			}
		}
		if err := json.Unmarshal(a.Data, &data); err != nil {
			t.Fatal(err)
		}
		page := data[field]
		for _, n := range page.Nodes {
			ids = append(ids, n.ID)
		}
		if after = page.PageInfo.EndCursor; !page.PageInfo.HasNextPage {
			slices.Sort(ids)
			return ids
		}
	}
}

// TestProperties: a feature carries what is declared for tiles, in the kinds that
// maps can style by, and what its viewer may see.
func TestProperties(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	catalog := hubtest.Catalog(t)
	drawn := serve(t, pool)
	hidden := 0
	for v, viewer := range []access.Viewer{hubtest.Anonymous, hubtest.Citizens, hubtest.Fisheries, hubtest.Operations} {
		r := catalog.Read(pool, viewer, hubtest.Now, nil)
		for _, s := range systems.All {
			may := map[string]bool{"id": true, "label": r.Sees(s, "label"), "cluster": true, "point_count": true}
			for _, f := range s.Fields {
				if f.Tile {
					may[f.Name] = r.Sees(s, f.Name)
					if !may[f.Name] {
						hidden++
					}
				}
			}
			for _, at := range around(8) {
				l := drawn.as(viewers[v].key).tile(s.Field, at)[s.Field]
				if l == nil {
					continue
				}
				if !r.SeesRows(s) || !r.Sees(s, "geometry") {
					t.Errorf("%s sees %s on the map", viewers[v].name, s.Field)
				}
				for _, f := range l.Features {
					for name, value := range f.Properties {
						if !may[name] {
							t.Fatalf("%s sees %s of %s: %v", viewers[v].name, name, s.Field, value)
						}
						switch value.(type) {
						case string, float64, bool:
						default:
							t.Fatalf("%s of %s is a %T", name, s.Field, value)
						}
					}
				}
			}
		}
	}
	t.Logf("%d fields hidden", hidden)
	at := mvt.CellAt(8, 107.6, 16.4)
	if _, err := pool.Exec(t.Context(), `UPDATE dams SET label = 'Đập thử', dam_status = 'NORMAL', level_m = 12.5, outflow_m3s = NULL WHERE id = 'dam:TA_TRACH'`); err != nil {
		t.Fatal(err)
	}
	for _, f := range drawn.as(viewers[3].key).tile("dams", at)["dams"].Features {
		if p := f.Properties; p["id"] == "dam:TA_TRACH" {
			if p["label"] != "Đập thử" || p["damStatus"] != "NORMAL" || p["levelM"] != 12.5 {
				t.Errorf("%v", p)
			}
			if _, given := p["outflowM3s"]; given {
				t.Errorf("a tag for NULL: %v", p)
			}
			return
		}
	}
	t.Error("the dam is not on the tile")
}
