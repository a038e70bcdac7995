package resolvers_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"geohub/ingest"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/systems"
)

// TestCardCounts: hours of all issuers together, for whom shared data is.
func TestCardCounts(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Province())
	var counts []ingest.Point[systems.CardCount]
	for i, issuer := range []string{"A", "B"} {
		for h := range 3 {
			at := hubtest.Now.Add(-time.Duration(h) * time.Hour)
			counts = append(counts, ingest.Point[systems.CardCount]{FeatureID: "cardReader:DT-0120", Row: systems.CardCount{At: at, Issuer: issuer, Kind: "GRANTED", Count: 10*i + h}},
				ingest.Point[systems.CardCount]{FeatureID: "cardReader:DT-0120", Row: systems.CardCount{At: at, Issuer: issuer, Kind: "DENIED", Count: 1}})
		}
	}
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := ingest.Append(t.Context(), tx, systems.CardCountSeries, counts)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	hub := hubtest.Server(t, pool)
	for i, want := range []string{"[]", "[{DENIED 2} {GRANTED 10} {DENIED 2} {GRANTED 12} {DENIED 2}]", "[{DENIED 2} {GRANTED 10} {DENIED 2} {GRANTED 12} {DENIED 2}]"} {
		var got struct {
			CardReader struct {
				Counts []struct {
					Kind  string
					Count int
				}
				Masked []string
			}
		}
		hub.As(i).Ask(`{ cardReader(id: "cardReader:DT-0120") { counts(last: 5) { kind count } masked } }`, nil, &got)
		if fmt.Sprint(got.CardReader.Counts) != want || slices.Contains(got.CardReader.Masked, "counts") != (i == 0) {
			t.Errorf("viewer %d sees %v, masked %v", i, got.CardReader.Counts, got.CardReader.Masked)
		}
	}
}
