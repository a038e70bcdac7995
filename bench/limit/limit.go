// Package limit answers the questions of the benchmark as fast as Go and
// PostgreSQL can together: net/http and pgx, a prepared statement a question,
// binary columns appended as JSON to a pooled buffer. No GraphQL, no policy, no
// choice of fields. What the hub reaches of it is what generality costs.
//
// The rule it keeps: the same rows, fields and order as the hub's answer, which
// the runner checks before it measures. The statements are the .sql files here.
//
//	GET /reports?box=107.5,16.4,107.6,16.5&first=50
//	GET /cameras?at=107.59,16.46&first=10
//	GET /vessels?box=107.6,16.5,107.8,16.7&first=20&last=10
//	GET /groups?from=2026-01-01T00:00:00%2B07:00&to=2026-02-01T00:00:00%2B07:00
//	GET /overlay?from=2026-01-01T00:00:00%2B07:00&to=2026-02-01T00:00:00%2B07:00&metres=200&first=1000
//	GET /tile?z=12&x=3271&y=1860
//	GET /export
package limit

import (
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"

	"geohub/geo"
)

// A question's statement, prepared once a connection under its name.
type statement struct{ name, sql string }

var (
	//go:embed reports.sql
	reportsSQL string
	//go:embed cameras.sql
	camerasSQL string
	//go:embed vessels.sql
	vesselsSQL string
	//go:embed groups.sql
	groupsSQL string
	//go:embed overlay.sql
	overlaySQL string
	//go:embed tile.sql
	tileSQL string
	//go:embed export.sql
	exportSQL string

	reports = statement{"reports", reportsSQL}
	cameras = statement{"cameras", camerasSQL}
	vessels = statement{"vessels", vesselsSQL}
	groups  = statement{"groups", groupsSQL}
	overlay = statement{"overlay", overlaySQL}
	tile    = statement{"tile", tileSQL}
)

// Open makes a pool of at most so many connections. The server keeps one plan of
// each statement: to plan is a third of the work of a short one.
func Open(ctx context.Context, url string, connections int32) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	c.MaxConns = connections
	c.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// Handler answers from the hub's tables. Each answer is a JSON array, the list
// that stands in the hub's answer; but for tiles and the export, which is CSV.
func Handler(pool *pgxpool.Pool) http.Handler {
	mux := http.NewServeMux()
	for path, answer := range map[string]answer{"/reports": listReports, "/cameras": nearCameras, "/vessels": listVessels, "/groups": groupReports, "/overlay": pairs, "/tile": drawTile} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			kept := buffers.Get().(*[]byte)
			defer buffers.Put(kept)
			b, err := answer(r.Context(), pool, r.URL.Query(), (*kept)[:0])
			if err != nil {
				status := http.StatusInternalServerError
				if errors.Is(err, errParameter) {
					status = http.StatusBadRequest
				}
				http.Error(w, err.Error(), status)
				return
			}
			*kept = b
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", strconv.Itoa(len(b)))
			w.Write(b)
		})
	}
	mux.HandleFunc("GET /export", func(w http.ResponseWriter, r *http.Request) {
		if err := export(r.Context(), pool, w); err != nil {
			panic(http.ErrAbortHandler) // some of it may have left
		}
	})
	return mux
}

// answer appends the answer to one question to b.
type answer func(ctx context.Context, pool *pgxpool.Pool, q url.Values, b []byte) ([]byte, error)

var buffers = sync.Pool{New: func() any {
	b := make([]byte, 0, 256<<10)
	return &b
}}

func listReports(ctx context.Context, pool *pgxpool.Pool, q url.Values, b []byte) ([]byte, error) {
	var args arguments
	args.floats(q.Get("box"), 4)
	args.ranges()
	args.int(q.Get("first"))
	b = append(b, '[')
	err := args.run(ctx, pool, reports, func(v [][]byte) {
		b = append(b, `{"id":`...)
		b = appendString(b, v[0])
		b = append(b, `,"serviceRequestId":`...)
		b = appendString(b, v[1])
		b = append(b, `,"serviceCode":`...)
		b = appendString(b, v[2])
		b = append(b, `,"reportCategory":`...)
		b = appendString(b, v[3])
		b = append(b, `,"reportStatus":`...)
		b = appendString(b, v[4])
		b = append(b, `,"label":`...)
		b = appendString(b, v[5])
		b = append(b, `,"requestedAt":`...)
		b = appendTime(b, v[6])
		b = append(b, `,"geometry":`...)
		b = appendPoint(b, v[7])
		b = append(b, '}', ',')
	})
	return closeArray(b), err
}

// How many cameras the index is asked for, one after the other, until those
// nearest by metres are surely among those nearest by degrees.
var reaches = []int64{24, 500, 1 << 40}

// A degree in any direction is at least so many metres, south of 17.5° N.
const metresADegree = 106_000

func nearCameras(ctx context.Context, pool *pgxpool.Pool, q url.Values, b []byte) ([]byte, error) {
	first, err := strconv.ParseInt(q.Get("first"), 10, 64)
	if err != nil {
		return b, fmt.Errorf("%w: first", errParameter)
	}
	for _, candidates := range reaches {
		var args arguments
		args.floats(q.Get("at"), 2)
		args.add(candidates)
		args.add(first)
		rows, farthest, reach := int64(0), 0.0, 0.0
		b = append(b[:0], '[')
		err := args.run(ctx, pool, cameras, func(v [][]byte) {
			farthest, reach = float(v[6]), float(v[7])
			rows++
			b = append(b, `{"distanceM":`...)
			b = appendFloat(b, v[6])
			b = append(b, `,"node":{"id":`...)
			b = appendString(b, v[0])
			b = append(b, `,"label":`...)
			b = appendString(b, v[1])
			b = append(b, `,"cameraKind":`...)
			b = appendString(b, v[2])
			b = append(b, `,"cameraStatus":`...)
			b = appendString(b, v[3])
			b = append(b, `,"roadName":`...)
			b = appendString(b, v[4])
			b = append(b, `,"geometry":`...)
			b = appendPoint(b, v[5])
			b = append(b, '}', '}', ',')
		})
		if err != nil || rows < first || farthest <= reach*metresADegree {
			return closeArray(b), err
		}
	}
	return closeArray(b), nil
}

func listVessels(ctx context.Context, pool *pgxpool.Pool, q url.Values, b []byte) ([]byte, error) {
	var args arguments
	args.floats(q.Get("box"), 4)
	args.ranges()
	args.int(q.Get("first"))
	args.int(q.Get("last"))
	var id []byte // of the vessel whose positions are being written
	b = append(b, '[')
	err := args.run(ctx, pool, vessels, func(v [][]byte) {
		if string(id) != string(v[0]) {
			if id != nil {
				b = append(closeArray(b), '}', ',')
			}
			id = append(id[:0], v[0]...)
			b = append(b, `{"id":`...)
			b = appendString(b, v[0])
			b = append(b, `,"mmsi":`...)
			b = appendString(b, v[1])
			b = append(b, `,"label":`...)
			b = appendString(b, v[2])
			b = append(b, `,"gear":`...)
			b = appendString(b, v[3])
			b = append(b, `,"geometry":`...)
			b = appendPoint(b, v[4])
			b = append(b, `,"positions":[`...)
		}
		if v[5] == nil {
			return
		}
		lon, lat := point(v[6])
		b = append(b, `{"at":`...)
		b = appendTime(b, v[5])
		b = append(b, `,"lon":`...)
		b = appendNumber(b, lon)
		b = append(b, `,"lat":`...)
		b = appendNumber(b, lat)
		b = append(b, `,"speedKn":`...)
		b = appendFloat(b, v[7])
		b = append(b, `,"courseDeg":`...)
		b = appendFloat(b, v[8])
		b = append(b, '}', ',')
	})
	if id != nil {
		b = append(closeArray(b), '}')
	}
	return closeArray(b), err
}

func groupReports(ctx context.Context, pool *pgxpool.Pool, q url.Values, b []byte) ([]byte, error) {
	args := arguments{values: [][]byte{[]byte(q.Get("from")), []byte(q.Get("to"))}, formats: []int16{0, 0}}
	b = append(b, '[')
	err := args.run(ctx, pool, groups, func(v [][]byte) {
		b = append(b, `{"keys":[{"value":`...)
		b = appendString(b, v[0])
		b = append(b, `},{"value":`...)
		b = appendString(b, v[1])
		b = append(b, `}],"count":`...)
		b = strconv.AppendUint(b, binary.BigEndian.Uint64(v[2]), 10)
		b = append(b, '}', ',')
	})
	return closeArray(b), err
}

func pairs(ctx context.Context, pool *pgxpool.Pool, q url.Values, b []byte) ([]byte, error) {
	args := arguments{values: [][]byte{[]byte(q.Get("from")), []byte(q.Get("to"))}, formats: []int16{0, 0}}
	args.floats(q.Get("metres"), 1)
	args.int(q.Get("first"))
	b = append(b, '[')
	err := args.run(ctx, pool, overlay, func(v [][]byte) {
		b = append(b, `{"left":{"id":`...)
		b = appendString(b, v[0])
		b = append(b, `},"right":{"id":`...)
		b = appendString(b, v[1])
		b = append(b, `},"distanceM":`...)
		b = appendFloat(b, v[2])
		b = append(b, '}', ',')
	})
	return closeArray(b), err
}

func drawTile(ctx context.Context, pool *pgxpool.Pool, q url.Values, b []byte) ([]byte, error) {
	var args arguments
	for _, name := range []string{"z", "x", "y"} {
		args.int(q.Get(name))
	}
	err := args.run(ctx, pool, tile, func(v [][]byte) { b = append(b, v[0]...) })
	return b, err
}

func export(ctx context.Context, pool *pgxpool.Pool, w http.ResponseWriter) error {
	c, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	w.Header().Set("Content-Type", "text/csv")
	_, err = c.Conn().PgConn().CopyTo(ctx, w, exportSQL)
	return err
}

// closeArray ends an array each of whose elements left a comma.
func closeArray(b []byte) []byte {
	if len(b) > 0 && b[len(b)-1] == ',' {
		b = b[:len(b)-1]
	}
	return append(b, ']')
}

// errParameter says that the address is not one of those above.
var errParameter = errors.New("wrong or missing parameter")

// arguments are a statement's, as they travel.
type arguments struct {
	values  [][]byte
	formats []int16
	err     error
}

// floats reads n numbers with commas between.
func (a *arguments) floats(text string, n int) {
	left := 0
	for part := range strings.SplitSeq(text, ",") {
		f, err := strconv.ParseFloat(part, 64)
		if err != nil {
			a.err = fmt.Errorf("%w: %q", errParameter, text)
		}
		a.bits(math.Float64bits(f))
		left++
	}
	if left != n {
		a.err = fmt.Errorf("%w: %q are not %d numbers", errParameter, text, n)
	}
}

// ranges adds the geohashes that cover the box of the four numbers before.
func (a *arguments) ranges() {
	if a.err != nil {
		return
	}
	at := func(i int) float64 { return float(a.values[i]) }
	first, last := []byte("{"), []byte("{")
	for i, r := range geo.Geohashes([]orb.Bound{{Min: orb.Point{at(0), at(1)}, Max: orb.Point{at(2), at(3)}}}, 96) {
		if i > 0 {
			first, last = append(first, ','), append(last, ',')
		}
		first, last = append(first, r.First...), append(last, r.Last...)
	}
	for _, list := range [][]byte{first, last} {
		a.values, a.formats = append(a.values, append(list, '}')), append(a.formats, 0)
	}
}

func (a *arguments) int(text string) {
	i, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		a.err = fmt.Errorf("%w: %q", errParameter, text)
	}
	a.add(i)
}

func (a *arguments) add(i int64) { a.bits(uint64(i)) }

func (a *arguments) bits(u uint64) {
	a.values = append(a.values, binary.BigEndian.AppendUint64(make([]byte, 0, 8), u))
	a.formats = append(a.formats, 1)
}

// run gives the binary columns of each row; they are good until the next one.
func (a *arguments) run(ctx context.Context, pool *pgxpool.Pool, s statement, row func(v [][]byte)) error {
	if a.err != nil {
		return a.err
	}
	c, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	if _, err := c.Conn().Prepare(ctx, s.name, s.sql); err != nil { // nothing when it is prepared
		return err
	}
	rows := c.Conn().PgConn().ExecPrepared(ctx, s.name, a.values, a.formats, []int16{1})
	for rows.NextRow() {
		row(rows.Values())
	}
	_, err = rows.Close()
	return err
}
