package province

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"geohub/access"
	"geohub/layer"
	"geohub/systems"
)

// sighting is a kind of event by what the analytics look for.
type sighting struct {
	solution, topic, rule, class, label, labelEN string
	share                                        float64
	minutes                                      float64 // it lasts about; 0: an instant
	severity                                     []float64
	plate, count                                 bool
}

var severities = []systems.EventSeverity{"INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"}

var sightings = []sighting{
	{"LICENSE_PLATE", "tns1:RuleEngine/Recognition/LicensePlate", "Danh sách biển số theo dõi", "Vehicle", "Nhận dạng biển số", "Plate read", 14, 0, []float64{8, 2, 1, 0, 0}, true, false},
	{"RED_LIGHT", "tns1:RuleEngine/LineDetector/Crossed", "Vượt đèn đỏ", "Vehicle", "Vượt đèn đỏ", "Red light run", 20, 0, []float64{0, 2, 6, 1, 0}, true, false},
	{"WRONG_LANE", "tns1:RuleEngine/LineDetector/Crossed", "Đi sai làn", "Vehicle", "Đi sai làn đường", "Wrong lane", 14, 0, []float64{0, 5, 3, 0, 0}, true, false},
	{"OVERLOAD", "tns1:RuleEngine/LineDetector/Crossed", "Xe tải giờ cấm", "Vehicle", "Xe tải vào giờ cấm", "Lorry in closed hours", 3, 0, []float64{0, 2, 3, 1, 0}, true, false},
	{"CONGESTION", "tns1:RuleEngine/CountAggregation/Counter", "Mật độ xe", "Vehicle", "Ùn tắc giao thông", "Traffic jam", 13, 25, []float64{0, 5, 4, 2, 0}, false, true},
	{"WRONG_PARKING", "tns1:RuleEngine/FieldDetector/ObjectsInside", "Vùng cấm đỗ", "Vehicle", "Đỗ xe sai quy định", "Wrong parking", 10, 15, []float64{1, 6, 2, 0, 0}, true, false},
	{"SIDEWALK_ENCROACHMENT", "tns1:RuleEngine/FieldDetector/ObjectsInside", "Vỉa hè", "Other", "Lấn chiếm vỉa hè", "Pavement encroached", 6, 60, []float64{1, 6, 2, 0, 0}, false, false},
	{"LITTERING", "tns1:RuleEngine/FieldDetector/ObjectsInside", "Xả rác", "Human", "Xả rác nơi công cộng", "Littering", 5, 0, []float64{1, 6, 1, 0, 0}, false, false},
	{"CROWD", "tns1:RuleEngine/CountAggregation/Counter", "Mật độ người", "Human", "Tụ tập đông người", "Crowd", 6, 30, []float64{2, 4, 3, 1, 0}, false, true},
	{"INTRUSION", "tns1:RuleEngine/FieldDetector/ObjectsInside", "Vùng bảo vệ", "Human", "Xâm nhập vùng bảo vệ", "Intrusion", 4, 2, []float64{0, 2, 4, 2, 0}, false, false},
	{"LOITERING", "tns1:RuleEngine/LoiteringDetector/ObjectIsLoitering", "Lảng vảng", "Human", "Lảng vảng lâu", "Loitering", 3, 8, []float64{3, 4, 1, 0, 0}, false, false},
	{"WATER_LEVEL", "tnshue:RuleEngine/WaterLevel/Above", "Ngưỡng mực nước", "", "Mực nước vượt ngưỡng", "Water over the mark", 4, 90, []float64{2, 4, 4, 2, 1}, false, false},
	{"FLOODING", "tnshue:RuleEngine/WaterLevel/Above", "Ngập mặt đường", "", "Ngập mặt đường", "Road under water", 1.5, 120, []float64{0, 3, 4, 3, 1}, false, false},
	{"FOREST_FIRE", "tns1:RuleEngine/Radiometry/TemperatureAlarm", "Điểm nhiệt", "", "Điểm nhiệt nghi cháy rừng", "Hot spot", 1.2, 10, []float64{2, 3, 3, 2, 0.5}, false, false},
	{"", "tns1:VideoSource/GlobalSceneChange/AnalyticsService", "Đổi khung hình", "", "Camera bị che, xoay lệch", "Scene change", 1, 0, []float64{0, 3, 3, 0, 0}, false, false},
	{"", "tns1:VideoSource/MotionAlarm", "Chuyển động", "", "Phát hiện chuyển động", "Motion", 5, 1, []float64{9, 1, 0, 0, 0}, false, false},
	{"", "tns1:Device/HardwareFailure/StorageFailure", "Lưu trữ", "", "Lỗi bộ nhớ camera", "Storage failure", 0.5, 0, []float64{0, 4, 2, 0, 0}, false, false},
}

// eventDays is how many days of events the cameras' system keeps.
const eventDays = 14

// happening is one event from its beginning to the last that is known of it.
type happening struct {
	row         systems.CameraEvent // without what only time brings
	plate       string              // whole; "" without one
	lasts       bool
	end, looked time.Time // when it ends, and when somebody looks at it
	found       systems.EventVerification
}

// CameraEvents are those of the last fourteen days, oldest first.
func (p *Province) CameraEvents() []*systems.CameraEvent {
	first := p.EventsSince()
	var rows []*systems.CameraEvent
	for day := midnight(first); !day.After(p.now); day = day.AddDate(0, 0, 1) {
		for _, h := range p.happenings(day) {
			if start := *h.row.StartAt; start.After(first) && !start.After(p.now) {
				rows = append(rows, h.at(p.now))
			}
		}
	}
	return rows
}

// EventsSince is the moment behind which the events are that CameraEvents has.
func (p *Province) EventsSince() time.Time { return p.now.AddDate(0, 0, -eventDays) }

// CameraStep is an event as it stands from a moment on.
type CameraStep struct {
	At    time.Time
	Event *systems.CameraEvent
	// Lasts says that the event has a length.
	Lasts bool
	// Plate is the whole number plate, as the camera reads it and nobody may
	// keep it; "" without one.
	Plate string
}

// CameraSteps are all that ever becomes known of the events that begin on a
// day, in order; what Now is doesn't matter.
func (p *Province) CameraSteps(day time.Time) []CameraStep {
	var steps []CameraStep
	for _, h := range p.happenings(midnight(day)) {
		moments := []time.Time{*h.row.StartAt}
		if h.lasts {
			moments = append(moments, h.end)
		}
		if h.found != "PENDING" {
			moments = append(moments, h.looked)
		}
		slices.SortFunc(moments, time.Time.Compare)
		for _, at := range moments {
			steps = append(steps, CameraStep{at, h.at(at), h.lasts, h.plate})
		}
	}
	slices.SortStableFunc(steps, func(a, b CameraStep) int { return a.At.Compare(b.At) })
	return steps
}

// happenings are the events that begin on a day.
func (p *Province) happenings(day time.Time) []happening {
	cameras := p.cameras()
	watching := make([][]int, len(sightings))
	for k, s := range sightings {
		for i, c := range cameras {
			if s.solution == "" || slices.Contains(c.row.AiSolutions, s.solution) {
				watching[k] = append(watching[k], i)
			}
		}
	}
	shares := make([]float64, len(sightings))
	r := p.dayRand("camera events", day)
	flood, wet := p.flooded(day), day.Month() >= time.September
	for k, s := range sightings {
		switch shares[k] = s.share; {
		case s.solution == "WATER_LEVEL" || s.solution == "FLOODING":
			shares[k] *= 1 + 30*flood
			if !wet {
				shares[k] /= 5
			}
		case s.solution == "FOREST_FIRE" && wet:
			shares[k] /= 6
		}
	}
	n := int(573 * (0.9 + 0.2*r.Float64()))
	var all []happening
	for i, start := range timesOf(r, day, n, hourShares) {
		k := byShare(r, shares)
		c := &cameras[watching[k][int(float64(len(watching[k]))*math.Pow(r.Float64(), 1.4))]]
		all = append(all, p.happening(r, fmt.Sprintf("CE-%s-%04d", day.Format("20060102"), i+1), &sightings[k], c, start))
	}
	return all
}

func (p *Province) happening(r *rand.Rand, number string, s *sighting, c *camera, start time.Time) happening {
	h := happening{lasts: s.minutes > 0}
	h.end = start.Add(hours(s.minutes / 60 * (0.3 + 1.6*r.Float64())))
	h.looked = start.Add(hours(0.1 + 20*r.Float64()*r.Float64()))
	h.found = []systems.EventVerification{"PENDING", "TRUE_POSITIVE", "FALSE_POSITIVE"}[byShare(r, []float64{30, 60, 10})]
	severity := severities[byShare(r, s.severity)]
	count, water, likelihood := 25+r.IntN(160), round(0.15+1.8*r.Float64()*r.Float64(), 2), round(0.62+0.37*r.Float64(), 2)
	plate := fmt.Sprintf("75%c-***.%02d", pick(r, []rune("ABCDFGH")), r.IntN(100))
	if h.found == "FALSE_POSITIVE" {
		likelihood = round(likelihood-0.15, 2)
	}
	h.row = systems.CameraEvent{
		Base: layer.Base{
			ID: "cameraEvent:" + number, LabelVI: s.label, LabelEN: s.labelEN, Geom: c.row.Geom, PositionAccuracyM: c.row.PositionAccuracyM, AgencyCode: c.row.AgencyCode,
			Source: "ioc-events", RecordKey: number, ObservedAt: new(start), VersionAt: new(start), Sharing: access.Shared,
		},
		CameraId: new(c.row.ID), Topic: new(s.topic), Rule: new(s.rule), StartAt: new(start), EventSeverity: new(severity),
		Verification: new(systems.EventVerification("PENDING")),
	}
	if s.class != "" {
		h.row.ObjectClass, h.row.Likelihood = new(s.class), new(likelihood)
	}
	if s.count {
		h.row.Count = new(count)
	}
	if s.solution == "WATER_LEVEL" || s.solution == "FLOODING" {
		h.row.WaterLevelM = new(water)
	}
	if s.plate {
		h.row.PlateMasked = new(plate)
		hidden := fnv.New32a()
		hidden.Write([]byte(number))
		h.plate = strings.Replace(plate, "***", fmt.Sprintf("%03d", hidden.Sum32()%1000), 1)
	}
	return h
}

// at is the event as it stands at a moment.
func (h happening) at(now time.Time) *systems.CameraEvent {
	row := h.row
	if h.lasts && !h.end.After(now) {
		row.EndAt, row.VersionAt = new(h.end), new(h.end)
	}
	if h.found != "PENDING" && !h.looked.After(now) {
		if row.Verification = new(h.found); h.looked.After(*row.VersionAt) {
			row.VersionAt = new(h.looked)
		}
	}
	return &row
}
