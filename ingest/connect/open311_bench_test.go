package connect_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/province"
	"geohub/systems"
)

const benchReports = 200_000

// BenchmarkOpen311Backfill reads all reports of a server for the first time,
// with units to find for them, against COPY of the same rows into the same
// table with its indexes.
func BenchmarkOpen311Backfill(b *testing.B) {
	s := httptest.NewServer(benchArchive(b))
	defer s.Close()
	pool := pgtest.DB(b, hubtest.Prepared())
	r, err := hubtest.Runner(pool, "sources:\n  - {name: hue-s, format: open311, address: "+s.URL+"/open311/v2, every: 1m}\n")
	if err != nil {
		b.Fatal(err)
	}
	r.Clock = time.Now
	p := newPace(b, benchReports)
	for b.Loop() {
		clearReports(b, pool)
		if err := r.Declare(b.Context()); err != nil {
			b.Fatal(err)
		}
		p.time("rows", func() {
			if _, err := r.Read(b.Context(), "hue-s"); err != nil {
				b.Fatal(err)
			}
		})
		var located int
		columns, rows := reportRows(b, pool)
		if err := pool.QueryRow(b.Context(), "SELECT count(unit_id) FROM reports").Scan(&located); err != nil || len(rows) != benchReports || located < benchReports*9/10 {
			b.Fatal(len(rows), located, err)
		}
		clearReports(b, pool)
		p.time("copy", func() {
			if _, err := pool.CopyFrom(b.Context(), pgx.Identifier{"reports"}, columns, pgx.CopyFromRows(rows)); err != nil {
				b.Fatal(err)
			}
		})
	}
	p.report("rows", "copy")
}

// reportRows are all rows as they stand, for COPY.
func reportRows(b *testing.B, pool *pgxpool.Pool) (columns []string, all [][]any) {
	rows, err := pool.Query(b.Context(), "SELECT * FROM reports LIMIT 0")
	if err != nil {
		b.Fatal(err)
	}
	rows.Close()
	var selected []string
	for _, f := range rows.FieldDescriptions() {
		if f.Name == "place" { // the database works it out
			continue
		}
		columns = append(columns, f.Name)
		as := f.Name
		switch f.Name { // as they travel, so that COPY has nothing to make of them
		case "geom":
			as += "::bytea"
		case "versions":
			as += "::text"
		}
		selected = append(selected, as)
	}
	if rows, err = pool.Query(b.Context(), "SELECT "+strings.Join(selected, ", ")+" FROM reports ORDER BY requested_at"); err != nil {
		b.Fatal(err)
	}
	all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	if err != nil {
		b.Fatal(err)
	}
	return columns, all
}

func clearReports(b *testing.B, pool *pgxpool.Pool) {
	if _, err := pool.Exec(b.Context(), "TRUNCATE reports, sources"); err != nil {
		b.Fatal(err)
	}
}

// archive is a GeoReport server with many reports, the oldest first, written
// out beforehand.
type archive struct {
	made []time.Time
	text [][]byte
	open []int32 // places of those that are open
}

func (a *archive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	from, err := time.Parse(time.RFC3339, q.Get("start_date"))
	to := time.Now()
	if text := q.Get("end_date"); text != "" && err == nil {
		to, err = time.Parse(time.RFC3339, text)
	}
	page, _ := strconv.Atoi(q.Get("page"))
	size, _ := strconv.Atoi(q.Get("page_size"))
	if err != nil || page < 1 || size < 1 {
		http.Error(w, "a question that was not expected: "+r.URL.RawQuery, http.StatusBadRequest)
		return
	}
	size = min(size, 1000)
	low, _ := slices.BinarySearchFunc(a.made, from, time.Time.Compare)
	high, _ := slices.BinarySearchFunc(a.made, to.Add(1), time.Time.Compare)
	at := func(i int) int { return high - 1 - i }
	n := high - low
	if q.Get("status") == "open" {
		first, _ := slices.BinarySearch(a.open, int32(low))
		end, _ := slices.BinarySearch(a.open, int32(high))
		n = end - first
		at = func(i int) int { return int(a.open[end-1-i]) }
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	sep := "["
	for i := (page - 1) * size; i < min(page*size, n); i++ {
		fmt.Fprint(w, sep)
		w.Write(a.text[at(i)])
		sep = ",\n"
	}
	if sep == "[" {
		fmt.Fprint(w, sep)
	}
	fmt.Fprint(w, "]\n")
}

// benchArchive spreads the province's reports over nearly three years, each
// several times with a number of its own and some way off.
func benchArchive(b *testing.B) *archive {
	now := time.Now().Truncate(time.Second)
	made := province.New(province.Seed, now).Reports()
	first := now.Add(-2*365*24*time.Hour - 300*24*time.Hour)
	step := now.Sub(first) / benchReports
	a := &archive{}
	for i := range benchReports {
		row := *made[i*len(made)/benchReports]
		at := first.Add(time.Duration(i) * step).Truncate(time.Second)
		text, err := json.Marshal(wireReport(&row, i, at.Sub(*row.RequestedAt)))
		if err != nil {
			b.Fatal(err)
		}
		if *row.Open311Status == "OPEN" {
			a.open = append(a.open, int32(i))
		}
		a.made, a.text = append(a.made, at), append(a.text, text)
	}
	return a
}

// wireReport is a report as the standard has it, moved in time and place.
func wireReport(row *systems.Report, i int, later time.Duration) map[string]any {
	moment := func(t *time.Time) any {
		if t == nil {
			return nil
		}
		return t.Add(later).Format(time.RFC3339)
	}
	lower := func(s string) string { return strings.ToLower(s) }
	id := fmt.Sprintf("HUE-%07d", i)
	own := map[string]any{
		"title": row.LabelVI, "title_en": row.LabelEN, "status_step": "DANG_XU_LY", "service_group": "Hạ tầng đô thị",
		"source_channel": lower(string(*row.Channel)), "agency_code": row.AgencyResponsibleCode, "resolved_datetime": moment(row.ResolvedAt),
		"location_accuracy_m": row.PositionAccuracyM,
	}
	wire := map[string]any{
		"service_request_id": id, "status": lower(string(*row.Open311Status)), "status_notes": row.StatusNotes,
		"service_name": row.ServiceName, "service_code": row.ServiceCode, "description": row.Description,
		"agency_responsible": row.AgencyResponsibleCode, "service_notice": nil,
		"requested_datetime": moment(row.RequestedAt), "updated_datetime": moment(row.StatusUpdatedAt), "expected_datetime": moment(row.ExpectedAt),
		"address": row.AddressString, "address_id": nil, "zipcode": nil, "lat": nil, "long": nil,
		"media_url": "http://hue-s.example/reports/media/" + id + ".jpg",
		"email":     row.Email, "first_name": row.FirstName, "last_name": row.LastName, "phone": row.Phone, "account_id": row.AccountId, "device_id": row.DeviceId,
		"extended_attributes": own,
	}
	if at, ok := row.Geom.(orb.Point); ok {
		wire["long"], wire["lat"] = at[0]+float64(i%89-44)*1e-5, at[1]+float64(i%97-48)*1e-5
	}
	return wire
}
