package systems

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strings"
	"time"

	"geohub/access"
	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/onvif"
	"geohub/layer"
)

// An event lies where its camera stands. That it ended, and what somebody found
// who looked at it, come in messages of their own, in any order.
var (
	cameraEventPlace = ingest.NewPart(CameraEvents, "place", "geometry")
	cameraEventEnd   = ingest.NewPart(CameraEvents, "end", "endAt")
	cameraEventFound = ingest.NewPart(CameraEvents, "found", "verification")
	cameraEventBegun = ingest.Rest(CameraEvents, "event", cameraEventPlace, cameraEventEnd, cameraEventFound).Sparse()
	cameraEventAt    = ingest.PlacedBy(CameraEvents.System, "cameraId", Cameras.System)
)

var (
	eventSeverities    = map[string]EventSeverity{"INFORMATIONAL": "INFORMATIONAL", "LOW": "LOW", "MEDIUM": "MEDIUM", "HIGH": "HIGH", "CRITICAL": "CRITICAL"}
	eventVerifications = map[string]EventVerification{"PENDING": "PENDING", "TRUE_POSITIVE": "TRUE_POSITIVE", "FALSE_POSITIVE": "FALSE_POSITIVE"}
)

// eventOfONVIF makes an event of one or several messages. The camera is the last
// step of the topic's prefix, its agency by QĐ 20/2020 the step before, if it is
// one. Beyond the standard's items it reads Severity, Verification, Description,
// DescriptionEn, WaterLevel (metres) and UUID, the event's own name for all its
// messages.
var eventOfONVIF = ingest.Map("onvif", 1, func(in *ingest.Intake, e onvif.Event) error {
	if e.UtcTime.After(in.ReadAt.Add(10 * time.Minute)) {
		return formats.Refusal{Path: "UtcTime", Reason: e.UtcTime.Format(time.RFC3339) + " is still to come: the camera's clock is wrong"}
	}
	steps := strings.Split(e.TopicPrefix, "/")
	camera := steps[len(steps)-1]
	if camera == "" {
		return formats.Refusal{Path: "topic", Reason: "nothing stands before the event's topic that says which camera it is of"}
	}
	on, isState := e.Running()
	key := firstOf(e.Key.Text("UUID"), e.Data.Text("UUID"))
	begins := on || !isState && (key == "" || e.PropertyOperation == "")
	began := e.BeganAt
	switch {
	case isState && !on && (e.PropertyOperation == "Initialized" || key == "" && began == nil):
		return nil // nothing goes on, or the end of what nobody saw begin
	case begins && began == nil:
		began = &e.UtcTime
	}
	if key == "" {
		key = eventKey(&e, *began)
	}
	row := CameraEvent{
		Base:     layer.Base{ID: CameraEvents.IDPrefix() + key, RecordKey: key, ObservedAt: began, VersionAt: &e.UtcTime, Sharing: access.Shared},
		CameraId: said(Cameras.IDPrefix() + camera), Topic: said(e.Topic), Rule: said(e.Source.Text("Rule")), StartAt: began,
	}
	if len(steps) > 1 && agencyCode.MatchString(steps[len(steps)-2]) {
		row.AgencyCode = steps[len(steps)-2]
	}
	if err := eventFindings(&e, &row); err != nil {
		return err
	}
	if begins {
		begun := row
		// What a camera calls it by its rule is better than nothing.
		begun.LabelVI, begun.LabelEN = firstOf(e.Data.Text("Description"), e.Source.Text("Rule"), e.Topic[strings.LastIndexAny(e.Topic, ":/")+1:]), e.Data.Text("DescriptionEn")
		ingest.Put(in, cameraEventBegun, &begun)
	}
	if isState && !on {
		ended := row
		ended.EndAt = &e.UtcTime
		ingest.Put(in, cameraEventEnd, &ended)
	}
	if row.Verification == nil && begins {
		row.Verification = new(EventVerification("PENDING"))
	}
	if row.Verification != nil {
		ingest.Put(in, cameraEventFound, &row)
	}
	return nil
})

// eventFindings fills in what was found.
func eventFindings(e *onvif.Event, row *CameraEvent) error {
	row.PlateMasked = said(e.Plate())
	if class, _, _ := strings.Cut(firstOf(e.Data.Text("ClassTypes"), e.Data.Text("ObjectClass")), " "); class != "" {
		row.ObjectClass = &class
	}
	if share, ok := e.Data.Number("Likelihood"); ok && !(share >= 0 && share <= 1) {
		return formats.Refusal{Path: "Data.Likelihood", Reason: "not between 0 and 1"}
	} else if ok {
		row.Likelihood = &share
	}
	if n, ok := e.Data.Number("Count"); ok && !(n >= 0 && n <= math.MaxInt32 && n == math.Trunc(n)) {
		return formats.Refusal{Path: "Data.Count", Reason: "not a count of objects"}
	} else if ok {
		row.Count = new(int(n))
	}
	if m, ok := e.Data.Number("WaterLevel"); ok && !(math.Abs(m) < 1000) {
		return formats.Refusal{Path: "Data.WaterLevel", Reason: "no level in metres"}
	} else if ok {
		row.WaterLevelM = &m
	}
	if text := e.Data.Text("Severity"); text != "" {
		if row.EventSeverity = coded(eventSeverities, strings.ToUpper(text)); row.EventSeverity == nil {
			return formats.Refusal{Path: "Data.Severity", Reason: "none of INFORMATIONAL, LOW, MEDIUM, HIGH, CRITICAL"}
		}
	}
	if text := e.Data.Text("Verification"); text != "" {
		if row.Verification = coded(eventVerifications, strings.ToUpper(text)); row.Verification == nil {
			return formats.Refusal{Path: "Data.Verification", Reason: "none of PENDING, TRUE_POSITIVE, FALSE_POSITIVE"}
		}
	}
	return nil
}

// eventKey names an event that has no name of its own: what it is about, and
// when it began, since devices use the numbers of objects again.
func eventKey(e *onvif.Event, began time.Time) string {
	sum := sha256.Sum256([]byte(e.Subject() + "\x1f" + began.UTC().Format(time.RFC3339Nano)))
	return hex.EncodeToString(sum[:12])
}
