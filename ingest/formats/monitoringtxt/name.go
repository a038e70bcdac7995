package monitoringtxt

import (
	"fmt"
	"path"
	"strings"
	"time"
)

// Name is what a file's name says.
type Name struct {
	Province string    `json:"province"` // TINH: "HUE"
	Facility string    `json:"facility"` // COSO; may hold underscores
	Station  string    `json:"station"`  // TRAM
	Time     time.Time `json:"time"`     // of the transmission, GMT+7
}

// zone is GMT+7, the time of every file.
var zone = time.FixedZone("", 7*60*60)

// ParseName reads a file's name, with or without directories before it.
func ParseName(name string) (Name, error) {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	stem, ok := cutSuffixFold(base, ".txt")
	if !ok {
		return Name{}, fmt.Errorf("%.80q does not end in .txt", base)
	}
	parts := strings.Split(stem, "_")
	if len(parts) < 4 {
		return Name{}, fmt.Errorf("%.80q is not PROVINCE_FACILITY_STATION_yyyyMMddHHmmss.txt", base)
	}
	for _, part := range parts {
		if strings.TrimSpace(part) == "" {
			return Name{}, fmt.Errorf("%.80q is not PROVINCE_FACILITY_STATION_yyyyMMddHHmmss.txt: a part is empty", base)
		}
	}
	n := len(parts)
	at, err := parseTime(parts[n-1], zone)
	if err != nil {
		return Name{}, fmt.Errorf("%.80q: %w", base, err)
	}
	return Name{Province: parts[0], Facility: strings.Join(parts[1:n-2], "_"), Station: parts[n-2], Time: at}, nil
}

// String is the name as a file is called.
func (n Name) String() string {
	return fmt.Sprintf("%s_%s_%s_%s.txt", n.Province, n.Facility, n.Station, n.Time.In(zone).Format(layout))
}

const layout = "20060102150405"

func parseTime(s string, location *time.Location) (time.Time, error) {
	if len(s) != len(layout) || strings.Trim(s, "0123456789") != "" {
		return time.Time{}, fmt.Errorf("time %.40q is not yyyyMMddHHmmss", s)
	}
	at, err := time.ParseInLocation(layout, s, location)
	if err != nil {
		return time.Time{}, fmt.Errorf("time %q is no possible date", s)
	}
	if at.Year() < 2000 {
		return time.Time{}, fmt.Errorf("time %q: the logger's clock is not set", s)
	}
	return at, nil
}

func cutSuffixFold(s, suffix string) (string, bool) {
	if n := len(s) - len(suffix); n >= 0 && strings.EqualFold(s[n:], suffix) {
		return s[:n], true
	}
	return s, false
}
