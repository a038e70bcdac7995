package billboard

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"geohub/ingest/formats/internal/records"
	"geohub/ingest/formats/internal/vntext"
)

// row is one record's cells by field, and the first thing wrong with them.
type row struct {
	cells map[string]string
	title map[string]string // the fields' titles in the file
	style vntext.Style
	bad   *records.Problem
}

func (r *row) fail(field, format string, args ...any) {
	if r.bad != nil {
		return
	}
	path := field
	if t := r.title[field]; t != "" {
		path = t
	}
	r.bad = &records.Problem{Path: path, Reason: fmt.Sprintf(format, args...)}
}

// record reads a row of a kind.
func (r *row) record(kind string) (Record, *records.Problem) {
	var rec Record
	switch kind {
	case "play":
		rec = r.play()
	case "heartbeat":
		rec = r.heartbeat()
	default:
		rec = r.registry()
	}
	return rec, r.bad
}

func (r *row) registry() *Registry {
	b := &Registry{
		Head: Head{Kind: "registry"}, ID: r.must("id"), BillboardKind: r.oneOf("billboardKind", kinds), Name: r.text("name"), Address: r.text("address"),
		FaceAzimuthDeg: r.between("faceAzimuth", 0, 360), WidthM: r.between("widthM", 0, 1000), HeightM: r.between("heightM", 0, 1000), AreaM2: r.between("areaM2", 0, 100_000),
		Resolution: r.text("resolution"), BrightnessNits: r.between("brightnessNits", 0, 100_000), VenueType: r.text("venueType"), Owner: r.text("owner"), Operator: r.text("operator"),
		PermitNo: r.text("permitNo"), PermitFrom: r.date("permitFrom"), PermitTo: r.date("permitTo"), StructurePermit: r.text("structurePermit"),
		Zone: r.text("zone"), Status: r.oneOf("status", statuses), LastHeartbeat: r.time("lastHeartbeat"), InspectedOn: r.date("inspectedOn"),
	}
	b.Lon, b.Lat = r.position()
	if b.PermitFrom != "" && b.PermitTo != "" && b.PermitTo < b.PermitFrom {
		r.fail("permitTo", "%s is before permitFrom %s", b.PermitTo, b.PermitFrom)
	}
	return b
}

func (r *row) heartbeat() *Heartbeat {
	h := &Heartbeat{
		Head: Head{Kind: "heartbeat"}, ID: r.must("id"), Status: r.text("status"), DisplayState: r.text("displayState"),
		BrightnessNits: r.between("brightnessNits", 0, 100_000), TemperatureCel: r.between("temperatureCel", -60, 150), Creative: r.text("creative"), SHA256: r.hash(), Tamper: r.truth("tamper"), Approved: r.truth("approved"),
	}
	h.Time = r.moment("time")
	return h
}

func (r *row) play() *Play {
	p := &Play{
		Head: Head{Kind: "play"}, Billboard: r.must("id"), Creative: r.must("creative"), EndAt: r.time("endAt"), DurationS: r.duration(),
		SHA256: r.hash(), Advertiser: r.text("advertiser"), ScreenshotRef: r.text("screenshotRef"), DisplayState: r.text("displayState"), Approved: r.truth("approved"),
	}
	at := "startAt"
	if _, ok := r.cells["startAt"]; !ok {
		at = "time"
	}
	p.StartAt = r.moment(at)
	if n := r.between("playCount", 0, 1e9); n != nil {
		if *n != math.Trunc(*n) {
			r.fail("playCount", "%s is not a whole number", records.Quote(r.cells["playCount"]))
		}
		count := int(*n)
		p.PlayCount = &count
	}
	if p.EndAt != nil && p.EndAt.Before(p.StartAt) {
		r.fail("endAt", "%s is before the start", records.Quote(r.cells["endAt"]))
	}
	return p
}

// text is a cell; the signs for none are nothing.
func (r *row) text(field string) string {
	s := strings.TrimSpace(r.cells[field])
	switch strings.ToLower(s) {
	case "-", "--", "n/a", "null", "na", "#n/a", "không có":
		return ""
	}
	return s
}

func (r *row) must(field string) string {
	s := r.text(field)
	if s == "" {
		r.fail(field, "no %s", field)
	}
	return s
}

// unitAfter matches what may stand behind a number in a cell.
var unitAfter = regexp.MustCompile(`(?i)(\d)\s*(?:m2|m²|mét|m|nits|nit|cd/m2|cd/m²|độ|°c|°|lần|giây|s)$`)

func (r *row) between(field string, low, high float64) *float64 {
	s := r.text(field)
	if s == "" {
		return nil
	}
	f, err := vntext.Number(unitAfter.ReplaceAllString(s, "$1"), r.style)
	if err != nil {
		r.fail(field, "%v", err)
		return nil
	}
	if f < low || f > high {
		r.fail(field, "%v is not between %v and %v", f, low, high)
	}
	return &f
}

// position reads lon and lat, or both in one cell, lat first as people write it.
func (r *row) position() (lon, lat *float64) {
	x, y := r.text("lon"), r.text("lat")
	at := [2]string{"lon", "lat"}
	if both := r.text("coordinates"); x == "" && y == "" && both != "" {
		at = [2]string{"coordinates", "coordinates"}
		parts := pairs.FindStringSubmatch(both)
		if parts == nil {
			r.fail("coordinates", "%s is not lat, lon in degrees", records.Quote(both))
			return nil, nil
		}
		if y, x = parts[1], parts[2]; degrees(y) > 90 && degrees(x) <= 90 {
			x, y = y, x // lon first: no latitude is over 90
		}
	}
	if x == "" && y == "" {
		return nil, nil
	}
	if x == "" || y == "" {
		r.fail(at[0], "lon and lat go together: one is missing")
		return nil, nil
	}
	lo, la := degrees(x), degrees(y)
	switch {
	case math.IsNaN(lo):
		r.fail(at[0], "%s is not a number of degrees", records.Quote(x))
	case math.IsNaN(la):
		r.fail(at[1], "%s is not a number of degrees", records.Quote(y))
	case math.Abs(lo) > 10_000 || math.Abs(la) > 10_000:
		r.fail(at[0], "%s, %s are metres (VN-2000?) where degrees are due", x, y)
	case math.Abs(la) > 90 && math.Abs(la) <= 180 && math.Abs(lo) <= 90:
		r.fail(at[1], "lon %s, lat %s is off the globe: swapped?", x, y)
	case math.Abs(lo) > 180 || math.Abs(la) > 90:
		r.fail(at[0], "lon %s, lat %s is off the globe", x, y)
	case lo == 0 && la == 0:
		r.fail(at[0], "lon 0, lat 0: the position is not known")
	default:
		return &lo, &la
	}
	return nil, nil
}

var pairs = regexp.MustCompile(`^\(?\s*(-?\d+(?:[.,]\d+)?)°?\s*(?:[;|]|,\s|\s|,)\s*(-?\d+(?:[.,]\d+)?)°?\s*\)?$`)

// degrees reads a coordinate, in which no separator ever parts thousands below
// a thousand; NaN when it is none.
func degrees(s string) float64 {
	s = strings.TrimRight(strings.TrimSpace(s), "°ENen ")
	style := vntext.Comma
	if strings.Contains(s, ".") {
		style = vntext.Point
	}
	f, err := vntext.Number(s, style)
	if err != nil {
		return math.NaN()
	}
	return f
}

func (r *row) time(field string) *time.Time {
	s := r.text(field)
	if s == "" {
		return nil
	}
	at, dateOnly, err := parseTime(s)
	if err != nil {
		r.fail(field, "%v", err)
		return nil
	}
	if dateOnly {
		r.fail(field, "%s has no time of day", records.Quote(s))
	}
	return &at
}

func (r *row) moment(field string) time.Time {
	if at := r.time(field); at != nil {
		return *at
	}
	r.must(field)
	return time.Time{}
}

func (r *row) date(field string) Date {
	s := r.text(field)
	if s == "" {
		return ""
	}
	at, _, err := parseTime(s)
	if err != nil {
		r.fail(field, "%v", err)
		return ""
	}
	return Date(at.In(vntext.Zone).Format(time.DateOnly))
}

// parseTime reads dates as people write them, seconds and milliseconds since
// 1970, and Excel's days since 1900.
func parseTime(s string) (at time.Time, dateOnly bool, err error) {
	at, dateOnly, err = vntext.Time(s)
	if err == nil {
		return at, dateOnly, nil
	}
	f, bad := strconv.ParseFloat(s, 64)
	switch {
	case bad != nil:
	case f >= 1e11 && f < 1e13:
		return time.UnixMilli(int64(f)).In(vntext.Zone), false, nil
	case f >= 1e9 && f < 1e11:
		return time.Unix(int64(f), 0).In(vntext.Zone), false, nil
	case f >= 20000 && f < 80000: // 1954 to 2119
		day := time.Date(1899, 12, 30, 0, 0, 0, 0, vntext.Zone)
		return day.Add(time.Duration(math.Round(f*86400)) * time.Second), f == math.Trunc(f), nil
	}
	return at, false, err
}

var iso = regexp.MustCompile(`^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$`)

// duration reads seconds, "15s", "00:00:15" and "PT15S".
func (r *row) duration() *float64 {
	s := r.text("durationS")
	if m := iso.FindStringSubmatch(strings.ToUpper(s)); m != nil && len(s) > 2 {
		h, _ := strconv.ParseFloat("0"+m[1], 64)
		min, _ := strconv.ParseFloat("0"+m[2], 64)
		sec, _ := strconv.ParseFloat("0"+m[3], 64)
		return r.seconds(h*3600 + min*60 + sec)
	}
	if parts := strings.Split(s, ":"); len(parts) == 2 || len(parts) == 3 {
		total := 0.0
		for _, part := range parts {
			f, err := strconv.ParseFloat(part, 64)
			if err != nil || f < 0 || f >= 60 && total > 0 {
				r.fail("durationS", "%s is no duration", records.Quote(s))
				return nil
			}
			total = total*60 + f
		}
		return r.seconds(total)
	}
	return r.between("durationS", 0, 86400)
}

func (r *row) seconds(f float64) *float64 {
	if !(f >= 0 && f <= 86400) {
		r.fail("durationS", "%v seconds are more than a day", f)
	}
	return &f
}

var sha = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (r *row) hash() string {
	s := strings.ToLower(r.text("sha256"))
	if s != "" && !sha.MatchString(s) {
		r.fail("sha256", "%s is not 64 hexadecimal digits", records.Quote(s))
	}
	return s
}

func (r *row) truth(field string) *bool {
	s := r.text(field)
	if s == "" {
		return nil
	}
	var b bool
	switch vntext.Key(s) {
	case "true", "1", "co", "yes", "x":
		b = true
	case "false", "0", "khong", "no":
	default:
		r.fail(field, "%s is neither true nor false", records.Quote(s))
	}
	return &b
}

var kinds = map[string]string{
	"led": "LED", "manhinhled": "LED", "bangled": "LED", "lcd": "LCD", "manhinhlcd": "LCD", "print": "PRINT", "in": "PRINT", "pano": "PRINT", "hiflex": "PRINT", "bangin": "PRINT", "banron": "PRINT",
	"pano1cot": "PRINT", "trivision": "TRIVISION", "lat": "TRIVISION", "banglat": "TRIVISION", "banglat3mat": "TRIVISION", "banglatbamat": "TRIVISION", "3mat": "TRIVISION",
}

var statuses = map[string]string{
	"active": "ACTIVE", "hoatdong": "ACTIVE", "danghoatdong": "ACTIVE", "offline": "OFFLINE", "mattinhieu": "OFFLINE", "matketnoi": "OFFLINE", "suspended": "SUSPENDED", "tamdung": "SUSPENDED", "tamngung": "SUSPENDED",
	"dinhchi": "SUSPENDED", "expired": "EXPIRED", "hethan": "EXPIRED", "hethanphep": "EXPIRED", "unlicensed": "UNLICENSED", "khongphep": "UNLICENSED", "chuacapphep": "UNLICENSED",
}

func (r *row) oneOf(field string, known map[string]string) string {
	s := r.text(field)
	if s == "" {
		return ""
	}
	value, ok := known[vntext.Key(s)]
	if !ok {
		r.fail(field, "%s is not known", records.Quote(s))
	}
	return value
}
