package billboard

import "time"

// Record is one of *Registry, *Heartbeat and *Play.
type Record interface{ record() }

// Head says what a record is.
type Head struct {
	Kind string `json:"kind"` // registry, heartbeat or play
}

func (Head) record() {}

// Date is a day, yyyy-MM-dd.
type Date string

// Registry is one face of outdoor advertising as it is registered.
type Registry struct {
	Head
	ID              string     `json:"id"`
	BillboardKind   string     `json:"billboardKind,omitempty"` // LED, LCD, PRINT, TRIVISION
	Name            string     `json:"name,omitempty"`
	Address         string     `json:"address,omitempty"`
	Lon             *float64   `json:"lon,omitempty"` // degrees, WGS 84
	Lat             *float64   `json:"lat,omitempty"`
	FaceAzimuthDeg  *float64   `json:"faceAzimuth,omitempty"` // degrees from north
	WidthM          *float64   `json:"widthM,omitempty"`
	HeightM         *float64   `json:"heightM,omitempty"`
	AreaM2          *float64   `json:"areaM2,omitempty"`
	Resolution      string     `json:"resolution,omitempty"`
	BrightnessNits  *float64   `json:"brightnessNits,omitempty"`
	VenueType       string     `json:"venueType,omitempty"` // OpenOOH venue taxonomy
	Owner           string     `json:"owner,omitempty"`
	Operator        string     `json:"operator,omitempty"`
	PermitNo        string     `json:"permitNo,omitempty"`
	PermitFrom      Date       `json:"permitFrom,omitempty"`
	PermitTo        Date       `json:"permitTo,omitempty"`
	StructurePermit string     `json:"structurePermit,omitempty"`
	Zone            string     `json:"zone,omitempty"`
	Status          string     `json:"status,omitempty"` // ACTIVE, OFFLINE, SUSPENDED, EXPIRED, UNLICENSED
	LastHeartbeat   *time.Time `json:"lastHeartbeat,omitempty"`
	InspectedOn     Date       `json:"inspectedOn,omitempty"` // when somebody last looked at it
}

// Heartbeat is a sign of life of a screen.
type Heartbeat struct {
	Head
	ID             string    `json:"id"`
	Time           time.Time `json:"time"`
	Status         string    `json:"status,omitempty"`
	DisplayState   string    `json:"displayState,omitempty"`
	BrightnessNits *float64  `json:"brightnessNits,omitempty"`
	TemperatureCel *float64  `json:"temperatureCel,omitempty"`
	Creative       string    `json:"creative,omitempty"`
	SHA256         string    `json:"sha256,omitempty"` // of what is on show, lower case
	Tamper         *bool     `json:"tamper,omitempty"`
	Approved       *bool     `json:"approved,omitempty"` // whether what is on show is on the list of approved creatives
}

// Play is one line of a proof-of-play log.
type Play struct {
	Head
	Billboard     string     `json:"billboard"`
	Creative      string     `json:"creative"`
	StartAt       time.Time  `json:"startAt"`
	EndAt         *time.Time `json:"endAt,omitempty"`
	DurationS     *float64   `json:"durationS,omitempty"` // seconds; of one play
	PlayCount     *int       `json:"playCount,omitempty"`
	SHA256        string     `json:"sha256,omitempty"` // of the creative, lower case
	Advertiser    string     `json:"advertiser,omitempty"`
	ScreenshotRef string     `json:"screenshotRef,omitempty"`
	DisplayState  string     `json:"displayState,omitempty"`
	Approved      *bool      `json:"approved,omitempty"` // whether the creative is on the list of approved ones
}
