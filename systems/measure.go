package systems

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"geohub/ingest/formats/monitoringtxt"
)

// measure is what the readings of a parameter are kept in and what they can be.
type measure struct {
	unit string // by UCUM
	// A value outside of low to high is kept and marked SUSPECT: no river, no
	// air here was ever like that, so a device or a line was at fault.
	low, high float64
}

// measures are the parameters that figures are made of. Others are kept in the
// unit they come in, and nothing is said of their values.
var measures = map[string]measure{
	"level":           {"m", -20, 1500},
	"downstreamLevel": {"m", -20, 1500},
	"inflow":          {"m3/s", 0, 30_000},
	"outflow":         {"m3/s", 0, 30_000},
	"spill":           {"m3/s", 0, 30_000},
	"turbine":         {"m3/s", 0, 2_000},
	"storage":         {"hm3", 0, 20_000},
	"gatesOpen":       {"1", 0, 100},
	"rain5m":          {"mm", 0, 60},
	"rain10m":         {"mm", 0, 100},
	"rain15m":         {"mm", 0, 120},
	"rain30m":         {"mm", 0, 200},
	"rain1h":          {"mm", 0, 400},
	"temperature":     {"Cel", -20, 60},
	"pm25":            {"ug/m3", 0, 2_000},
	"pm10":            {"ug/m3", 0, 5_000},
	"vnAqi":           {"1", 0, 500},
	"vnWqi":           {"1", 0, 100},
	"ph":              {"[pH]", 0, 14},
	"cod":             {"mg/L", 0, 20_000},
	"tss":             {"mg/L", 0, 50_000},
}

// scale is a unit as a number of another: times/over of it.
type scale struct {
	of          string
	times, over float64
}

// scales are the units that are certain. A volume of air at 25 °C and 1 atm
// ({normal}) is taken as it stands: dust is written so in QCVN 05:2023, and
// nobody sends what would turn it into the other.
var scales = map[string]scale{
	"m": {"m", 1, 1}, "cm": {"m", 1, 100}, "mm": {"m", 1, 1000}, "dm": {"m", 1, 10}, "km": {"m", 1000, 1},
	"m3/s": {"m3/s", 1, 1}, "L/s": {"m3/s", 1, 1000}, "m3/h": {"m3/s", 1, 3600}, "m3/min": {"m3/s", 1, 60}, "m3/d": {"m3/s", 1, 86_400}, "L/min": {"m3/s", 1, 60_000},
	"m3": {"m3", 1, 1}, "hm3": {"m3", 1e6, 1}, "km3": {"m3", 1e9, 1}, "L": {"m3", 1, 1000},
	"ug/m3": {"ug/m3", 1, 1}, "mg/m3": {"ug/m3", 1000, 1}, "g/m3": {"ug/m3", 1e6, 1}, "ug/L": {"ug/m3", 1000, 1}, "mg/L": {"ug/m3", 1e6, 1}, "g/L": {"ug/m3", 1e9, 1},
	"ug/m3{normal}": {"ug/m3", 1, 1}, "mg/m3{normal}": {"ug/m3", 1000, 1}, "g/m3{normal}": {"ug/m3", 1e6, 1},
	"1": {"1", 1, 1}, "%": {"1", 1, 100},
	"Cel": {"Cel", 1, 1}, "[pH]": {"[pH]", 1, 1},
}

// measured is a value of a parameter in the unit that the hub keeps it in.
// unit is UCUM; "" is none. An error names a unit that can't be turned into
// that with certainty.
func measured(parameter string, value *float64, unit string) (*float64, string, error) {
	m, known := measures[parameter]
	switch {
	case !known && unit == "":
		return value, "1", nil
	case !known || unit == m.unit:
		return value, unit, nil
	case unit == "" && (m.unit == "1" || m.unit == "[pH]"), unit == "1" && m.unit == "[pH]":
		return value, m.unit, nil
	case parameter == "temperature" && unit == "K":
		return converted(value, func(v float64) float64 { return v - 273.15 }), m.unit, nil
	case parameter == "temperature" && unit == "[degF]":
		return converted(value, func(v float64) float64 { return (v - 32) / 1.8 }), m.unit, nil
	}
	from, to := scales[unit], scales[m.unit]
	if to.of == "" { // the unit is its own kind
		to = scale{m.unit, 1, 1}
	}
	if from.of != to.of || from.of == "" {
		if unit == "" {
			return nil, "", fmt.Errorf("%s has no unit; %s is due", parameter, m.unit)
		}
		return nil, "", fmt.Errorf("unit %s of %s can't be turned into %s", unit, parameter, m.unit)
	}
	return converted(value, func(v float64) float64 { return v * from.times * to.over / (from.over * to.times) }), m.unit, nil
}

// converted leaves nine decimal places: what the conversion itself adds is below.
func converted(value *float64, f func(float64) float64) *float64 {
	if value == nil {
		return nil
	}
	return new(math.Round(f(*value)*1e9) / 1e9)
}

// checked is the quality of a value by what it can be: one that the device
// didn't give is a fault, an impossible one suspect.
func checked(parameter string, value *float64, q ReadingQuality) ReadingQuality {
	if q != QualityGood && q != QualityEstimated {
		return q
	}
	if value == nil {
		return QualityFault
	}
	if m, known := measures[parameter]; known && (*value < m.low || *value > m.high) {
		return QualitySuspect
	}
	return q
}

// trusted says whether a reading may enter a figure.
func trusted(r Reading) bool {
	return r.Value != nil && (r.Quality == QualityGood || r.Quality == QualityEstimated)
}

// ucum is a unit as UCUM has it, from a code, a symbol or a URI that ends in
// one; "" when it is not known. "-" is the unit of what has none.
func ucum(text string) string {
	text = strings.TrimSpace(text)
	for _, prefix := range ucumPrefixes {
		if n := len(prefix); len(text) > n && strings.EqualFold(text[:n], prefix) {
			text = text[n:]
			break
		}
	}
	text = superscripts.Replace(text)
	if _, known := scales[text]; known {
		return text
	}
	if code, known := spelledUnits[strings.ToLower(text)]; known {
		return code
	}
	if code := monitoringtxt.UCUM(text); code != "" {
		return code
	}
	if plainUnit.MatchString(text) {
		return text
	}
	return ""
}

var (
	ucumPrefixes = []string{"ucum:", "urn:ogc:def:uom:ucum::", "http://www.opengis.net/def/uom/ucum/0/", "http://www.opengis.net/def/uom/ucum/", "https://www.opengis.net/def/uom/ucum/"}
	superscripts = strings.NewReplacer("³", "3", "²", "2", "⁻¹", "-1", "m^3", "m3", "m^2", "m2", "µ", "u", "μ", "u", "⁶", "6")
	// plainUnit is a UCUM code that needs no table: the unit of something no
	// figure is made of.
	plainUnit    = regexp.MustCompile(`^(K|\[degF\]|m/s|km/h|deg|%|hPa|kPa|Pa|W/m2|[num]S/cm|\[pp[bm]\]|km2|s|min|h|d)$`)
	spelledUnits = map[string]string{
		"": "", "-": "", "1": "1", "no unit": "", "{count}": "1", "[#]": "1", "cửa": "1", "metre": "m", "meter": "m", "mét": "m",
		"triệu m3": "hm3", "tr.m3": "hm3", "10^6 m3": "hm3", "10^6m3": "hm3", "106 m3": "hm3", "10*6.m3": "hm3", "10*6m3": "hm3", "mm3": "", "million m3": "hm3", "mcm": "hm3", "hm3": "hm3",
		"m3s-1": "m3/s", "m3.s-1": "m3/s", "m3 s-1": "m3/s", "cumec": "m3/s", "cms": "m3/s", "m3/giây": "m3/s", "l.s-1": "L/s",
		"celsius": "Cel", "degree celsius": "Cel", "degc": "Cel", "°f": "[degF]", "kelvin": "K", "ph unit": "[pH]", "{ph}": "[pH]", "mm/1h": "mm",
	}
)
