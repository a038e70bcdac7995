// Package vntext reads what Vietnamese files write: names with and without
// accents, numbers with a decimal comma or point, dates with the day first.
//
// The rule it keeps: what can be read in two ways is refused, never guessed.
//
//	vntext.Key("Ngày hẹn trả")               // "ngayhentra"
//	vntext.Number("1.234,5", vntext.Unknown) // 1234.5
package vntext

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Zone is Vietnam's time, GMT+7 without a summer time.
var Zone = time.FixedZone("", 7*60*60)

// plain gives the letters that stand for those with accents.
var plain = func() map[rune]rune {
	m := map[rune]rune{}
	for base, with := range map[rune]string{
		'a': "àáảãạăằắẳẵặâầấẩẫậä", 'e': "èéẻẽẹêềếểễệë", 'i': "ìíỉĩịï", 'o': "òóỏõọôồốổỗộơờớởỡợö",
		'u': "ùúủũụưừứửữựü", 'y': "ỳýỷỹỵ", 'd': "đð", '0': "⁰₀", '1': "¹₁", '2': "²₂", '3': "³₃", '4': "⁴₄", '5': "⁵₅",
	} {
		for _, r := range with {
			m[r] = base
		}
	}
	return m
}()

// Plain is a text in lower case without accents, precomposed or combining.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r = unicode.ToLower(r); r < 0x80 {
			return r
		}
		if base, ok := plain[r]; ok {
			return base
		}
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, s)
}

// Key is a name as it is compared: letters and digits only, plain.
func Key(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, Plain(s))
}

// Style is what is known of how a file writes its numbers.
type Style int

// The styles. In a file of unknown style "1,234" may be either number and is
// refused, while "1.234" is read with a decimal point.
const (
	Unknown Style = iota
	Comma         // decimal comma: "1,234" is 1.234, and "1.234" may be either
	Point         // decimal point: "1.234" is 1.234, and "1,234" may be either
)

// StyleOf is what one number says of its file's style.
func StyleOf(s string) Style {
	s = strings.TrimLeft(strings.TrimSpace(s), "+-")
	comma, point := strings.LastIndexByte(s, ','), strings.LastIndexByte(s, '.')
	at, other, style := comma, point, Comma
	if point > comma {
		at, other, style = point, comma, Point
	}
	if at < 0 || strings.Trim(s, "0123456789.,") != "" {
		return Unknown
	}
	if other < 0 && (strings.Count(s, s[at:at+1]) > 1 || maybeGrouped(s, at)) {
		return Unknown
	}
	return style
}

// maybeGrouped says whether the one separator of s, at an index, may part
// thousands: one to three digits before it, no leading zero, three after.
func maybeGrouped(s string, at int) bool {
	return at >= 1 && at <= 3 && s[0] != '0' && len(s)-at == 4
}

// Number reads a number. Its errors say what is wrong in plain words.
func Number(s string, style Style) (float64, error) {
	s = strings.TrimSpace(s)
	t := strings.NewReplacer("\u00a0", " ", "\u202f", " ", "−", "-").Replace(s)
	sign := ""
	if len(t) > 0 && (t[0] == '-' || t[0] == '+') {
		sign, t = t[:1], t[1:]
	}
	if parts := strings.Split(t, " "); len(parts) > 1 {
		whole := t
		if at := strings.IndexAny(t, ".,"); at >= 0 {
			whole = t[:at]
		}
		if !grouped(strings.Split(whole, " ")) || strings.Contains(t[len(whole):], " ") {
			return 0, fmt.Errorf("%q is not a number", s)
		}
		t = strings.ReplaceAll(t, " ", "")
	}
	commas, points := strings.Count(t, ","), strings.Count(t, ".")
	switch {
	case commas == 0 && points == 0:
	case commas > 0 && points > 0:
		last, group := ".", ","
		if strings.LastIndexByte(t, ',') > strings.LastIndexByte(t, '.') {
			last, group = ",", "."
		}
		whole, decimals, _ := strings.Cut(t, last)
		if strings.Contains(decimals, last) || strings.Contains(decimals, group) || !grouped(strings.Split(whole, group)) {
			return 0, fmt.Errorf("%q mixes comma and point in no known way", s)
		}
		t = strings.ReplaceAll(whole, group, "") + "." + decimals
	case commas+points > 1:
		group := ","
		if points > 0 {
			group = "."
		}
		if !grouped(strings.Split(t, group)) {
			return 0, fmt.Errorf("%q is not a number", s)
		}
		t = strings.ReplaceAll(t, group, "")
	default:
		at := strings.IndexAny(t, ",.")
		if maybeGrouped(t, at) && (t[at] == ',' && style != Comma || t[at] == '.' && style == Comma) {
			return 0, fmt.Errorf("%q is ambiguous: %s or %s", s, sign+t[:at]+"."+t[at+1:], sign+t[:at]+t[at+1:])
		}
		t = strings.Replace(t, ",", ".", 1)
	}
	if t == "" || strings.Trim(t, "0123456789.eE+-") != "" {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	f, err := strconv.ParseFloat(sign+t, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("%q is too large a number", s)
	}
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	return f, nil
}

// grouped says whether parts are one to three digits and then threes.
func grouped(parts []string) bool {
	for i, p := range parts {
		if len(p) > 3 || len(p) == 0 || i > 0 && len(p) != 3 || strings.Trim(p, "0123456789") != "" {
			return false
		}
	}
	return true
}

var layouts = func() (all []string) {
	dates := []string{"2006-1-2", "2/1/2006", "2-1-2006", "2.1.2006", "2006/1/2"}
	clocks := []string{"15:04:05", "15:04", "15:04:05Z07:00", "15:04Z07:00", "15:04:05 Z07:00", "15:04:05Z0700"}
	for _, date := range dates {
		all = append(all, date)
		for _, clock := range clocks {
			all = append(all, date+"T"+clock, date+" "+clock, date+", "+clock)
			if !strings.Contains(clock, "Z") {
				all = append(all, clock+" "+date, clock+", "+date)
			}
		}
	}
	return append(all, "20060102150405", "20060102T150405Z0700", "20060102T150405", "20060102")
}()

// Time reads a date or a moment: ISO 8601, day/month/year with or without a
// clock on either side, or digits only. What says no offset is Vietnam's time,
// a date alone its midnight there; dateOnly says that there was no clock.
func Time(s string) (at time.Time, dateOnly bool, err error) { return TimeIn(s, Zone) }

// TimeIn is [Time] where what says no offset is of another zone.
func TimeIn(s string, zone *time.Location) (at time.Time, dateOnly bool, err error) {
	s = strings.TrimSpace(s)
	impossible := ""
	for _, layout := range layouts {
		at, err := time.ParseInLocation(layout, s, zone)
		if err == nil {
			if at.Year() < 1900 || at.Year() > 2200 {
				return time.Time{}, false, fmt.Errorf("%q is in the year %d", s, at.Year())
			}
			return at, !strings.Contains(layout, "15"), nil
		}
		var parse *time.ParseError
		if errors.As(err, &parse) && strings.HasSuffix(parse.Message, "out of range") && (impossible == "" || strings.Contains(impossible, "hour")) {
			impossible = strings.Trim(parse.Message, ": ") // the date's own layouts say more than those that took it for a clock
		}
	}
	if impossible != "" {
		return time.Time{}, false, fmt.Errorf("%q is no possible date: %s", s, impossible)
	}
	return time.Time{}, false, fmt.Errorf("%q is no date or time that is known here", s)
}
