package province

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"geohub/access"
	"geohub/layer"
	"geohub/systems"
)

// outlet is an invented newspaper or station; none of the real ones said any of this.
type outlet struct {
	name, site, language string
	share                float64
	reach                int
}

var outlets = []outlet{
	{"Nhật báo Hương Giang", "huonggiang.example", "vi", 24, 9000},
	{"Đài Truyền hình Cố Đô", "codo-tv.example", "vi", 14, 12000},
	{"Thời báo Miền Trung", "thoibaomientrung.example", "vi", 11, 30000},
	{"Tin nhanh Đất Việt", "tinnhanhdatviet.example", "vi", 10, 90000},
	{"Đời sống Đô thị", "doisongdothi.example", "vi", 9, 45000},
	{"Pháp luật Bốn phương", "phapluatbonphuong.example", "vi", 7, 38000},
	{"Nông nghiệp & Biển", "nongnghiepbien.example", "vi", 6, 8000},
	{"Kinh tế Duyên hải", "kinhteduyenhai.example", "vi", 6, 14000},
	{"Du lịch Di sản", "dulichdisan.example", "vi", 6, 11000},
	{"Diễn đàn Bạn đọc", "diendanbandoc.example", "vi", 4, 6000},
	{"The Huong River Post", "huongriverpost.example", "en", 5, 5000},
}

// story is what articles are about; %s is the place.
type story struct {
	topics           []string
	agency           string // who answers for it
	mood             []float64
	share            float64
	headlines        []string
	summary, english string
}

var stories = []story{
	{[]string{"thiên tai", "mưa lũ"}, "H57.20", []float64{2, 5, 3}, 12, []string{"%s: Chủ động ứng phó mưa lớn, ngập lụt", "Nước lên nhanh tại %s, nhiều tuyến đường chia cắt", "%s khẩn trương khắc phục hậu quả mưa lũ"},
		"Chính quyền địa phương triển khai phương án bốn tại chỗ; người dân theo dõi tin cảnh báo trên Hue-S.", "Rising water in %s: people told to follow warnings"},
	{[]string{"giao thông"}, "H57.05", []float64{2, 4, 4}, 11, []string{"Nâng cấp tuyến đường qua %s", "Người dân %s bức xúc vì đường xuống cấp", "Ùn tắc giờ cao điểm tại %s", "%s: Thông xe cầu mới"},
		"Chủ đầu tư cho biết sẽ hoàn thành đúng tiến độ; lực lượng chức năng phân luồng trong thời gian thi công.", "Road works bring relief to %s"},
	{[]string{"du lịch", "di sản"}, "H57.11", []float64{7, 4, 1}, 14, []string{"%s hút khách dịp cuối tuần", "Ra mắt tour đêm tại %s", "Lượng khách quốc tế đến %s tăng mạnh", "Khách than phiền giá dịch vụ ở %s"},
		"Ngành du lịch thành phố đặt mục tiêu tăng trưởng hai con số, chú trọng sản phẩm gắn với di sản.", "Visitors return to %s"},
	{[]string{"văn hóa", "lễ hội"}, "H57.07", []float64{7, 4, 0.5}, 9, []string{"Lễ hội truyền thống tại %s", "Trưng bày ảnh về %s", "%s gìn giữ nghề truyền thống"},
		"Chuỗi hoạt động diễn ra trong ba ngày, thu hút đông đảo người dân và du khách.", "Festival opens in %s"},
	{[]string{"môi trường"}, "H57.12", []float64{2, 3, 5}, 9, []string{"Rác thải tồn đọng tại %s", "%s ra quân làm sạch bờ sông, đầm phá", "Nước thải gây ô nhiễm ở %s"},
		"Cơ quan chức năng đã kiểm tra thực tế và yêu cầu xử lý dứt điểm.", "Clean-up along the water in %s"},
	{[]string{"kinh tế", "đầu tư"}, "H57.16", []float64{6, 4, 1}, 10, []string{"Khởi công dự án tại %s", "%s đón thêm nhà đầu tư", "Gỡ vướng mặt bằng cho dự án ở %s"},
		"Dự án dự kiến tạo việc làm cho hàng trăm lao động địa phương.", "New investment announced in %s"},
	{[]string{"nông nghiệp", "thủy sản"}, "H57.12", []float64{5, 4, 2}, 8, []string{"Được mùa lúa ở %s", "Ngư dân %s trúng đậm cá cơm", "Tôm nuôi chết hàng loạt ở %s", "Nuôi trồng thủy sản bền vững ở %s"},
		"Ngành nông nghiệp khuyến cáo bà con tuân thủ lịch thời vụ.", "A good season for farmers in %s"},
	{[]string{"y tế"}, "H57.09", []float64{4, 4, 2}, 5, []string{"%s tăng cường phòng chống sốt xuất huyết", "Trạm y tế %s có thêm thiết bị mới"}, "Ngành y tế khuyến cáo người dân diệt lăng quăng, ngủ màn.", "Health station in %s gets new equipment"},
	{[]string{"giáo dục"}, "H57.10", []float64{5, 4, 2}, 6, []string{"Trường học ở %s đón năm học mới", "Học sinh %s nghỉ học do mưa lớn", "Phụ huynh ở %s lo lắng chuyện thu chi"}, "Phòng, ban liên quan đã nắm thông tin và có hướng dẫn.", "Pupils in %s back at school"},
	{[]string{"an ninh trật tự"}, "H57.40", []float64{2, 5, 4}, 7, []string{"Triệt phá đường dây lừa đảo tại %s", "Công an %s cảnh báo thủ đoạn lừa đảo mới", "Tai nạn giao thông tại %s"}, "Vụ việc đang được điều tra, làm rõ.", "Police in %s warn of a new fraud"},
	{[]string{"chuyển đổi số", "dịch vụ công"}, "H57.02", []float64{7, 3, 1}, 6, []string{"%s: Hồ sơ trực tuyến đạt tỷ lệ cao", "Chính quyền số đến tận thôn, tổ dân phố ở %s", "Người dân %s phản ánh qua Hue-S, được xử lý trong ngày"}, "Nền tảng Hue-S tiếp tục là kênh tương tác chính giữa chính quyền và người dân.", "Digital services reach %s"},
	{[]string{"thể thao"}, "H57.07", []float64{6, 4, 0.5}, 3, []string{"Giải chạy qua %s", "Đua ghe truyền thống tại %s"}, "Hàng nghìn vận động viên tham gia tranh tài.", "Runners fill the streets of %s"},
}

// Articles are those of the last 120 days, oldest first.
func (p *Province) Articles() []*systems.Article {
	first := p.now.AddDate(0, 0, -120)
	hours := []float64{.3, .1, .1, .1, .3, 2, 6, 9, 9, 9, 9, 8, 4, 5, 7, 8, 8, 7, 5, 5, 4, 3, 2, 1}
	var rows []*systems.Article
	for day := midnight(first); !day.After(p.now); day = day.AddDate(0, 0, 1) {
		r := p.dayRand("articles", day)
		mean := 12.8 * (1 + 2*p.flooded(day))
		if day.Weekday() == time.Sunday || day.Weekday() == time.Saturday {
			mean *= 0.8
		}
		for i, at := range timesOf(r, day, int(mean*(0.8+0.45*r.Float64())), hours) {
			row := p.article(r, i+1, at)
			if at.After(first) && !at.After(p.now) {
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// article is one piece, and how far its handling has come by now.
func (p *Province) article(r *rand.Rand, n int, at time.Time) *systems.Article {
	shares := make([]float64, len(outlets))
	for i, o := range outlets {
		shares[i] = o.share
	}
	o := outlets[byShare(r, shares)]
	shares = make([]float64, len(stories))
	for i, s := range stories {
		if shares[i] = s.share; i == 0 {
			shares[i] *= 0.3 + 8*p.flooded(at)
			if at.Month() >= time.September {
				shares[i] += 8
			}
		}
	}
	s := stories[byShare(r, shares)]
	_, unit := p.somewhere(r)
	where, name, accuracy := unit.at, unit.short(), 3000.0
	known := chance(r, 0.3)
	if s := pick(r, spots); known {
		where, name, accuracy = s.at, s.name, 300
	}
	placeless := chance(r, 0.17)
	if placeless {
		name = "thành phố Huế"
	}
	headline := fmt.Sprintf(pick(r, s.headlines), name)
	if o.language == "en" {
		headline = fmt.Sprintf(s.english, strings.Replace(name, "thành phố Huế", "Huế", 1))
	}
	mood := byShare(r, s.mood)
	score := round([]float64{0.35, -0.2, -0.95}[mood]+[]float64{0.6, 0.4, 0.6}[mood]*r.Float64(), 2)
	guid := fmt.Sprintf("%s-%s-%03d", strings.TrimSuffix(o.site, ".example"), at.Format("20060102"), n)
	row := &systems.Article{
		Base: layer.Base{
			ID: "article:" + guid, LabelVI: headline, Source: "press", RecordKey: guid, ObservedAt: new(at), VersionAt: new(at), Sharing: access.Open,
		},
		Guid: new(guid), CanonicalUrl: new(fmt.Sprintf("https://www.%s/%s/%d.html", o.site, at.Format("2006/01/02"), 100_000+r.IntN(900_000))),
		Outlet: new(o.name), Headline: new(headline), Summary: new(s.summary), PublishedAt: new(at), Language: new(o.language), Topics: s.topics, PlaceNames: []string{},
		Sentiment: new([]systems.Sentiment{"POSITIVE", "NEUTRAL", "NEGATIVE"}[mood]), SentimentScore: new(score), Reach: new(int(float64(o.reach) * (0.1 + 2.5*r.Float64()*r.Float64()))),
		HandlingStatus: new(systems.HandlingStatus("DETECTED")),
	}
	if o.language == "en" {
		row.LabelEN = headline
	}
	if byline := person(r); chance(r, 0.7) {
		row.Author = new(byline)
	}
	if !placeless {
		row.Geom, row.PositionAccuracyM, row.PlaceNames = where, new(accuracy), []string{name}
	}

	// From here on only now decides; what was drawn before it is the same at any time.
	sorted, forwarded := at.Add(hours(0.2+3*r.Float64())), at.Add(hours(3+12*r.Float64()))
	verifying := forwarded.Add(hours(1 + 30*r.Float64()))
	answered, due := verifying.Add(hours(5+100*r.Float64()*r.Float64())), forwarded.AddDate(0, 0, 3+r.IntN(4))
	relevant, asked, silent := chance(r, 0.85), mood == 2 && chance(r, 0.85) || mood == 1 && chance(r, 0.12), chance(r, 0.04)
	local, closes := chance(r, 0.25), chance(r, 0.9)
	if silent {
		answered = answered.AddDate(1, 0, 0)
	}
	step := func(at time.Time, status systems.HandlingStatus) bool {
		if at.After(p.now) {
			return false
		}
		row.HandlingStatus, row.VersionAt = new(status), new(at)
		return true
	}
	switch {
	case !relevant && !asked:
		step(sorted, "NOT_RELEVANT")
	case !step(sorted, "CLASSIFIED"):
	case !asked:
		step(sorted.AddDate(0, 0, 2), "CLOSED")
	case step(forwarded, "FORWARDED"):
		row.AssignedAgencyCode, row.HandlingDueAt = new(s.agency), new(due)
		if local && !known && !placeless {
			row.AssignedAgencyCode = new(p.committeeOf(unit.code))
		}
		if step(verifying, "VERIFYING") && step(answered, "ANSWERED") && closes {
			step(answered.AddDate(0, 0, 4), "CLOSED")
		}
	}
	return row
}
