package feed

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// zones are the abbreviations that mean one thing, and Vietnam's own.
var zones = map[string]string{
	"Z": "+0000", "UT": "+0000", "UTC": "+0000", "GMT": "+0000", "ICT": "+0700",
	"EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500", "MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700",
	"CET": "+0100", "CEST": "+0200", "BST": "+0100", "JST": "+0900", "KST": "+0900",
}

var (
	weekday = regexp.MustCompile(`^[\pL. ]+,\s*|^(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*\s+`)
	offset  = regexp.MustCompile(`^(.*\d:\d\d(?::\d\d(?:\.\d+)?)?(?: [AP]M)?)\s*(?:GMT|UTC)?\s*([+-])(\d{1,2}):?(\d\d)?$`)
	zone    = regexp.MustCompile(`\s*([A-Z]{1,4})$`)
)

var layouts = []string{
	"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04",
	"2 Jan 2006 15:04:05", "2 January 2006 15:04:05", "2 Jan 2006 15:04", "2 January 2006 15:04",
	"2 Jan 06 15:04:05", "2 Jan 06 15:04", "2 Jan 2006 3:04:05 PM", "2-Jan-2006 15:04:05",
	"Jan 2, 2006 15:04:05", "January 2, 2006 15:04:05", "Jan 2 15:04:05 2006",
}

var days = []string{"2006-01-02", "2 Jan 2006", "2 January 2006"}

// parseDate reads a date of RSS (RFC 822 with years of four digits) or of Atom
// (RFC 3339), with the spellings that are common, and tells what it assumed.
// A date without a zone is in location.
func parseDate(raw string, location *time.Location) (t time.Time, note string, ok bool) {
	text := strings.Join(strings.Fields(raw), " ")
	if len(text) > 100 {
		return t, "", false
	}
	bare := weekday.ReplaceAllString(text, "")
	for _, layout := range days {
		if t, err := time.ParseInLocation(layout, bare, location); err == nil {
			return t, fmt.Sprintf("%q has no time of day and is taken as midnight at %s", text, t.Format("-07:00")), true
		}
	}
	clock, shift := splitZone(bare)
	if shift == "?" {
		return t, "", false
	}
	for _, layout := range layouts {
		var err error
		if shift != "" {
			t, err = time.Parse(layout+"-0700", clock+shift)
		} else {
			t, err = time.ParseInLocation(layout, clock, location)
		}
		if err != nil {
			continue
		}
		if _, seconds := t.Zone(); seconds > 14*3600 || seconds < -14*3600 {
			return t, "", false
		}
		if shift == "" {
			note = fmt.Sprintf("%q has no zone and is taken at %s", text, t.Format("-07:00"))
		}
		return t, note, true
	}
	return t, "", false
}

// splitZone splits what follows the clock off: "+0700", "" when there is
// nothing, "?" for a zone nobody knows.
func splitZone(text string) (clock, shift string) {
	if m := offset.FindStringSubmatch(text); m != nil {
		hours, minutes := "0"+m[3], "00"+m[4]
		return m[1], m[2] + hours[len(hours)-2:] + minutes[len(minutes)-2:]
	}
	if m := zone.FindStringSubmatch(text); m != nil && m[1] != "AM" && m[1] != "PM" {
		if shift, ok := zones[m[1]]; ok {
			return strings.TrimSuffix(text, m[0]), shift
		}
		return text, "?"
	}
	return text, ""
}
