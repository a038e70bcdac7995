package cap

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"geohub/ingest/formats/internal/cut"
)

// The standard's enumerations.
var (
	statuses      = []string{"Actual", "Exercise", "System", "Test", "Draft"}
	msgTypes      = []string{"Alert", "Update", "Cancel", "Ack", "Error"}
	scopes        = []string{"Public", "Restricted", "Private"}
	categories    = []string{"Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"}
	responseTypes = []string{"Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"}
	urgencies     = []string{"Immediate", "Expected", "Future", "Past", "Unknown"}
	severities    = []string{"Extreme", "Severe", "Moderate", "Minor", "Unknown"}
	certainties   = []string{"Observed", "Likely", "Possible", "Unlikely", "Unknown"}
)

const (
	spaceCAP  = "urn:oasis:names:tc:emergency:cap:"
	maxNotes  = 20
	maxFaults = 20
)

// reader turns a tree into an alert and gathers what is wrong with it.
type reader struct {
	faults []fault
	notes  []string
}

type fault struct{ path, reason string }

func (d *reader) fault(path, format string, args ...any) {
	f := fault{path, fmt.Sprintf(format, args...)}
	if len(d.faults) < maxFaults && !slices.Contains(d.faults, f) {
		d.faults = append(d.faults, f)
	}
}

func (d *reader) note(path, format string, args ...any) {
	if len(d.notes) < maxNotes {
		d.notes = append(d.notes, strings.TrimPrefix(path+": ", ": ")+fmt.Sprintf(format, args...))
	}
}

// element is one element with its path and the children that were asked for.
type element struct {
	*cut.Node
	*reader
	path string
	seen []string
}

func (e *element) at(name string) string {
	if e.path == "" {
		return name
	}
	return e.path + "." + name
}

// one is an optional element that may stand once; empty elements are absent.
func (e *element) one(name string) string {
	e.seen = append(e.seen, name)
	text, found := "", 0
	for _, k := range e.Kids {
		if k.Name != name {
			continue
		}
		if found++; found == 2 {
			e.fault(e.at(name), "it stands more than once")
		}
		if len(k.Kids) > 0 {
			e.fault(e.at(name), "elements where text should be")
		}
		if text == "" {
			text = k.Text()
		}
	}
	return text
}

func (e *element) required(name string) string {
	text := e.one(name)
	if text == "" {
		e.fault(e.at(name), "it is required, and is missing or empty")
	}
	return text
}

func (e *element) enum(name string, values []string) string {
	text := e.required(name)
	if text == "" {
		return ""
	}
	return e.oneOf(e.at(name), text, values)
}

// oneOf is a value of an enumeration; another spelling of one is read with a
// note.
func (e *element) oneOf(path, text string, values []string) string {
	if slices.Contains(values, text) {
		return text
	}
	for _, v := range values {
		if strings.EqualFold(v, text) {
			e.note(path, "%q is written %q", v, text)
			return v
		}
	}
	e.fault(path, "%q is none of %s", clip(text), strings.Join(values, ", "))
	return text
}

// many are an element's texts, as often as it stands; empty ones are left out.
func (e *element) many(name string) []string {
	e.seen = append(e.seen, name)
	var all []string
	for _, k := range e.Kids {
		if k.Name != name {
			continue
		}
		if len(k.Kids) > 0 {
			e.fault(e.at(name), "elements where text should be")
		}
		if text := k.Text(); text != "" {
			all = append(all, text)
		}
	}
	return all
}

func (e *element) enums(name string, values []string) []string {
	all := e.many(name)
	for i, text := range all {
		all[i] = e.oneOf(fmt.Sprintf("%s[%d]", e.at(name), i), text, values)
	}
	return all
}

// elements are the children of a name.
func (e *element) elements(name string) []*element {
	e.seen = append(e.seen, name)
	var all []*element
	for _, k := range e.Kids {
		if k.Name == name {
			all = append(all, &element{Node: k, reader: e.reader, path: fmt.Sprintf("%s[%d]", e.at(name), len(all))})
		}
	}
	return all
}

// done notes what the standard doesn't know.
func (e *element) done() {
	for _, k := range e.Kids {
		if !slices.Contains(e.seen, k.Name) && k.Name != "Signature" {
			e.note(e.path, "<%s> is not of CAP and was left out", clip(k.Name))
			e.seen = append(e.seen, k.Name)
		}
	}
}

func (e *element) values(name string) []Value {
	var all []Value
	for _, k := range e.elements(name) {
		all = append(all, Value{k.required("valueName"), k.one("value")})
		if k.Kid("value") == nil {
			k.fault(k.at("value"), "it is required, and is missing")
		}
		k.done()
	}
	return all
}

func (e *element) time(name string) *time.Time {
	text := e.one(name)
	if text == "" {
		return nil
	}
	t, note, reason := parseTime(text)
	if reason != "" {
		e.fault(e.at(name), "%s", reason)
		return nil
	}
	if note != "" {
		e.note(e.at(name), "%s", note)
	}
	return &t
}

func (e *element) number(name string) *float64 {
	text := e.one(name)
	if text == "" {
		return nil
	}
	v, ok := parseNumber(text)
	if !ok {
		e.fault(e.at(name), "%q is no number", clip(text))
		return nil
	}
	return &v
}

func (d *reader) alert(root *cut.Node) Alert {
	e := &element{Node: root, reader: d}
	e.version()
	a := Alert{
		Identifier:  e.required("identifier"),
		Sender:      e.required("sender"),
		Status:      e.enum("status", statuses),
		MsgType:     e.enum("msgType", msgTypes),
		Source:      e.one("source"),
		Scope:       e.enum("scope", scopes),
		Restriction: e.one("restriction"),
		Addresses:   e.one("addresses"),
		Code:        e.many("code"),
		Note:        e.one("note"),
		Incidents:   e.one("incidents"),
	}
	for _, name := range []string{"identifier", "sender"} {
		if text := e.one(name); strings.ContainsAny(text, " \t\r\n,<&") {
			e.fault(name, "%q holds a space, a comma, < or &, which would break references to it", clip(text))
		}
	}
	if sent := e.time("sent"); sent != nil {
		a.Sent = *sent
	} else if e.one("sent") == "" {
		e.fault("sent", "it is required, and is missing or empty")
	}
	a.References = e.references()
	switch {
	case a.Scope == "Restricted" && a.Restriction == "":
		e.fault("restriction", "it is required with scope Restricted")
	case a.Scope == "Private" && a.Addresses == "":
		e.fault("addresses", "it is required with scope Private")
	}
	if len(a.References) == 0 && len(e.many("references")) == 0 {
		switch a.MsgType {
		case "Cancel":
			e.fault("references", "a Cancel that names no message cancels nothing")
		case "Update", "Ack", "Error":
			e.note("references", "it names no message")
		}
	}
	for _, k := range e.elements("info") {
		a.Info = append(a.Info, k.info(a))
	}
	if len(a.Info) == 0 && (a.MsgType == "Alert" || a.MsgType == "Update") {
		e.note("info", "it says nothing: there is no info")
	}
	e.done()
	return a
}

// version looks at the namespace. What is declared outside of the alert can't
// be seen, so that a prefix alone is believed.
func (e *element) version() {
	switch {
	case e.Space == spaceCAP+"1.2" || !strings.ContainsAny(e.Space, ":/") && e.Space != "":
	case e.Space == "":
		e.note("", "it names no namespace and is read as CAP 1.2")
	case e.Space == spaceCAP+"1.1" || e.Space == "http://www.incident.com/cap/1.0":
		e.note("", "it is of an older version, %s", e.Space)
	default:
		e.fault("", "<alert> of another vocabulary, %s", clip(e.Space))
	}
}

func (e *element) references() []Reference {
	var all []Reference
	for i, triple := range strings.Fields(e.one("references")) {
		path := fmt.Sprintf("references[%d]", i)
		part := strings.Split(triple, ",")
		if len(part) != 3 || part[0] == "" || part[1] == "" {
			e.fault(path, "%q is not \"sender,identifier,sent\"", clip(triple))
			continue
		}
		sent, note, reason := parseTime(part[2])
		if reason != "" {
			e.fault(path, "%s", reason)
			continue
		}
		if note != "" {
			e.note(path, "%s", note)
		}
		all = append(all, Reference{Sender: part[0], Identifier: part[1], Sent: sent})
	}
	return all
}

var language = regexp.MustCompile(`^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$`)

func (e *element) info(a Alert) Info {
	i := Info{
		Language:     e.one("language"),
		Category:     e.enums("category", categories),
		Event:        e.required("event"),
		ResponseType: e.enums("responseType", responseTypes),
		Urgency:      e.enum("urgency", urgencies),
		Severity:     e.enum("severity", severities),
		Certainty:    e.enum("certainty", certainties),
		Audience:     e.one("audience"),
		EventCode:    e.values("eventCode"),
		Effective:    e.time("effective"),
		Onset:        e.time("onset"),
		Expires:      e.time("expires"),
		SenderName:   e.one("senderName"),
		Headline:     e.one("headline"),
		Description:  e.one("description"),
		Instruction:  e.one("instruction"),
		Web:          e.one("web"),
		Contact:      e.one("contact"),
		Parameter:    e.values("parameter"),
	}
	if len(i.Category) == 0 {
		e.fault(e.at("category"), "it is required, and is missing or empty")
	}
	if i.Language != "" && !language.MatchString(i.Language) {
		e.note(e.at("language"), "%q is no language code like vi-VN", clip(i.Language))
	}
	begin := a.Sent
	if i.Effective != nil {
		begin = *i.Effective
	}
	if i.Expires != nil && !i.Expires.After(begin) {
		e.note(e.at("expires"), "it has expired before it takes effect")
	}
	for _, p := range i.Parameter {
		if _, ok := i.RiskLevel(); strings.EqualFold(p.ValueName, riskLevel) && !ok {
			e.note(e.at("parameter"), "%s %q is no level from 1 to 5", riskLevel, clip(p.Value))
		}
	}
	for _, k := range e.elements("resource") {
		i.Resource = append(i.Resource, k.resource())
	}
	for _, k := range e.elements("area") {
		i.Area = append(i.Area, k.area())
	}
	e.done()
	return i
}

func (e *element) resource() Resource {
	r := Resource{
		ResourceDesc: e.required("resourceDesc"),
		MimeType:     e.one("mimeType"), // 1.1 did not require it
		URI:          e.one("uri"),
		DerefURI:     e.one("derefUri"),
		Digest:       e.one("digest"),
	}
	if r.MimeType == "" {
		e.note(e.at("mimeType"), "CAP 1.2 requires it, and it is missing")
	}
	if text := e.one("size"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			e.fault(e.at("size"), "%q is no number of bytes", clip(text))
		} else {
			r.Size = &n
		}
	}
	e.done()
	return r
}

func (e *element) area() Area {
	a := Area{
		AreaDesc: e.required("areaDesc"),
		Polygon:  e.many("polygon"),
		Circle:   e.many("circle"),
		Geocode:  e.values("geocode"),
		Altitude: e.number("altitude"),
		Ceiling:  e.number("ceiling"),
	}
	for i, text := range a.Polygon {
		path := fmt.Sprintf("%s[%d]", e.at("polygon"), i)
		ring, reason := parseRing(text)
		if reason == "" {
			reason = selfCrossing(ring)
		}
		switch {
		case reason != "":
			e.fault(path, "%s", reason)
		case len(ring) > maxChecked:
			e.note(path, "%d corners: it was not looked at whether it crosses itself", len(ring))
		}
		if reason == "" && !vietnam.Intersects(ring.Bound()) {
			e.note(path, "it lies outside of Vietnam and its sea")
		}
		a.Polygon[i] = strings.Join(strings.Fields(text), " ")
	}
	for i, text := range a.Circle {
		path := fmt.Sprintf("%s[%d]", e.at("circle"), i)
		c, reason := parseCircle(text)
		switch {
		case reason != "":
			e.fault(path, "%s", reason)
		case !vietnam.Contains(c.Center):
			e.note(path, "it lies outside of Vietnam and its sea")
		}
		a.Circle[i] = strings.Join(strings.Fields(text), " ")
	}
	if a.Ceiling != nil && a.Altitude == nil {
		e.fault(e.at("ceiling"), "it needs an altitude")
	}
	e.done()
	return a
}

var dateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$`)

// parseTime reads CAP's dateTime, what is unusual in it, or what is wrong.
func parseTime(text string) (t time.Time, note, fault string) {
	m := dateTime.FindStringSubmatch(text)
	if m == nil {
		return t, "", fmt.Sprintf("%q is no time like 2025-10-27T20:30:00+07:00", clip(text))
	}
	if m[2] == "" {
		return t, "", fmt.Sprintf("%q has no offset from UTC like +07:00", text)
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return t, "", fmt.Sprintf("%q is no time: %s", text, outOfRange(err))
	}
	if _, offset := t.Zone(); offset > 14*3600 || offset < -14*3600 {
		return t, "", fmt.Sprintf("%q has an offset beyond 14 hours", text)
	}
	switch {
	case m[2] == "Z":
		note = fmt.Sprintf("%q says Z where CAP wants -00:00", text)
	case m[1] != "":
		note = fmt.Sprintf("%q has fractions of a second, which CAP does not know", text)
	}
	return t, note, ""
}

func outOfRange(err error) string {
	_, after, ok := strings.Cut(err.Error(), `": `)
	if !ok {
		return "there is no such date"
	}
	return after
}

func clip(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "…"
	}
	return s
}
