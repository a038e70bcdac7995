package province

import (
	"fmt"
	"strings"
	"time"

	"github.com/paulmach/orb"
	sphere "github.com/paulmach/orb/geo"

	"geohub/access"
	"geohub/geo"
	"geohub/layer"
	"geohub/systems"
)

// warning is one message before it becomes a row.
type warning struct {
	key                              string // of its identifier
	sent                             time.Time
	onset, holds                     time.Duration // from sent: to the event, to the end
	kind                             systems.AlertMsgType
	names                            []string // keys of the messages it updates or cancels
	status                           systems.AlertStatus
	scope                            systems.AlertScope
	from                             string // which of senders
	hazard                           systems.Hazard
	risk                             int
	urgency                          systems.AlertUrgency
	certainty                        systems.AlertCertainty
	severity                         systems.AlertSeverity // empty: by the risk
	category                         []systems.AlertCategory
	do                               []systems.AlertResponseType
	event, headline, text, act, area string // act: what people should do
	audience                         string
	shape                            orb.Polygon
}

// senders are the bodies that warn: address, name, whom to ask, agency.
var senders = map[string][4]string{
	"pctt":   {"pctt@hue.example", "Ban Chỉ huy Phòng thủ dân sự thành phố Huế", "Trực ban: 0234 3823115 (số minh họa)", "H57.20"},
	"kttv":   {"dubao@kttv-hue.example", "Đài Khí tượng Thủy văn thành phố Huế", "Trực dự báo: 0234 3822000 (số minh họa)", "H57.50"},
	"dien":   {"cskh@dien-hue.example", "Công ty Điện lực Huế", "Tổng đài: 1900 0000 (số minh họa)", "H57.34"},
	"duong":  {"giaothong@hue.example", "Sở Xây dựng thành phố Huế", "Đường dây nóng: 0234 3800000 (số minh họa)", "H57.05"},
	"congan": {"tintuc@congan-hue.example", "Công an thành phố Huế", "Trực ban: 0234 3810000 (số minh họa)", "H57.40"},
}

// The areas of warnings are schematic, drawn for them: a polygon a region.
var (
	areaProvince = ring(107.08, 16.38, 107.13, 16.27, 107.25, 16.13, 107.42, 16.02, 107.62, 16.01, 107.85, 16.08, 108.08, 16.15, 108.19, 16.2, 108.06, 16.27,
		107.93, 16.36, 107.75, 16.5, 107.58, 16.6, 107.42, 16.73, 107.33, 16.65, 107.25, 16.54)
	areaCity     = ring(107.5, 16.47, 107.54, 16.44, 107.58, 16.43, 107.62, 16.43, 107.65, 16.46, 107.64, 16.5, 107.6, 16.54, 107.55, 16.55, 107.51, 16.52)
	areaLowland  = ring(107.34, 16.64, 107.42, 16.52, 107.5, 16.46, 107.58, 16.43, 107.68, 16.38, 107.76, 16.32, 107.82, 16.31, 107.79, 16.38, 107.73, 16.44, 107.69, 16.5, 107.63, 16.55, 107.55, 16.58, 107.48, 16.62, 107.41, 16.7)
	areaMountain = ring(107.1, 16.4, 107.15, 16.28, 107.24, 16.16, 107.35, 16.07, 107.48, 16.04, 107.62, 16.05, 107.76, 16.07, 107.84, 16.12, 107.8, 16.22, 107.66, 16.25, 107.5, 16.34, 107.36, 16.4, 107.24, 16.5)
	areaCoast    = ring(107.4, 16.71, 107.44, 16.67, 107.53, 16.6, 107.62, 16.55, 107.72, 16.48, 107.79, 16.43, 107.88, 16.35, 107.97, 16.28, 108.05, 16.22, 108.12, 16.2, 108.05, 16.29, 107.95, 16.36, 107.8, 16.46, 107.68, 16.55, 107.55, 16.63, 107.45, 16.71)
	areaSea      = ring(107.46, 16.78, 107.68, 16.61, 107.98, 16.42, 108.16, 16.28, 108.7, 16.3, 109.3, 16.35, 109.3, 17.1, 108.6, 17.15, 107.9, 17.1)
	areaHuuTrach = ring(107.49, 16.32, 107.53, 16.32, 107.58, 16.38, 107.6, 16.45, 107.6, 16.53, 107.57, 16.53, 107.55, 16.46, 107.55, 16.4)
	areaTaTrach  = ring(107.62, 16.31, 107.66, 16.32, 107.62, 16.39, 107.61, 16.46, 107.61, 16.53, 107.58, 16.53, 107.57, 16.46, 107.57, 16.38)
	areaBo       = ring(107.42, 16.46, 107.46, 16.46, 107.48, 16.51, 107.53, 16.54, 107.58, 16.56, 107.55, 16.59, 107.49, 16.58, 107.44, 16.54)
)

// ring is a polygon of lon, lat, lon, lat …, closed by itself.
func ring(lonLat ...float64) orb.Polygon {
	var r orb.Ring
	for i := 0; i < len(lonLat); i += 2 {
		r = append(r, orb.Point{lonLat[i], lonLat[i+1]})
	}
	return orb.Polygon{append(r, r[0])}
}

// circle is CAP's circle as a polygon of 32 corners.
func circle(at orb.Point, km float64) orb.Polygon {
	var r orb.Ring
	for i := range 32 {
		c := sphere.PointAtBearingAndDistance(at, -float64(i)*360/32, km*1000)
		r = append(r, orb.Point{round(c[0], 5), round(c[1], 5)})
	}
	return orb.Polygon{append(r, r[0])}
}

// Alerts are the messages of the last two years, oldest first: a few a month,
// the flood of October 2025 message by message, and always three to six in
// force now, beside an exercise.
func (p *Province) Alerts() []*systems.Alert {
	first := p.now.AddDate(-2, 0, 0)
	var all []warning
	for month := time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, geo.Saigon); !month.After(p.now); month = month.AddDate(0, 1, 0) {
		all = append(all, p.monthly(month)...)
	}
	all = append(all, october2025()...)
	var sent []warning
	for _, w := range all {
		if w.sent.After(first) && !w.sent.After(p.now) {
			sent = append(sent, w)
		}
	}
	sent = append(sent, p.standing(inForce(sent, p.now))...)
	superseded := supersededBy(sent)
	rows := make([]*systems.Alert, 0, len(sent))
	for _, w := range sent {
		rows = append(rows, p.alert(w, superseded[w.key]))
	}
	return rows
}

// supersededBy are the keys of what a later message updates or cancels.
func supersededBy(all []warning) map[string]bool {
	superseded := map[string]bool{}
	for _, w := range all {
		for _, name := range w.names {
			superseded[name] = true
		}
	}
	return superseded
}

// inForce counts what is active at a time.
func inForce(all []warning, now time.Time) int {
	superseded, n := supersededBy(all), 0
	for _, w := range all {
		if (w.status == "" || w.status == "ACTUAL") && w.kind != "CANCEL" && !superseded[w.key] && !w.sent.After(now) && w.sent.Add(w.holds).After(now) {
			n++
		}
	}
	return n
}

// alert is the row of a message.
func (p *Province) alert(w warning, superseded bool) *systems.Alert {
	s := senders[w.from]
	id := func(key string) string { return "VN.HUE." + key }
	orElse := func(a, b string) string {
		if a == "" {
			return b
		}
		return a
	}
	expires := w.sent.Add(w.holds)
	row := &systems.Alert{
		Base: layer.Base{
			ID: "alert:" + id(w.key), LabelVI: w.headline, Geom: w.shape, AgencyCode: s[3], Source: "cap-feed", RecordKey: id(w.key),
			ObservedAt: new(w.sent), VersionAt: new(w.sent), Sharing: access.Open,
		},
		Identifier: new(id(w.key)), Sender: new(s[0]), SenderName: new(s[1]), SentAt: new(w.sent),
		AlertStatus: new(systems.AlertStatus(orElse(string(w.status), "ACTUAL"))), MsgType: new(systems.AlertMsgType(orElse(string(w.kind), "ALERT"))),
		Scope: new(systems.AlertScope(orElse(string(w.scope), "PUBLIC"))), Category: w.category, Event: new(w.event), Hazard: new(w.hazard), ResponseType: w.do,
		Urgency: new(systems.AlertUrgency(orElse(string(w.urgency), "EXPECTED"))), Certainty: new(systems.AlertCertainty(orElse(string(w.certainty), "LIKELY"))),
		EffectiveAt: new(w.sent), OnsetAt: new(w.sent.Add(w.onset)), ExpiresAt: new(expires),
		Headline: new(w.headline), Description: new(w.text), Instruction: new(w.act), AreaDesc: new(w.area),
		Geocodes: []string{}, References: []string{}, Web: new("https://canhbao.hue.example/" + strings.ToLower(w.key)), Contact: new(s[2]), Superseded: superseded,
	}
	row.LabelEN = hazardEN[w.hazard]
	if w.hazard == "OTHER" {
		row.LabelEN = map[string]string{"pctt": "Reservoir release", "dien": "Power cut", "duong": "Traffic restriction", "congan": "Fraud warning"}[w.from]
	}
	if row.Category == nil {
		row.Category = []systems.AlertCategory{"MET"}
	}
	if row.ResponseType == nil {
		row.ResponseType = []systems.AlertResponseType{"PREPARE", "MONITOR"}
	}
	severity := []systems.AlertSeverity{"UNKNOWN", "MINOR", "MODERATE", "SEVERE", "EXTREME", "EXTREME"}[w.risk]
	if w.severity != "" {
		severity = w.severity
	}
	row.Severity = new(severity)
	if w.risk > 0 {
		row.RiskLevel = new(w.risk)
	}
	if w.audience != "" {
		row.Audience = new(w.audience)
	}
	if *row.Scope != "PUBLIC" {
		row.Sharing = access.Private
	}
	if w.kind == "CANCEL" {
		row.Urgency, row.OnsetAt = new(systems.AlertUrgency("PAST")), nil
		row.ResponseType = []systems.AlertResponseType{"ALL_CLEAR"}
	}
	for _, name := range w.names {
		row.References = append(row.References, id(name))
	}
	for _, c := range p.communes() {
		if ringContains(w.shape[0], c.at) {
			row.Geocodes = append(row.Geocodes, c.code)
		}
	}
	return row
}

var hazardEN = map[systems.Hazard]string{
	"STORM": "Storm", "TROPICAL_DEPRESSION": "Tropical depression", "HEAVY_RAIN": "Heavy rain", "FLOOD": "Flood", "INUNDATION": "Inundation",
	"LANDSLIDE": "Landslide", "STORM_SURGE": "Storm surge", "STRONG_WIND_AT_SEA": "Strong wind at sea", "WHIRLWIND": "Whirlwind", "LIGHTNING": "Lightning",
	"FOG": "Fog", "COLD": "Cold", "HEAT": "Heat", "SALINITY_INTRUSION": "Salinity intrusion", "FOREST_FIRE": "Forest fire danger",
}

// The ways of warning that come again and again, month by month.
var usual = map[string]warning{
	"ret": {from: "kttv", hazard: "COLD", risk: 1, onset: 6 * time.Hour, holds: 30 * time.Hour, event: "Rét đậm, rét hại", headline: "Tin cảnh báo rét đậm, vùng núi có nơi rét hại",
		text: "Nhiệt độ thấp nhất vùng núi A Lưới, Nam Đông 11–13 độ, đồng bằng 14–16 độ.", act: "Giữ ấm cho người già, trẻ nhỏ; che chắn chuồng trại, không thả trâu bò.", area: "Vùng núi và gò đồi thành phố Huế", shape: areaMountain},
	"gio": {from: "kttv", hazard: "STRONG_WIND_AT_SEA", risk: 2, onset: 3 * time.Hour, holds: 24 * time.Hour, event: "Gió mạnh trên biển", headline: "Tin cảnh báo gió mạnh, sóng lớn trên biển",
		text: "Gió đông bắc cấp 6, có lúc cấp 7, giật cấp 8–9; sóng cao 3–5 m; biển động mạnh.", act: "Tàu thuyền nhỏ không ra khơi; tàu đang hoạt động giữ liên lạc.", area: "Vùng biển ngoài khơi thành phố Huế", audience: "Chủ tàu cá, thuyền trưởng", shape: areaSea},
	"mu": {from: "kttv", hazard: "FOG", risk: 1, onset: 5 * time.Hour, holds: 14 * time.Hour, event: "Sương mù", headline: "Sương mù dày đặc trên đèo và ven biển vào sáng sớm",
		text: "Tầm nhìn xa dưới 500 m trên đèo Phước Tượng, Phú Gia, Hải Vân.", act: "Giảm tốc độ, bật đèn sương mù.", area: "Ven biển và các đèo phía nam", shape: areaCoast},
	"dong": {from: "kttv", hazard: "LIGHTNING", risk: 1, urgency: "IMMEDIATE", onset: 20 * time.Minute, holds: 4 * time.Hour, event: "Dông, sét", headline: "Cảnh báo dông, sét, gió giật mạnh",
		text: "Vùng mây đối lưu đang phát triển, gây mưa rào và dông, đề phòng lốc, sét, mưa đá.", act: "Tránh trú dưới cây to, không đứng nơi trống trải.", area: "Các phường, xã vùng đồng bằng và gò đồi", shape: areaLowland},
	"loc": {from: "kttv", hazard: "WHIRLWIND", risk: 1, urgency: "IMMEDIATE", onset: 20 * time.Minute, holds: 3 * time.Hour, event: "Lốc, mưa đá", headline: "Cảnh báo lốc, mưa đá vùng núi",
		text: "Trong 30 phút đến 3 giờ tới có khả năng xảy ra lốc, mưa đá.", act: "Chằng chống nhà cửa, trú trong nhà kiên cố.", area: "Vùng núi A Lưới, Nam Đông", shape: areaMountain},
	"nong": {from: "kttv", hazard: "HEAT", risk: 1, onset: 12 * time.Hour, holds: 46 * time.Hour, event: "Nắng nóng gay gắt", headline: "Tin cảnh báo nắng nóng diện rộng",
		text: "Nhiệt độ cao nhất 37–39 độ, độ ẩm thấp nhất 40–50 %.", act: "Hạn chế ra ngoài từ 10 đến 16 giờ, uống đủ nước.", area: "Toàn thành phố Huế", shape: areaProvince},
	"chay": {from: "pctt", hazard: "FOREST_FIRE", risk: 3, category: []systems.AlertCategory{"FIRE", "ENV"}, onset: time.Hour, holds: 40 * time.Hour, event: "Nguy cơ cháy rừng cấp V", headline: "Cảnh báo nguy cơ cháy rừng cấp V, cực kỳ nguy hiểm",
		text: "Thời tiết khô hạn kéo dài, thảm khô dày; nguy cơ cháy lan nhanh.", act: "Cấm đốt thực bì, cấm dùng lửa trong rừng và ven rừng.", area: "Rừng phòng hộ, rừng thông gò đồi phía tây nam", shape: circle(orb.Point{107.585, 16.38}, 9)},
	"man": {from: "pctt", hazard: "SALINITY_INTRUSION", risk: 1, category: []systems.AlertCategory{"ENV", "MET"}, onset: 6 * time.Hour, holds: 48 * time.Hour, event: "Xâm nhập mặn", headline: "Độ mặn tăng ở hạ du sông Hương, sông Bồ",
		text: "Độ mặn phía trên đập Thảo Long vượt mức cho phép lấy nước tưới.", act: "Đóng cống lấy nước, kiểm tra độ mặn trước khi bơm.", area: "Hạ du sông Hương", shape: circle(orb.Point{107.6, 16.53}, 6)},
	"atnd": {from: "kttv", hazard: "TROPICAL_DEPRESSION", risk: 3, onset: 18 * time.Hour, holds: 30 * time.Hour, event: "Áp thấp nhiệt đới", headline: "Tin áp thấp nhiệt đới trên Biển Đông",
		text: "Áp thấp nhiệt đới mạnh cấp 7, giật cấp 9, di chuyển theo hướng tây, khoảng 15 km/h.", act: "Kêu gọi tàu thuyền vào nơi tránh trú; chằng chống nhà cửa.", area: "Vùng biển và ven biển thành phố Huế", audience: "Chủ tàu cá; người dân ven biển", shape: areaSea},
	"bao": {from: "pctt", hazard: "STORM", risk: 3, onset: 24 * time.Hour, holds: 36 * time.Hour, do: []systems.AlertResponseType{"EVACUATE", "SHELTER", "PREPARE"}, event: "Bão", headline: "Tin bão khẩn cấp: gió mạnh dần lên ven biển",
		text: "Tâm bão cách bờ khoảng 250 km, sức gió cấp 10, giật cấp 12; ven biển gió cấp 6–7, sau tăng lên cấp 8.", act: "Tàu thuyền vào bờ; sơ tán dân vùng thấp trũng, ven biển; không ra đường khi bão vào.", area: "Ven biển và đồng bằng thành phố Huế", shape: areaProvince},
	"mua": {from: "kttv", hazard: "HEAVY_RAIN", risk: 2, onset: 6 * time.Hour, holds: 24 * time.Hour, event: "Mưa lớn", headline: "Tin cảnh báo mưa lớn diện rộng",
		text: "Lượng mưa phổ biến 150–250 mm, có nơi trên 350 mm; đề phòng lũ quét, sạt lở vùng núi và ngập úng vùng trũng.", act: "Kê cao tài sản, khơi thông cống rãnh, không đi qua ngầm tràn.", area: "Toàn thành phố Huế", shape: areaProvince},
	"lu": {from: "kttv", hazard: "FLOOD", risk: 2, onset: 3 * time.Hour, holds: 24 * time.Hour, event: "Lũ trên sông Hương, sông Bồ", headline: "Tin lũ: sông Hương, sông Bồ lên trên báo động 2",
		text: "Mực nước sông Hương tại Kim Long và sông Bồ tại Phú Ốc đang lên, khả năng đạt trên báo động 2.", act: "Di dời người và tài sản ở vùng thấp trũng, cắt điện nơi ngập.", area: "Hạ du sông Hương, sông Bồ", shape: areaLowland},
	"satlo": {from: "kttv", hazard: "LANDSLIDE", risk: 1, category: []systems.AlertCategory{"GEO", "MET"}, onset: 3 * time.Hour, holds: 24 * time.Hour, event: "Lũ quét, sạt lở đất", headline: "Cảnh báo nguy cơ lũ quét, sạt lở đất vùng núi",
		text: "Độ ẩm đất đã bão hòa; nguy cơ cao sạt lở trên sườn dốc và taluy đường.", act: "Sơ tán khỏi khu vực có vết nứt; không đi qua đoạn đường sạt lở.", area: "A Lưới, Nam Đông, Khe Tre, Bình Điền", shape: areaMountain},
	"dang": {from: "kttv", hazard: "STORM_SURGE", risk: 2, onset: 8 * time.Hour, holds: 24 * time.Hour, event: "Nước dâng, sóng lớn", headline: "Cảnh báo nước dâng, sóng lớn xâm thực bờ biển",
		text: "Sóng ven bờ cao 2–4 m kết hợp triều cường, nguy cơ sạt lở bờ biển.", act: "Không ra bờ kè, bãi biển; gia cố kè tạm.", area: "Dải ven biển từ Phong Quảng đến Lăng Cô", shape: areaCoast},
	"xa": {from: "pctt", hazard: "OTHER", category: []systems.AlertCategory{"INFRA", "MET"}, severity: "MODERATE", onset: 2 * time.Hour, holds: 20 * time.Hour, do: []systems.AlertResponseType{"AVOID", "PREPARE"}, event: "Điều tiết hồ chứa", headline: "Hồ Hương Điền vận hành điều tiết qua tràn và tuabin từ 300 đến 600 m³/s",
		text: "Tăng dần lưu lượng, không gây đột biến dòng chảy hạ du.", act: "Không vớt củi, đánh bắt cá, qua lại ven sông.", area: "Hạ du sông Bồ", shape: areaBo},
	"dien": {from: "dien", hazard: "OTHER", category: []systems.AlertCategory{"INFRA"}, severity: "MINOR", certainty: "OBSERVED", onset: 14 * time.Hour, holds: 24 * time.Hour, do: []systems.AlertResponseType{"PREPARE"}, event: "Tạm ngừng cung cấp điện", headline: "Tạm ngừng cấp điện để sửa chữa lưới",
		text: "Tạm ngừng cấp điện theo kế hoạch; điện có thể có lại sớm hơn.", act: "Chủ động nguồn dự phòng; coi như lưới luôn có điện.", area: "Một phần phường An Cựu, Thủy Xuân", shape: circle(orb.Point{107.597, 16.436}, 1.5)},
	"duong": {from: "duong", hazard: "OTHER", category: []systems.AlertCategory{"TRANSPORT"}, severity: "MINOR", certainty: "OBSERVED", onset: time.Hour, holds: 40 * time.Hour, do: []systems.AlertResponseType{"AVOID"}, event: "Cấm đường, phân luồng", headline: "Phân luồng giao thông phục vụ lễ hội khu vực trung tâm",
		text: "Cấm ô tô trên các tuyến quanh quảng trường Ngọ Môn.", act: "Đi theo hướng dẫn của lực lượng phân luồng.", area: "Khu vực Kinh thành", shape: circle(citadel, 1.2)},
	"luadao": {from: "congan", hazard: "OTHER", category: []systems.AlertCategory{"SECURITY"}, severity: "MODERATE", certainty: "OBSERVED", onset: 0, holds: 72 * time.Hour, do: []systems.AlertResponseType{"AVOID", "MONITOR"}, event: "Cảnh báo lừa đảo", headline: "Cảnh báo thủ đoạn giả danh cán bộ để lừa đảo qua điện thoại",
		text: "Đối tượng giả danh công an, điện lực yêu cầu cài ứng dụng, cung cấp mã xác thực.", act: "Không cung cấp mã xác thực; báo cho công an nơi gần nhất.", area: "Toàn thành phố Huế", shape: areaProvince},
}

// monthly are the three occasions of a common month, some of them with an
// update or a cancellation. They are far enough apart that no two hold at once.
func (p *Province) monthly(month time.Time) []warning {
	if month.Year() == 2025 && (month.Month() == time.October || month.Month() == time.November) {
		return nil
	}
	r := p.dayRand("alerts", month)
	kinds := [][]string{
		{"ret", "gio", "mu"}, {"ret", "mu", "gio"}, {"mu", "dong", "man"}, {"loc", "dong", "duong"}, {"nong", "dong", "chay"}, {"nong", "chay", "man"},
		{"nong", "chay", "man"}, {"nong", "dong", "atnd"}, {"dong", "bao", "mua"}, {"mua", "lu", "satlo"}, {"gio", "lu", "xa"}, {"mua", "ret", "dang"},
	}[month.Month()-1]
	var all []warning
	for i, name := range kinds {
		if chance(r, 0.12) {
			name = pick(r, []string{"dien", "duong", "luadao"})
		}
		date := []int{4, 10, 20}[i] + r.IntN(3)
		if name == "lu" {
			date = p.floodBegins(month.Year(), month.Month())
		}
		if name != "lu" && name != "bao" && chance(r, 0.2) {
			continue
		}
		w := usual[name]
		w.sent = month.AddDate(0, 0, date-1).Add(time.Duration(5+r.IntN(14))*time.Hour + time.Duration(15*r.IntN(4))*time.Minute)
		w.key = w.sent.Format("20060102") + "-" + strings.ToUpper(name) + "-1"
		all = append(all, w)
		next := w
		next.key, next.sent, next.names = strings.TrimSuffix(w.key, "1")+"2", w.sent.Add(w.holds*2/3), []string{w.key}
		switch updates := name == "lu" || name == "bao" || chance(r, 0.3); {
		case updates:
			next.kind, next.headline = "UPDATE", w.headline+" (cập nhật)"
			all = append(all, next)
			if end := next; name == "lu" || name == "bao" {
				end.key, end.sent, end.names = strings.TrimSuffix(w.key, "1")+"3", next.sent.Add(w.holds/2), []string{next.key}
				end.kind, end.holds, end.headline = "CANCEL", 6*time.Hour, "Tin cuối: "+w.event+" đã qua"
				all = append(all, end)
			}
		case chance(r, 0.15):
			next.kind, next.holds, next.headline = "CANCEL", 6*time.Hour, "Hủy: "+w.headline
			all = append(all, next)
		}
		if i == 1 && month.Month()%6 == 5 {
			drill := w
			drill.key, drill.status, drill.headline = w.key+"-DT", "EXERCISE", "DIỄN TẬP – "+w.headline
			all = append(all, drill)
		}
	}
	return all
}

// october2025 is the flood of 25 to 30 October 2025 with what came before and
// after it, by the figures that the press gave; the hours in between are ours.
func october2025() []warning {
	at := func(s string) time.Time {
		t, err := time.ParseInLocation("2006-01-02 15:04", s, geo.Saigon)
		if err != nil {
			panic(err)
		}
		return t
	}
	var all []warning
	add := func(like, key, sent string, holds time.Duration, risk int, names []string, headline, text string, with ...func(*warning)) {
		w := usual[like]
		w.key, w.sent, w.holds, w.names, w.headline, w.text = "2025"+key, at("2025-"+sent), holds, names, headline, text
		if w.risk = risk; len(names) > 0 {
			w.kind = "UPDATE"
		}
		w.onset = min(w.onset, holds/2)
		for _, f := range with {
			f(&w)
		}
		all = append(all, w)
	}
	over := func(area string, shape orb.Polygon) func(*warning) {
		return func(w *warning) { w.area, w.shape = area, shape }
	}
	cancel := func(w *warning) { w.kind = "CANCEL" }
	grave := func(w *warning) { w.severity, w.urgency = "SEVERE", "IMMEDIATE" }
	called := func(event string) func(*warning) { return func(w *warning) { w.event = event } }
	observed := func(w *warning) { w.certainty, w.urgency = "OBSERVED", "IMMEDIATE" }
	huuTrach, taTrach, bo := over("Hạ du sông Hữu Trạch, sông Hương", areaHuuTrach), over("Hạ du sông Tả Trạch, sông Hương", areaTaTrach), over("Hạ du sông Bồ", areaBo)

	add("mua", "1005-MUA-1", "10-05 15:00", 24*time.Hour, 1, nil, "Tin cảnh báo mưa dông diện rộng", "Mưa rào và dông, lượng mưa 40–80 mm, cục bộ trên 120 mm.")
	add("xa", "1016-BINH_DIEN-1", "10-16 14:00", 30*time.Hour, 0, nil, "Hồ Bình Điền điều tiết từ 150 đến 300 m³/s", "Hạ dần mực nước hồ để đón lũ.", huuTrach)
	add("xa", "1018-HUONG_DIEN-1", "10-18 09:00", 26*time.Hour, 0, nil, "Hồ Hương Điền điều tiết từ 200 đến 400 m³/s", "Hạ dần mực nước hồ để đón lũ, thấp nhất 52,94 m.", bo)
	add("gio", "1020-GIO-1", "10-20 10:00", 30*time.Hour, 2, nil, "Tin gió mạnh trên biển do bão số 12", "Biển Đông có bão số 12; vùng biển ngoài khơi gió mạnh dần lên cấp 6–7.")
	add("bao", "1021-BAO_12-1", "10-21 17:00", 30*time.Hour, 3, nil, "Tin bão số 12 trên Biển Đông, hướng vào Trung Bộ", "Bão số 12 di chuyển theo hướng tây tây nam, sức gió cấp 9–10, giật cấp 12.", called("Bão số 12"))
	add("bao", "1022-BAO_12-2", "10-22 11:00", 30*time.Hour, 3, []string{"20251021-BAO_12-1"}, "Tin bão khẩn cấp: bão số 12 áp sát bờ", "Bão suy yếu dần khi vào gần bờ; mưa rất to từ chiều 22 tháng 10.", called("Bão số 12"))
	add("bao", "1023-BAO_12-3", "10-23 07:00", 6*time.Hour, 1, []string{"20251022-BAO_12-2"}, "Tin cuối cùng về cơn bão số 12", "Bão đã suy yếu thành áp thấp; đề phòng mưa lũ sau bão.", called("Bão số 12"), cancel)
	add("mua", "1022-MUA-1", "10-22 16:00", 40*time.Hour, 2, nil, "Tin mưa lớn: 200–400 mm, có nơi trên 600 mm", "Mưa to đến rất to do hoàn lưu bão số 12 kết hợp không khí lạnh.")
	add("xa", "1023-TA_TRACH-1", "10-23 13:00", 24*time.Hour, 0, nil, "Hồ Tả Trạch điều tiết từ 200 đến 400 m³/s", "Vận hành giảm lũ cho hạ du theo quy trình liên hồ 1606.", taTrach)
	add("mua", "1025-MUA-1", "10-25 10:00", 30*time.Hour, 3, nil, "Tin mưa lớn đặc biệt: vùng núi trên 500 mm", "Không khí lạnh kết hợp nhiễu động gió đông, mưa đặc biệt to ở Bạch Mã, Nam Đông, A Lưới.")
	add("mua", "1026-MUA-2", "10-26 09:00", 30*time.Hour, 3, []string{"20251025-MUA-1"}, "Tin mưa lớn (cập nhật): Bạch Mã vượt mọi kỷ lục", "Mưa tiếp tục 300–500 mm, Bạch Mã trên 700 mm.", observed)
	add("mua", "1027-MUA-3", "10-27 08:00", 36*time.Hour, 4, []string{"20251026-MUA-2"}, "Tin mưa lớn cực đoan: tổng lượng Bạch Mã trên 1.700 mm trong 24 giờ", "Lượng mưa ghi nhận tại Bạch Mã từ 25 đến 28 tháng 10 khoảng 2.690 mm.", observed)
	add("mua", "1028-MUA-4", "10-28 16:00", 30*time.Hour, 3, []string{"20251027-MUA-3"}, "Tin mưa lớn (cập nhật): mưa giảm dần ở đồng bằng", "Vùng núi còn mưa to 100–200 mm.")
	add("lu", "1026-LU-1", "10-26 10:00", 20*time.Hour, 2, nil, "Tin cảnh báo lũ trên các sông", "Sông Hương, sông Bồ lên nhanh, khả năng vượt báo động 2 trong đêm.")
	add("lu", "1026-LU-2", "10-26 20:00", 20*time.Hour, 3, []string{"20251026-LU-1"}, "Tin lũ khẩn cấp: sông Hương lên trên báo động 3", "Kim Long vượt báo động 3 (3,50 m) và còn lên; Phú Ốc trên báo động 3 (4,50 m).", observed)
	add("lu", "1027-LU-3", "10-27 11:00", 20*time.Hour, 4, []string{"20251026-LU-2"}, "Tin lũ đặc biệt lớn trên sông Hương", "Mực nước Kim Long vượt 4,5 m; ngập sâu toàn bộ vùng trung tâm và hạ du.", observed)
	add("lu", "1027-LU-4", "10-27 20:30", 24*time.Hour, 4, []string{"20251027-LU-3"}, "Đỉnh lũ Kim Long 5,05 m lúc 20 giờ ngày 27 tháng 10", "Đỉnh lũ tại Kim Long 5,05 m, trên báo động 3 là 1,55 m; lũ duy trì mức cao.", observed)
	add("lu", "1028-LU-5", "10-28 15:00", 30*time.Hour, 3, []string{"20251027-LU-4"}, "Tin lũ (cập nhật): lũ xuống chậm, còn trên báo động 3", "Ngập lụt kéo dài ở các phường, xã vùng trũng.", observed)
	add("lu", "1029-LU-6", "10-29 17:00", 36*time.Hour, 3, []string{"20251028-LU-5"}, "Tin lũ (cập nhật): lũ lên lại do mưa và điều tiết hồ", "Mực nước dao động ở mức trên báo động 3.", observed)
	add("lu", "1031-LU-7", "10-31 04:00", 12*time.Hour, 1, []string{"20251029-LU-6"}, "Tin cuối về đợt lũ cuối tháng 10", "Mực nước các sông xuống dưới báo động 2.", cancel)
	add("satlo", "1025-SAT_LO-1", "10-25 22:00", 30*time.Hour, 2, nil, "Cảnh báo sạt lở đất, lũ quét vùng núi Nam Đông, A Lưới, Bạch Mã", "Đất bão hòa nước, nguy cơ sạt lở rất cao trên Quốc lộ 49, đường La Sơn – Nam Đông.")
	add("xa", "1026-BINH_DIEN-2", "10-26 18:30", 12*time.Hour, 0, nil, "Lệnh vận hành: hồ Bình Điền tăng từ 850 lên 1.500 m³/s", "Từ 19 giờ, tăng dần, không gây đột biến dòng chảy hạ du.", huuTrach, grave)
	add("xa", "1027-BINH_DIEN-3", "10-27 05:30", 14*time.Hour, 0, []string{"20251026-BINH_DIEN-2"}, "Lệnh vận hành: hồ Bình Điền tăng từ 1.500 lên 2.655 m³/s", "Mực nước hồ 82,24 m, lưu lượng về 4.154 m³/s.", huuTrach, grave)
	add("xa", "1027-HUONG_DIEN-2", "10-27 06:30", 13*time.Hour, 0, nil, "Lệnh vận hành: hồ Hương Điền xả 1.799 m³/s", "Mực nước hồ 57,01 m, lưu lượng về 3.795 m³/s.", bo, grave)
	add("xa", "1029-TA_TRACH-2", "10-29 19:00", 18*time.Hour, 0, nil, "Lệnh vận hành: hồ Tả Trạch điều tiết từ 423 lên 1.200 m³/s", "Đưa dần mực nước hồ về mức đón lũ, tăng dần từ 20 giờ.", taTrach)
	add("dien", "1030-DIEN-1", "10-30 16:00", 24*time.Hour, 0, nil, "Cấp điện trở lại từng phần sau lũ", "Các trạm ngập sâu chỉ đóng điện sau khi kiểm tra an toàn.", over("Các phường trung tâm", areaCity))
	add("mua", "1102-MUA-1", "11-02 09:00", 40*time.Hour, 2, nil, "Tin mưa lớn đợt đầu tháng 11", "Mưa 200–350 mm, có nơi trên 500 mm.")
	add("lu", "1102-LU-1", "11-02 22:00", 30*time.Hour, 3, nil, "Tin lũ khẩn cấp: sông Hương, sông Bồ trên báo động 3", "Lũ lên lại; nhiều tuyến đường ngập trở lại.")
	add("lu", "1104-LU-2", "11-04 02:00", 12*time.Hour, 1, []string{"20251102-LU-1"}, "Tin cuối: lũ xuống dưới báo động 2", "Mực nước các sông tiếp tục xuống.", cancel)
	add("bao", "1105-BAO_13-1", "11-05 16:00", 36*time.Hour, 3, nil, "Tin bão số 13 trên Biển Đông", "Bão mạnh, hướng vào Nam Trung Bộ; vùng biển Huế gió cấp 6–7, mưa to.", called("Bão số 13"))
	add("gio", "1118-GIO-1", "11-18 08:00", 24*time.Hour, 2, nil, "Tin gió mùa đông bắc và gió mạnh trên biển", "Gió đông bắc cấp 6–7, sóng 3–5 m.")
	return all
}

// The rain comes from September, the dry heat from April.
func isWet(m time.Month) bool { return m >= time.September }
func isDry(m time.Month) bool { return m >= time.April && m < time.September }

// standing are the bulletins that come round at fixed hours, so that something
// is always in force; others is how much of the rest is. Each updates the one
// before it; every fourth begins anew.
func (p *Province) standing(others int) []warning {
	const chain = 4
	var all []warning
	round := func(key string, every time.Duration, bulletin func(time.Month) warning) {
		local := p.now.Add(7 * time.Hour).Truncate(every) // on the clock of the place
		turn := int(local.Unix() / int64(every/time.Second) % chain)
		for i := range turn + 1 {
			sent := local.Add(-7 * time.Hour).Add(time.Duration(i-turn) * every).In(geo.Saigon)
			w := bulletin(sent.Month())
			w.sent, w.key = sent, sent.Format("20060102-1504")+"-"+key
			w.onset, w.holds = min(w.onset, every/4), every+every/4
			if i > 0 {
				w.kind, w.names = "UPDATE", []string{all[len(all)-1].key}
			}
			if i == chain-1 {
				w.holds = every
			}
			all = append(all, w)
		}
	}
	round("BIEN", 6*time.Hour, func(m time.Month) warning {
		w := usual["gio"]
		w.headline, w.text = "Bản tin gió mạnh trên biển cho tàu cá", "Gió cấp 5–6, có lúc cấp 7, giật cấp 8; sóng cao 2–4 m, biển động."
		if isDry(m) {
			w.headline, w.text, w.risk = "Bản tin dông và gió giật trên biển cho tàu cá", "Có mưa dông, trong dông đề phòng lốc xoáy và gió giật cấp 6–7; sóng cao 1–2 m.", 1
		}
		return w
	})
	total := 1 + others
	if others < 2 {
		round("NGAP", 6*time.Hour, func(m time.Month) warning {
			w := usual["lu"]
			w.hazard, w.risk, w.event, w.headline = "INUNDATION", 1, "Ngập lụt vùng trũng", "Cảnh báo mưa to gây ngập úng các phường trung tâm và hạ du sông Hương"
			w.text, w.act = "Mưa to trong 6 giờ tới 30–60 mm, có nơi trên 80 mm; ngập 0,2–0,4 m ở các điểm trũng thấp.", "Không để xe ở tầng hầm; tránh các điểm ngập; theo dõi bản đồ ngập trên Hue-S."
			w.area, w.shape = "Các phường Phú Xuân, Thuận Hóa, Vỹ Dạ, An Cựu, Hóa Châu và lân cận", areaCity
			if !isWet(m) {
				w.hazard, w.event, w.headline = "HEAVY_RAIN", "Mưa dông", "Cảnh báo mưa dông gây ngập cục bộ các phường trung tâm"
			}
			return w
		})
		total++
	}
	if total < 4 {
		round("NGAY", 24*time.Hour, func(m time.Month) warning {
			switch {
			case isWet(m):
				return usual["satlo"]
			case isDry(m):
				return usual["chay"]
			}
			return usual["mu"]
		})
		total++
	}
	if r := p.dayRand("power cuts", midnight(p.now)); chance(r, 0.6) && total < 5 {
		w, c := usual["dien"], p.units[byShare(r, p.weights())]
		w.sent = midnight(p.now)
		w.key, w.holds, w.onset = w.sent.Format("20060102")+"-DIEN", 25*time.Hour, 8*time.Hour
		w.area, w.shape = "Một phần "+lowerKind(c.name), circle(c.at, 0.8)
		w.headline = fmt.Sprintf("Tạm ngừng cấp điện một phần %s từ 8 giờ", lowerKind(c.name))
		all = append(all, w)
	}

	week := midnight(p.now).AddDate(0, 0, -(int(p.now.Weekday())+6)%7)
	drill := usual["lu"]
	drill.sent, drill.holds, drill.status, drill.risk = week, 7*24*time.Hour, "EXERCISE", 4
	drill.key, drill.headline = week.Format("20060102")+"-DIEN_TAP", "DIỄN TẬP – Lũ vượt báo động 3 trên sông Hương"
	drill.text, drill.audience = "Bản tin dùng cho diễn tập phòng thủ dân sự; không có lũ thật.", "Thành viên Ban Chỉ huy Phòng thủ dân sự"
	inside := usual["xa"]
	inside.sent, inside.holds, inside.scope = week, 7*24*time.Hour, "RESTRICTED"
	inside.key, inside.headline = week.Format("20060102")+"-NOI_BO", "Nội bộ: phương án vận hành hồ Tả Trạch trong tuần"
	inside.text, inside.audience = "Dự kiến điều tiết theo kịch bản; chưa công bố.", "Thành viên Ban Chỉ huy, chủ hồ"
	inside.area, inside.shape = "Hạ du sông Tả Trạch, sông Hương", areaTaTrach
	return append(all, drill, inside)
}

func (p *Province) weights() []float64 {
	w := make([]float64, len(p.units))
	for i, u := range p.units {
		w[i] = u.weight
	}
	return w
}
