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

// Reports are those of the last two years, oldest first: some thirty on a
// common day, ten times as many when the city is under water. A report keeps
// its number whatever now is, and goes its way as now moves on.
func (p *Province) Reports() []*systems.Report {
	first := p.now.AddDate(-2, 0, 0)
	var rows []*systems.Report
	number := 0
	for day := time.Date(first.Year(), 1, 1, 0, 0, 0, 0, geo.Saigon); !day.After(p.now); day = day.AddDate(0, 0, 1) {
		if day.YearDay() == 1 {
			number = 0
		}
		n := p.reportsOn(day)
		if !day.AddDate(0, 0, 1).Before(first) {
			for _, row := range p.reportsOf(day, n, number) {
				if row.RequestedAt.After(first) && !row.RequestedAt.After(p.now) {
					rows = append(rows, row)
				}
			}
		}
		number += n
	}
	return rows
}

// reportsOn is how many reports a day brings, tomorrow's included.
func (p *Province) reportsOn(day time.Time) int {
	season := []float64{.95, .85, .9, .9, .95, 1, 1.05, 1.05, 1.1, 1.25, 1.25, 1.1}[day.Month()-1]
	week := []float64{.75, 1.1, 1.06, 1.05, 1.04, 1.06, .88}[day.Weekday()]
	mean := 23.8 * season * week * (1 + 9*p.flooded(day))
	return max(3, int(math.Round(mean+math.Sqrt(mean)*p.dayRand("reports' number", day).NormFloat64())))
}

// flooded is how badly the city is flooded on a day, 0 to 1.
func (p *Province) flooded(day time.Time) float64 {
	y, m, d := day.Date()
	if y == 2025 {
		switch m {
		case time.October:
			if d >= 25 {
				return []float64{.25, .65, 1, 1, .8, .55, .3}[d-25]
			}
		case time.November:
			if d <= 5 {
				return []float64{.2, .45, .55, .3, .15}[d-1]
			}
		}
		return 0
	}
	if m == time.October || m == time.November {
		if i := d - p.floodBegins(y, m); i >= 0 && i < 4 {
			return []float64{.15, .4, .3, .1}[i]
		}
	}
	return 0
}

// floodBegins is the day of October or November on which a common year's flood begins.
func (p *Province) floodBegins(year int, month time.Month) int {
	return 10 + p.rand(fmt.Sprint("flood ", year, month)).IntN(3)
}

// dayRand is the stream of one topic on one day: what happened that day is the
// same whenever one asks.
func (p *Province) dayRand(topic string, day time.Time) *rand.Rand {
	return p.rand(topic + day.Format(" 2006-01-02"))
}

// hourShares are shares of the hours of a day, 0 to 23, in which people are about.
var hourShares = []float64{1, .6, .4, .3, .4, 1, 2.5, 5, 7, 7.5, 7, 6, 4, 4.5, 6, 6.5, 6.5, 6, 5.5, 5.5, 5, 4, 3, 1.8}

// timesOf are n instants of a day, in order.
func timesOf(r *rand.Rand, day time.Time, n int, hours []float64) []time.Time {
	times := make([]time.Time, n)
	for i := range times {
		times[i] = day.Add(time.Duration(byShare(r, hours))*time.Hour + time.Duration(r.IntN(3600))*time.Second)
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

// byShare draws an index by shares, which need not sum to one.
func byShare(r *rand.Rand, shares []float64) int {
	total := 0.0
	for _, s := range shares {
		total += s
	}
	x := r.Float64() * total
	for i, s := range shares {
		if x -= s; x < 0 {
			return i
		}
	}
	return len(shares) - 1
}

func chance(r *rand.Rand, share float64) bool { return r.Float64() < share }

func hours(h float64) time.Duration {
	return time.Duration(h * float64(time.Hour)).Truncate(time.Second)
}

// atWork moves a time of the night into the next morning.
func atWork(t time.Time) time.Time {
	t = t.In(geo.Saigon)
	switch h := t.Hour(); {
	case h < 7:
		return t.Add(time.Duration(8-h) * time.Hour)
	case h >= 19:
		return t.Add(13 * time.Hour)
	}
	return t
}

// lowlands are the units that rivers flood first, highlands those whose slopes slide.
var (
	lowlands = []string{"19753", "20014", "19867", "19885", "19804", "20017", "19777", "19789", "19909", "19930", "19918", "19858", "19996", "19969", "19815", "19975", "19831", "19828"}
	highland = []string{"20044", "20050", "20056", "20071", "20101", "20161", "20179", "20182", "20035", "20137", "20107", "19960", "19774", "20140"}
)

func (p *Province) unit(code string) commune {
	i := slices.IndexFunc(p.units, func(c commune) bool { return c.code == code })
	return p.units[i]
}

// reportsOf are all reports of a day, numbered after those before it. Nothing
// is drawn that depends on now.
func (p *Province) reportsOf(day time.Time, n, before int) []*systems.Report {
	r := p.dayRand("reports", day)
	flood := p.flooded(day)
	var rows []*systems.Report
	var last *service
	var lastAt orb.Point
	var lastUnit commune
	for i, made := range timesOf(r, day, n, hourShares) {
		shares := make([]float64, len(services))
		for k, s := range services {
			shares[k] = s.share * surge(s.code, made, flood)
		}
		s := &services[byShare(r, shares)]
		at, unit := p.somewhere(r)
		switch {
		case s.code == "LANDSLIDE":
			unit = p.unit(pick(r, highland))
			at = unit.somewhere(r)
		case flood > 0 && (s.code == "FLOODING" || s.code == "RESCUE"):
			unit = p.unit(pick(r, lowlands))
			at = unit.somewhere(r)
		}
		if again := chance(r, 0.025+0.05*flood); again && last != nil {
			s, at, unit = last, away(lastAt, 0.04*r.Float64(), 360*r.Float64()), lastUnit
		}
		last, lastAt, lastUnit = s, at, unit
		rows = append(rows, p.report(r, fmt.Sprintf("HUE-%d-%06d", day.Year(), before+i+1), s, made, at, unit, flood))
	}
	return rows
}

// surge is how much more of a service is asked for at a time than on the whole.
func surge(code string, at time.Time, flood float64) float64 {
	wet, dry := at.Month() >= time.September, at.Month() >= time.May && at.Month() <= time.August
	night := at.Hour() >= 19 || at.Hour() < 5
	switch code {
	case "FLOODING":
		if wet {
			return 2 + 20*flood
		}
		return 0.5 + 20*flood
	case "RESCUE":
		return 1 + 160*flood
	case "LANDSLIDE":
		return 1 + 30*flood
	case "POWER", "TREE":
		return 1 + 4*flood
	case "WATER", "GARBAGE":
		if dry {
			return 1.35
		}
	case "NOISE":
		if night {
			return 2.6 - 2*flood
		}
		return 1 - 0.8*flood
	case "STREET_LIGHT":
		if night {
			return 2
		}
	}
	return 1
}

// report is one report as it stands now.
func (p *Province) report(r *rand.Rand, number string, s *service, made time.Time, at orb.Point, unit commune, flood float64) *systems.Report {
	agency := s.agency
	if s.local && chance(r, 0.9) {
		agency = p.committeeOf(unit.code)
	}
	verified := made.Add(hours(0.1 + 2*r.Float64()*r.Float64()))
	assigned := verified.Add(hours(0.1 + 3*r.Float64()*r.Float64()))
	begun := assigned.Add(hours(0.3 + 10*r.Float64()))
	due := made.Add(s.allowed)
	resolved := atWork(made.Add(hours(s.allowed.Hours() * (1 + 1.2*flood) * slowness(r))))
	if !resolved.After(begun) {
		resolved = begun.Add(hours(0.5 + r.Float64()))
	}
	published := resolved.Add(hours(1 + 22*r.Float64()))
	rated := published.Add(hours(1 + 70*r.Float64()*r.Float64()))
	closed := published.Add(hours(24 * (10 + 8*r.Float64())))
	rejects, rates, closes := chance(r, 0.055), chance(r, 0.4), chance(r, 0.75)
	satisfied := []systems.Satisfaction{"SATISFIED", "ACCEPTED", "DISSATISFIED"}[byShare(r, []float64{92, 5, 3})]
	reopens := rates && satisfied == "DISSATISFIED" && chance(r, 0.6)
	reopened := rated.Add(hours(2 + 40*r.Float64()))
	resolvedAgain := atWork(reopened.Add(hours(24 * (4 + 40*r.Float64()))))
	if chance(r, 0.1) {
		resolvedAgain = resolvedAgain.AddDate(3, 0, 0)
	}
	description, done := pick(r, s.seen), pick(r, s.done)
	rejection := pick(r, []string{
		"Phản ánh trùng với nội dung đã tiếp nhận trước đó.", "Không xác định được vị trí; đề nghị bổ sung hình ảnh.",
		"Nội dung không thuộc phạm vi tiếp nhận.", "Kiểm tra thực tế không có sự việc như phản ánh.",
	})

	row := &systems.Report{
		Base: layer.Base{
			ID:         "report:" + number,
			LabelVI:    s.name + " – " + lowerKind(unit.name),
			LabelEN:    s.nameEN + ", " + unit.nameEN,
			Geom:       at,
			Source:     "hue-s",
			RecordKey:  number,
			ObservedAt: new(made),
			Sharing:    access.Open,
		},
		ServiceRequestId: new(number),
		ServiceCode:      new(s.code),
		ServiceName:      new(s.name),
		ReportCategory:   new(s.category),
		Description:      new(description),
		AddressString:    new(address(r, unit)),
		RequestedAt:      new(made),
	}
	if row.AgencyResponsibleCode = new(agency); chance(r, 0.15) {
		row.AddressString = nil
	}
	passedOn := p.agencyName(agency, unit)
	p.reporter(r, row, description+done+rejection+passedOn)
	switch *row.Channel {
	case "APP":
		row.PositionAccuracyM = new(float64(4 + r.IntN(25)))
	case "HOTLINE", "EMAIL", "SOCIAL_MEDIA":
		row.PositionAccuracyM = new(float64(50 * (1 + r.IntN(10))))
		if chance(r, 0.05) {
			row.Geom, row.PositionAccuracyM = nil, nil
		}
	}

	// From here on only now decides.
	if made.After(p.now) {
		return row
	}
	step := func(at time.Time, status systems.ReportStatus, notes string) bool {
		if at.After(p.now) {
			return false
		}
		row.ReportStatus, row.StatusUpdatedAt, row.VersionAt, row.StatusNotes = new(status), new(at), new(at), nil
		if notes != "" {
			row.StatusNotes = new(notes)
		}
		return true
	}
	step(made, "RECEIVED", "")
	switch {
	case !step(verified, "VERIFYING", "Đang xác minh thông tin phản ánh."):
	case rejects:
		step(assigned, "REJECTED", rejection)
	case step(assigned, "ASSIGNED", "Đã chuyển "+passedOn+" xử lý.") && step(begun, "IN_PROGRESS", "Đơn vị đang kiểm tra, xử lý.") &&
		step(resolved, "RESOLVED", done):
		row.ResolvedAt = new(resolved)
		step(published, "PUBLISHED", done)
		if rates && step(rated, "RATED", done) {
			row.Satisfaction = new(satisfied)
		}
		if reopens && step(reopened, "REOPENED", "Người dân chưa đồng ý với kết quả; đã yêu cầu xử lý lại.") {
			if row.ResolvedAt = nil; step(resolvedAgain, "RESOLVED", "Đã xử lý lại. "+done) {
				row.ResolvedAt = new(resolvedAgain)
				step(resolvedAgain.Add(96*time.Hour), "CLOSED", *row.StatusNotes)
			}
		} else if closes && !reopens {
			step(closed, "CLOSED", done)
		}
	}
	switch *row.ReportStatus {
	case "RECEIVED", "VERIFYING", "REJECTED":
		row.AgencyResponsibleCode = nil
	default:
		row.ExpectedAt = new(due)
	}
	row.Open311Status = new(systems.Open311Status("OPEN"))
	if row.ResolvedAt != nil || *row.ReportStatus == "REJECTED" {
		row.Open311Status = new(systems.Open311Status("CLOSED"))
	}
	return row
}

// slowness is the time a report takes as a share of the time allowed: mostly
// less than one, and now and then without end.
func slowness(r *rand.Rand) float64 {
	u := r.Float64()
	switch kind := byShare(r, []float64{83, 9, 5, 2.2, 0.8}); kind {
	case 0:
		return 0.15 + 0.8*u
	case 1:
		return 0.9 + 0.6*u
	case 2:
		return 1.5 + 6*u
	case 3:
		return 6 + 25*u
	default:
		return 60 + 200*u
	}
}

// reporter says by which way a report came, and by whom: nobody that its texts name.
func (p *Province) reporter(r *rand.Rand, row *systems.Report, texts string) {
	row.Channel = new([]systems.ReportChannel{"APP", "HOTLINE", "WEB", "SOCIAL_MEDIA", "EMAIL", "IN_PERSON", "OTHER"}[byShare(r, []float64{72, 12, 5, 6, 2, 2, 1})])
	given := pick(r, menNames)
	if chance(r, 0.48) {
		given = pick(r, womenNames)
	}
	family, number, account := pick(r, surnames), phone(r), 100_000+r.IntN(900_000)
	device := fmt.Sprintf("%016x", r.Uint64())
	named := chance(r, 0.88)
	for named && (strings.Contains(texts, family) || strings.Contains(texts, given)) {
		family, given = pick(r, surnames), pick(r, menNames)
	}
	switch *row.Channel {
	case "APP":
		row.AccountId, row.DeviceId = new(fmt.Sprint("hs-", account)), new(device)
	case "WEB":
		row.AccountId = new(fmt.Sprint("hs-", account))
	case "SOCIAL_MEDIA", "OTHER":
		named = named && account%2 == 0
	}
	if !named {
		return
	}
	row.FirstName, row.LastName = new(given), new(family)
	if *row.Channel != "EMAIL" && *row.Channel != "SOCIAL_MEDIA" {
		row.Phone = new(number)
	}
	if *row.Channel == "EMAIL" || *row.Channel == "WEB" {
		row.Email = new(fmt.Sprintf("hs%d@thu.example", account))
	}
}

// address is a street or a hamlet of a unit.
func address(r *rand.Rand, unit commune) string {
	if known := streets[unit.code]; len(known) > 0 {
		street := pick(r, known)
		if chance(r, 0.3) {
			return fmt.Sprintf("Kiệt %d %s, %s, thành phố Huế", 1+r.IntN(180), street, lowerKind(unit.name))
		}
		return fmt.Sprintf("%d %s, %s, thành phố Huế", 1+r.IntN(320), street, lowerKind(unit.name))
	}
	if unit.urban || strings.HasPrefix(unit.name, "Phường") {
		return fmt.Sprintf("Tổ dân phố %d, %s, thành phố Huế", 1+r.IntN(18), lowerKind(unit.name))
	}
	return fmt.Sprintf("Thôn %d, %s, thành phố Huế", 1+r.IntN(12), lowerKind(unit.name))
}

func (p *Province) agencyName(code string, unit commune) string {
	if code == p.committeeOf(unit.code) {
		return "Ủy ban nhân dân " + lowerKind(unit.name)
	}
	return departmentName(code)
}

// streets of the units of the old city, as generally known.
var streets = map[string][]string{
	"19753": {"Mai Thúc Loan", "Đinh Tiên Hoàng", "Trần Hưng Đạo", "Chi Lăng", "Nguyễn Gia Thiều", "Đặng Dung", "Lê Duẩn", "Nguyễn Trãi", "Tăng Bạt Hổ", "Bạch Đằng", "Đoàn Thị Điểm", "Lê Huân"},
	"19789": {"Hùng Vương", "Lê Lợi", "Nguyễn Huệ", "Đống Đa", "Hà Nội", "Phan Đình Phùng", "Trần Cao Vân", "Nguyễn Công Trứ", "Bùi Thị Xuân", "Điện Biên Phủ", "Phan Bội Châu", "Võ Thị Sáu"},
	"19777": {"Phạm Văn Đồng", "Nguyễn Sinh Cung", "Tố Hữu", "Lâm Hoằng", "Tùng Thiện Vương", "Nguyễn Lộ Trạch", "Trường Chinh", "Xuân Diệu"},
	"19815": {"An Dương Vương", "Hoàng Quốc Việt", "Duy Tân", "Nguyễn Khuyến", "Hải Triều", "Ngự Bình", "Tam Thai", "Hoàng Thị Loan"},
	"19774": {"Kim Long", "Nguyễn Phúc Nguyên", "Lý Nam Đế", "Phạm Thị Liên", "Văn Thánh", "Vạn Xuân"},
	"19804": {"Nguyễn Văn Linh", "Tản Đà", "Lý Thái Tổ", "Nguyễn Lâm", "Đặng Tất"},
	"19813": {"Lê Ngô Cát", "Huyền Trân Công Chúa", "Minh Mạng", "Khải Định", "Bùi Thị Xuân", "Thanh Hải"},
	"19969": {"Nguyễn Tất Thành", "Dạ Lê", "Võ Văn Kiệt", "Trưng Nữ Vương", "Thủy Dương – Thuận An"},
	"19975": {"Nguyễn Tất Thành", "Sóng Hồng", "Vân Dương", "Quang Trung"},
	"19960": {"Nguyễn Tất Thành", "Sóng Hồng", "Quang Trung", "Dương Thiệu Tước"},
	"19996": {"Cách Mạng Tháng Tám", "Độc Lập", "Thống Nhất", "Trần Quốc Tuấn"},
	"19900": {"Kinh Dương Vương", "Nguyễn Văn Tuyết", "Trấn Hải Thành", "Hoàng Quang"},
	"19909": {"Phạm Văn Đồng", "Quốc lộ 49A", "Lại Thế"},
	"19930": {"Nguyễn Sinh Cung", "Quốc lộ 49A", "Phò An"},
	"20014": {"Nguyễn Văn Thoại", "Bao Vinh", "Địa Linh"},
}
