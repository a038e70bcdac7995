package serve

import (
	"context"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"geohub/ingest/formats/ais"
	"geohub/province"
	"geohub/systems"
)

const (
	aisStation = "thuan-an"
	aisKept    = 72 * time.Hour   // what the receiver hands on to whoever connects
	aisGrid    = 10 * time.Second // between two positions of a vessel under way
	aisCalls   = 36               // a vessel tells its name at each so manieth of these
	aisBehind  = 10 * time.Minute // by how much the clock may run away before the rest is handed on at once
)

// aisService is the coastal receiver: NMEA 0183 with TAG blocks over TCP. To
// whoever connects it hands on what it kept, the last known of each vessel
// first, then what it hears.
func aisService() service {
	return service{name: "ais", run: aisListen, ports: []string{"ais"}, sources: `
  - name: ais
    format: ais
    address: tcp://{{.Port "ais"}}
`}
}

func aisListen(ctx context.Context, s *Server) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.Address("ais"))
	if err != nil {
		return err
	}
	var feeding sync.WaitGroup
	defer feeding.Wait()
	context.AfterFunc(ctx, func() { l.Close() })
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		feeding.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			f := &aisFeed{s: s, conn: conn}
			for f.backlog() == nil && f.live(ctx) == nil {
			}
		})
	}
}

// aisFeed is what one who is connected gets.
type aisFeed struct {
	s    *Server
	conn net.Conn
	sent time.Time // up to when it has all
	seq  int
	out  []byte
}

func fleetOf(s *Server) []*province.Ship {
	return rows(s, "ships", (*province.Province).Fleet)
}

// backlog sends what was heard since sent, at most what is kept, and all names.
func (f *aisFeed) backlog() error {
	now := f.s.Now()
	from := f.sent
	if kept := now.Add(-aisKept); from.Before(kept) {
		from = kept
	}
	type heard struct {
		ship *province.Ship
		at   systems.Position
	}
	var last, kept []heard
	var silent []func()
	for _, ship := range fleetOf(f.s) {
		if !ship.Transponder() {
			continue
		}
		all := ship.Positions(now)
		if len(all) == 0 {
			continue
		}
		called := all[len(all)-1].At
		silent = append(silent, func() { f.call(ship, called) })
		newest := true
		for _, at := range slices.Backward(all) {
			if *at.PositionSource != "AIS" {
				continue
			}
			if at.At.After(from) {
				kept = append(kept, heard{ship, at})
			} else if newest {
				last = append(last, heard{ship, at})
			}
			newest = false
			if !at.At.After(from) {
				break
			}
		}
	}
	slices.SortStableFunc(kept, func(a, b heard) int { return a.at.At.Compare(b.at.At) })
	for _, h := range append(last, kept...) {
		f.position(h.ship, h.at)
		if err := f.full(); err != nil {
			return err
		}
	}
	for _, call := range silent {
		call()
	}
	f.sent = now
	return f.flush()
}

// live sends what is heard, until the clock has run too far ahead.
func (f *aisFeed) live(ctx context.Context) error {
	for {
		wait(ctx, time.Second)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		now := f.s.Now()
		if now.Sub(f.sent) > aisBehind {
			return nil
		}
		ships := fleetOf(f.s)
		for at := f.sent.Truncate(aisGrid).Add(aisGrid); !at.After(now); at = at.Add(aisGrid) {
			for i, ship := range ships {
				position, heard, due := ship.Heard(at)
				if heard && due {
					f.position(ship, position)
				}
				if heard && (at.Unix()/int64(aisGrid/time.Second)+int64(i))%aisCalls == 0 {
					f.call(ship, at)
				}
			}
		}
		f.sent = now
		if err := f.flush(); err != nil {
			return err
		}
	}
}

// position is a class A report of position.
func (f *aisFeed) position(ship *province.Ship, at systems.Position) {
	m := f.message(1, ship, at.At)
	m.Status = ais.Some(slices.Index(navCodes, ship.NavStatus(at.At)))
	m.Second = ais.Some(at.At.Second())
	m.Lon, m.Lat, m.Accuracy = ais.Some(at.Geom.Lon()), ais.Some(at.Geom.Lat()), ais.Some(true)
	m.Speed, m.Course = optional(at.SpeedKn), optional(at.CourseDeg)
	if at.HeadingDeg != nil {
		m.Heading = ais.Some(int(*at.HeadingDeg))
	}
	f.encode(m)
}

// call is a class A report of name and voyage.
func (f *aisFeed) call(ship *province.Ship, at time.Time) {
	row := ship.Row()
	m := f.message(5, ship, at)
	m.ShipType, m.Draught = optional(row.ShipType), optional(row.DraughtM)
	m.Callsign, m.Shipname, m.Destination = orNone(row.CallSign), orNone(row.VesselName), orNone(row.Destination)
	if row.IMO != nil {
		n, _ := strconv.Atoi(*row.IMO)
		m.IMO = ais.Some(n)
	}
	if row.LengthM != nil {
		length := int(*row.LengthM + 0.5)
		m.ToBow, m.ToStern = ais.Some(length*2/3), ais.Some(length-length*2/3)
		m.ToPort, m.ToStarboard = ais.Some(2), ais.Some(3)
	}
	f.encode(m)
}

func (f *aisFeed) message(kind int, ship *province.Ship, at time.Time) ais.Message {
	mmsi, _ := strconv.Atoi(*ship.Row().MMSI)
	f.seq = (f.seq + 1) % 10
	return ais.Message{Type: kind, MMSI: mmsi, Channel: "AB"[f.seq%2 : f.seq%2+1], Tag: ais.Tag{Source: aisStation, Time: at}}
}

func (f *aisFeed) encode(m ais.Message) {
	out, err := ais.Encode(f.out, m, f.seq)
	if err != nil {
		f.s.o.Log.Warn("a vessel can't be said in AIS", "mmsi", m.MMSI, "err", err)
		return
	}
	f.out = out
}

// full sends when there is much to send.
func (f *aisFeed) full() error {
	if len(f.out) < 64<<10 {
		return nil
	}
	return f.flush()
}

func (f *aisFeed) flush() error {
	if len(f.out) == 0 {
		return nil
	}
	if err := f.conn.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	_, err := f.conn.Write(f.out)
	f.out = f.out[:0]
	return err
}

// navCodes are the navigational statuses in the order of their codes.
var navCodes = []systems.NavStatus{"UNDER_WAY_USING_ENGINE", "AT_ANCHOR", "NOT_UNDER_COMMAND", "RESTRICTED_MANOEUVRABILITY", "CONSTRAINED_BY_HER_DRAUGHT", "MOORED", "AGROUND", "ENGAGED_IN_FISHING"}

func optional[T any](v *T) ais.Opt[T] {
	if v == nil {
		return ais.Opt[T]{}
	}
	return ais.Some(*v)
}

// orNone is a value, its zero one when there is none.
func orNone[T any](v *T) (none T) {
	if v == nil {
		return none
	}
	return *v
}
