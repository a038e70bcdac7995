package serve

import (
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"geohub/systems"
)

// staProperty is how the services speak of what they measure.
type staProperty struct {
	id, name, description string
	unit, symbol, code    string        // its name, its symbol and its code by UCUM
	per                   time.Duration // what a value covers; 0: a moment
	times                 float64       // from the province's unit to this one; 0: the same
}

// staProperties are those of the reservoirs and of the stations, by the
// province's parameters.
var staProperties = map[string]staProperty{
	"dam level":           {id: "muc-nuoc-ho", name: "Mực nước hồ", description: "Reservoir water level above the national datum", unit: "mét", symbol: "m", code: "m"},
	"dam downstreamLevel": {id: "muc-nuoc-ha-luu", name: "Mực nước hạ lưu", description: "Water level below the dam", unit: "mét", symbol: "m", code: "m"},
	"dam inflow":          {id: "luu-luong-den", name: "Lưu lượng đến hồ", description: "Inflow", unit: "mét khối trên giây", symbol: "m³/s", code: "m3/s"},
	"dam outflow":         {id: "tong-luu-luong-xa", name: "Tổng lưu lượng xả", description: "Total release", unit: "mét khối trên giây", symbol: "m³/s", code: "m3/s"},
	"dam spill":           {id: "luu-luong-qua-tran", name: "Lưu lượng qua tràn", description: "Flow over the spillway", unit: "mét khối trên giây", symbol: "m³/s", code: "m3/s"},
	"dam turbine":         {id: "luu-luong-chay-may", name: "Lưu lượng chạy máy", description: "Flow through turbines or sluice", unit: "mét khối trên giây", symbol: "m³/s", code: "m3/s"},
	"dam storage":         {id: "dung-tich-ho", name: "Dung tích hồ", description: "Volume", unit: "triệu mét khối", symbol: "triệu m³", code: "hm3"},
	"dam gatesOpen":       {id: "so-cua-dang-mo", name: "Số cửa đang mở", description: "Spillway gates that stand open", unit: "cửa", symbol: "1", code: "1"},
	"dam rain1h":          {id: "luong-mua-1-gio", name: "Lượng mưa 1 giờ", description: "Rain on the basin in an hour", unit: "milimét", symbol: "mm", code: "mm", per: time.Hour},
	"station level":       {id: "muc-nuoc-song", name: "Mực nước sông", description: "River water level", unit: "xentimét", symbol: "cm", code: "cm", times: 100},
	"station rain1h":      {id: "luong-mua-1-gio", name: "Lượng mưa 1 giờ", description: "Rain in an hour", unit: "milimét", symbol: "mm", code: "mm", per: time.Hour},
	"station temperature": {id: "nhiet-do-khong-khi", name: "Nhiệt độ không khí", description: "Air temperature", unit: "độ Celsius", symbol: "°C", code: "Cel"},
	"station vnWqi":       {id: "vn-wqi", name: "VN_WQI", description: "Vietnamese water quality index, QĐ 1460/2019", unit: "chỉ số", symbol: "1", code: "1"},
}

// staBuilder makes a service.
type staBuilder struct {
	kind       string // "dam", "station": of staProperties
	things     []*staNode
	locations  []*staNode
	features   []*staNode
	streams    []*staNode
	properties map[string]*staNode
	sensors    map[string]*staNode
	series     []staSeries
}

// staSeries are the observations of one Datastream.
type staSeries struct {
	stream   *staNode
	feature  *staNode
	property staProperty
	readings []systems.Reading
}

// reservoirs is the service of the dams.
func (w *water) reservoirs() *staService {
	b := &staBuilder{kind: "dam", properties: map[string]*staNode{}, sensors: map[string]*staNode{}}
	for _, d := range w.dams {
		about := map[string]any{"type": "reservoir", "code": *d.Code, "nameEn": d.LabelEN, "river": *d.River, "basin": *d.Basin, "purpose": string(*d.DamKind), "gated": *d.Gated}
		for name, v := range map[string]*float64{"deadLevel": d.DeadLevelM, "normalLevel": d.NormalLevelM, "designFloodLevel": d.DesignFloodLevelM, "crestLevel": d.CrestLevelM,
			"capacity": d.CapacityMcm, "usefulVolume": d.UsefulMcm, "catchmentArea": d.CatchmentKm2, "installedPower": d.PowerMw} {
			if v != nil {
				about[name] = *v
			}
		}
		if d.OperatingRule != nil {
			about["operatingRule"] = *d.OperatingRule
		}
		b.add(*d.Code, d.LabelVI, d.LabelEN, about, d.Geom.(orb.Point), d.PositionAccuracyM, w.readings[d.ID])
	}
	return b.service()
}

// gauges is the service of the stations: all of them, with the telemetry of
// those that send no files and the index that is worked out for natural waters.
func (w *water) gauges() *staService {
	b := &staBuilder{kind: "station", properties: map[string]*staNode{}, sensors: map[string]*staNode{}}
	for _, st := range w.stations {
		about := map[string]any{"type": strings.ToLower(string(*st.StationKind)), "code": *st.Code, "nameEn": st.LabelEN}
		for name, v := range map[string]*float64{"floodAlarm1": st.FloodAlarm1M, "floodAlarm2": st.FloodAlarm2M, "floodAlarm3": st.FloodAlarm3M} {
			if v != nil {
				about[name] = *v
			}
		}
		if st.River != nil {
			about["river"] = *st.River
		}
		if st.AgencyCode != "" {
			about["agency"] = st.AgencyCode
		}
		readings := w.readings[st.ID]
		if sendsFiles(st) {
			about["parameters"] = st.Parameters
			readings = slices.DeleteFunc(slices.Clone(readings), func(r systems.Reading) bool { return r.Parameter != "vnWqi" })
		} else {
			about["status"] = strings.ToLower(string(*st.StationStatus))
		}
		b.add(*st.Code, st.LabelVI, st.LabelEN, about, st.Geom.(orb.Point), st.PositionAccuracyM, readings)
	}
	return b.service()
}

// add makes a Thing with all that belongs to it.
func (b *staBuilder) add(code, name, description string, about map[string]any, at orb.Point, accuracyM *float64, readings []systems.Reading) {
	thing := &staNode{set: "Things", id: code, props: map[string]any{"name": name, "description": description, "properties": about}}
	point := map[string]any{"type": "Point", "coordinates": []float64{at.Lon(), at.Lat()}}
	place := &staNode{set: "Locations", id: code, props: map[string]any{"name": name, "description": description, "encodingType": "application/geo+json", "location": point}}
	if accuracyM != nil {
		place.props["properties"] = map[string]any{"accuracyM": *accuracyM}
	}
	feature := &staNode{set: "FeaturesOfInterest", id: code, props: map[string]any{"name": name, "description": description, "encodingType": "application/geo+json", "feature": point}}
	var streams []*staNode
	for len(readings) > 0 {
		n := slices.IndexFunc(readings, func(r systems.Reading) bool { return r.Parameter != readings[0].Parameter })
		if n < 0 {
			n = len(readings)
		}
		streams = append(streams, b.stream(thing, feature, readings[:n]))
		readings = readings[n:]
	}
	thing.many = map[string]func() staList{
		"Locations": func() staList { return staListOf([]*staNode{place}) }, "HistoricalLocations": func() staList { return staList{} },
		"Datastreams": func() staList { return staListOf(streams) },
	}
	place.many = map[string]func() staList{"Things": func() staList { return staListOf([]*staNode{thing}) }}
	b.things, b.locations, b.features, b.streams = append(b.things, thing), append(b.locations, place), append(b.features, feature), append(b.streams, streams...)
}

// stream makes a Datastream of the readings of one parameter.
func (b *staBuilder) stream(thing, feature *staNode, readings []systems.Reading) *staNode {
	p := staProperties[b.kind+" "+readings[0].Parameter]
	first, last := p.covers(readings[0].At), p.covers(readings[len(readings)-1].At)
	n := &staNode{set: "Datastreams", id: thing.id + ":" + p.id, props: map[string]any{
		"name": p.name + " - " + thing.props["name"].(string), "description": p.description,
		"observationType":   "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
		"unitOfMeasurement": map[string]any{"name": p.unit, "symbol": p.symbol, "definition": "http://www.opengis.net/def/uom/UCUM/0/" + p.code},
		"phenomenonTime":    staTime{first.from, last.to}, "resultTime": staTime{first.to, last.to},
	}}
	property, sensor := b.properties[p.id], b.sensors[p.id]
	if property == nil {
		property = &staNode{set: "ObservedProperties", id: p.id, props: map[string]any{"name": p.name, "definition": "https://quantrac.hue.example/thong-so/" + p.id, "description": p.description}}
		sensor = &staNode{set: "Sensors", id: p.id, props: map[string]any{"name": "Thiết bị đo: " + p.name, "description": "Telemetry of the operator", "encodingType": "application/pdf", "metadata": "https://quantrac.hue.example/thiet-bi/" + p.id + ".pdf"}}
		b.properties[p.id], b.sensors[p.id] = property, sensor
	}
	series := staSeries{n, feature, p, readings}
	n.one = map[string]func() *staNode{
		"Thing": func() *staNode { return thing }, "ObservedProperty": func() *staNode { return property }, "Sensor": func() *staNode { return sensor },
	}
	n.many = map[string]func() staList{"Observations": func() staList { return staList{len(readings), series.observation} }}
	b.series = append(b.series, series)
	return n
}

// covers is the time that a value of a moment stands for.
func (p staProperty) covers(at time.Time) staTime { return staTime{at.Add(-p.per), at} }

// staQualities are the words and codes of values that are not simply good.
var staQualities = map[systems.ReadingQuality]any{
	systems.QualityEstimated:   "http://www.opengis.net/def/waterml/2.0/quality/estimate",
	systems.QualitySuspect:     "http://www.opengis.net/def/waterml/2.0/quality/suspect",
	systems.QualityCalibration: map[string]any{"DQ_Result": map[string]any{"code": "01"}},
	systems.QualityFault:       map[string]any{"DQ_Result": map[string]any{"code": "02"}},
}

func (s staSeries) observation(i int) *staNode {
	r := s.readings[i]
	props := map[string]any{"phenomenonTime": s.property.covers(r.At), "resultTime": staTime{r.At, r.At}, "result": nil}
	if r.Value != nil {
		v := *r.Value
		if s.property.times != 0 {
			v = math.Round(v*s.property.times*1e6) / 1e6
		}
		props["result"] = v
	}
	if q := staQualities[r.Quality]; q != nil {
		props["resultQuality"] = q
	}
	return &staNode{set: "Observations", id: s.stream.id + ":" + strconv.FormatInt(r.At.Unix(), 10), props: props, one: map[string]func() *staNode{
		"Datastream": func() *staNode { return s.stream }, "FeatureOfInterest": func() *staNode { return s.feature },
	}}
}

func (b *staBuilder) service() *staService {
	sets := map[string]*staSet{"HistoricalLocations": {byID: func(string) *staNode { return nil }}}
	for name, nodes := range map[string][]*staNode{"Things": b.things, "Locations": b.locations, "FeaturesOfInterest": b.features, "Datastreams": b.streams,
		"ObservedProperties": staSorted(b.properties), "Sensors": staSorted(b.sensors)} {
		byID := map[string]*staNode{}
		for _, n := range nodes {
			byID[n.id] = n
		}
		sets[name] = &staSet{staListOf(nodes), func(id string) *staNode { return byID[id] }}
	}
	of := map[*staNode][]*staNode{} // the Datastreams of a property or sensor
	for _, s := range b.series {
		for _, n := range []*staNode{s.stream.one["ObservedProperty"](), s.stream.one["Sensor"]()} {
			of[n] = append(of[n], s.stream)
			n.many = map[string]func() staList{"Datastreams": func() staList { return staListOf(of[n]) }}
		}
	}
	sets["Observations"] = b.observations()
	return &staService{sets}
}

// observations are those of all Datastreams, one after the other.
func (b *staBuilder) observations() *staSet {
	ends := make([]int, len(b.series)) // where each one's observations end
	n, byStream := 0, map[string]int{}
	for i, s := range b.series {
		n += len(s.readings)
		ends[i], byStream[s.stream.id] = n, i
	}
	at := func(i int) *staNode {
		s := sort.SearchInts(ends, i+1)
		return b.series[s].observation(i - ends[s] + len(b.series[s].readings))
	}
	byID := func(id string) *staNode {
		cut := strings.LastIndexByte(id, ':')
		seconds, err := strconv.ParseInt(id[cut+1:], 10, 64)
		i, known := byStream[id[:max(cut, 0)]]
		if err != nil || !known {
			return nil
		}
		s := b.series[i]
		for j := range s.readings {
			if s.readings[j].At.Unix() == seconds {
				return s.observation(j)
			}
		}
		return nil
	}
	return &staSet{staList{n, at}, byID}
}

func staSorted(nodes map[string]*staNode) []*staNode {
	var out []*staNode
	for _, n := range nodes {
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b *staNode) int { return strings.Compare(a.id, b.id) })
	return out
}
