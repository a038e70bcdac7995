package card

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"geohub/ingest/formats"
	"geohub/ingest/formats/internal/records"
)

// Event is one use of a card at a reader.
type Event struct {
	Time   time.Time `json:"time"`
	Reader string    `json:"reader"`
	// CardRef is the issuer's token of the card: for rules that look at the
	// stream, never to be stored or shown. Empty when the reader saw none.
	CardRef   string `json:"-"`
	Kind      Kind   `json:"kind"`
	AmountVND *int64 `json:"amountVND,omitempty"` // whole đồng; always there for payments
	Reason    string `json:"reason,omitempty"`
	Result    string `json:"result,omitempty"`
	Issuer    string `json:"issuer,omitempty"`
	// Findings are what whoever follows the stream noticed at this event; no
	// record says them. They name other events, so they are never stored.
	Findings []Finding `json:"-"`
}

// Finding is that an event, with those before it, looks like misuse.
type Finding struct {
	Rule Rule
	// Other is the reader at which the same card was used shortly before or
	// after, and OtherAt when: of Travel, which is impossible only if the two
	// readers are far enough apart.
	Other   string
	OtherAt time.Time
}

// Rule is a rule about the stream of events.
type Rule string

// The rules.
const (
	Revoked Rule = "REVOKED_CARD"      // a card was used that its issuer has revoked
	Travel  Rule = "IMPOSSIBLE_TRAVEL" // one card at two places, too soon one after the other
	Burst   Rule = "DENIED_BURST"      // many denials at one reader within a minute
)

// Kind is what a card was used for.
type Kind string

// The kinds: access, attendance, money.
const (
	Granted  Kind = "GRANTED"
	Denied   Kind = "DENIED"
	CheckIn  Kind = "CHECKIN"
	CheckOut Kind = "CHECKOUT"
	Payment  Kind = "PAYMENT"
	TopUp    Kind = "TOPUP"
	Refund   Kind = "REFUND"
)

var kinds = []Kind{Granted, Denied, CheckIn, CheckOut, Payment, TopUp, Refund}

// Decode reads JSON objects, one a line or in an array; each is an event or
// an MQTT message {"topic": …, "payload": {event}}.
func Decode(r io.Reader, sink formats.Sink[Event]) error {
	_, err := records.Walk(r, records.Walker{
		Item: func(v records.Value) error {
			e, p := event(records.NewObject(v.Raw, v.Path))
			if p != nil {
				return sink.Refuse(reject(v.Line, p.Path, v.Raw, p.Reason))
			}
			return sink.Record(e)
		},
		Bad: func(v records.Value) error { return sink.Refuse(reject(v.Line, v.Path, v.Raw, v.Problem)) },
	})
	return err
}

// DecodeMessage reads the payload of one MQTT message. The error is a
// [formats.Refusal], without card references as all refusals here.
func DecodeMessage(payload []byte) (Event, error) {
	switch {
	case len(payload) > formats.MaxRecord:
		return Event{}, reject(0, "", nil, fmt.Sprintf("longer than %d MiB", formats.MaxRecord>>20))
	case !utf8.Valid(payload):
		return Event{}, reject(0, "", payload, records.NotUTF8(payload))
	case !json.Valid(payload):
		return Event{}, reject(0, "", payload, "not JSON")
	}
	e, p := event(records.NewObject([]byte(strings.TrimSpace(string(payload))), ""))
	if p != nil {
		return Event{}, reject(0, p.Path, payload, p.Reason)
	}
	return e, nil
}

// reject makes a refusal that shows no card reference: of the record only the
// fields known to hold none stay, and of those what can't be a card's number.
func reject(line int, path string, raw []byte, reason string) formats.Refusal {
	safe := records.Mask(raw, func(key, value string) bool {
		switch key {
		case "time", "reader", "kind", "amountVND", "reason", "result", "issuer":
			return !secret(value)
		case "topic", "payload", "cardRef":
			return value == "" || value == key
		}
		return false
	})
	return formats.Reject(line, hide(path), safe, "%s", reason)
}

// hide takes out of a path what a sender may have written into a field's name.
func hide(path string) string {
	if secret(path) {
		return "[redacted]"
	}
	return path
}

func event(o *records.Object) (e Event, bad *records.Problem) {
	if raw := o.Raw("payload"); raw != nil && o.Raw("kind") == nil {
		if raw[0] == '"' {
			text := strings.TrimSpace(o.Text("payload"))
			if !json.Valid([]byte(text)) {
				o.Fail("payload", "the string is not JSON")
				return e, o.Problem()
			}
			o.Fields["payload"] = json.RawMessage(text)
		}
		o = o.Under("payload")
	}
	if p := o.Problem(); p != nil {
		return e, p
	}
	e.CardRef = o.Text("cardRef")
	if raw := o.Raw("cardRef"); raw != nil && raw[0] != '"' {
		return e, &records.Problem{Path: "cardRef", Reason: "not a string: a token is due, never a card's number"}
	}
	if what := number(e.CardRef); what != "" {
		return e, &records.Problem{Path: "cardRef", Reason: what + " where a token is due; it is not kept"}
	}
	e.Time = moment(o)
	if e.Reader = strings.TrimSpace(o.Word("reader")); e.Reader == "" {
		o.Fail("reader", "no reader")
	}
	e.Kind = Kind(strings.ToUpper(o.Text("kind")))
	if e.Kind == "" {
		o.Fail("kind", "no kind")
	} else if !slices.Contains(kinds, e.Kind) {
		o.Fail("kind", "%s is none of GRANTED, DENIED, CHECKIN, CHECKOUT, PAYMENT, TOPUP, REFUND", quote(string(e.Kind)))
	}
	e.AmountVND = amount(o)
	if e.AmountVND == nil && (e.Kind == Payment || e.Kind == TopUp || e.Kind == Refund) {
		o.Fail("amountVND", "no amount in a %s", e.Kind)
	}
	e.Reason, e.Result, e.Issuer = o.Word("reason"), o.Word("result"), o.Word("issuer")
	for _, field := range [][2]string{{"reader", e.Reader}, {"reason", e.Reason}, {"result", e.Result}, {"issuer", e.Issuer}} {
		if pan(field[1]) {
			return e, &records.Problem{Path: field[0], Reason: "a card's number stands in it; it is not kept"}
		}
	}
	return e, o.Problem()
}

func moment(o *records.Object) time.Time {
	raw := o.Raw("time")
	if raw != nil && raw[0] != '"' {
		ms, err := strconv.ParseInt(string(raw), 10, 64)
		if err == nil && ms > 1e11 && ms < 1e13 {
			return time.UnixMilli(ms).UTC()
		} else if err == nil && ms > 1e8 && ms < 1e11 {
			return time.Unix(ms, 0).UTC()
		}
		o.Fail("time", "not a moment: 2025-10-27T08:00:00+07:00, or seconds or milliseconds since 1970")
		return time.Time{}
	}
	text := o.Text("time")
	if text == "" {
		o.Fail("time", "no time")
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			if at.Year() < 2000 || at.Year() > 2200 {
				o.Fail("time", "%s: the reader's clock is not set", quote(text))
			}
			return at
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if _, err := time.Parse(layout, text); err == nil {
			o.Fail("time", "%s has no offset: +07:00 or Z is due", quote(text))
			return time.Time{}
		}
	}
	o.Fail("time", "%s is not a moment like 2025-10-27T08:00:00+07:00", quote(text))
	return time.Time{}
}

func amount(o *records.Object) *int64 {
	text := o.Word("amountVND")
	if text == "" {
		return nil
	}
	f, err := strconv.ParseFloat(text, 64)
	quoted := o.Raw("amountVND")[0] == '"'
	switch {
	case err != nil || quoted && strings.Trim(text, "0123456789") != "":
		o.Fail("amountVND", "%s is not whole đồng without separators", quote(text))
	case f < 0:
		o.Fail("amountVND", "%s is negative: a REFUND is an amount of its own", quote(text))
	case f != math.Trunc(f) || f > 1e15:
		o.Fail("amountVND", "%s is not whole đồng", quote(text))
	default:
		n := int64(f)
		return &n
	}
	return nil
}

// quote shows a value in a reason, unless it may be a card's.
func quote(s string) string {
	if secret(s) {
		return "the value (not shown, it may be a card's number)"
	}
	return records.Quote(s)
}

var (
	digits = regexp.MustCompile(`[0-9](?:[ .\-]?[0-9]){12,}`)
	uid    = regexp.MustCompile(`^[0-9A-Fa-f]{8}(?:[0-9A-Fa-f]{6}){0,2}$`)
	gaps   = strings.NewReplacer(" ", "", "-", "", ":", "", ".", "", "\u00a0", "", "\u2011", "", "\u2013", "")
)

// number says what kind of a card's own number a reference is; "" for a token.
func number(ref string) string {
	plain := strings.TrimPrefix(strings.ToLower(gaps.Replace(strings.TrimSpace(ref))), "0x")
	switch {
	case pan(ref) || pan(plain):
		return "a full card number"
	case uid.MatchString(plain):
		return "a chip's UID"
	}
	return ""
}

// pan says whether a card's number stands anywhere in s: 13 to 19 digits in a
// row, or in groups, that pass Luhn's check.
func pan(s string) bool {
	for _, run := range digits.FindAllString(s, -1) {
		groups := strings.FieldsFunc(run, func(r rune) bool { return r < '0' || r > '9' })
		for i := range groups {
			joined := ""
			for _, group := range groups[i:] {
				if joined += group; len(joined) > 19 {
					break
				}
				if len(joined) >= 13 && luhn(joined) {
					return true
				}
			}
		}
	}
	return false
}

func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// secret says whether a value may be a card's: one that is refused in a
// reference, or as many digits in a row whatever their check says.
func secret(s string) bool {
	return digits.MatchString(s) || number(s) != "" && strings.Trim(s, "0123456789") != ""
}
