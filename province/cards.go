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

// CardReaders are all 300: time clocks at the offices, gates of monuments and
// buildings, tills at markets and shops, buses at their stops.
func (p *Province) CardReaders() []*systems.CardReader {
	r, today := p.rand("card readers"), p.dayRand("card readers' day", midnight(p.now))
	offices := p.counters()
	var rows []*systems.CardReader
	add := func(kind systems.ReaderKind, at orb.Point, place, issuer, agency string, pays bool) {
		rows = append(rows, p.cardReader(r, today, len(rows)+1, kind, at, place, issuer, agency, pays))
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

func (p *Province) cardReader(r, today *rand.Rand, n int, kind systems.ReaderKind, at orb.Point, place, issuer, agency string, pays bool) *systems.CardReader {
	code := fmt.Sprintf("DT-%04d", n)
	names := map[systems.ReaderKind][2]string{"GATE": {"Cổng", "Gate"}, "ATTENDANCE": {"Máy chấm công", "Time clock"}, "POS": {"Điểm thanh toán", "Point of sale"}, "BUS": {"Đầu đọc xe buýt", "Bus reader"}}[kind]
	busy := map[systems.ReaderKind]float64{"GATE": 420, "ATTENDANCE": 110, "POS": 60, "BUS": 260}[kind] * (0.3 + 1.4*r.Float64())
	rest := !working(p.now) || p.now.Hour() < 7
	if kind == "ATTENDANCE" && rest {
		busy *= 0.15
	}
	granted := int(busy * (0.85 + 0.3*today.Float64()))
	denied := int(float64(granted) * 0.04 * today.Float64())
	status := []systems.ReaderStatus{"ONLINE", "OFFLINE", "FAULT"}[byShare(today, []float64{94.5, 4, 1.5})]
	seen, silent := p.now.Add(-time.Duration(1+today.IntN(50))*time.Minute), hours(2+90*today.Float64()*today.Float64())
	if status == "OFFLINE" {
		seen = p.now.Add(-silent)
	}
	row := &systems.CardReader{
		Base: layer.Base{
			ID: "cardReader:" + code, LabelVI: names[0] + " " + place + " (" + code + ")", LabelEN: names[1] + " " + code, Geom: at, AgencyCode: agency,
			Source: "cards", RecordKey: code, ObservedAt: new(seen), VersionAt: new(p.now), Sharing: access.Open,
		},
		ReaderCode: new(code), ReaderKind: new(kind), ReaderStatus: new(status), Issuer: new(issuer), PlaceName: new(place), AcceptsPayment: new(pays), LastSeenAt: new(seen),
		Granted24h: new(granted), Denied24h: new(denied), Payments24h: new(0),
	}
	if pays {
		row.Payments24h = new(int(float64(granted) * 0.9))
	}
	if status == "OFFLINE" && silent > 24*time.Hour {
		row.Granted24h, row.Denied24h, row.Payments24h = nil, nil, nil
	}
	return row
}
