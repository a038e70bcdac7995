package serve

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"geohub/province"
	"geohub/systems"
)

// securityBeat is how often the centre says that it is there.
const securityBeat = 30 * time.Second

// securityService is the security operations centre's SIEM: it connects to the
// hub and sends CEF in syslog, first each incident as it stands, then what
// changes.
func securityService() service {
	return service{name: "security", run: securitySend, ports: []string{"syslog"}, sources: `
  - name: soc
    format: cef
    address: tcp://{{.Port "syslog"}}
`}
}

func securitySend(ctx context.Context, s *Server) error {
	for ; ctx.Err() == nil; wait(ctx, time.Second) {
		conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", s.Address("syslog"))
		if err != nil {
			continue // nobody listens yet
		}
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		securityFeed(ctx, s, conn)
		stop()
		conn.Close()
	}
	return nil
}

// securityFeed sends until the hub hangs up.
func securityFeed(ctx context.Context, s *Server, conn net.Conn) {
	said := map[string]string{}
	var beat time.Time
	for ; ctx.Err() == nil; wait(ctx, time.Second) {
		var out []byte
		for _, row := range rows(s, "incidents", (*province.Province).SecurityIncidents) {
			if text := incidentCEF(row); said[row.RecordKey] != text {
				said[row.RecordKey] = text
				out = syslogFrame(out, *row.VersionAt, text)
			}
		}
		if time.Since(beat) >= securityBeat {
			beat = time.Now()
			out = syslogFrame(out, s.Now(), fmt.Sprintf("CEF:0|Hue SOC|SIEM|3.2|heartbeat|Heartbeat|0|rt=%d", s.Now().UnixMilli()))
		}
		if err := conn.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
			return
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// syslogFrame appends a message of RFC 5424 that counts its octets (RFC 6587).
func syslogFrame(out []byte, at time.Time, text string) []byte {
	message := fmt.Sprintf("<110>1 %s soc-hue siem - - - %s", at.UTC().Format("2006-01-02T15:04:05.000Z"), text)
	return fmt.Appendf(out, "%d %s", len(message), message)
}

// incidentCEF is an incident as the SIEM says it: in the standard's keys, and
// in custom fields what it has none for.
func incidentCEF(row *systems.SecurityIncident) string {
	var out strings.Builder
	fmt.Fprintf(&out, "CEF:0|Hue SOC|SIEM|3.2|%s|%s|%d|", cefHeader.Replace(string(*row.IncidentCategory)), cefHeader.Replace(row.LabelVI), cefSeverities[*row.IncidentSeverity])
	sep := ""
	add := func(key, value string) {
		if value != "" {
			out.WriteString(sep + key + "=" + cefValue.Replace(value))
			sep = " "
		}
	}
	custom := func(key, label, value string) {
		if value != "" {
			add(key+"Label", label)
			add(key, value)
		}
	}
	add("externalId", row.RecordKey)
	add("rt", millis(row.VersionAt))
	add("start", millis(row.OpenedAt))
	add("cat", string(*row.IncidentCategory))
	add("cnt", strconv.Itoa(*row.EventCount))
	add("src", orNone(row.SourceIp))
	add("dst", orNone(row.AssetIp))
	add("dhost", orNone(row.AssetHostname))
	if at, ok := row.Geom.(orb.Point); ok {
		add("dlat", strconv.FormatFloat(at.Lat(), 'f', -1, 64))
		add("dlong", strconv.FormatFloat(at.Lon(), 'f', -1, 64))
	}
	custom("cs1", "status", string(*row.IncidentStatus))
	custom("cs2", "findingUid", orNone(row.FindingUid))
	custom("cs3", "tlp", "TLP:"+strings.ReplaceAll(string(*row.TLP), "_", "+"))
	custom("cs4", "tactic", orNone(row.Tactic))
	custom("cs5", "technique", orNone(row.Technique))
	custom("cs6", "system", orNone(row.SystemName))
	custom("cn1", "securityLevel", strconv.Itoa(*row.SecurityLevel))
	custom("flexString1", "agency", row.AgencyCode)
	custom("flexString2", "nameEn", row.LabelEN)
	custom("deviceCustomDate1", "containedAt", millis(row.ContainedAt))
	custom("deviceCustomDate2", "resolvedAt", millis(row.ResolvedAt))
	custom("flexDate1", "reportedToNationalAt", millis(row.ReportedToNationalAt))
	return out.String()
}

var (
	cefHeader     = strings.NewReplacer(`\`, `\\`, `|`, `\|`)
	cefValue      = strings.NewReplacer(`\`, `\\`, `=`, `\=`, "\n", `\n`)
	cefSeverities = map[systems.IncidentSeverity]int{"INFO": 0, "LOW": 3, "MEDIUM": 6, "HIGH": 8, "CRITICAL": 9, "FATAL": 10}
)

func millis(t *time.Time) string {
	if t == nil {
		return ""
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}
