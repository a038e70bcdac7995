package open311

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// reader takes members out of an object, and keeps the first fault.
type reader struct {
	members
	location    *time.Location
	notes       []string
	path, fault string
}

func (d *reader) fail(path, format string, args ...any) {
	if d.fault == "" {
		d.path, d.fault = path, fmt.Sprintf(format, args...)
	}
}

func (d *reader) note(format string, args ...any) {
	d.notes = append(d.notes, fmt.Sprintf(format, args...))
}

// take is a member, which is not Extra's then; nil when absent.
func (d *reader) take(name string) json.RawMessage {
	v := d.members[name]
	delete(d.members, name)
	return v
}

// text is a text, or a number or truth value as it is written.
func (d *reader) text(name string) string {
	text, ok := scalar(d.take(name))
	if !ok {
		d.fail(name, "it is not text")
	}
	return text
}

// loose is a member's text whether or not it was taken and whatever it is.
func (d *reader) loose(name string) string {
	text, _ := scalar(d.members[name])
	return text
}

func scalar(v json.RawMessage) (string, bool) {
	if len(v) == 0 || string(v) == "null" {
		return "", true
	}
	switch v[0] {
	case '{', '[':
		return "", false
	case '"':
		return strings.TrimSpace(unquoted(v)), true
	}
	return string(v), true
}

func (d *reader) truth(name string) *bool {
	text := d.text(name)
	switch strings.ToLower(text) {
	case "":
		return nil
	case "true", "1", "yes":
		return new(true)
	case "false", "0", "no":
		return new(false)
	}
	d.fail(name, "%q is neither true nor false", clip(text))
	return nil
}

// isReceipt holds for an object of nothing but what answers a POST.
func (d *reader) isReceipt() bool {
	for name := range d.members {
		switch name {
		case "service_request_id", "token", "service_notice", "account_id":
		default:
			return false
		}
	}
	return len(d.members["service_request_id"]) > 0 || len(d.members["token"]) > 0
}

// isError holds for an object of nothing but what tells an error.
func (d *reader) isError() bool {
	for name := range d.members {
		switch name {
		case "code", "description", "message", "error":
		default:
			return false
		}
	}
	return len(d.members["code"]) > 0 || len(d.members["description"]) > 0
}

func (d *reader) receipt() *Receipt {
	r := &Receipt{
		ServiceRequestID: d.text("service_request_id"),
		Token:            d.text("token"),
		ServiceNotice:    d.text("service_notice"),
		AccountID:        d.text("account_id"),
	}
	r.Notes = d.notes
	return r
}

func (d *reader) request() *Request {
	id, ok := scalar(d.members["service_request_id"])
	if !ok {
		d.fail("service_request_id", "it is not text")
	} else if id == "" {
		d.fail("service_request_id", "it is missing")
	}
	r := &Request{
		ServiceRequestID:  id,
		Token:             d.text("token"),
		JurisdictionID:    d.text("jurisdiction_id"),
		Status:            d.status(),
		StatusNotes:       d.text("status_notes"),
		ServiceName:       d.text("service_name"),
		ServiceCode:       d.text("service_code"),
		Description:       d.text("description"),
		AgencyResponsible: d.text("agency_responsible"),
		ServiceNotice:     d.text("service_notice"),
		RequestedDatetime: d.time("requested_datetime"),
		UpdatedDatetime:   d.time("updated_datetime"),
		ExpectedDatetime:  d.time("expected_datetime"),
		Address:           d.text("address"),
		AddressString:     d.text("address_string"),
		AddressID:         d.text("address_id"),
		Zipcode:           d.text("zipcode"),
		MediaURL:          d.media(),
		Email:             d.text("email"),
		FirstName:         d.text("first_name"),
		LastName:          d.text("last_name"),
		Phone:             d.text("phone"),
		DeviceID:          d.text("device_id"),
		AccountID:         d.text("account_id"),
	}
	r.Lat, r.Long = d.place()
	r.Attributes, r.ExtendedAttributes = d.take("attributes"), d.take("extended_attributes")
	r.Extra, r.Notes = d.extra("service_request_id"), d.notes
	return r
}

// extra is what nothing took, without one that is left for the refusal to name.
func (d *reader) extra(left string) map[string]json.RawMessage {
	extra := map[string]json.RawMessage{}
	for name, v := range d.members {
		if name != left && name != "notes" {
			extra[name] = v
		}
	}
	if v := d.members["notes"]; len(v) > 0 {
		extra["notes_"] = v
		d.note("its own member notes is notes_ here")
	}
	if len(extra) == 0 {
		return nil
	}
	return extra
}

func (d *reader) status() string {
	text := d.text("status")
	switch low := strings.ToLower(text); low {
	case "":
		d.note("status: there is none")
	case "open", "closed":
		if text != low {
			d.note("status: %q is written %q", low, text)
		}
		return low
	default:
		d.fail("status", "%q is neither open nor closed", clip(text))
	}
	return ""
}

// media is media_url, the first where there are several; all of them are kept
// as media_urls then.
func (d *reader) media() string {
	v := d.members["media_url"]
	var list []string
	if len(v) == 0 || v[0] != '[' || json.Unmarshal(v, &list) != nil {
		return d.text("media_url")
	}
	delete(d.members, "media_url")
	if len(list) == 0 {
		return ""
	}
	if len(list) > 1 && d.members["media_urls"] == nil {
		d.members["media_urls"] = v
		d.note("media_url: the first of %d, all are in media_urls", len(list))
	}
	return strings.TrimSpace(list[0])
}

// The country with its sea: a place outside that would be inside the other way
// round is swapped.
const minLon, maxLon, minLat, maxLat = 102, 118, 8, 24

func isHere(lat, lon float64) bool {
	return lat >= minLat && lat <= maxLat && lon >= minLon && lon <= maxLon
}

func (d *reader) place() (lat, long *float64) {
	if other := d.members["lon"]; len(other) > 0 && len(d.members["long"]) == 0 {
		d.members["long"] = d.take("lon")
		d.note("long: it is called lon")
	}
	lat, long = d.degrees("lat"), d.degrees("long")
	switch {
	case d.fault != "" || lat == nil && long == nil:
	case long == nil:
		d.fail("long", "it is missing, and there is a lat")
	case lat == nil:
		d.fail("lat", "it is missing, and there is a long")
	case *lat == 0 && *long == 0:
		d.note("lat, long: 0, 0 is taken for unknown")
		return nil, nil
	case (*lat < -90 || *lat > 90) && *long >= -90 && *long <= 90 && *lat >= -180 && *lat <= 180,
		!isHere(*lat, *long) && isHere(*long, *lat):
		d.fail("lat", "lat %v and long %v are swapped", *lat, *long)
	case *lat < -90 || *lat > 90:
		d.fail("lat", "%v is beyond ±90", *lat)
	case *long < -180 || *long > 180:
		d.fail("long", "%v is beyond ±180", *long)
	}
	return lat, long
}

// degrees is a number, or text of one.
func (d *reader) degrees(name string) *float64 {
	text := d.text(name)
	if text == "" {
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case err == nil && strings.Trim(text, "0123456789+-.eE") == "":
		return &v
	case strings.Count(text, ",") == 1 && strings.Trim(text, "0123456789-,") == "":
		d.fail(name, "%q has a decimal comma", clip(text))
	default:
		d.fail(name, "%q is no number of degrees", clip(text))
	}
	return nil
}

var (
	withOffset    = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999 Z0700", "2006-01-02T15:04Z07:00"}
	withoutOffset = []string{"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"}
)

func (d *reader) time(name string) *time.Time {
	text := d.text(name)
	if text == "" {
		return nil
	}
	for _, layout := range withOffset {
		if t, err := time.Parse(layout, text); err == nil {
			if _, offset := t.Zone(); offset > 14*3600 || offset < -14*3600 {
				break
			}
			return &t
		}
	}
	for _, layout := range withoutOffset {
		if t, err := time.ParseInLocation(layout, text, d.location); err == nil {
			d.note("%s: %q has no offset and is taken at %s", name, text, t.Format("-07:00"))
			return &t
		}
	}
	d.fail(name, "%q is no time like 2025-10-27T20:30:00+07:00", clip(text))
	return nil
}

func (d *reader) service() *Service {
	s := &Service{
		ServiceCode: d.text("service_code"),
		ServiceName: d.text("service_name"),
		Description: d.text("description"),
		Metadata:    d.truth("metadata"),
		Type:        d.text("type"),
		Keywords:    d.keywords(),
		Group:       d.text("group"),
		Attributes:  d.attributes(),
	}
	switch s.Type {
	case "", "realtime", "batch", "blackbox":
	default:
		d.note("type: %q is none of realtime, batch, blackbox", clip(s.Type))
	}
	s.Extra, s.Notes = d.extra(""), d.notes
	return s
}

func (d *reader) keywords() string {
	v := d.members["keywords"]
	var list []string
	if len(v) == 0 || v[0] != '[' || json.Unmarshal(v, &list) != nil {
		return d.text("keywords")
	}
	delete(d.members, "keywords")
	return strings.Join(list, ",")
}

func (d *reader) attributes() []Attribute {
	v := d.take("attributes")
	if len(v) == 0 {
		return nil
	}
	var list []members
	if err := json.Unmarshal(v, &list); err != nil {
		d.fail("attributes", "it is no list of objects")
		return nil
	}
	var all []Attribute
	for i, m := range list {
		in := &reader{members: m}
		a := Attribute{
			Variable:            in.truth("variable"),
			Code:                in.text("code"),
			Datatype:            in.text("datatype"),
			Required:            in.truth("required"),
			DatatypeDescription: in.text("datatype_description"),
			Description:         in.text("description"),
		}
		if text := in.text("order"); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil {
				in.fail("order", "%q is no number", clip(text))
			}
			a.Order = &n
		}
		if a.Code == "" {
			in.fail("code", "it is missing")
		}
		if values := in.take("values"); len(values) > 0 && values[0] == '[' {
			var answers []members
			if err := json.Unmarshal(values, &answers); err != nil {
				in.fail("values", "it is no list of objects")
			}
			for _, answer := range answers {
				v := &reader{members: answer}
				a.Values = append(a.Values, AttributeValue{Key: v.text("key"), Name: v.text("name")})
				if v.fault != "" {
					in.fail("values", "%s: %s", v.path, v.fault)
				}
			}
		}
		if in.fault != "" {
			d.fail(fmt.Sprintf("attributes[%d].%s", i, in.path), "%s", in.fault)
		}
		all = append(all, a)
	}
	return all
}
