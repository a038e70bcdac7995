package province

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"geohub/access"
	"geohub/geo"
	"geohub/layer"
	"geohub/systems"
)

// counter is an office as it stands whatever the time: where, whose, how big.
type counter struct {
	code, name, nameEN, address, phone string
	kind                               systems.OfficeKind
	agency                             string // whose dossiers it takes in; of a post office its unit's
	at                                 orb.Point
	counters                           int
	share                              float64 // of the dossiers
}

// counters are the offices: every unit's one-stop at its label point, the
// province's centre, departments and post offices.
func (p *Province) counters() []counter {
	r := p.rand("offices")
	var all []counter
	for i, c := range p.communes() {
		all = append(all, counter{
			code: "MC-" + c.code, name: "Trung tâm Phục vụ hành chính công " + lowerKind(c.name), nameEN: c.nameEN + " One-Stop Office",
			address: "Trụ sở UBND " + lowerKind(c.name) + ", thành phố Huế", phone: fmt.Sprintf("0234 39%05d", 10_000+r.IntN(80_000)),
			kind: "COMMUNE_ONE_STOP", agency: communeAgency(i), at: c.at, counters: 4 + r.IntN(6), share: 1 + c.weight,
		})
	}
	all = append(all, counter{
		code: "TTPVHCC", name: "Trung tâm Phục vụ hành chính công thành phố Huế", nameEN: "Huế Public Administration Service Centre",
		address: "01 Lê Lai, phường Thuận Hóa, thành phố Huế", phone: "0234 3980000", kind: "PROVINCE_ONE_STOP", agency: "H57.03",
		at: orb.Point{107.5893, 16.4612}, counters: 36, share: 55,
	})
	for _, d := range departments {
		if !strings.HasPrefix(d[1], "Sở") && d[0] != "H57.16" && d[0] != "H57.40" && d[0] != "H57.33" && d[0] != "H57.34" {
			continue
		}
		at := away(orb.Point{107.589, 16.4605}, 0.2+1.4*r.Float64(), 40+120*r.Float64())
		all = append(all, counter{
			code: "SN-" + strings.TrimPrefix(d[0], "H57."), name: "Bộ phận tiếp nhận hồ sơ " + d[1], nameEN: d[2] + " Counter",
			address: fmt.Sprintf("%d %s, phường Thuận Hóa, thành phố Huế", 1+r.IntN(120), pick(r, streets["19789"])),
			phone:   fmt.Sprintf("0234 38%05d", 10_000+r.IntN(80_000)), kind: "DEPARTMENT", agency: d[0], at: at, counters: 1 + r.IntN(4), share: 0.6,
		})
	}
	posts := map[string]int{}
	for n := 1; len(all) < 160; n++ {
		c := p.units[(n-1)%len(p.units)]
		if n > 2*len(p.units) {
			_, c = p.somewhere(r)
		}
		posts[c.code]++
		all = append(all, counter{
			code: fmt.Sprintf("BD-%03d", n), name: fmt.Sprintf("Bưu điện %s %d", c.short(), posts[c.code]), nameEN: fmt.Sprintf("Post Office %s %d", strings.TrimSuffix(strings.TrimSuffix(c.nameEN, " Ward"), " Commune"), posts[c.code]),
			address: address(r, c), phone: fmt.Sprintf("0234 35%05d", 10_000+r.IntN(80_000)), kind: "POST", agency: p.committeeOf(c.code),
			at: c.somewhere(r), counters: 1 + r.IntN(3), share: 0.35,
		})
	}
	return all
}

// Offices are all 160, open and closed by their hours.
func (p *Province) Offices() []*systems.Office {
	today := midnight(p.now)
	r := p.dayRand("offices' day", today)
	elapsed := workedOn(p.now)
	var rows []*systems.Office
	for _, c := range p.counters() {
		row := &systems.Office{
			Base: layer.Base{
				ID: "office:" + c.code, LabelVI: c.name, LabelEN: c.nameEN, Geom: c.at, Source: "one-stop", RecordKey: c.code,
				ObservedAt: new(p.now.Add(-time.Duration(20+r.IntN(200)) * time.Second)), Sharing: access.Open,
			},
			OfficeCode: new(c.code), OfficeKind: new(c.kind), OfficeStatus: new(systems.OfficeStatus("CLOSED")), Address: new(c.address), OfficePhone: new(c.phone),
			OpeningHours: new("Mo-Fr 07:30-11:30,13:30-17:00"), Counters: new(c.counters), WaitingCount: new(0), ServedToday: new(0),
		}
		row.VersionAt = new(p.now)
		perHour := float64(c.counters) * (1.5 + 3*r.Float64())
		crowd, silent, shut := r.Float64(), chance(r, 0.02), chance(r, 0.015) || p.flooded(today)*r.Float64() > 0.45
		worked, open := elapsed, elapsed > 0 && isOpen(p.now)
		switch c.kind {
		case "COMMUNE_ONE_STOP", "DEPARTMENT":
			row.AgencyCode = c.agency
		case "POST":
			row.AgencyCode = "H57.35"
			row.OpeningHours = new("Mo-Sa 07:30-18:00; Su 08:00-11:00")
			from, to := 7.5, 18.0
			if today.Weekday() == time.Sunday {
				from, to = 8, 11
			}
			clock := p.now.Sub(today).Hours()
			open, worked = clock >= from && clock < to, min(max(clock-from, 0), to-from)
			if holiday(today) {
				open, worked = false, 0
			}
			perHour /= 2
		}
		switch {
		case shut:
			row.OfficeStatus = new(systems.OfficeStatus("SUSPENDED"))
		case silent:
			row.OfficeStatus, row.WaitingCount, row.ServedToday = new(systems.OfficeStatus("UNKNOWN")), nil, nil
			row.ObservedAt = new(today.Add(-hours(9 + 40*crowd)))
		default:
			row.ServedToday = new(int(perHour * worked))
			if open {
				row.OfficeStatus = new(systems.OfficeStatus("OPEN"))
				row.WaitingCount = new(int(float64(c.counters) * 4 * crowd * crowd))
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func midnight(t time.Time) time.Time {
	y, m, d := t.In(geo.Saigon).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, geo.Saigon)
}

// isOpen says whether offices serve at t: half past seven to half past eleven,
// half past one to five, on working days.
func isOpen(t time.Time) bool {
	clock := t.Sub(midnight(t)).Hours()
	return working(t) && (clock >= 7.5 && clock < 11.5 || clock >= 13.5 && clock < 17)
}

// workedOn is how many hours of service t's day has seen until t.
func workedOn(t time.Time) float64 {
	if !working(t) {
		return 0
	}
	clock := t.Sub(midnight(t)).Hours()
	return min(max(clock-7.5, 0), 4) + min(max(clock-13.5, 0), 3.5)
}

func working(t time.Time) bool {
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday && !holiday(t)
}

// holiday knows the days of the Labour Code; those of the lunar calendar are
// written down for the years that the province is simulated in.
func holiday(t time.Time) bool {
	y, m, d := t.In(geo.Saigon).Date()
	switch {
	case m == time.January && d == 1, m == time.April && d == 30, m == time.May && d == 1, m == time.September && (d == 1 || d == 2):
		return true
	}
	for _, span := range [][4]int{{2025, 1, 27, 31}, {2025, 4, 7, 7}, {2026, 2, 16, 20}, {2026, 4, 27, 27}, {2027, 2, 4, 10}, {2027, 4, 16, 16}} {
		if y == span[0] && int(m) == span[1] && d >= span[2] && d <= span[3] {
			return true
		}
	}
	return false
}

// workingDays is the end of the n-th working day after t.
func workingDays(t time.Time, n int) time.Time {
	day := midnight(t)
	for n > 0 {
		if day = day.AddDate(0, 0, 1); working(day) {
			n--
		}
	}
	return day.Add(17 * time.Hour)
}

// nextWork is t, or the opening of the next working day.
func nextWork(t time.Time) time.Time {
	for t = t.In(geo.Saigon); !working(t) || t.Sub(midnight(t)) >= 16*time.Hour+45*time.Minute; {
		t = midnight(t).AddDate(0, 0, 1).Add(7*time.Hour + 40*time.Minute)
	}
	if open := midnight(t).Add(7*time.Hour + 35*time.Minute); t.Before(open) {
		return open
	}
	return t
}

// procedure is an administrative procedure; the codes are of the national
// catalogue's shape, not all of its contents.
type procedure struct {
	code, name, field string
	days              int
	agency            string // the department; empty: the unit's own committee
	full              bool
	share             float64
}

var procedures = []procedure{
	{"2.000815", "Chứng thực bản sao từ bản chính giấy tờ, văn bản", "Chứng thực", 1, "", false, 16},
	{"1.001193", "Đăng ký khai sinh", "Hộ tịch", 1, "", true, 8},
	{"1.000894", "Đăng ký kết hôn", "Hộ tịch", 2, "", false, 4},
	{"1.000656", "Đăng ký khai tử", "Hộ tịch", 1, "", true, 3},
	{"1.004873", "Cấp giấy xác nhận tình trạng hôn nhân", "Hộ tịch", 3, "", true, 6},
	{"1.001776", "Thực hiện, điều chỉnh, thôi hưởng trợ cấp xã hội hằng tháng", "Bảo trợ xã hội", 10, "", true, 4},
	{"1.001612", "Đăng ký thành lập hộ kinh doanh", "Đăng ký kinh doanh", 3, "", true, 6},
	{"1.009994", "Cấp giấy phép xây dựng nhà ở riêng lẻ", "Xây dựng", 15, "", true, 4},
	{"1.012817", "Xác định lại diện tích đất ở của hộ gia đình, cá nhân", "Đất đai", 20, "", false, 3},
	{"1.012783", "Cấp đổi giấy chứng nhận quyền sử dụng đất", "Đất đai", 10, "H57.12", false, 7},
	{"1.012785", "Đăng ký biến động quyền sử dụng đất do chuyển nhượng", "Đất đai", 10, "H57.12", false, 9},
	{"1.003586", "Cấp giấy chứng nhận đăng ký tàu cá", "Thủy sản", 3, "H57.12", true, 1},
	{"1.004179", "Cấp giấy phép khai thác nước mặt", "Tài nguyên nước", 30, "H57.12", true, 0.4},
	{"2.001610", "Đăng ký thành lập doanh nghiệp", "Đăng ký kinh doanh", 3, "H57.04", true, 3},
	{"2.000488", "Cấp phiếu lý lịch tư pháp", "Lý lịch tư pháp", 10, "H57.40", true, 6},
	{"1.002809", "Đổi giấy phép lái xe", "Giao thông", 5, "H57.40", true, 5},
	{"1.013239", "Thẩm định thiết kế xây dựng", "Xây dựng", 25, "H57.05", true, 1},
	{"1.001654", "Cấp giấy phép hoạt động bảng quảng cáo", "Văn hóa", 5, "H57.07", true, 0.5},
	{"2.001628", "Cấp giấy phép kinh doanh dịch vụ lữ hành", "Du lịch", 7, "H57.11", true, 0.5},
	{"1.012289", "Cấp giấy phép hành nghề khám bệnh, chữa bệnh", "Y tế", 15, "H57.09", true, 1},
	{"1.005144", "Đề nghị miễn, giảm học phí", "Giáo dục", 10, "H57.10", true, 1},
	{"2.000889", "Thực hiện tuyển dụng lao động người nước ngoài", "Việc làm", 10, "H57.13", true, 0.7},
	{"1.000138", "Công chứng: bổ nhiệm công chứng viên", "Bổ trợ tư pháp", 12, "H57.08", true, 0.3},
	{"2.000142", "Cấp giấy chứng nhận đủ điều kiện kinh doanh xăng dầu", "Lưu thông hàng hóa", 10, "H57.06", true, 0.5},
	{"1.009794", "Kiểm tra công tác nghiệm thu công trình", "Quản lý chất lượng", 20, "H57.16", true, 0.3},
}

// Dossiers are those of the last twelve months, oldest first.
func (p *Province) Dossiers() []*systems.Dossier {
	offices := p.counters()
	shares := make([]float64, len(offices))
	for i, o := range offices {
		shares[i] = o.share
	}
	wanted := make([]float64, len(procedures))
	for i, q := range procedures {
		wanted[i] = q.share
	}
	first := p.now.AddDate(-1, 0, 0)
	var rows []*systems.Dossier
	for day := midnight(first); !day.After(p.now); day = day.AddDate(0, 0, 1) {
		r := p.dayRand("dossiers", day)
		mean := 45.5 * []float64{1.05, .75, 1.1, 1.05, 1.05, 1, 1, 1, 1.05, .95, .95, 1}[day.Month()-1] * (1 - 0.7*p.flooded(day))
		hoursToday := []float64{0, 0, 0, 0, 0, .1, .3, 4, 10, 11, 9, 4, 1, 4, 10, 9, 6, 1.5, .8, .8, 1, .8, .4, .1}
		if !working(day) {
			mean, hoursToday = 7, hourShares
		}
		sequence := map[string]int{}
		n := max(0, int(math.Round(mean+math.Sqrt(mean)*r.NormFloat64())))
		for _, made := range timesOf(r, day, n, hoursToday) {
			q := procedures[byShare(r, wanted)]
			o := p.officeFor(r, q, offices, shares)
			agency := q.agency
			if agency == "" {
				agency = o.agency
			}
			sequence[agency]++
			row := p.dossier(r, fmt.Sprintf("%s-%s-%04d", agency, day.Format("060102"), sequence[agency]), agency, q, o, made)
			if made.After(first) && !made.After(p.now) {
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// officeFor is an office that takes a procedure in: a unit's or a post office
// for the units' own, the centre, the department or a post office for the rest.
func (p *Province) officeFor(r *rand.Rand, q procedure, offices []counter, shares []float64) counter {
	for {
		o := offices[byShare(r, shares)]
		switch o.kind {
		case "COMMUNE_ONE_STOP":
			if q.agency == "" || chance(r, 0.05) {
				return o
			}
		case "DEPARTMENT":
			if i := slices.IndexFunc(offices, func(c counter) bool { return c.kind == "DEPARTMENT" && c.agency == q.agency }); i >= 0 {
				return offices[i]
			}
		case "PROVINCE_ONE_STOP":
			if q.agency != "" {
				return o
			}
		case "POST":
			return o
		}
	}
}

// dossier is one dossier as it stands now.
func (p *Province) dossier(r *rand.Rand, number, agency string, q procedure, o counter, made time.Time) *systems.Dossier {
	channel := []systems.DossierChannel{"IN_PERSON", "ONLINE", "POSTAL"}[byShare(r, []float64{30, 65, 5})]
	if o.kind == "POST" {
		channel = []systems.DossierChannel{"ONLINE", "POSTAL"}[byShare(r, []float64{1, 3})]
	}
	if channel != "ONLINE" && !isOpen(made) {
		channel = "ONLINE"
	}
	received := made.Add(time.Duration(1+r.IntN(10)) * time.Minute)
	if channel != "IN_PERSON" {
		received = nextWork(made.Add(hours(0.3 + 4*r.Float64())))
	}
	promised := workingDays(received, q.days)
	begun := received.Add(hours(0.5 + 3*r.Float64()))
	allowed := promised.Sub(begun)
	fate := byShare(r, []float64{80, 11, 5, 2, 1, 1}) // done, supplemented, paid for, refused, withdrawn, stopped
	paused := begun.Add(time.Duration(float64(allowed) * (0.1 + 0.3*r.Float64())))
	resumed := paused.Add(time.Duration(float64(allowed) * (0.2 + 0.3*r.Float64())))
	finished := begun.Add(time.Duration(float64(allowed) * (0.15 + 0.75*r.Float64())))
	switch byShare(r, []float64{66, 28, 4.4, 1.1, 0.5}) {
	case 1:
		finished = midnight(promised).Add(hours(8 + 8.5*r.Float64()))
	case 2:
		finished = nextWork(promised.Add(hours(14 + 24*6*r.Float64())))
	case 3:
		finished = nextWork(promised.AddDate(0, 0, 10+r.IntN(60)))
	case 4:
		finished = promised.AddDate(2, 0, 0)
	}
	if finished.Before(promised) && midnight(finished).Before(midnight(promised)) {
		if at := nextWork(finished); at.Before(promised) {
			finished = at
		}
	}
	if !finished.After(begun) {
		finished = begun.Add(20 * time.Minute)
	}
	if !finished.After(resumed) && (fate == 1 || fate == 2) {
		resumed = paused.Add(finished.Sub(paused) / 2)
	}
	returned := nextWork(finished.Add(hours(0.1 + 60*r.Float64()*r.Float64())))
	digitised, paid, rated := chance(r, 0.86), channel == "ONLINE" && chance(r, 0.72), chance(r, 0.35)
	rating := 1 + byShare(r, []float64{1, 1, 4, 18, 76})
	fetched := chance(r, 0.97)

	row := &systems.Dossier{
		Base: layer.Base{
			ID: "dossier:" + number, LabelVI: q.name, Geom: o.at, AgencyCode: agency,
			Source: "dossiers", RecordKey: number, ObservedAt: new(made), VersionAt: new(made), Sharing: access.Shared,
		},
		DossierNo: new(number), ProcedureCode: new(q.code), ProcedureName: new(q.name), ProcedureField: new(q.field), OfficeId: new("office:" + o.code),
		DossierChannel: new(channel), ServiceLevel: new(systems.ServiceLevel("PARTIAL")), DossierStatus: new(systems.DossierStatus("REGISTERED")), SubmittedAt: new(made),
	}
	if q.full {
		row.ServiceLevel = new(systems.ServiceLevel("FULL"))
	}

	// From here on only now decides.
	step := func(at time.Time, status systems.DossierStatus) bool {
		if at.After(p.now) {
			return false
		}
		row.DossierStatus, row.VersionAt = new(status), new(at)
		return true
	}
	if fate == 3 {
		step(received, "REFUSED")
		return row
	}
	if !step(received, "RECEIVED") {
		return row
	}
	row.ReceivedAt, row.PromisedAt = new(received), new(promised)
	row.Digitised = new(digitised)
	row.PaidOnline = new(paid)
	row.DossierOutcome = new(systems.DossierOutcome("IN_PROGRESS_IN_TIME"))
	if promised.Before(p.now) {
		row.DossierOutcome = new(systems.DossierOutcome("IN_PROGRESS_OVERDUE"))
	}
	if !step(begun, "PROCESSING") {
		return row
	}
	switch fate {
	case 1, 2:
		if step(paused, []systems.DossierStatus{"", "SUPPLEMENT_REQUESTED", "PAYMENT_REQUESTED"}[fate]) && !step(resumed, "PROCESSING") {
			row.DossierOutcome = new(systems.DossierOutcome("IN_PROGRESS_IN_TIME")) // the clock stands still
			return row
		}
	case 4, 5:
		if step(paused, []systems.DossierStatus{4: "WITHDRAWN", 5: "STOPPED"}[fate]) {
			row.DossierOutcome = nil
		}
		return row
	}
	if !step(finished, "PROCESSED") {
		return row
	}
	row.FinishedAt = new(finished)
	switch {
	case midnight(finished).Before(midnight(promised)):
		row.DossierOutcome = new(systems.DossierOutcome("EARLY"))
	case !finished.After(promised):
		row.DossierOutcome = new(systems.DossierOutcome("ON_TIME"))
	default:
		row.DossierOutcome = new(systems.DossierOutcome("LATE"))
	}
	if fetched && step(returned, "RETURNED") {
		if row.ReturnedAt = new(returned); rated {
			row.Rating = new(rating)
		}
	}
	return row
}
