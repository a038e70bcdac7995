package onvif

import (
	"encoding/json"
	"regexp"
	"strings"
)

// MaskPlates hides the middle of each number plate: of items, and of fields
// inside them, that have "plate" in their name.
func (e *Event) MaskPlates() {
	for _, items := range []Items{e.Source, e.Key, e.Data} {
		for name, raw := range items {
			var v any
			if json.Unmarshal(raw, &v) != nil {
				continue
			}
			if masked, changed := maskValue(name, v); changed {
				items[name], _ = json.Marshal(masked) // was JSON before: can't fail
			}
		}
	}
}

func maskValue(name string, v any) (masked any, changed bool) {
	switch v := v.(type) {
	case string:
		if strings.Contains(strings.ToLower(name), "plate") && !strings.Contains(strings.ToLower(name), "type") {
			plate := MaskPlate(v)
			return plate, plate != v
		}
	case map[string]any:
		for k, inner := range v {
			if m, did := maskValue(k, inner); did {
				v[k], changed = m, true
			}
		}
	case []any:
		for i, inner := range v {
			if m, did := maskValue(name, inner); did {
				v[i], changed = m, true
			}
		}
	}
	return v, changed
}

// Plate is the number plate that was read, masked; "" when there was none.
func (e *Event) Plate() string {
	for _, name := range []string{"PlateNumber", "LicensePlate", "Plate"} {
		if plate := e.Data.Text(name); plate != "" {
			return MaskPlate(plate)
		}
	}
	var info struct{ PlateNumber string }
	if json.Unmarshal(e.Data["LicensePlateInfo"], &info) != nil || info.PlateNumber == "" {
		return ""
	}
	return MaskPlate(info.PlateNumber)
}

var (
	masked = regexp.MustCompile(`^(?:[0-9A-Z]{2,5}-)?\*\*\*(?:\.[0-9]{2})?$`)
	// Of a motorcycle's series a digit is part: 75-F1 123.45.
	plate = regexp.MustCompile(`^(?:([0-9]{2}[A-Z]{1,2})[0-9]{2,3}|([0-9]{2}[A-Z]{1,2}[0-9])[0-9]{3})([0-9]{2})$`)
	// inText finds what is written as a Vietnamese plate.
	inText = regexp.MustCompile(`\b[0-9]{2}[- ]?[A-Za-z]{1,2}[0-9]?[-. ]{0,3}[0-9]{3}[. ]?[0-9]{1,2}\b`)
	signs  = strings.NewReplacer(" ", "", "-", "", ".", "", "\u00a0", "")
)

// MaskPlate leaves the series of a plate and its last two digits: "75A-123.45"
// is "75A-***.45". Of one that isn't Vietnamese two characters stay.
func MaskPlate(s string) string {
	if masked.MatchString(s) {
		return s
	}
	plain := strings.ToUpper(signs.Replace(s))
	if m := plate.FindStringSubmatch(plain); m != nil {
		return m[1] + m[2] + "-***." + m[3]
	}
	r := []rune(plain)
	if len(r) < 4 {
		return "***"
	}
	return string(r[:2]) + "-***"
}

// MaskPlatesIn hides in any text what is written as a Vietnamese plate.
func MaskPlatesIn(text []byte) []byte {
	return inText.ReplaceAllFunc(text, func(m []byte) []byte { return []byte(MaskPlate(string(m))) })
}
