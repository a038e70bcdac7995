package systems

import (
	"strings"
	"time"

	"github.com/paulmach/orb"

	"geohub/geo"
	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/ngsild"
	"geohub/layer"
)

var cameraWhole = ingest.Whole(Cameras)

var (
	cameraKinds = map[string]CameraKind{
		"FIXED": "FIXED", "BULLET": "FIXED", "DOME": "FIXED", "PTZ": "PTZ", "SPEEDDOME": "PTZ", "PANORAMIC": "PANORAMIC", "FISHEYE": "PANORAMIC", "THERMAL": "THERMAL",
		"LICENSE_PLATE": "LICENSE_PLATE", "LPR": "LICENSE_PLATE", "ANPR": "LICENSE_PLATE", "WATER_GAUGE": "WATER_GAUGE",
	}
	cameraStatuses = map[string]CameraStatus{
		"ONLINE": "ONLINE", "OK": "ONLINE", "ON": "ONLINE", "ACTIVE": "ONLINE", "WORKING": "ONLINE", "TRUE": "ONLINE",
		"OFFLINE": "OFFLINE", "OFF": "OFFLINE", "ERROR": "OFFLINE", "INACTIVE": "OFFLINE", "FALSE": "OFFLINE", "OUTOFSERVICE": "OFFLINE",
		"TAMPERED": "TAMPERED", "MAINTENANCE": "MAINTENANCE", "UNDERMAINTENANCE": "MAINTENANCE",
	}
)

// cameraOfNGSI makes a camera of an entity of the smart data models Camera or
// Device, with the attributes that those have, and beyond them azimuth,
// fieldOfView (degrees), range (metres), onvifProfile, aiSolutions, roadName and
// positionAccuracy (metres). Other entities are passed over.
var cameraOfNGSI = ingest.Map("ngsi-ld", 1, func(in *ingest.Intake, e ngsild.Entity) error {
	if e.Type != "Camera" && (e.Type != "Device" || !strings.Contains(strings.ToLower(strings.Join(e.Texts("category"), " ")), "camera")) {
		return nil
	}
	key := e.Key()
	if key == "" {
		return formats.Refusal{Path: "id", Reason: "nothing stands behind its last colon"}
	}
	row := &Camera{
		Base: layer.Base{
			ID: Cameras.IDPrefix() + key, RecordKey: key, LabelVI: firstOf(e.Text("name", "cameraName"), key), LabelEN: firstOf(e.Text("alternateName"), "Camera "+key),
			VersionAt: e.ModifiedAt, PositionAccuracyM: numberOf(&e, "positionAccuracy"),
		},
		CameraStatus: new(CameraStatus("UNKNOWN")), RoadName: said(e.Text("roadName")), HeightM: numberOf(&e, "height"), AzimuthDeg: numberOf(&e, "azimuth", "cameraOrientation"),
		FovDeg: numberOf(&e, "fieldOfView"), RangeM: numberOf(&e, "range"), OnvifProfile: said(e.Text("onvifProfile")), AiSolutions: e.Texts("aiSolutions"),
		StreamUrl: said(e.Text("streamURL", "mediaURL")),
	}
	if code := e.Text("owner"); agencyCode.MatchString(code[strings.LastIndexByte(code, ':')+1:]) {
		row.AgencyCode = code[strings.LastIndexByte(code, ':')+1:]
	}
	if kind := e.Text("cameraType"); kind != "" {
		if row.CameraKind = coded(cameraKinds, strings.ToUpper(kind)); row.CameraKind == nil {
			row.CameraKind = new(CameraKind("OTHER"))
		}
	}
	if status := coded(cameraStatuses, strings.ToUpper(e.Text("deviceState", "status", "on"))); status != nil {
		row.CameraStatus = status
	}
	if seen, ok := e.Time("dateLastValueReported"); ok {
		row.LastSeenAt = before(&seen, time.Duration(in.Source.ClockAhead))
		row.ObservedAt = row.LastSeenAt
	}
	if e.Location != nil {
		g, err := geo.ParseJSON(e.Location, geo.Options{})
		if err != nil {
			return formats.Refusal{Path: "location", Reason: err.Error()}
		}
		if _, ok := g.(orb.Point); !ok {
			return formats.Refusal{Path: "location", Reason: "a camera stands at a Point, this is a " + g.GeoJSONType()}
		}
		row.Geom = g
	}
	ingest.Put(in, cameraWhole, row)
	return nil
})

// numberOf is the first of some attributes that there is, if it is a number.
func numberOf(e *ngsild.Entity, names ...string) *float64 {
	if v, ok := e.Number(names...); ok {
		return &v
	}
	return nil
}
