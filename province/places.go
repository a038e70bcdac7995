package province

import (
	"math"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"geohub/access"
	"geohub/geo"
	"geohub/layer"
	"geohub/systems"
)

// Places are the ports, shelters, zones and beaches of the agencies' lists, and
// well-known places of the city.
func (p *Province) Places() []*systems.Place {
	var rows []*systems.Place
	for _, r := range table("places.csv") {
		row := &systems.Place{
			Base: layer.Base{
				ID: systems.Places.System.IDPrefix() + r["code"], LabelVI: r["name"], LabelEN: r["name_en"],
				Geom: orb.Point{number(r["lon"]), number(r["lat"])}, PositionAccuracyM: known(number(r["accuracy_m"])),
				AgencyCode: keeperOf[r["kind"]], Source: "places", RecordKey: r["code"], ObservedAt: new(p.listed()), Sharing: access.Open,
			},
			Code: new(r["code"]), PlaceKind: new(systems.PlaceKind(r["kind"])),
			ChannelDepthM: known(number(r["channel_depth_m"])), BerthM: known(number(r["berth_m"])),
			LandingTPerYear: known(number(r["landing_t"])), LandHa: known(number(r["land_ha"])),
		}
		if r["address"] != "" {
			row.Address = new(r["address"])
		}
		if r["port_class"] != "" {
			row.PortClass = new(r["port_class"])
		}
		if n := number(r["shelter_vessels"]); !math.IsNaN(n) {
			row.ShelterVessels = new(int(n))
		}
		rows = append(rows, row)
	}
	return rows
}

// keeperOf is the agency that keeps the list of a kind, where it is not the layer's.
var keeperOf = map[string]string{
	"SEAPORT": "H57.05", "AIRPORT": "H57.05", "TRANSPORT": "H57.05", "INDUSTRIAL_ZONE": "H57.16", "ECONOMIC_ZONE": "H57.16",
	"BEACH": "H57.11", "MARKET": "H57.06", "HERITAGE_SITE": "H57.30", "HOSPITAL": "H57.09", "SCHOOL": "H57.10", "ADMIN": "H57.01",
}

// listed is when the agencies last went through their lists: the month's first day.
func (p *Province) listed() time.Time {
	return time.Date(p.now.Year(), p.now.Month(), 1, 0, 0, 0, 0, geo.Saigon)
}

// Zones are the protection zones of eight monuments, the fishing waters, a
// closed part of the lagoon, the boundary at sea and flood extents. Their
// shapes are drawn for the simulation; no decision's map was used.
func (p *Province) Zones() []*systems.Zone {
	var rows []*systems.Zone
	add := func(code, vi, en, agency string, kind systems.ZoneKind, shape orb.Geometry, more systems.Zone) {
		more.Base = layer.Base{
			ID: systems.Zones.System.IDPrefix() + code, LabelVI: vi, LabelEN: en, Geom: shape, AgencyCode: agency,
			Source: "zones", RecordKey: code, ObservedAt: new(p.listed()), Sharing: access.Open,
		}
		more.ZoneCode, more.ZoneKind = &code, &kind
		rows = append(rows, &more)
	}
	p.heritage(func(code, vi, en string, level int, shape orb.Polygon) {
		restriction := "Không xây dựng; giữ nguyên trạng di tích về mặt bằng và không gian."
		if level == 2 {
			restriction = "Chỉ xây công trình phục vụ bảo vệ, phát huy giá trị di tích, không ảnh hưởng cảnh quan; hạn chế biển quảng cáo."
		}
		add(code, vi, en, "H57.07", "HERITAGE", shape, systems.Zone{
			HeritageLevel: &level, ZoneFrom: &geo.Date{Year: 2025, Month: 7, Day: 1}, Restriction: &restriction, LegalBasis: new("Luật Di sản văn hóa số 45/2024/QH15"),
		})
	})
	for _, f := range []struct {
		code, vi, en, restriction string
		nearKm, farKm             float64
	}{
		{"FISH_COASTAL", "Vùng ven bờ", "Coastal fishing waters", "Chỉ tàu cá dài dưới 12 m được khai thác; cấm lưới kéo.", 0, 11.1},
		{"FISH_INSHORE", "Vùng lộng", "Inshore fishing waters", "Chỉ tàu cá dài từ 12 m đến dưới 15 m được khai thác.", 11.1, 44.5},
		{"FISH_OFFSHORE", "Vùng khơi", "Offshore fishing waters", "Chỉ tàu cá dài từ 15 m trở lên, có thiết bị giám sát hành trình, được khai thác.", 44.5, 110},
	} {
		add(f.code, f.vi, f.en, "", "FISHING", band(f.nearKm, f.farKm), systems.Zone{
			ZoneFrom: &geo.Date{Year: 2019, Month: 4, Day: 25}, Restriction: new(f.restriction), LegalBasis: new("Nghị định 26/2019/NĐ-CP, sửa đổi bởi Nghị định 37/2024/NĐ-CP"),
		})
	}
	add("CLOSED_CAU_HAI", "Khu bảo vệ nguồn lợi thủy sản đầm Cầu Hai", "Protected waters of Cau Hai lagoon", "", "CLOSED", orb.Polygon{{
		{107.815, 16.312}, {107.838, 16.306}, {107.852, 16.318}, {107.846, 16.333}, {107.824, 16.335}, {107.812, 16.325}, {107.815, 16.312},
	}}, systems.Zone{
		ZoneFrom: &geo.Date{Year: 2021, Month: 1, Day: 1}, LegalBasis: new("Luật Thủy sản số 18/2017/QH14"),
		Restriction: new("Cấm mọi hoạt động khai thác thủy sản; tàu thuyền chỉ được đi qua theo luồng."),
	})
	add("SEA_BOUNDARY", "Đường cảnh báo ranh giới khai thác trên biển", "Warning line of the fishing waters at sea", "H57.41", "BOUNDARY", seaBoundary.Clone(), systems.Zone{
		ZoneFrom: &geo.Date{Year: 2024, Month: 5, Day: 19}, LegalBasis: new("Nghị định 37/2024/NĐ-CP"), Restriction: new("Tàu cá không được vượt qua khi chưa được phép."),
	})
	for _, f := range []struct {
		code, vi, en string
		shape        orb.Ring
		about        orb.Point
		scale, level float64
		from, to     *geo.Date
	}{
		{"FLOOD_HUONG_35", "Vùng ngập hạ lưu sông Hương, mực nước Kim Long 3,5 m", "Flood extent of the lower Huong, 3.5 m at Kim Long", lowerHuong, orb.Point{107.588, 16.492}, 1, 3.5, &geo.Date{Year: 2026, Month: 1, Day: 1}, nil},
		{"FLOOD_HUONG_45", "Vùng ngập hạ lưu sông Hương, mực nước Kim Long 4,5 m", "Flood extent of the lower Huong, 4.5 m at Kim Long", lowerHuong, orb.Point{107.588, 16.492}, 1.22, 4.5, &geo.Date{Year: 2026, Month: 1, Day: 1}, nil},
		{"FLOOD_BO_35", "Vùng ngập hạ lưu sông Bồ, mực nước Phú Ốc 3,5 m", "Flood extent of the lower Bo, 3.5 m at Phu Oc", lowerBo, orb.Point{107.49, 16.53}, 1, 3.5, &geo.Date{Year: 2026, Month: 1, Day: 1}, nil},
		{"FLOOD_BO_45", "Vùng ngập hạ lưu sông Bồ, mực nước Phú Ốc 4,5 m", "Flood extent of the lower Bo, 4.5 m at Phu Oc", lowerBo, orb.Point{107.49, 16.53}, 1.25, 4.5, &geo.Date{Year: 2026, Month: 1, Day: 1}, nil},
		{"FLOOD_HUONG_35_2020", "Vùng ngập hạ lưu sông Hương, mực nước Kim Long 3,5 m (bản đồ cũ)", "Flood extent of the lower Huong, 3.5 m at Kim Long (former map)", lowerHuong, orb.Point{107.588, 16.492}, 0.9, 3.5, &geo.Date{Year: 2020, Month: 1, Day: 1}, &geo.Date{Year: 2026, Month: 1, Day: 1}},
	} {
		add(f.code, f.vi, f.en, "", "FLOOD", orb.Polygon{scaled(f.shape, f.about, f.scale)}, systems.Zone{
			ZoneFrom: f.from, ZoneTo: f.to, FloodLevelM: new(f.level), LegalBasis: new("Phương án ứng phó thiên tai của thành phố"),
			Restriction: new("Sơ tán người dân khi mực nước dự báo vượt mức ngập."),
		})
	}
	return rows
}

// heritage gives a monument's own ground as zone I and a ring round it as zone II.
func (p *Province) heritage(add func(code, vi, en string, level int, shape orb.Polygon)) {
	places := table("places.csv")
	for _, m := range []struct {
		code         string
		firstM, allM float64
	}{
		{"DT_DAI_NOI", 420, 1250}, {"DT_THIEN_MU", 130, 420}, {"DT_TU_DUC", 260, 700}, {"DT_KHAI_DINH", 150, 600},
		{"DT_MINH_MANG", 420, 1100}, {"DT_GIA_LONG", 500, 1600}, {"DT_NAM_GIAO", 220, 520}, {"DT_HON_CHEN", 110, 380},
	} {
		at := places[slices.IndexFunc(places, func(r map[string]string) bool { return r["code"] == m.code })]
		middle := orb.Point{number(at["lon"]), number(at["lat"])}
		corners, turned := 36, 0.0
		if m.code == "DT_DAI_NOI" {
			corners, turned = 4, 8 // walls, facing a little east of south-east
		}
		inner := around(middle, m.firstM, corners, turned)
		hole := inner.Clone()
		hole.Reverse()
		add(m.code+"_KV1", "Khu vực bảo vệ I: "+at["name"], "Protection zone I: "+at["name_en"], 1, orb.Polygon{inner})
		add(m.code+"_KV2", "Khu vực bảo vệ II: "+at["name"], "Protection zone II: "+at["name_en"], 2, orb.Polygon{around(middle, m.allM, corners, turned), hole})
	}
}

// around is a ring of so many corners, counterclockwise from turned degrees east of north.
func around(middle orb.Point, radiusM float64, corners int, turned float64) orb.Ring {
	var ring orb.Ring
	for i := range corners {
		ring = append(ring, away(middle, radiusM/1000, turned-360*float64(i)/float64(corners)))
	}
	return append(ring, ring[0])
}

// band is the water between two distances off the province's coast, both
// measured out to the east-north-east: neighbours share their edge.
func band(nearKm, farKm float64) orb.Polygon {
	var ring orb.Ring
	own := coast[3 : len(coast)-3]
	for _, c := range own {
		ring = append(ring, away(c, nearKm, 60))
	}
	for i := len(own) - 1; i >= 0; i-- {
		ring = append(ring, away(own[i], farKm, 60))
	}
	return orb.Polygon{append(ring, ring[0])}
}

// lowerHuong and lowerBo are the low ground that the rivers flood, sketched.
var (
	lowerHuong = orb.Ring{
		{107.54, 16.43}, {107.556, 16.432}, {107.56, 16.448}, {107.578, 16.45}, {107.6, 16.458}, {107.612, 16.47}, {107.625, 16.49}, {107.64, 16.515}, {107.632, 16.545},
		{107.612, 16.552}, {107.59, 16.54}, {107.565, 16.532}, {107.556, 16.515}, {107.562, 16.49}, {107.552, 16.472}, {107.535, 16.462}, {107.532, 16.445}, {107.54, 16.43},
	}
	lowerBo = orb.Ring{
		{107.43, 16.495}, {107.447, 16.497}, {107.455, 16.52}, {107.48, 16.53}, {107.515, 16.525}, {107.55, 16.512}, {107.56, 16.525}, {107.548, 16.545},
		{107.515, 16.56}, {107.48, 16.562}, {107.455, 16.55}, {107.435, 16.537}, {107.428, 16.515}, {107.43, 16.495},
	}
)

func scaled(ring orb.Ring, about orb.Point, by float64) orb.Ring {
	out := make(orb.Ring, len(ring))
	for i, c := range ring {
		out[i] = orb.Point{round(about[0]+(c[0]-about[0])*by, 5), round(about[1]+(c[1]-about[1])*by, 5)}
	}
	return out
}
