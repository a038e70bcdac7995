package province

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"geohub/access"
	"geohub/layer"
	"geohub/systems"
)

// spot is a well-known point of the city, as generally known, within some
// hundred metres; what happens at it is invented.
type spot struct {
	name, road string
	at         orb.Point
	purpose    string // traffic, security, flood, forest
	weight     float64
}

var spots = []spot{
	{"Ngã sáu Hùng Vương", "Hùng Vương", orb.Point{107.5925, 16.4635}, "traffic", 3},
	{"Cầu Trường Tiền", "Lê Lợi", orb.Point{107.5895, 16.4672}, "traffic", 3},
	{"Cầu Phú Xuân", "Lê Lợi", orb.Point{107.5843, 16.4628}, "traffic", 3},
	{"Chợ Đông Ba", "Trần Hưng Đạo", orb.Point{107.5885, 16.4727}, "security", 3},
	{"Cửa Thượng Tứ", "Đinh Tiên Hoàng", orb.Point{107.5835, 16.47}, "traffic", 2},
	{"Quảng trường Ngọ Môn", "23 Tháng 8", orb.Point{107.5793, 16.4678}, "security", 3},
	{"Cửa Hiển Nhơn", "Đoàn Thị Điểm", orb.Point{107.581, 16.4702}, "security", 2},
	{"Ga Huế", "Bùi Thị Xuân", orb.Point{107.578, 16.4565}, "security", 2},
	{"Cầu Dã Viên", "Lê Duẩn", orb.Point{107.57, 16.4575}, "traffic", 2},
	{"Chùa Thiên Mụ", "Nguyễn Phúc Nguyên", orb.Point{107.5446, 16.453}, "security", 2},
	{"Bến xe phía Nam", "An Dương Vương", orb.Point{107.6045, 16.4445}, "traffic", 2},
	{"Bến xe phía Bắc", "Lý Thái Tổ", orb.Point{107.556, 16.485}, "traffic", 2},
	{"Cầu An Cựu", "Hùng Vương", orb.Point{107.599, 16.4557}, "traffic", 2},
	{"Ngã tư Bà Triệu – Hùng Vương", "Bà Triệu", orb.Point{107.5975, 16.4598}, "traffic", 3},
	{"Bệnh viện Trung ương Huế", "Lê Lợi", orb.Point{107.588, 16.4635}, "traffic", 2},
	{"Đập Đá", "Nguyễn Sinh Cung", orb.Point{107.5965, 16.4735}, "flood", 3},
	{"Công viên Lý Tự Trọng", "Lê Lợi", orb.Point{107.5868, 16.4645}, "security", 2},
	{"Phố đi bộ Nguyễn Đình Chiểu", "Nguyễn Đình Chiểu", orb.Point{107.5885, 16.4662}, "security", 2},
	{"Phố Tây Võ Thị Sáu", "Võ Thị Sáu", orb.Point{107.5945, 16.4693}, "security", 2},
	{"Cầu Gia Hội", "Trần Hưng Đạo", orb.Point{107.5905, 16.4752}, "traffic", 2},
	{"Cầu Chợ Dinh", "Chi Lăng", orb.Point{107.5985, 16.486}, "traffic", 1},
	{"Đàn Nam Giao", "Điện Biên Phủ", orb.Point{107.582, 16.4375}, "traffic", 1},
	{"Ngã tư Điện Biên Phủ – Phan Bội Châu", "Điện Biên Phủ", orb.Point{107.5822, 16.4475}, "traffic", 2},
	{"Cầu vượt Thủy Dương", "Nguyễn Tất Thành", orb.Point{107.623, 16.438}, "traffic", 2},
	{"Vòng xuyến Tố Hữu – Trường Chinh", "Tố Hữu", orb.Point{107.6065, 16.462}, "traffic", 2},
	{"Khu đô thị An Cựu City", "Hoàng Quốc Việt", orb.Point{107.605, 16.455}, "security", 1},
	{"Trung tâm Phú Bài", "Nguyễn Tất Thành", orb.Point{107.69, 16.398}, "traffic", 2},
	{"Cảng hàng không Phú Bài", "Nguyễn Văn Linh", orb.Point{107.7028, 16.4015}, "security", 2},
	{"Trung tâm Tứ Hạ", "Cách Mạng Tháng Tám", orb.Point{107.463, 16.527}, "traffic", 2},
	{"Cầu An Lỗ", "Quốc lộ 1", orb.Point{107.4427, 16.5315}, "flood", 2},
	{"Trung tâm Sịa", "Tỉnh lộ 11A", orb.Point{107.507, 16.578}, "flood", 2},
	{"Cầu Thuận An", "Quốc lộ 49A", orb.Point{107.64, 16.553}, "security", 1},
	{"Bãi tắm Thuận An", "Quốc lộ 49B", orb.Point{107.65, 16.555}, "security", 2},
	{"Đập Thảo Long", "Tỉnh lộ 2", orb.Point{107.617, 16.545}, "flood", 2},
	{"Ngã ba Sình", "Tỉnh lộ 2", orb.Point{107.576, 16.522}, "flood", 2},
	{"Trạm Kim Long", "Kim Long", orb.Point{107.562, 16.457}, "flood", 2},
	{"Trạm Phú Ốc", "Cách Mạng Tháng Tám", orb.Point{107.4675, 16.5375}, "flood", 2},
	{"Hồ Tả Trạch", "Đường vào hồ Tả Trạch", orb.Point{107.638, 16.325}, "flood", 2},
	{"Hồ thủy điện Bình Điền", "Quốc lộ 49A", orb.Point{107.505, 16.327}, "flood", 2},
	{"Hồ thủy điện Hương Điền", "Tỉnh lộ 16", orb.Point{107.437, 16.47}, "flood", 2},
	{"Hồ Truồi", "Đường vào hồ Truồi", orb.Point{107.772, 16.245}, "flood", 1},
	{"Ngã ba La Sơn", "Quốc lộ 1", orb.Point{107.735, 16.345}, "traffic", 2},
	{"Hầm Phước Tượng", "Quốc lộ 1", orb.Point{107.938, 16.263}, "traffic", 1},
	{"Trung tâm Lăng Cô", "Quốc lộ 1", orb.Point{108.068, 16.2555}, "traffic", 2},
	{"Cảng Chân Mây", "Đường Chân Mây", orb.Point{108.003, 16.316}, "security", 2},
	{"Trung tâm A Lưới", "Đường Hồ Chí Minh", orb.Point{107.229, 16.279}, "traffic", 2},
	{"Trung tâm Khe Tre", "Tỉnh lộ 14B", orb.Point{107.722, 16.168}, "flood", 1},
	{"Cổng Vườn quốc gia Bạch Mã", "Đường lên Bạch Mã", orb.Point{107.862, 16.227}, "forest", 2},
	{"Đỉnh Bạch Mã", "Đường lên Bạch Mã", orb.Point{107.858, 16.197}, "forest", 2},
	{"Rừng thông Thiên An", "Tỉnh lộ 25", orb.Point{107.584, 16.412}, "forest", 2},
	{"Núi Ngự Bình", "Ngự Bình", orb.Point{107.594, 16.4405}, "forest", 1},
	{"Đèo Hải Vân", "Quốc lộ 1", orb.Point{108.115, 16.208}, "forest", 1},
	{"Rừng phòng hộ Nam Đông", "Tỉnh lộ 14B", orb.Point{107.67, 16.11}, "forest", 1},
	{"Rừng phòng hộ A Lưới", "Đường Hồ Chí Minh", orb.Point{107.29, 16.19}, "forest", 2},
	{"Lăng Khải Định", "Khải Định", orb.Point{107.5905, 16.3995}, "security", 1},
	{"Lăng Tự Đức", "Lê Ngô Cát", orb.Point{107.5655, 16.433}, "security", 1},
	{"Lăng Minh Mạng", "Quốc lộ 49A", orb.Point{107.571, 16.388}, "security", 1},
	{"Cầu ngói Thanh Toàn", "Võ Văn Kiệt", orb.Point{107.644, 16.462}, "security", 1},
}

// roads are schematic, to one or two kilometres, drawn by hand from general knowledge.
var roads = []struct {
	name   string
	share  float64
	points orb.LineString
}{
	{"Quốc lộ 1", 5, orb.LineString{{107.345, 16.6}, {107.363, 16.583}, {107.405, 16.548}, {107.44, 16.528}, {107.47, 16.522}, {107.505, 16.503}, {107.535, 16.488},
		{107.556, 16.478}, {107.6, 16.45}, {107.627, 16.436}, {107.66, 16.418}, {107.69, 16.4}, {107.722, 16.372}, {107.74, 16.352}, {107.772, 16.318}, {107.823, 16.285}, {107.862, 16.272}, {107.905, 16.262}, {107.945, 16.265}, {107.985, 16.26}}},
	{"Quốc lộ 49A", 3, orb.LineString{{107.64, 16.553}, {107.622, 16.53}, {107.6, 16.485}, {107.58, 16.42}, {107.572, 16.392}, {107.54, 16.372}, {107.513, 16.353}, {107.47, 16.33}, {107.42, 16.305}, {107.365, 16.292}, {107.3, 16.283}, {107.232, 16.275}}},
	{"Đường Hồ Chí Minh", 1.2, orb.LineString{{107.12, 16.365}, {107.176, 16.322}, {107.229, 16.279}, {107.267, 16.22}, {107.31, 16.165}, {107.345, 16.125}}},
	{"Cao tốc Cam Lộ – La Sơn", 2, orb.LineString{{107.33, 16.55}, {107.38, 16.52}, {107.43, 16.468}, {107.5, 16.425}, {107.575, 16.375}, {107.66, 16.348}, {107.735, 16.345}}},
	{"Cao tốc La Sơn – Hòa Liên", 1.2, orb.LineString{{107.735, 16.345}, {107.728, 16.29}, {107.725, 16.22}, {107.728, 16.165}, {107.765, 16.11}}},
}

// purposes say, for what a camera is there, how it is built and what watches its picture.
var purposes = map[string]struct {
	name  string
	kinds []float64 // shares in the order of cameraKinds
	ai    []string
}{
	"traffic":  {"Camera giao thông", []float64{35, 20, 5, 0, 40, 0}, []string{"CONGESTION", "RED_LIGHT", "WRONG_LANE", "LICENSE_PLATE", "OVERLOAD", "WRONG_PARKING"}},
	"security": {"Camera an ninh", []float64{45, 35, 17, 3, 0, 0}, []string{"CROWD", "INTRUSION", "LOITERING", "LITTERING", "SIDEWALK_ENCROACHMENT", "WRONG_PARKING"}},
	"flood":    {"Camera giám sát ngập lụt", []float64{15, 15, 0, 0, 0, 70}, []string{"WATER_LEVEL", "FLOODING"}},
	"forest":   {"Camera giám sát cháy rừng", []float64{0, 30, 10, 60, 0, 0}, []string{"FOREST_FIRE", "INTRUSION"}},
}

var cameraKinds = []systems.CameraKind{"FIXED", "PTZ", "PANORAMIC", "THERMAL", "LICENSE_PLATE", "WATER_GAUGE"}

// camera is a camera that stands, whatever its state.
type camera struct {
	row     systems.Camera
	purpose string
}

// Cameras are all 650. Which of them are silent changes from day to day.
func (p *Province) Cameras() []*systems.Camera {
	r := p.dayRand("cameras' day", midnight(p.now))
	var rows []*systems.Camera
	for _, c := range p.cameras() {
		row := c.row
		seen := p.now.Add(-time.Duration(5+r.IntN(230)) * time.Second)
		status := []systems.CameraStatus{"ONLINE", "OFFLINE", "TAMPERED", "MAINTENANCE", "UNKNOWN"}[byShare(r, []float64{94, 3.4, 0.7, 1.5, 0.4})]
		silentSince := midnight(p.now).Add(-hours(0.5 + 90*r.Float64()*r.Float64()))
		switch status {
		case "OFFLINE", "MAINTENANCE":
			seen = silentSince
		}
		row.CameraStatus, row.LastSeenAt, row.ObservedAt, row.VersionAt = new(status), new(seen), new(seen), new(p.now)
		if status == "UNKNOWN" {
			row.LastSeenAt, row.ObservedAt = nil, nil
		}
		rows = append(rows, &row)
	}
	return rows
}

// cameras stand at the well-known spots, along the roads and at every unit's seat.
func (p *Province) cameras() []camera {
	r := p.rand("cameras")
	var all []camera
	add := func(at orb.Point, name, road, purpose string) {
		all = append(all, p.camera(r, len(all)+1, at, name, road, purpose))
	}
	for _, s := range spots {
		n := int(math.Round(s.weight*2)) + r.IntN(3)
		for range n {
			purpose := s.purpose
			if chance(r, 0.2) && (purpose == "traffic" || purpose == "security") {
				purpose = []string{"traffic", "security"}[r.IntN(2)]
			}
			add(away(s.at, 0.01+0.1*r.Float64(), 360*r.Float64()), s.name, s.road, purpose)
		}
	}
	for _, c := range p.communes() {
		for range 1 + r.IntN(2) {
			add(away(c.at, 0.02+0.05*r.Float64(), 360*r.Float64()), "Trụ sở UBND "+lowerKind(c.name), "", "security")
		}
	}
	shares := make([]float64, len(roads))
	for i, road := range roads {
		shares[i] = road.share
	}
	for len(all) < 430 {
		road := roads[byShare(r, shares)]
		add(along(road.points, r.Float64()), road.name, road.name, "traffic")
	}
	for len(all) < 650 {
		at, c := p.somewhere(r)
		road := ""
		if known := streets[c.code]; known != nil {
			road = pick(r, known)
		}
		purpose := []string{"traffic", "security", "flood"}[byShare(r, []float64{45, 48, 7})]
		if slices.Contains(highland, c.code) && chance(r, 0.3) {
			purpose = "forest"
		}
		add(at, c.name, road, purpose)
	}
	return all
}

func (p *Province) camera(r *rand.Rand, number int, at orb.Point, name, road, purpose string) camera {
	code := fmt.Sprintf("CAM-%04d", number)
	about := purposes[purpose]
	kind := cameraKinds[byShare(r, about.kinds)]
	fov, reach, height := float64(55+5*r.IntN(9)), float64(60+10*r.IntN(10)), round(4.5+3*r.Float64(), 1)
	switch kind {
	case "PTZ":
		fov, reach = float64(60+r.IntN(10)), float64(150+10*r.IntN(20))
	case "PANORAMIC":
		fov, reach = 360, float64(30+5*r.IntN(6))
	case "THERMAL":
		fov, reach, height = float64(25+r.IntN(20)), float64(1500+100*r.IntN(20)), round(15+20*r.Float64(), 1)
	case "LICENSE_PLATE":
		fov, reach = float64(28+r.IntN(12)), float64(35+5*r.IntN(6))
	case "WATER_GAUGE":
		fov, reach = float64(40+r.IntN(15)), float64(20+5*r.IntN(8))
	}
	solutions := []string{}
	for _, ai := range about.ai {
		if chance(r, 0.45) {
			solutions = append(solutions, ai)
		}
	}
	switch {
	case kind == "LICENSE_PLATE" && !slices.Contains(solutions, "LICENSE_PLATE"):
		solutions = append(solutions, "LICENSE_PLATE")
	case kind == "WATER_GAUGE":
		solutions = []string{"WATER_LEVEL"}
	case kind == "THERMAL":
		solutions = []string{"FOREST_FIRE"}
	}
	row := systems.Camera{
		Base: layer.Base{
			ID: "camera:" + code, LabelVI: fmt.Sprintf("%s %s (%s)", about.name, name, code), LabelEN: "Camera " + code, Geom: at, Source: "ioc-cameras",
			RecordKey: code, PositionAccuracyM: new(float64(3 + r.IntN(12))), Sharing: access.Open,
		},
		CameraKind: new(kind), HeightM: new(height), AzimuthDeg: new(float64(r.IntN(360))), FovDeg: new(fov), RangeM: new(reach),
		OnvifProfile: new([]string{"S", "S T", "S T M", "T M"}[byShare(r, []float64{2, 3, 6, 2})]), AiSolutions: solutions,
	}
	if road != "" {
		row.RoadName = new(road)
	}
	if purpose == "flood" && chance(r, 0.5) {
		row.AgencyCode = "H57.20"
	}
	if purpose == "traffic" && chance(r, 0.3) {
		row.AgencyCode = "H57.40"
	}
	if chance(r, 0.06) {
		row.AzimuthDeg, row.FovDeg = nil, nil
	}
	return camera{row, purpose}
}

// along is the point at a share of a line's length.
func along(line orb.LineString, share float64) orb.Point {
	total := 0.0
	for i := 1; i < len(line); i++ {
		total += apartKm(line[i-1], line[i])
	}
	left := share * total
	for i := 1; i < len(line); i++ {
		if d := apartKm(line[i-1], line[i]); left <= d {
			return away(line[i-1], left, bearing(line[i-1], line[i]))
		} else {
			left -= d
		}
	}
	return line[len(line)-1]
}
