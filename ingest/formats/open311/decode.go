package open311

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"geohub/ingest/formats"
	"geohub/ingest/formats/internal/cut"
)

// Options are how a server departs from the standard. The zero Options are
// those of a server in Vietnam.
type Options struct {
	Location *time.Location // of times without an offset; nil: +07:00
}

// Decode reads with the zero Options.
func Decode(r io.Reader, sink formats.Sink[Record]) error {
	return Options{}.Decode(r, sink)
}

// ServerError begins the reason of a refusal that is an error of the server's.
const ServerError = "the server answered with an error"

// cutter gives the records of JSON or XML, one after another.
type cutter interface{ Next() (cut.Piece, error) }

// Decode reads every record in r. A record is refused whole; the reason names
// it by its id where it has one.
func (o Options) Decode(r io.Reader, sink formats.Sink[Record]) error {
	if o.Location == nil {
		o.Location = time.FixedZone("", 7*3600)
	}
	br := bufio.NewReader(r)
	first, err := firstByte(br)
	if err != nil && err != io.EOF {
		return fmt.Errorf("read Open311: %w", err)
	}
	var c cutter
	parse := membersOfJSON
	x := cut.NewXML(br, "request", "service_request", "service", "service_definition", "error")
	switch {
	case err == io.EOF:
		return sink.Refuse(formats.Reject(1, "", nil, "it is empty"))
	case first == '<':
		c, parse = x, membersOfXML
	case first == '[' || first == '{':
		c = cut.NewJSON(br, lists, wrappers)
	default:
		head, _ := br.Peek(200)
		return sink.Refuse(formats.Reject(1, "", head, "it is neither JSON nor XML"))
	}
	for n := 0; ; n++ {
		p, err := c.Next()
		if err == io.EOF {
			if root := x.Root; n == 0 && root != "" && root != "service_requests" && root != "services" && root != "errors" {
				return sink.Refuse(formats.Reject(1, "", nil, "no record in it: its root is <%s>", root))
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("read Open311: %w", err)
		}
		rec, refusal := o.read(p, parse)
		if refusal != nil {
			err = sink.Refuse(*refusal)
		} else {
			err = sink.Record(rec)
		}
		if err != nil {
			return err
		}
	}
}

// What servers call the list in a page, and the objects around it.
var (
	lists    = []string{"service_requests", "requests", "services", "errors", "data", "results", "items", "records"}
	wrappers = []string{"data", "response", "result", "service_requests", "services"}
)

// firstByte is the first byte that is neither white space nor a byte order
// mark. It leaves the input as it is, as far as 4,096 bytes of space go.
func firstByte(br *bufio.Reader) (byte, error) {
	for n := 1; ; n++ {
		head, err := br.Peek(n)
		if rest := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\uFEFF")), " \t\r\n"); len(rest) > 0 && !(n < 3 && strings.HasPrefix("\uFEFF", string(rest))) {
			return rest[0], nil
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			return ' ', nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// read turns a piece into a record, or says why it can't be.
func (o Options) read(p cut.Piece, parse func([]byte) (members, error)) (Record, *formats.Refusal) {
	refuse := func(path, format string, args ...any) (Record, *formats.Refusal) {
		r := formats.Reject(p.Line, path, p.Raw, format, args...)
		return Record{}, &r
	}
	if p.Fault != "" {
		return refuse("", "%s", p.Fault)
	}
	m, err := parse(p.Raw)
	if err != nil {
		return refuse("", "%v", err)
	}
	d := &reader{members: m, location: o.Location}
	has := func(name string) bool { return len(m[name]) > 0 }
	var rec Record
	switch {
	case p.Name == "error" || d.isError():
		return refuse("", ServerError+": %s", strings.TrimSpace(d.loose("code")+" "+d.loose("description")))
	case d.isReceipt():
		rec.Receipt = d.receipt()
	case has("service_code") && !has("service_request_id") && !has("status") && !has("requested_datetime") && !has("lat"):
		rec.Service = d.service()
	case has("service_request_id") || has("status") || has("requested_datetime") || has("token") || has("lat"):
		rec.Request = d.request()
	default:
		return refuse("", "it is neither a request nor a service: there is no service_request_id and no service_code")
	}
	if d.fault == "" {
		return rec, nil
	}
	if id := d.loose("service_request_id"); id != "" {
		return refuse(d.path, "service_request_id %s: %s", clip(id), d.fault)
	}
	return refuse(d.path, "%s", d.fault)
}

// members are an object's, without those that are null or empty text.
type members map[string]json.RawMessage

func membersOfJSON(raw []byte) (members, error) {
	if !utf8.Valid(raw) {
		return nil, errors.New("it is not UTF-8")
	}
	if len(raw) == 0 || raw[0] != '{' {
		return nil, errors.New("it is not an object")
	}
	if !json.Valid(raw) {
		var m members
		if err := json.Unmarshal(raw, &m); err != nil {
			return nil, fmt.Errorf("no JSON: %w", err)
		}
		return nil, errors.New("no JSON")
	}
	m := split(bytes.Clone(raw)) // the cutter needs its own again
	// One member alone that is an object: {"service_request": {…}}.
	if len(m) == 1 {
		for name, inner := range m {
			if name == "service_request" || name == "request" || name == "service" {
				if inner[0] == '{' {
					return membersOfJSON(inner)
				}
			}
		}
	}
	for name, v := range m {
		if isAbsent(v) {
			delete(m, name)
		}
	}
	return m, nil
}

// isAbsent holds for null and for text of nothing but space.
func isAbsent(v json.RawMessage) bool {
	return string(v) == "null" || len(v) >= 2 && v[0] == '"' && len(bytes.TrimSpace(v[1:len(v)-1])) == 0
}

func clip(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "…"
	}
	return s
}
