package province

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/paulmach/orb"

	"geohub/access"
	"geohub/layer"
	"geohub/systems"
)

// reader is a card reader as it stands whatever the time.
type reader struct {
	row   systems.CardReader
	kind  systems.ReaderKind
	pays  bool
	busy  float64 // uses on a working day
	cards int     // that are used at it
}

// CardReaders are all 300. What they counted follows from the events of the 24
// hours of the clock up to now.
func (p *Province) CardReaders() []*systems.CardReader {
	readers := p.readers()
	type count struct {
		granted, denied, paid int
		newest                time.Time
	}
	counts := map[string]*count{}
	for hour := p.CardsSince(); !hour.After(p.now); hour = hour.Add(time.Hour) {
		for _, e := range p.CardEvents(hour) {
			if e.At.After(p.now) {
				continue
			}
			c := counts[e.Reader]
			if c == nil {
				c = &count{}
				counts[e.Reader] = c
			}
			c.newest = hour
			switch e.Kind {
			case "DENIED":
				c.denied++
			case "PAYMENT":
				c.paid++
				fallthrough
			default:
				c.granted++
			}
		}
	}
	today := midnight(p.now)
	var rows []*systems.CardReader
	for i := range readers {
		row := readers[i].row
		status, from := p.readerStatus(i, today)
		if p.now.Before(from) {
			status = "ONLINE"
		}
		row.ReaderStatus, row.VersionAt = new(status), new(p.now)
		if c := counts[*row.ReaderCode]; c != nil {
			row.LastSeenAt, row.ObservedAt = new(c.newest), new(c.newest)
			row.Granted24h, row.Denied24h, row.Payments24h = new(c.granted), new(c.denied), new(c.paid)
		}
		rows = append(rows, &row)
	}
	return rows
}

// readerStatus is how the i-th reader is on a day from a moment on; before it
// works.
func (p *Province) readerStatus(i int, day time.Time) (systems.ReaderStatus, time.Time) {
	r := p.dayRand(fmt.Sprint("card reader ", i), day)
	status := []systems.ReaderStatus{"ONLINE", "OFFLINE", "FAULT"}[byShare(r, []float64{94.5, 4, 1.5})]
	return status, day.Add(hours(8 * r.Float64()))
}

// readers are time clocks at the offices, gates of monuments and buildings,
// tills at markets and shops, buses at their stops.
func (p *Province) readers() []reader {
	r := p.rand("card readers")
	offices := p.counters()
	var rows []reader
	add := func(kind systems.ReaderKind, at orb.Point, place, issuer, agency string, pays bool) {
		rows = append(rows, p.reader(r, len(rows)+1, kind, at, place, issuer, agency, pays))
	}
	for _, o := range offices {
		if o.kind != "POST" {
			add("ATTENDANCE", away(o.at, 0.02*r.Float64(), 360*r.Float64()), o.name, "HueIOC", o.agency, false)
		}
	}
	for len(rows) < 95 {
		o := offices[r.IntN(60)]
		add("ATTENDANCE", away(o.at, 0.05*r.Float64(), 360*r.Float64()), o.name, "HueIOC", o.agency, false)
	}
	gates := []string{"Quảng trường Ngọ Môn", "Cửa Hiển Nhơn", "Lăng Khải Định", "Lăng Tự Đức", "Lăng Minh Mạng", "Cảng hàng không Phú Bài", "Ga Huế", "Bến xe phía Nam", "Bến xe phía Bắc", "Cảng Chân Mây", "Cổng Vườn quốc gia Bạch Mã"}
	for len(rows) < 160 {
		s := spotNamed(pick(r, gates))
		issuer, agency := "Trung tâm Bảo tồn Di tích Cố đô Huế", "H57.30"
		if s.purpose == "traffic" || s.name == "Cảng Chân Mây" || s.name == "Ga Huế" || s.name == "Cảng hàng không Phú Bài" {
			issuer, agency = "HueIOC", ""
		}
		add("GATE", away(s.at, 0.15*r.Float64(), 360*r.Float64()), s.name, issuer, agency, chance(r, 0.2))
	}
	for len(rows) < 255 {
		at, c := p.somewhere(r)
		place := pick(r, []string{"Cửa hàng tiện lợi", "Chợ", "Nhà thuốc", "Điểm bán hàng lưu niệm", "Bãi giữ xe", "Bệnh viện"}) + " " + lowerKind(c.name)
		add("POS", at, place, pick(r, []string{"Ví Hue-S", "Ngân hàng Hương Giang", "Ngân hàng Cố Đô"}), "", true)
	}
	for len(rows) < 300 {
		s := pick(r, spots[:30])
		add("BUS", away(s.at, 0.1+0.3*r.Float64(), 360*r.Float64()), "Trạm xe buýt "+s.name, "Thẻ giao thông Huế", "H57.05", true)
	}
	return rows
}

func spotNamed(name string) spot {
	for _, s := range spots {
		if s.name == name {
			return s
		}
	}
	panic("no spot is named " + name)
}

func (p *Province) reader(r *rand.Rand, n int, kind systems.ReaderKind, at orb.Point, place, issuer, agency string, pays bool) reader {
	code := fmt.Sprintf("DT-%04d", n)
	names := map[systems.ReaderKind][2]string{"GATE": {"Cổng", "Gate"}, "ATTENDANCE": {"Máy chấm công", "Time clock"}, "POS": {"Điểm thanh toán", "Point of sale"}, "BUS": {"Đầu đọc xe buýt", "Bus reader"}}[kind]
	busy := map[systems.ReaderKind]float64{"GATE": 420, "ATTENDANCE": 110, "POS": 60, "BUS": 260}[kind] * (0.3 + 1.4*r.Float64())
	return reader{systems.CardReader{
		Base: layer.Base{
			ID: "cardReader:" + code, LabelVI: names[0] + " " + place + " (" + code + ")", LabelEN: names[1] + " " + code, Geom: at, AgencyCode: agency,
			Source: "cards", RecordKey: code, Sharing: access.Open,
		},
		ReaderCode: new(code), ReaderKind: new(kind), Issuer: new(issuer), PlaceName: new(place), AcceptsPayment: new(pays),
	}, kind, pays, busy, 20 + int(busy/2)}
}
