package systems

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"geohub/access"
	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/cef"
	"geohub/layer"
)

// incident is what one event says of an incident; what it leaves out stays.
var incident = ingest.Whole(SecurityIncidents).Sparse()

// incidentOfCEF makes an incident of the events that name it in externalId, by
// the newest of them. What an operations centre says beside the standard's own
// keys it says in custom fields, by their labels: nameEn, status,
// findingUid, tlp, tactic, technique, system, securityLevel, agency,
// containedAt, resolvedAt and reportedToNationalAt. Events of no incident stay in the SIEM: they make
// nothing, and show that the sender is alive.
var incidentOfCEF = ingest.Map("cef", 1, func(in *ingest.Intake, e cef.Event) error {
	number := e.Extension["externalId"]
	if number == "" {
		return nil
	}
	f := cefFields{e: e, in: in}
	row := &SecurityIncident{
		Base: layer.Base{ID: SecurityIncidents.IDPrefix() + number, RecordKey: number, LabelVI: e.Name, LabelEN: e.Labels["nameEn"], Sharing: access.Private,
			AgencyCode: e.Labels["agency"], ObservedAt: f.time("start", e.Extension["start"]), VersionAt: f.time("rt", e.Extension["rt"])},
		IncidentNo: &number, IncidentCategory: some(IncidentCategory(f.code("cat", incidentCategories))), IncidentSeverity: f.severity(),
		IncidentStatus: some(IncidentStatus(f.label("status", incidentStatuses))), FindingUid: some(e.Labels["findingUid"]),
		Tactic: some(e.Labels["tactic"]), Technique: some(e.Labels["technique"]),
		AssetHostname: some(e.Extension["dhost"]), AssetIp: f.address("dst"), SourceIp: f.address("src"),
		SystemName: some(e.Labels["system"]), SecurityLevel: f.number("securityLevel", e.Labels["securityLevel"], 1, 5), TLP: f.tlp(),
		ContainedAt: f.time("containedAt", e.Labels["containedAt"]), ResolvedAt: f.time("resolvedAt", e.Labels["resolvedAt"]),
		ReportedToNationalAt: f.time("reportedToNationalAt", e.Labels["reportedToNationalAt"]), EventCount: f.number("cnt", e.Extension["cnt"], 0, 1<<31-1),
	}
	row.OpenedAt = row.ObservedAt
	row.Geom = f.place()
	if row.VersionAt == nil && e.Syslog != nil && e.Syslog.Timestamp != nil {
		row.VersionAt = new(e.Syslog.Timestamp.Add(-time.Duration(in.Source.ClockAhead)))
	}
	if row.TLP != nil && *row.TLP == "CLEAR" {
		row.Sharing = access.Shared
	}
	if f.bad != nil {
		return *f.bad
	}
	ingest.Put(in, incident, row)
	return nil
})

// cefFields reads values of an event; the first that can't be read is kept.
type cefFields struct {
	e   cef.Event
	in  *ingest.Intake
	bad *formats.Refusal
}

func (f *cefFields) fail(path, format string, args ...any) {
	if f.bad == nil {
		f.bad = &formats.Refusal{Path: path, Reason: fmt.Sprintf(format, args...)}
	}
}

// cefTimes are the ways CEF writes a time beside milliseconds since 1970.
var cefTimes = []string{"Jan 2 2006 15:04:05.000 MST", "Jan 2 2006 15:04:05.000", "Jan 2 2006 15:04:05 MST", "Jan 2 2006 15:04:05", time.RFC3339}

func (f *cefFields) time(key, text string) *time.Time {
	if text == "" {
		return nil
	}
	ahead := time.Duration(f.in.Source.ClockAhead)
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return new(time.UnixMilli(ms).Add(-ahead))
	}
	for _, form := range cefTimes {
		if t, err := time.ParseInLocation(form, text, f.in.Source.Location); err == nil {
			return new(t.Add(-ahead))
		}
	}
	f.fail(key, "%q is no time: milliseconds since 1970 or Jan 02 2006 15:04:05 are due", text)
	return nil
}

func (f *cefFields) number(key, text string, least, most int) *int {
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		f.fail(key, "%q is no number from %d to %d", text, least, most)
	}
	return &n
}

func (f *cefFields) address(key string) *string {
	text := f.e.Extension[key]
	if text == "" {
		return nil
	}
	if _, err := netip.ParseAddr(text); err != nil {
		f.fail(key, "%q is no IP address", text)
	}
	return &text
}

func (f *cefFields) code(key string, known string) string {
	return f.oneOf(key, f.e.Extension[key], known)
}

func (f *cefFields) label(name string, known string) string {
	return f.oneOf(name, f.e.Labels[name], known)
}

func (f *cefFields) oneOf(key, text, known string) string {
	if text != "" && !strings.Contains(" "+known+" ", " "+text+" ") {
		f.fail(key, "%q is none of %s", text, strings.ReplaceAll(known, " ", ", "))
	}
	return text
}

const (
	incidentCategories = "RECONNAISSANCE BRUTE_FORCE PHISHING MALWARE BOTNET DENIAL_OF_SERVICE INTRUSION ACCOUNT_COMPROMISE DEFACEMENT DATA_BREACH VULNERABILITY MISCONFIGURATION POLICY_VIOLATION OTHER"
	incidentStatuses   = "NEW IN_PROGRESS SUPPRESSED RESOLVED"
	tlps               = "CLEAR GREEN AMBER AMBER_STRICT RED"
)

// severity takes CEF's 0 to 10 as OCSF's six steps: of CEF's four classes the
// upper half of Very-High is Fatal, and 0 is for information.
func (f *cefFields) severity() *IncidentSeverity {
	level, ok := f.e.Severity.Level()
	if !ok {
		return nil
	}
	steps := [11]IncidentSeverity{"INFO", "LOW", "LOW", "LOW", "MEDIUM", "MEDIUM", "MEDIUM", "HIGH", "HIGH", "CRITICAL", "FATAL"}
	return &steps[level]
}

// tlp reads "TLP:AMBER+STRICT" and the like.
func (f *cefFields) tlp() *TLP {
	text := strings.TrimPrefix(strings.ToUpper(f.e.Labels["tlp"]), "TLP:")
	text = strings.ReplaceAll(text, "+", "_")
	if text == "WHITE" {
		text = "CLEAR" // TLP 1.0
	}
	return some(TLP(f.oneOf("tlp", text, tlps)))
}

// place is where the host that was hit stands; nil where the event doesn't say.
func (f *cefFields) place() orb.Geometry {
	lon, lat := f.e.Extension["dlong"], f.e.Extension["dlat"]
	if lon == "" && lat == "" {
		return nil
	}
	x, errLon := strconv.ParseFloat(lon, 64)
	y, errLat := strconv.ParseFloat(lat, 64)
	if errLon != nil || errLat != nil || !(x >= -180 && x <= 180 && y >= -90 && y <= 90) {
		f.fail("dlat", "%q, %q is no latitude and longitude", lat, lon)
		return nil
	}
	return orb.Point{x, y}
}
