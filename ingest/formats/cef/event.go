package cef

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Event is one CEF event and the syslog message it came in.
type Event struct {
	Syslog             *Syslog           `json:"syslog,omitempty"` // nil for a bare line
	Version            int               `json:"version"`          // of CEF, 0 or 1
	DeviceVendor       string            `json:"deviceVendor"`
	DeviceProduct      string            `json:"deviceProduct"`
	DeviceVersion      string            `json:"deviceVersion"`
	DeviceEventClassID string            `json:"deviceEventClassId"`
	Name               string            `json:"name"`
	Severity           Severity          `json:"severity"`
	Extension          map[string]string `json:"extension,omitempty"` // "src": "10.64.3.7"
	Labels             map[string]string `json:"labels,omitempty"`    // by what cs1Label and its like say: "Rule": "SSH-02"
}

// Syslog is the header of a message, RFC 5424; of RFC 3164 it has no version.
type Syslog struct {
	Facility       *int                         `json:"facility,omitempty"`
	Severity       *int                         `json:"severity,omitempty"` // 0 emergency to 7 debug
	Version        int                          `json:"version,omitempty"`
	Timestamp      *time.Time                   `json:"timestamp,omitempty"`
	Hostname       string                       `json:"hostname,omitempty"`
	AppName        string                       `json:"appName,omitempty"`
	ProcID         string                       `json:"procId,omitempty"`
	MsgID          string                       `json:"msgId,omitempty"`
	StructuredData map[string]map[string]string `json:"structuredData,omitempty"`
}

// Severity is an event's importance: "0" to "10", or "Unknown", "Low",
// "Medium", "High", "Very-High". In JSON a number is a number.
type Severity string

// Level is the severity from 0 to 10, a word as the highest of its range; not
// ok for Unknown.
func (s Severity) Level() (level int, ok bool) {
	switch s {
	case "Low":
		return 3, true
	case "Medium":
		return 6, true
	case "High":
		return 8, true
	case "Very-High":
		return 10, true
	}
	level, err := strconv.Atoi(string(s))
	return level, err == nil
}

func (s Severity) MarshalJSON() ([]byte, error) {
	if n, err := strconv.Atoi(string(s)); err == nil {
		return strconv.AppendInt(nil, int64(n), 10), nil
	}
	return json.Marshal(string(s))
}

func (s *Severity) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] != '"' {
		*s = Severity(b)
		return nil
	}
	return json.Unmarshal(b, (*string)(s))
}

// refusal is why a message is refused, and where in it.
type refusal struct{ path, reason string }

func (r *refusal) Error() string { return r.reason }

func refusef(path, format string, args ...any) error {
	return &refusal{path, fmt.Sprintf(format, args...)}
}

// parse reads the text from "CEF:" on.
func (e *Event) parse(text string) error {
	header, extension, err := split(strings.TrimPrefix(text, "CEF:"))
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(strings.TrimSpace(header[0]))
	if err != nil || version < 0 || version > 1 {
		return refusef("version", "CEF version %s is neither 0 nor 1", short(header[0]))
	}
	e.Version = version
	e.DeviceVendor, e.DeviceProduct, e.DeviceVersion = header[1], header[2], header[3]
	e.DeviceEventClassID, e.Name = header[4], header[5]
	switch s := strings.TrimSpace(header[6]); s {
	case "Unknown", "Low", "Medium", "High", "Very-High":
		e.Severity = Severity(s)
	default:
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n > 10 {
			return refusef("severity", "%s is neither 0 to 10 nor Unknown, Low, Medium, High, Very-High", short(s))
		}
		e.Severity = Severity(strconv.Itoa(n))
	}
	if e.Extension, err = pairs(extension); err != nil {
		return err
	}
	e.Labels = labels(e.Extension)
	return nil
}

// split takes the seven fields of the header from the extension. The last bar
// may be missing where there is no extension.
func split(text string) (header [7]string, extension string, err error) {
	field := make([]byte, 0, 64)
	n := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text) && (text[i+1] == '|' || text[i+1] == '\\'):
			i++
			field = append(field, text[i])
		case c == '|':
			header[n] = string(field)
			if n++; n == len(header) {
				return header, text[i+1:], nil
			}
			field = field[:0]
		default:
			field = append(field, c)
		}
	}
	header[n] = string(field)
	if n++; n < len(header) {
		return header, "", refusef("", "CEF header has %d fields, not 7", n)
	}
	return header, "", nil
}

// pairs reads key=value …: a value goes on to the space before the next key.
func pairs(text string) (map[string]string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	out := map[string]string{}
	key, from := "", -1 // the key whose value begins at from
	put := func(to int) error {
		if from < 0 {
			if before := strings.TrimSpace(text[:to]); before != "" {
				return refusef("extension", "%s stands before the first key", short(before))
			}
			return nil
		}
		value := unescape(strings.TrimRight(text[from:to], " \t"))
		if had, ok := out[key]; ok && had != value {
			return refusef("extension."+key, "given twice: %s and %s", short(had), short(value))
		}
		out[key] = value
		return nil
	}
	word := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case ' ', '\t':
			word = i + 1
		case '=':
			if from > word || !isKey(text[word:i]) {
				continue
			}
			if err := put(word); err != nil {
				return nil, err
			}
			key, from = text[word:i], i+1
		}
	}
	if err := put(len(text)); err != nil {
		return nil, err
	}
	return out, nil
}

func isKey(s string) bool {
	if s == "" || len(s) > 256 {
		return false
	}
	for i, c := range []byte(s) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && !strings.ContainsRune("_.-[]", rune(c))) {
			return false
		}
	}
	return true
}

var escapes = strings.NewReplacer(`\\`, `\`, `\=`, "=", `\|`, "|", `\n`, "\n", `\r`, "\r")

func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	return escapes.Replace(s)
}

// labels finds the pairs of a value and the label that names it: cs1 and
// cs1Label. Values whose labels are the same keep their keys beside them.
func labels(extension map[string]string) map[string]string {
	var out map[string]string
	times := map[string]int{}
	for key, label := range extension {
		if _, ok := labelled(extension, key); ok && label != "" {
			times[label]++
		}
	}
	for key, label := range extension {
		of, ok := labelled(extension, key)
		if !ok || label == "" {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		if times[label] > 1 {
			label += " (" + of + ")"
		}
		out[label] = extension[of]
	}
	return out
}

// labelled is the key that a label's key is for.
func labelled(extension map[string]string, key string) (string, bool) {
	of, ok := strings.CutSuffix(key, "Label")
	if !ok {
		return "", false
	}
	_, ok = extension[of]
	return of, ok
}

// short is a value as it stands in a reason.
func short(s string) string {
	if len(s) <= 40 {
		return strconv.Quote(s)
	}
	return strconv.Quote(strings.ToValidUTF8(s[:40], "")) + "…"
}
