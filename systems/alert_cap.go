package systems

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"
	sphere "github.com/paulmach/orb/geo"

	"geohub/access"
	"geohub/clause"
	"geohub/geo"
	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/cap"
	"geohub/layer"
)

// supersession is the one field that follows from other messages.
var (
	supersession = ingest.NewPart(Alerts, "superseded", "superseded")
	capMessage   = ingest.Rest(Alerts, "message", supersession)
)

// supersededAlerts are those that a later Update or Cancel of the same
// status names, whichever of the two came first.
var supersededAlerts = ingest.Mark(Alerts.System, "superseded", clause.Of(`SELECT e.id FROM alerts o CROSS JOIN LATERAL unnest(o."references") r JOIN alerts e ON e.identifier = r
	WHERE o.msg_type IN ('UPDATE', 'CANCEL') AND o.alert_status = e.alert_status AND o.sent_at >= e.sent_at AND o.id <> e.id`))

// Parameters of the Vietnamese profile beside VN.riskLevel.
const (
	capHazard = "VN.hazard" // a Hazard
	capAgency = "VN.agency" // the sender's code by QĐ 20/2020
)

// alertOfCAP makes an alert of a message: what its Vietnamese infos say, or
// else its first language's, with the label in English beside it.
var alertOfCAP = ingest.Map("cap", 1, func(in *ingest.Intake, a cap.Alert) error {
	ahead := time.Duration(in.Source.ClockAhead)
	sent := a.Sent.Add(-ahead)
	row := &Alert{
		Base: layer.Base{
			ID: "alert:" + a.Identifier, RecordKey: a.Identifier, ObservedAt: &sent, VersionAt: &sent,
		},
		Identifier: &a.Identifier, Sender: &a.Sender, SentAt: &sent,
		AlertStatus: capCode[AlertStatus](a.Status), MsgType: capCode[AlertMsgType](a.MsgType), Scope: capCode[AlertScope](a.Scope),
		Category: []AlertCategory{}, ResponseType: []AlertResponseType{}, Geocodes: []string{}, References: []string{},
	}
	if a.Scope != "Public" {
		row.Sharing = access.Private
	}
	for _, ref := range a.References {
		row.References = append(row.References, ref.Identifier)
	}
	infos := infosIn(a.Info, "vi")
	if len(infos) == 0 && len(a.Info) > 0 {
		infos = infosIn(a.Info, a.Info[0].Language)
	}
	if len(infos) == 0 {
		row.LabelVI = firstOf(a.Note, a.Identifier)
		ingest.Put(in, capMessage, row)
		return nil
	}
	row.tell(a.Info[infos[0]], ahead)
	row.LabelVI = firstOf(a.Info[infos[0]].Headline, a.Info[infos[0]].Event)
	if en := infosIn(a.Info, "en"); len(en) > 0 {
		row.LabelEN = firstOf(a.Info[en[0]].Headline, a.Info[en[0]].Event)
	}
	row.ExpiresAt = before(latest(a.Info, infos), ahead)
	where, err := areaOf(in, a.Info, infos, row)
	if err != nil {
		return err
	}
	row.Geom = where
	ingest.Put(in, capMessage, row)
	return nil
})

// tell takes over what an info says in words and codes.
func (row *Alert) tell(i cap.Info, ahead time.Duration) {
	for _, c := range i.Category {
		row.Category = append(row.Category, *capCode[AlertCategory](c))
	}
	for _, r := range i.ResponseType {
		row.ResponseType = append(row.ResponseType, *capCode[AlertResponseType](r))
	}
	row.SenderName, row.Event, row.Audience = said(i.SenderName), said(i.Event), said(i.Audience)
	row.Urgency, row.Severity, row.Certainty = capCode[AlertUrgency](i.Urgency), capCode[AlertSeverity](i.Severity), capCode[AlertCertainty](i.Certainty)
	row.EffectiveAt, row.OnsetAt = before(i.Effective, ahead), before(i.Onset, ahead)
	row.Headline, row.Description, row.Instruction = said(i.Headline), said(i.Description), said(i.Instruction)
	row.Web, row.Contact = said(i.Web), said(i.Contact)
	if level, ok := i.RiskLevel(); ok {
		row.RiskLevel = &level
	}
	row.Hazard = new(hazardOf(i))
	for _, p := range i.Parameter {
		if p.ValueName == capAgency && agencyCode.MatchString(p.Value) {
			row.AgencyCode = p.Value
		}
	}
}

// capCode is a code of CAP as the schema writes it: AllClear, ALL_CLEAR.
func capCode[T ~string](code string) *T {
	if code == "" {
		return nil
	}
	v := T(strings.ToUpper(code))
	if code == "AllClear" {
		v = "ALL_CLEAR"
	}
	return &v
}

// infosIn are the places of the infos in a language; without one, CAP has it,
// an info is in English.
func infosIn(infos []cap.Info, language string) []int {
	base := func(l string) string {
		b, _, _ := strings.Cut(strings.ToLower(firstOf(l, "en-US")), "-")
		return b
	}
	var found []int
	for i, info := range infos {
		if base(info.Language) == base(language) {
			found = append(found, i)
		}
	}
	return found
}

// latest is when the last of some infos expires; nil when one never does.
func latest(infos []cap.Info, which []int) *time.Time {
	var last *time.Time
	for _, i := range which {
		t := infos[i].Expires
		if t == nil {
			return nil
		}
		if last == nil || t.After(*last) {
			last = t
		}
	}
	return last
}

// hazardWords tell a hazard by the words of the event, where no parameter says
// it; the first that fits counts.
var hazardWords = []struct {
	word   string
	hazard Hazard
}{
	{"áp thấp", "TROPICAL_DEPRESSION"}, {"nước dâng", "STORM_SURGE"}, {"lũ quét", "FLASH_FLOOD"}, {"sạt lở", "LANDSLIDE"}, {"sụt lún", "SUBSIDENCE"},
	{"ngập", "INUNDATION"}, {"mưa đá", "HAIL"}, {"mưa", "HEAVY_RAIN"}, {"sóng thần", "TSUNAMI"}, {"động đất", "EARTHQUAKE"}, {"gió mạnh trên biển", "STRONG_WIND_AT_SEA"},
	{"xâm nhập mặn", "SALINITY_INTRUSION"}, {"hạn hán", "DROUGHT"}, {"nắng nóng", "HEAT"}, {"cháy rừng", "FOREST_FIRE"}, {"rét", "COLD"}, {"sương muối", "FROST"},
	{"sương mù", "FOG"}, {"lốc", "WHIRLWIND"}, {"sét", "LIGHTNING"}, {"bão", "STORM"}, {"lũ", "FLOOD"},
}

// hazards are those that are known, by name.
var hazards = func() map[string]bool {
	all := map[string]bool{"OTHER": true}
	for _, h := range hazardWords {
		all[string(h.hazard)] = true
	}
	return all
}()

func hazardOf(i cap.Info) Hazard {
	for _, p := range i.Parameter {
		if p.ValueName == capHazard && hazards[p.Value] {
			return Hazard(p.Value)
		}
	}
	event := " " + strings.ToLower(i.Event) + " "
	for _, h := range hazardWords {
		if strings.Contains(event, " "+h.word+" ") {
			return h.hazard
		}
	}
	return "OTHER"
}

// capBounds are Vietnam and the waters off it, the East Sea among them.
var capBounds = orb.Bound{Min: orb.Point{102, 5}, Max: orb.Point{120, 24}}

// maxShapes bounds what one message draws.
const maxShapes = 1000

// areaOf is where infos hold, polygons and circles together; with codes of
// units only, those units; nil when nothing says where.
func areaOf(in *ingest.Intake, infos []cap.Info, which []int, row *Alert) (orb.Geometry, error) {
	var shapes orb.MultiPolygon
	var names []string
	for _, i := range which {
		for j, area := range infos[i].Area {
			if area.AreaDesc != "" && !slices.Contains(names, area.AreaDesc) {
				names = append(names, area.AreaDesc)
			}
			for _, code := range area.Geocode {
				if !slices.Contains(row.Geocodes, code.Value) {
					row.Geocodes = append(row.Geocodes, code.Value)
				}
			}
			path := fmt.Sprintf("info[%d].area[%d]", i, j)
			for k, p := range area.Polygons() {
				if err := onTheMap(p); err != nil {
					return nil, formats.Refusal{Path: fmt.Sprintf("%s.polygon[%d]", path, k), Reason: err.Error()}
				}
				shapes = append(shapes, p)
			}
			for k, c := range area.Circles() {
				p := disc(c)
				if err := onTheMap(p); err != nil {
					return nil, formats.Refusal{Path: fmt.Sprintf("%s.circle[%d]", path, k), Reason: err.Error()}
				}
				shapes = append(shapes, p)
			}
			if len(shapes) > maxShapes {
				return nil, formats.Refusal{Path: path, Reason: fmt.Sprintf("more than %d polygons and circles", maxShapes)}
			}
		}
	}
	row.AreaDesc = said(strings.Join(names, "; "))
	switch len(shapes) {
	case 0:
		return in.UnitsArea(row.Geocodes)
	case 1:
		return shapes[0], nil
	}
	return in.Joined(shapes)
}

// onTheMap says what is wrong with a polygon for a map of Vietnam.
func onTheMap(p orb.Polygon) error {
	for _, c := range p[0] {
		if capBounds.Contains(c) {
			continue
		}
		if capBounds.Contains(orb.Point{c[1], c[0]}) {
			return fmt.Errorf("latitude and longitude are swapped: %v,%v", c[1], c[0])
		}
		return fmt.Errorf("%v,%v lies outside of Vietnam and its sea", c[1], c[0])
	}
	return geo.Check(p)
}

// disc is a circle as a polygon of 32 corners; one without a radius, which
// means a point, gets 50 metres.
func disc(c cap.Circle) orb.Polygon {
	const corners = 32
	ring := make(orb.Ring, 0, corners+1)
	for i := range corners {
		p := sphere.PointAtBearingAndDistance(c.Center, -float64(i)*360/corners, math.Max(c.RadiusKm*1000, 50))
		ring = append(ring, orb.Point{math.Round(p[0]*1e5) / 1e5, math.Round(p[1]*1e5) / 1e5})
	}
	return orb.Polygon{append(ring, ring[0])}
}
