package province

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"geohub/geo"
	"geohub/layer"
)

// noon is an ordinary moment: later than the flood, within its season.
var noon = time.Date(2026, 11, 23, 12, 7, 0, 0, geo.Saigon)

func TestNowIsTakenToTheQuarter(t *testing.T) {
	if got := New(1, noon).now; got.Minute() != 0 || got.Hour() != 12 {
		t.Errorf("now = %v", got)
	}
}

func TestSomewhereIsOnLandAndMostlyInTheCity(t *testing.T) {
	p := New(1, noon)
	if len(p.communes()) != 40 {
		t.Fatalf("%d communes", len(p.communes()))
	}
	r := p.rand("test")
	urban, seen := 0, map[string]bool{}
	const n = 4000
	for range n {
		at, c := p.somewhere(r)
		if !onLand(at) && at != c.at {
			t.Errorf("%v, drawn for %s, is not on land", at, c.name)
		}
		if apartKm(at, c.at) > c.radiusKm+0.01 {
			t.Errorf("%v is %.1f km from %s", at, apartKm(at, c.at), c.name)
		}
		seen[c.code] = true
		if c.urban {
			urban++
		}
	}
	if share := float64(urban) / n; share < 0.5 || share > 0.6 {
		t.Errorf("%.2f fall in the urban wards", share)
	}
	if len(seen) != 40 {
		t.Errorf("only %d communes drawn", len(seen))
	}
}

func TestOffshore(t *testing.T) {
	tests := []struct {
		name     string
		at       orb.Point
		from, to float64
	}{
		{"the citadel", orb.Point{107.5777, 16.4695}, -20, -8},
		{"A Lưới", orb.Point{107.23, 16.27}, -60, -30},
		{"off Thuận An", orb.Point{107.85, 16.75}, 20, 35},
		{"the open sea", orb.Point{109.2, 16.5}, 80, 130},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if km := offshoreKm(tt.at); km < tt.from || km > tt.to {
				t.Errorf("%.1f km", km)
			}
		})
	}
}

// hash is of everything in rows, in their order.
func hash(t *testing.T, rows any) string {
	t.Helper()
	h := sha256.New()
	if err := json.NewEncoder(h).Encode(rows); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func TestSameSeedAndNowSameRows(t *testing.T) {
	tests := []struct {
		name string
		rows func(p *Province) any
	}{
		{"dams", func(p *Province) any { return p.Dams() }},
		{"stations", func(p *Province) any { return p.Stations() }},
		{"readings", func(p *Province) any { return p.Readings() }},
		{"vessels", func(p *Province) any { return p.Vessels() }},
		{"positions", func(p *Province) any { return p.Positions() }},
		{"places", func(p *Province) any { return p.Places() }},
		{"zones", func(p *Province) any { return p.Zones() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if hash(t, tt.rows(New(7, noon))) != hash(t, tt.rows(New(7, noon.Add(time.Minute)))) {
				t.Error("two runs differ")
			}
			if tt.name != "places" && tt.name != "zones" && hash(t, tt.rows(New(7, noon))) == hash(t, tt.rows(New(8, noon))) {
				t.Error("another seed changes nothing")
			}
		})
	}
}

// checkBase is what holds for every row of any layer.
func checkBase(t *testing.T, now time.Time, prefix string, seen map[string]bool, b *layer.Base) {
	t.Helper()
	if seen[b.ID] {
		t.Errorf("%s comes twice", b.ID)
	}
	seen[b.ID] = true
	if b.ID != prefix+":"+b.RecordKey || b.LabelVI == "" || b.Source == "" || b.Geom == nil {
		t.Errorf("row is incomplete: %+v", *b)
	}
	if err := geo.Check(b.Geom); err != nil {
		t.Errorf("%s: %v", b.ID, err)
	}
	bound := b.Geom.Bound()
	if bound.Min[0] < 106.9 || bound.Min[1] < 15.8 || bound.Max[0] > 109.5 || bound.Max[1] > 17.3 {
		t.Errorf("%s lies at %v", b.ID, bound)
	}
	if b.ObservedAt == nil || b.ObservedAt.After(now) {
		t.Errorf("%s was observed at %v", b.ID, b.ObservedAt)
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-6 }
