package ingest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"geohub/ingest"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/systems"
)

// archive is many reservoirs, odd ones among them.
func archive(n int) []dam {
	all := make([]dam, n)
	for i := range all {
		all[i] = dam{ID: fmt.Sprintf("dam:%03d", (i*37)%n), Label: fmt.Sprintf("Hồ Đập %d – Hương Thủy", i), Level: ptr(float64(i)), Version: hour(i),
			Point: ptr(orb.Point{107.4 + float64(i%20)/50, 16.2 + float64(i%13)/50})}
		switch i % 10 {
		case 1:
			all[i].Label = "Ωméga Đập 🚧"
		case 2:
			all[i].Label = ""
		case 3:
			all[i].Point = nil
		case 4:
			all[i].Version, all[i].Observed = nil, hour(-24*365*i/100)
		case 5:
			all[i].Observed = hour(-i)
		case 6:
			all[i].Version = nil
		}
	}
	return all
}

func wholeRows(t *testing.T, tx pgx.Tx) []string {
	t.Helper()
	rows, err := tx.Query(context.Background(), "SELECT to_jsonb(d)::text FROM dams d ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// An archive that is new as a whole ends in the same rows as one that comes in
// pieces; and read again it changes nothing.
func TestArchiveAtOnce(t *testing.T) {
	tx := pgtest.Tx(t, hubtest.Prepared())
	rows := archive(200)
	pieces := nested(t, tx)
	for part := range slices.Chunk(rows, 50) {
		if r := upsert(t, pieces, systems.Dams, rowsOf(part)...); r.Changed != len(part) {
			t.Fatalf("a piece: %+v", r)
		}
	}
	want := wholeRows(t, pieces)
	if err := pieces.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := upsert(t, tx, systems.Dams, rowsOf(rows)...); r.Changed != 200 || r.Same != 0 || r.Late != 0 {
		t.Fatalf("at once: %+v", r)
	}
	if diff := cmp.Diff(want, wholeRows(t, tx)); diff != "" {
		t.Errorf("in pieces (-) and at once (+) differ:\n%s", diff)
	}
	if !strings.Contains(strings.Join(want, ""), `"unit_id": 1`) {
		t.Error("no reservoir lies in a unit")
	}
	var versions string
	physical := "SELECT string_agg(ctid::text, ' ' ORDER BY id) FROM dams"
	if err := tx.QueryRow(t.Context(), physical).Scan(&versions); err != nil {
		t.Fatal(err)
	}
	if r := upsert(t, tx, systems.Dams, rowsOf(rows)...); r.Changed != 0 || r.Same != 200 {
		t.Errorf("again: %+v", r)
	}
	if again := one[string](t, tx, physical); again != versions {
		t.Error("rows that were so already were written again")
	}
}

// Rows of which one has a former id of another, is there or comes twice are
// written one by one.
func TestNoArchive(t *testing.T) {
	for name, spoil := range map[string]func(pgx.Tx, []dam) []dam{
		"one is there": func(tx pgx.Tx, rows []dam) []dam {
			upsert(t, tx, systems.Dams, rowsOf(rows[7:8])...)
			return rows
		},
		"one comes under a former id": func(tx pgx.Tx, rows []dam) []dam {
			if _, err := tx.Exec(t.Context(), "INSERT INTO feature_aliases (alias, id) VALUES ($1, 'dam:other')", rows[7].ID); err != nil {
				t.Fatal(err)
			}
			rows[7].Label = "Hồ khác"
			return rows
		},
		"one comes twice": func(tx pgx.Tx, rows []dam) []dam {
			return append(rows, dam{ID: rows[7].ID, Label: "Hồ mới hơn", Version: hour(10_000)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			tx := pgtest.Tx(t, hubtest.Prepared())
			rows := spoil(tx, archive(150))
			upsert(t, tx, systems.Dams, rowsOf(rows)...)
			if n := one[int](t, tx, "SELECT count(*) FROM dams"); n != 150 {
				t.Errorf("%d rows", n)
			}
			if name == "one comes twice" && one[string](t, tx, "SELECT label FROM dams WHERE id = $1", rows[7].ID) != "Hồ mới hơn" {
				t.Error("the older version stayed")
			}
			if name == "one comes under a former id" && one[string](t, tx, "SELECT label FROM dams WHERE id = 'dam:other'") != "Hồ khác" {
				t.Error("the row is not under the id it has now")
			}
		})
	}
}

// While an archive is written somebody else writes one of its rows.
func TestArchiveCollides(t *testing.T) {
	db := pgtest.DB(t, hubtest.Empty())
	rows := archive(150)
	other, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback(context.Background())
	upsert(t, other, systems.Dams, dam{ID: rows[20].ID, Label: "Hồ cũ", Version: hour(-1000)}.row())
	type outcome struct {
		ingest.Result
		error
	}
	done := make(chan outcome, 1)
	go func() {
		var r ingest.Result
		err := pgx.BeginFunc(context.Background(), db, func(tx pgx.Tx) (err error) {
			r, err = ingest.Upsert(context.Background(), tx, systems.Dams, rowsOf(rows))
			return err
		})
		done <- outcome{r, err}
	}()
	for deadline := time.Now().Add(time.Minute); ; {
		var waits bool
		err := db.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')").Scan(&waits)
		if err != nil || time.Now().After(deadline) {
			t.Fatal("nobody waits for the other", err)
		}
		if waits {
			break
		}
	}
	if err := other.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-done; got.error != nil || got.Changed != 150 {
		t.Fatalf("%+v", got)
	}
	var n int
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM dams WHERE label <> 'Hồ cũ' OR label IS NULL").Scan(&n); err != nil || n != 150 {
		t.Errorf("%d rows, %v", n, err)
	}
}
