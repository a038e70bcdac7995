package connect_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"geohub/ingest"
)

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// sender connects to a hub that is about to listen.
func sender(t *testing.T, address string) net.Conn {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	for {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			t.Cleanup(func() { c.Close() })
			return c
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

func cefEvent(number string, rt int, more string) string {
	return fmt.Sprintf(`CEF:0|SOC|SIEM|1|BRUTE_FORCE|Dò mật khẩu|8|externalId=%s rt=%d start=1772330400000 cat=BRUTE_FORCE src=203.0.113.7 dst=10.57.1.2 dhost=hue-srv01 cs1Label=status cs1=NEW cs3Label=tlp cs3=TLP:AMBER+STRICT%s`,
		number, 1772330400000+rt*1000, more)
}

func syslogText(text string) string {
	return "<110>1 2026-03-01T02:00:00Z soc siem - - - " + text
}

func counted(text string) string { return fmt.Sprintf("%d %s", len(text), text) }

// Several senders speak at once, each in its own framing; of an incident's
// events the newest holds, and what it leaves out stays.
func TestCEFSenders(t *testing.T) {
	address := freeAddress(t)
	h := newStreamHub(t, "cef", "tcp://"+address)
	streamUntil(t, h, func() func() bool {
		said := false
		return func() bool {
			if !said {
				said = true
				a, b := sender(t, address), sender(t, address)
				a.Write([]byte(counted(syslogText(cefEvent("SOC-1", 60, " cnt=90 cs5Label=technique cs5=T1110.001")))[:40]))
				b.Write([]byte(syslogText(cefEvent("SOC-2", 0, " cnt=3")) + "\n"))
				a.Write([]byte(counted(syslogText(cefEvent("SOC-1", 60, " cnt=90 cs5Label=technique cs5=T1110.001")))[40:]))
				a.Write([]byte(counted(syslogText(cefEvent("SOC-1", 30, " cnt=70"))) + counted(syslogText(strings.Replace(cefEvent("SOC-1", 90, ""), "cs1=NEW", "cs1=RESOLVED", 1)))))
				b.Write([]byte(syslogText("CEF:0|SOC|SIEM|1|heartbeat|Heartbeat|0|rt=1772330400000") + "\n" + cefEvent("SOC-3", 0, " dlat=16.46 dlong=107.59") + "\n"))
			}
			return h.one("SELECT count(*)::text FROM security_incidents WHERE incident_no <> 'SOC-1' OR incident_status = 'RESOLVED'") == "3"
		}
	}())
	h.want("SELECT concat_ws(' ', label, incident_category, incident_severity, incident_status, event_count, technique, tlp, source_ip, asset_ip, asset_hostname, sharing) FROM security_incidents WHERE incident_no = 'SOC-1'",
		"Dò mật khẩu BRUTE_FORCE HIGH RESOLVED 90 T1110.001 AMBER_STRICT 203.0.113.7 10.57.1.2 hue-srv01 2")
	h.want("SELECT concat_ws(' ', ST_X(geom), ST_Y(geom)) FROM security_incidents WHERE incident_no = 'SOC-3'", "107.59 16.46")
	h.want("SELECT (records_in, records_quarantined)::text FROM sources", "(6,0)")
}

// What can't be read is kept, by frame and by field; a wrong count costs no more
// than its own message; what was mended comes in.
func TestCEFBadEvents(t *testing.T) {
	address := freeAddress(t)
	h := newStreamHub(t, "cef", "tcp://"+address)
	good := counted(syslogText(cefEvent("SOC-9", 0, "")))
	streamUntil(t, h, func() func() bool {
		said := false
		return func() bool {
			if !said {
				said = true
				c := sender(t, address)
				for _, text := range []string{
					counted(syslogText("not CEF")), "9" + good, counted(syslogText(strings.Replace(cefEvent("SOC-4", 0, ""), "|8|", "|11|", 1))),
					counted(syslogText(strings.Replace(cefEvent("SOC-5", 0, ""), "cat=BRUTE_FORCE", "cat=MAGIC", 1))),
					counted(syslogText(strings.Replace(cefEvent("SOC-6", 0, ""), "start=1772330400000", "start=once", 1))),
					counted(syslogText(strings.Replace(cefEvent("SOC-7", 0, ""), "src=203.0.113.7", "src=nowhere", 1))), good,
				} {
					c.Write([]byte(text))
				}
				c.Close()
			}
			return h.one("SELECT count(*)::text FROM security_incidents") == "1"
		}
	}())
	kept, err := h.Quarantined(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	reasons := h.one("SELECT string_agg(concat_ws(': ', stage, place, reason), ', ' ORDER BY id) FROM quarantine")
	for _, want := range []string{"DECODE: line 1, frame 1: the message is not CEF", "octet count is 9", "severity", `MAP: cat: "MAGIC" is none of RECONNAISSANCE`, `MAP: start: "once" is no time`, `MAP: src: "nowhere" is no IP address`} {
		if !strings.Contains(reasons, want) {
			t.Errorf("%q isn't in %s", want, reasons)
		}
	}
	for _, q := range kept {
		if strings.Contains(q.Reason, "MAGIC") {
			if r, err := h.Replay(t.Context(), ingest.Replay{Source: "s", ID: q.ID, Record: []byte(strings.Replace(q.Record, "MAGIC", "MALWARE", 1))}); err != nil || r.Quarantined != 0 {
				t.Errorf("%+v %v", r, err)
			}
		}
	}
	h.want("SELECT string_agg(concat_ws(' ', incident_no, incident_category), ', ' ORDER BY incident_no) FROM security_incidents", "SOC-5 MALWARE, SOC-9 BRUTE_FORCE")
}

// One sender too many is turned away, and there is room again when one leaves.
func TestCEFManySenders(t *testing.T) {
	address := freeAddress(t)
	h := newStreamHub(t, "cef", "tcp://"+address)
	streamUntil(t, h, func() func() bool {
		said := false
		return func() bool {
			if !said {
				said = true
				var all []net.Conn
				for range 64 {
					all = append(all, sender(t, address))
				}
				over := sender(t, address)
				over.SetReadDeadline(time.Now().Add(time.Minute))
				if _, err := over.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
					t.Errorf("the 65th was heard: %v", err)
				}
				all[0].Write([]byte(cefEvent("SOC-1", 0, "") + "\n"))
				all[63].Write([]byte(cefEvent("SOC-2", 0, "") + "\n"))
			}
			return h.one("SELECT count(*)::text FROM security_incidents") == "2"
		}
	}())
}
