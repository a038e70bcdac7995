package connect_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"

	"geohub/ingest"
	"geohub/ingest/connect"
	"geohub/ingest/formats"
	"geohub/ingest/formats/ais"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/systems"
)

const (
	benchPositions = 100_000
	benchVessels   = 400
)

// benchLines are positions of many vessels as a receiver sends them.
func benchLines(b *testing.B) []byte {
	var out []byte
	for i := range benchPositions {
		v := i % benchVessels
		m := ais.Message{
			Type: 1, MMSI: 574_000_000 + v, Channel: "A", Status: ais.Some(7), Speed: ais.Some(float64(i%150) / 10), Course: ais.Some(float64(i%3600) / 10),
			Lon: ais.Some(107.5 + float64(v)/400), Lat: ais.Some(16.5 + float64(i/benchVessels)/1000), Heading: ais.Some(i % 360),
			Tag: ais.Tag{Source: "thuan-an", Time: hubtest.Now.Add(time.Duration(i/benchVessels) * 10 * time.Second)},
		}
		var err error
		if out, err = ais.Encode(out, m, 0); err != nil {
			b.Fatal(err)
		}
	}
	return out
}

func benchSource(b *testing.B, pool *pgxpool.Pool, address string) *ingest.Runner {
	sources, err := ingest.ParseSources(fmt.Appendf(nil, "sources:\n  - {name: ais, format: ais, address: %q}\n", address), func(string) string { return "" }, connect.Formats())
	if err != nil {
		b.Fatal(err)
	}
	r := &ingest.Runner{DB: pool, Sources: sources, Formats: connect.Formats(), Mappings: systems.Mappings, Derivations: systems.Derivations, Layers: systems.All,
		Clock: func() time.Time { return hubtest.Now }, Log: slog.New(slog.DiscardHandler)}
	if err := r.Declare(b.Context()); err != nil {
		b.Fatal(err)
	}
	return r
}

// BenchmarkAIS reads positions from a receiver over TCP until they are in the
// series and on the map, beside decoding alone and writing the same rows
// straight into the series.
func BenchmarkAIS(b *testing.B) {
	lines := benchLines(b)
	pool := pgtest.DB(b, hubtest.Empty())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Write(lines)
			c.Close()
		}
	}()
	r := benchSource(b, pool, "tcp://"+l.Addr().String())
	p := newPace(b, benchPositions)
	for b.Loop() {
		p.time("decode", func() { decodePositions(b, lines) })
		clearPositions(b, pool)
		p.time("copy", func() { copyPositions(b, pool) })
		clearPositions(b, pool)
		p.time("rows", func() {
			if _, err := r.Read(b.Context(), "ais"); err != nil {
				b.Fatal(err)
			}
		})
		var n int
		if err := pool.QueryRow(b.Context(), "SELECT count(*) FROM vessel_positions").Scan(&n); err != nil || n != benchPositions {
			b.Fatal(n, err)
		}
	}
	p.report("rows", "decode", "copy")
}

func decodePositions(b *testing.B, lines []byte) {
	n := 0
	err := ais.Decode(bytes.NewReader(lines), formats.Sink[ais.Message]{
		Record: func(ais.Message) error { n++; return nil },
		Refuse: func(r formats.Refusal) error { return r },
	})
	if err != nil || n != benchPositions {
		b.Fatal(n, err)
	}
}

func copyPositions(b *testing.B, pool *pgxpool.Pool) {
	err := pgx.BeginFunc(b.Context(), pool, func(tx pgx.Tx) error {
		_, err := tx.CopyFrom(b.Context(), pgx.Identifier{"vessel_positions"}, []string{"feature_id", "at", "geom", "speed_kn", "course_deg", "heading_deg", "position_source"},
			pgx.CopyFromSlice(benchPositions, func(i int) ([]any, error) {
				v := i % benchVessels
				return []any{fmt.Sprintf("vessel:mmsi-%d", 574_000_000+v), hubtest.Now.Add(time.Duration(i/benchVessels) * 10 * time.Second),
					orb.Point{107.5 + float64(v)/400, 16.5 + float64(i/benchVessels)/1000}, float64(i%150) / 10, float64(i%3600) / 10, float64(i % 360), "AIS"}, nil
			}))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

func clearPositions(b *testing.B, pool *pgxpool.Pool) {
	if _, err := pool.Exec(b.Context(), "TRUNCATE vessel_positions, vessels"); err != nil {
		b.Fatal(err)
	}
	if _, err := pool.Exec(b.Context(), "SELECT ensure_months('vessel_positions', $1, $1)", hubtest.Now); err != nil {
		b.Fatal(err)
	}
}
