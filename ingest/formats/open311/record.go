package open311

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Record is one thing that a GeoReport server tells: exactly one of its fields
// is set. Its JSON is that field's.
type Record struct {
	Request *Request
	Service *Service
	Receipt *Receipt
}

// MarshalJSON writes the field that is set.
func (r Record) MarshalJSON() ([]byte, error) {
	switch {
	case r.Request != nil:
		return r.Request.MarshalJSON()
	case r.Service != nil:
		return r.Service.MarshalJSON()
	}
	if r.Receipt == nil {
		return []byte("null"), nil
	}
	return withExtra(r.Receipt, nil)
}

// Request is a service request: a report and what became of it.
type Request struct {
	ServiceRequestID   string                     `json:"service_request_id"`
	Token              string                     `json:"token,omitempty"`
	JurisdictionID     string                     `json:"jurisdiction_id,omitempty"`
	Status             string                     `json:"status,omitempty"` // open or closed
	StatusNotes        string                     `json:"status_notes,omitempty"`
	ServiceName        string                     `json:"service_name,omitempty"`
	ServiceCode        string                     `json:"service_code,omitempty"`
	Description        string                     `json:"description,omitempty"`
	AgencyResponsible  string                     `json:"agency_responsible,omitempty"`
	ServiceNotice      string                     `json:"service_notice,omitempty"`
	RequestedDatetime  *time.Time                 `json:"requested_datetime,omitempty"`
	UpdatedDatetime    *time.Time                 `json:"updated_datetime,omitempty"`
	ExpectedDatetime   *time.Time                 `json:"expected_datetime,omitempty"`
	Address            string                     `json:"address,omitempty"`
	AddressString      string                     `json:"address_string,omitempty"` // as posted
	AddressID          string                     `json:"address_id,omitempty"`
	Zipcode            string                     `json:"zipcode,omitempty"`
	Lat                *float64                   `json:"lat,omitempty"`  // degrees, WGS 84
	Long               *float64                   `json:"long,omitempty"` // degrees, WGS 84; there is both or neither
	MediaURL           string                     `json:"media_url,omitempty"`
	Email              string                     `json:"email,omitempty"`
	FirstName          string                     `json:"first_name,omitempty"`
	LastName           string                     `json:"last_name,omitempty"`
	Phone              string                     `json:"phone,omitempty"`
	DeviceID           string                     `json:"device_id,omitempty"`
	AccountID          string                     `json:"account_id,omitempty"`
	Attributes         json.RawMessage            `json:"attributes,omitempty"`
	ExtendedAttributes json.RawMessage            `json:"extended_attributes,omitempty"`
	Extra              map[string]json.RawMessage `json:"-"`               // other members, by name
	Notes              []string                   `json:"notes,omitempty"` // not of the standard: what was unusual and how it was read
}

// MarshalJSON writes the members of Extra beside the standard's.
func (r Request) MarshalJSON() ([]byte, error) {
	type plain Request
	return withExtra(plain(r), r.Extra)
}

// Service is a kind of request that can be made, and what is asked for it.
type Service struct {
	ServiceCode string                     `json:"service_code"`
	ServiceName string                     `json:"service_name,omitempty"`
	Description string                     `json:"description,omitempty"`
	Metadata    *bool                      `json:"metadata,omitempty"` // whether there is a definition with attributes
	Type        string                     `json:"type,omitempty"`     // realtime, batch, blackbox
	Keywords    string                     `json:"keywords,omitempty"` // separated by commas
	Group       string                     `json:"group,omitempty"`
	Attributes  []Attribute                `json:"attributes,omitempty"`
	Extra       map[string]json.RawMessage `json:"-"`
	Notes       []string                   `json:"notes,omitempty"`
}

// MarshalJSON writes the members of Extra beside the standard's.
func (s Service) MarshalJSON() ([]byte, error) {
	type plain Service
	return withExtra(plain(s), s.Extra)
}

// Attribute is one question of a service's definition.
type Attribute struct {
	Variable            *bool            `json:"variable,omitempty"` // false: a text to show, no question
	Code                string           `json:"code"`
	Datatype            string           `json:"datatype,omitempty"` // string, number, datetime, text, singlevaluelist, multivaluelist
	Required            *bool            `json:"required,omitempty"`
	DatatypeDescription string           `json:"datatype_description,omitempty"`
	Order               *int             `json:"order,omitempty"`
	Description         string           `json:"description,omitempty"`
	Values              []AttributeValue `json:"values,omitempty"`
}

// AttributeValue is one answer of a list.
type AttributeValue struct {
	Key  string `json:"key"`
	Name string `json:"name,omitempty"`
}

// Receipt answers a request that was posted: its id, or the token by which the
// id can be asked for later.
type Receipt struct {
	ServiceRequestID string   `json:"service_request_id,omitempty"`
	Token            string   `json:"token,omitempty"`
	ServiceNotice    string   `json:"service_notice,omitempty"`
	AccountID        string   `json:"account_id,omitempty"`
	Notes            []string `json:"notes,omitempty"`
}

// withExtra writes <, > and & as they are; json.Marshal escapes them after.
func withExtra(v any, extra map[string]json.RawMessage) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	out.Truncate(out.Len() - len("}\n"))
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		out.WriteByte(',')
		out.Write(key)
		out.WriteByte(':')
		if err := json.Compact(&out, extra[name]); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}
