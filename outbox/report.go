package outbox

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"geohub/access"
	"geohub/internal/fault"
)

// SubmitReportInput is a report as it is handed in, and as it lies in the outbox.
type SubmitReportInput struct {
	ServiceCode   string                  `json:"serviceCode"`
	Description   string                  `json:"description"`
	Lon           *float64                `json:"lon,omitempty"`
	Lat           *float64                `json:"lat,omitempty"`
	AddressString *string                 `json:"addressString,omitempty"`
	MediaUrls     []string                `json:"mediaUrls,omitempty"`
	Contact       *ReportContactInput     `json:"contact,omitempty"`
	Attributes    []*ReportAttributeInput `json:"attributes,omitempty"`
}

// ReportContactInput is who reports. Confidential.
type ReportContactInput struct {
	FirstName *string `json:"firstName,omitempty"`
	LastName  *string `json:"lastName,omitempty"`
	Phone     *string `json:"phone,omitempty"`
	Email     *string `json:"email,omitempty"`
}

// ReportAttributeInput is an answer to one of a service's questions.
type ReportAttributeInput struct {
	Code   string   `json:"code"`
	Values []string `json:"values"`
}

// rating is what lies in the outbox of a rating.
type rating struct {
	Satisfaction string `json:"satisfaction"`
	Comment      string `json:"comment,omitempty"`
}

// Bounds of what is handed in.
const (
	maxClientID    = 100
	maxDescription = 4000
	maxComment     = 2000
	maxMedia       = 5
	maxAttributes  = 50
	maxValues      = 20
)

// The box of Vietnam with its waters, degrees.
const westLon, southLat, eastLon, northLat = 102, 6, 118, 24

var (
	attributeCode = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
	phoneNumber   = regexp.MustCompile(`^\+?[0-9][0-9 ().-]{4,18}[0-9]$`)
	emailAddress  = regexp.MustCompile(`^[^\s@<>,;]{1,64}@[^\s@<>,;]{1,180}\.[^\s@<>,;.]{2,}$`)
)

// wrong names the field of the input that can't be right, and why.
func wrong(field, format string, args ...any) error {
	return fault.Invalid("BAD_INPUT", "%s: %s", field, fmt.Sprintf(format, args...)).With("field", field)
}

// tidy trims texts and turns empty ones into none, before check.
func (in *SubmitReportInput) tidy() {
	in.ServiceCode, in.Description = strings.TrimSpace(in.ServiceCode), strings.TrimSpace(in.Description)
	texts := []**string{&in.AddressString}
	if c := in.Contact; c != nil {
		texts = append(texts, &c.FirstName, &c.LastName, &c.Phone, &c.Email)
	}
	for _, text := range texts {
		if *text == nil {
			continue
		}
		trimmed := strings.TrimSpace(**text)
		if *text = &trimmed; trimmed == "" {
			*text = nil
		}
	}
}

// check says what can't be right about a report.
func (in *SubmitReportInput) check() error {
	for _, f := range []struct {
		name  string
		value *string
		max   int
		must  bool
	}{
		{"input.serviceCode", &in.ServiceCode, 100, true},
		{"input.description", &in.Description, maxDescription, true},
		{"input.addressString", in.AddressString, 500, false},
	} {
		if err := checkText(f.name, f.value, f.max, f.must); err != nil {
			return err
		}
	}
	if err := in.checkPlace(); err != nil {
		return err
	}
	if len(in.MediaUrls) > maxMedia {
		return wrong("input.mediaUrls", "there are %d; at most %d", len(in.MediaUrls), maxMedia)
	}
	for i, address := range in.MediaUrls {
		name := fmt.Sprintf("input.mediaUrls[%d]", i)
		if err := checkText(name, &address, 2000, true); err != nil {
			return err
		}
		if u, err := url.Parse(address); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			return wrong(name, "it is not an address that begins with https:// or http://")
		}
	}
	if err := in.Contact.check(); err != nil {
		return err
	}
	return in.checkAttributes()
}

func (in *SubmitReportInput) checkPlace() error {
	switch {
	case in.Lon == nil && in.Lat == nil && in.AddressString == nil:
		return wrong("input.lon", "where is it? Give lon and lat, addressString or both")
	case in.Lon == nil && in.Lat == nil:
		return nil
	case in.Lon == nil:
		return wrong("input.lon", "it is missing beside lat")
	case in.Lat == nil:
		return wrong("input.lat", "it is missing beside lon")
	}
	inside := func(lon, lat float64) bool {
		return lon >= westLon && lon <= eastLon && lat >= southLat && lat <= northLat
	}
	lon, lat := *in.Lon, *in.Lat
	if inside(lon, lat) {
		return nil
	}
	field, hint := "input.lon", ""
	if lon >= westLon && lon <= eastLon {
		field = "input.lat"
	}
	if inside(lat, lon) {
		hint = "; are they swapped?"
	}
	if math.IsNaN(lon) || math.IsNaN(lat) {
		return wrong(field, "it is no number")
	}
	return wrong(field, "lon %v, lat %v is not in Vietnam: lon %d to %d, lat %d to %d%s", lon, lat, westLon, eastLon, southLat, northLat, hint)
}

func (c *ReportContactInput) check() error {
	if c == nil {
		return nil
	}
	if err := checkText("input.contact.firstName", c.FirstName, 100, false); err != nil {
		return err
	}
	if err := checkText("input.contact.lastName", c.LastName, 100, false); err != nil {
		return err
	}
	if c.Phone != nil && !phoneNumber.MatchString(*c.Phone) {
		return wrong("input.contact.phone", "it is not a telephone number: 6 to 20 digits, spaces and signs")
	}
	if c.Email != nil && !emailAddress.MatchString(*c.Email) {
		return wrong("input.contact.email", "it is not an e-mail address")
	}
	return nil
}

func (in *SubmitReportInput) checkAttributes() error {
	if len(in.Attributes) > maxAttributes {
		return wrong("input.attributes", "there are %d; at most %d", len(in.Attributes), maxAttributes)
	}
	seen := map[string]bool{clientIDAttribute: true}
	for i, a := range in.Attributes {
		name := fmt.Sprintf("input.attributes[%d]", i)
		switch {
		case !attributeCode.MatchString(a.Code):
			return wrong(name+".code", "it has to be letters, digits, _ . and -, at most 64")
		case a.Code == clientIDAttribute:
			return wrong(name+".code", "%s is the hub's own", a.Code)
		case seen[a.Code]:
			return wrong(name+".code", "%s is answered twice: give all its values at once", a.Code)
		case len(a.Values) == 0 || len(a.Values) > maxValues:
			return wrong(name+".values", "there are %d; 1 to %d", len(a.Values), maxValues)
		}
		seen[a.Code] = true
		for j, v := range a.Values {
			if err := checkText(fmt.Sprintf("%s.values[%d]", name, j), &v, 1000, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkAgainst says what the services of the reports system don't allow. An
// unknown service can't be told while none is known.
func (in *SubmitReportInput) checkAgainst(services []service) error {
	if len(services) == 0 {
		return nil
	}
	i := slices.IndexFunc(services, func(s service) bool { return s.ServiceCode == in.ServiceCode })
	if i < 0 {
		return wrong("input.serviceCode", "there is no service %q; reportServices names them", in.ServiceCode)
	}
	for _, a := range services[i].Attributes {
		asked := (a.Variable == nil || *a.Variable) && a.Required != nil && *a.Required && a.Code != clientIDAttribute
		if asked && !slices.ContainsFunc(in.Attributes, func(given *ReportAttributeInput) bool { return given.Code == a.Code }) {
			return wrong("input.attributes", "%s has to be answered: %s", a.Code, a.Description)
		}
	}
	return nil
}

// checkText bounds a text and refuses what can't be stored. nil passes.
func checkText(field string, text *string, most int, must bool) error {
	if text == nil {
		return nil
	}
	switch n := utf8.RuneCountInString(*text); {
	case n == 0 && must:
		return wrong(field, "it is empty")
	case n > most:
		return wrong(field, "it has %d characters; at most %d", n, most)
	case !utf8.ValidString(*text) || strings.ContainsRune(*text, 0):
		return wrong(field, "it holds a character that can't be stored (NUL?)")
	}
	return nil
}

// clientIDAttribute carries the clientId to the source, so that it can tell a
// report that it has already.
const clientIDAttribute = "client_id"

// form is the body of POST /requests. clientID is unique over all viewers.
func (in *SubmitReportInput) form(clientID string) url.Values {
	v := url.Values{"service_code": {in.ServiceCode}, "description": {in.Description}}
	if in.Lon != nil {
		v.Set("lat", strconv.FormatFloat(*in.Lat, 'f', -1, 64))
		v.Set("long", strconv.FormatFloat(*in.Lon, 'f', -1, 64))
	}
	set := func(name string, text *string) {
		if text != nil {
			v.Set(name, *text)
		}
	}
	set("address_string", in.AddressString)
	if c := in.Contact; c != nil {
		set("first_name", c.FirstName)
		set("last_name", c.LastName)
		set("phone", c.Phone)
		set("email", c.Email)
	}
	v["media_url"] = in.MediaUrls // the standard knows one; who knows more reads them all
	for _, a := range in.Attributes {
		if len(a.Values) == 1 {
			v.Set("attribute["+a.Code+"]", a.Values[0])
		} else {
			v["attribute["+a.Code+"][]"] = a.Values
		}
	}
	v.Set("attribute["+clientIDAttribute+"]", clientID)
	return v
}

// digest tells one input from another.
func digest(input any) ([]byte, []byte, error) {
	text, err := json.Marshal(input)
	sum := sha256.Sum256(text)
	return text, sum[:], err
}

// nameOf is the viewer in the outbox: two live keys of one holder are one.
func nameOf(v access.Viewer) string {
	if v.Anonymous() {
		return ""
	}
	return v.Agency + "/" + v.Name
}

// abroad is a clientId that is unique over all viewers: two apps may both count
// from one.
func abroad(viewer, clientID string) string {
	if viewer == "" {
		return clientID
	}
	sum := sha256.Sum256([]byte(viewer))
	return fmt.Sprintf("%s.%x", clientID, sum[:4])
}
