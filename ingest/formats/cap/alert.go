package cap

import (
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"
)

// Alert is one CAP message.
type Alert struct {
	Identifier  string      `json:"identifier"` // unique for its sender
	Sender      string      `json:"sender"`
	Sent        time.Time   `json:"sent"`
	Status      string      `json:"status"`  // Actual, Exercise, System, Test, Draft
	MsgType     string      `json:"msgType"` // Alert, Update, Cancel, Ack, Error
	Source      string      `json:"source,omitempty"`
	Scope       string      `json:"scope"`                 // Public, Restricted, Private
	Restriction string      `json:"restriction,omitempty"` // required when Restricted
	Addresses   string      `json:"addresses,omitempty"`   // required when Private; separated by spaces, quoted where they hold one
	Code        []string    `json:"code,omitempty"`
	Note        string      `json:"note,omitempty"`
	References  []Reference `json:"references,omitempty"`
	Incidents   string      `json:"incidents,omitempty"`
	Info        []Info      `json:"info,omitempty"`
	Notes       []string    `json:"notes,omitempty"` // not of CAP: what was unusual and how it was read
}

// Reference names an earlier message.
type Reference struct {
	Sender     string    `json:"sender"`
	Identifier string    `json:"identifier"`
	Sent       time.Time `json:"sent"`
}

// Info is what an alert says, in one language or for one part of its area.
type Info struct {
	Language     string     `json:"language,omitempty"` // en-US when absent, says CAP
	Category     []string   `json:"category"`           // Geo, Met, Safety, Security, Rescue, Fire, Health, Env, Transport, Infra, CBRNE, Other
	Event        string     `json:"event"`
	ResponseType []string   `json:"responseType,omitempty"` // Shelter, Evacuate, Prepare, Execute, Avoid, Monitor, Assess, AllClear, None
	Urgency      string     `json:"urgency"`                // Immediate, Expected, Future, Past, Unknown
	Severity     string     `json:"severity"`               // Extreme, Severe, Moderate, Minor, Unknown
	Certainty    string     `json:"certainty"`              // Observed, Likely, Possible, Unlikely, Unknown
	Audience     string     `json:"audience,omitempty"`
	EventCode    []Value    `json:"eventCode,omitempty"`
	Effective    *time.Time `json:"effective,omitempty"` // Alert.Sent when absent
	Onset        *time.Time `json:"onset,omitempty"`
	Expires      *time.Time `json:"expires,omitempty"`
	SenderName   string     `json:"senderName,omitempty"`
	Headline     string     `json:"headline,omitempty"`
	Description  string     `json:"description,omitempty"`
	Instruction  string     `json:"instruction,omitempty"`
	Web          string     `json:"web,omitempty"`
	Contact      string     `json:"contact,omitempty"`
	Parameter    []Value    `json:"parameter,omitempty"`
	Resource     []Resource `json:"resource,omitempty"`
	Area         []Area     `json:"area,omitempty"`
}

// Value is a named value: an eventCode, a parameter or a geocode.
type Value struct {
	ValueName string `json:"valueName"`
	Value     string `json:"value"`
}

// Resource is a file that belongs to an info.
type Resource struct {
	ResourceDesc string `json:"resourceDesc"`
	MimeType     string `json:"mimeType"`
	Size         *int64 `json:"size,omitempty"` // bytes, about
	URI          string `json:"uri,omitempty"`
	DerefURI     string `json:"derefUri,omitempty"` // the file itself, base64
	Digest       string `json:"digest,omitempty"`   // SHA-1
}

// Area is where an info holds: all of its polygons, circles and geocodes
// together.
type Area struct {
	AreaDesc string   `json:"areaDesc"`
	Polygon  []string `json:"polygon,omitempty"` // "lat,lon lat,lon …", closed
	Circle   []string `json:"circle,omitempty"`  // "lat,lon radiusKm"
	Geocode  []Value  `json:"geocode,omitempty"`
	Altitude *float64 `json:"altitude,omitempty"` // feet above mean sea level
	Ceiling  *float64 `json:"ceiling,omitempty"`  // feet above mean sea level
}

// Circle is a circle of an area.
type Circle struct {
	Center   orb.Point // lon, lat
	RadiusKm float64
}

// Polygons are the area's polygons as lon, lat. Those of a decoded alert are
// valid; another's that are not are left out.
func (a Area) Polygons() []orb.Polygon {
	var all []orb.Polygon
	for _, text := range a.Polygon {
		if ring, fault := parseRing(text); fault == "" {
			all = append(all, orb.Polygon{ring})
		}
	}
	return all
}

// Circles are the area's circles. Those of a decoded alert are valid;
// another's that are not are left out.
func (a Area) Circles() []Circle {
	var all []Circle
	for _, text := range a.Circle {
		if c, fault := parseCircle(text); fault == "" {
			all = append(all, c)
		}
	}
	return all
}

// RiskLevel is the level of risk by QĐ 18/2021/QĐ-TTg, 1 to 5, which is kept
// in the parameter VN.riskLevel; false when there is none.
func (i Info) RiskLevel() (int, bool) {
	for _, p := range i.Parameter {
		if strings.EqualFold(p.ValueName, riskLevel) {
			if n, err := strconv.Atoi(p.Value); err == nil && n >= 1 && n <= 5 {
				return n, true
			}
		}
	}
	return 0, false
}

const riskLevel = "VN.riskLevel"
