package connect_test

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"geohub/ingest"
	"geohub/ingest/connect"
	"geohub/ingest/formats/ais"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/systems"
)

// newStreamHub is a hub at hubtest.Now that reads one stream "s".
func newStreamHub(t *testing.T, format, address string, more ...string) webHub {
	t.Helper()
	text := fmt.Sprintf("sources:\n  - name: s\n    format: %s\n    address: %q\n", format, address)
	for _, line := range more {
		text += "    " + line + "\n"
	}
	sources, err := ingest.ParseSources([]byte(text), func(string) string { return "" }, connect.Formats())
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.DB(t, hubtest.Empty())
	h := webHub{&ingest.Runner{DB: db, Sources: sources, Formats: connect.Formats(), Mappings: systems.Mappings, Derivations: systems.Derivations,
		Layers: systems.All, Clock: func() time.Time { return hubtest.Now }, Log: slog.New(slog.DiscardHandler)}, t, db}
	if err := h.Declare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// aisFile has lines.
func aisFile(t *testing.T, lines ...string) string {
	path := filepath.Join(t.TempDir(), "ais.nmea")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func sentence(t *testing.T, m ais.Message) string {
	t.Helper()
	out, err := ais.Encode(nil, m, 3)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

const (
	aisPositions = "SELECT string_agg(concat_ws(' ', feature_id, to_char(at AT TIME ZONE 'UTC', 'HH24:MI:SS'), ST_X(geom), ST_Y(geom), speed_kn, course_deg, heading_deg), ', ' ORDER BY at) FROM vessel_positions"
	aisReasons   = "SELECT string_agg(concat_ws(': ', place, reason), ', ' ORDER BY id) FROM quarantine WHERE replayed_at IS NULL"
)

// The vectors of Annex A: all positions but line 8, which says that nothing is
// available.
func TestAISVectors(t *testing.T) {
	h := newStreamHub(t, "ais", aisFile(t,
		"!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C",
		"!AIVDM,1,1,,B,15M67FC000G?ufbE`FepT@3n00Sa,0*5C",
		"!AIVDM,1,1,,A,35NSH95001G?wopE`beasVk@0E5:,0*6F",
		"!AIVDM,1,1,,B,181:Kjh01ewHFRPDK1s3IRcn06sd,0*08",
		"!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C",
		"!AIVDM,2,2,1,A,88888888880,2*25",
		"!AIVDM,1,1,,A,B5NJ;PP005l4ot5Isbl03wsUkP06,0*76",
		"!AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P000,0*4B",
		"!AIVDM,1,1,,B,B8TA;tP3ws?8mP=18D3Q3wv4P000,0*2C",
		"!AIVDM,1,1,,B,H8TA;tQA@RoW7;?BmA<00000000,2*56",
		"!AIVDM,1,1,,B,H8TA;tTNF>H0000HF12i00109230,0*48"))
	if r := h.read(); r.In != 10 || r.Quarantined != 0 {
		t.Errorf("%+v %s", r, h.one(aisReasons))
	}
	h.want("SELECT string_agg(feature_id, ' ' ORDER BY feature_id COLLATE \"C\") FROM vessel_positions",
		"vessel:mmsi-366053209 vessel:mmsi-367430530 vessel:mmsi-367581220 vessel:mmsi-477553000 vessel:mmsi-538090443 vessel:mmsi-574901234")
	h.want("SELECT concat_ws(' ', label, imo, call_sign, ship_type, length_m, draught_m, destination) FROM vessels WHERE mmsi = '351759000'",
		"Tàu EVER DIADEM 9134270 3FOF8 70 295 12.2 NEW YORK")
	h.want("SELECT concat_ws(' ', label, label_en, vessel_name, call_sign, ship_type, length_m, speed_kn, course_deg, heading_deg, position_source, nav_status) FROM vessels WHERE mmsi = '574901234'",
		"Tàu TTH-91234-TS Vessel TTH-91234-TS TTH-91234-TS XVAB1 30 17 7.4 68.5 70 AIS")
	h.want("SELECT search FROM vessels WHERE mmsi = '574901234'", "tau tth-91234-ts vessel tth-91234-ts")
	h.want("SELECT concat_ws(' ', nav_status, vessel_status, speed_kn, heading_deg) FROM vessels WHERE mmsi = '477553000'", "MOORED AT_PORT 0 181")
}

// What is wrong is kept with its reason, the rest comes in; what has been
// mended comes in after all.
func TestAISBadSentences(t *testing.T) {
	h := newStreamHub(t, "ais", aisFile(t,
		"!AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P000,0*4C",
		"!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C",
		"nonsense",
		`\c:1772416800*00\!AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P000,0*4B`,
		"!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C",
		"$GPGGA,092750.000,5321.6802,N,00630.3372,W,1,8,1.03,61.7,M,55.2,M,,*76"))
	if r := h.read(); r.In != 5 || r.Quarantined != 4 {
		t.Errorf("%+v", r)
	}
	reasons := h.one(aisReasons)
	for _, want := range []string{"line 1: checksum is 4C, the sentence gives 4B", "line 3: no NMEA sentence", "line 4, tag: ", "line 2: sentence 2 of 2 is missing"} {
		if !strings.Contains(reasons, want) {
			t.Errorf("%q isn't in %s", want, reasons)
		}
	}
	kept, err := h.Quarantined(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range kept {
		mended := ""
		switch {
		case strings.Contains(q.Reason, "4C"):
			mended = "!AIVDM,1,1,,B,B8TA;tP0BasK:p2IFM0blS64P000,0*4B"
		case strings.Contains(q.Reason, "missing"):
			mended = q.Record + "\n!AIVDM,2,2,1,A,88888888880,2*25"
		default:
			continue
		}
		if r, err := h.Replay(t.Context(), ingest.Replay{Source: "s", ID: q.ID, Record: []byte(mended)}); err != nil || r.Quarantined != 0 {
			t.Errorf("%s, mended: %+v %v", q.Reason, r, err)
		}
	}
	h.want("SELECT string_agg(mmsi, ' ' ORDER BY mmsi) FROM vessels", "351759000 477553000 574901234")
}

// A message's own second holds when it is near the time the receiver says, or
// that of the read when there is none.
func TestAISTimes(t *testing.T) {
	at := hubtest.Now.UTC() // 02:00:00
	message := func(mmsi, second int, tag time.Time) string {
		return sentence(t, ais.Message{Type: 1, MMSI: mmsi, Lon: ais.Some(107.9), Lat: ais.Some(16.5), Second: ais.Some(second), Tag: ais.Tag{Time: tag}})
	}
	h := newStreamHub(t, "ais", aisFile(t,
		message(574000001, 58, at.Add(-time.Hour)),
		message(574000001, 58, at.Add(-time.Hour+time.Second)), // by another receiver
		message(574000001, 40, at.Add(-2*time.Hour)),
		message(574000001, 1, at.Add(-3*time.Hour)),
		message(574000001, 60, at.Add(-4*time.Hour)),
		message(574000001, 55, time.Time{})), "clockAhead: 0s")
	h.read()
	h.want("SELECT string_agg(to_char(at AT TIME ZONE 'UTC', 'HH24:MI:SS'), ' ' ORDER BY at) FROM vessel_positions", "22:00:00 23:00:01 00:00:00 00:59:58 01:59:55")

	h = newStreamHub(t, "ais", aisFile(t, message(574000001, 60, at.Add(6*time.Hour))), "clockAhead: 7h")
	h.read()
	h.want("SELECT to_char(at AT TIME ZONE 'UTC', 'HH24:MI:SS') FROM vessel_positions", "01:00:00")
}

// Of a vessel's positions all are kept, and the newest is on the map whatever
// the order; a position without course takes the former one away.
func TestAISNewest(t *testing.T) {
	at := hubtest.Now
	message := func(before time.Duration, lon float64, course ais.Opt[float64]) string {
		return sentence(t, ais.Message{Type: 18, MMSI: 574000001, Lon: ais.Some(lon), Lat: ais.Some(16.5), Course: course, Tag: ais.Tag{Time: at.Add(-before)}})
	}
	h := newStreamHub(t, "ais", aisFile(t, message(2*time.Minute, 107.2, ais.Some(20.0)), message(time.Minute, 107.3, ais.Opt[float64]{}), message(3*time.Minute, 107.1, ais.Some(10.0))))
	h.read()
	h.want("SELECT concat_ws(' ', ST_X(geom), course_deg, to_char(last_signal_at AT TIME ZONE 'UTC', 'HH24:MI')) FROM vessels", "107.3 01:59")
	h.want("SELECT count(*)::text FROM vessel_positions", "3")
	h.Sources[0].Address = aisFile(t, message(time.Hour, 107.05, ais.Some(5.0)))
	if r := h.read(); r.Late == 0 {
		t.Errorf("%+v", r)
	}
	h.want("SELECT concat_ws(' ', ST_X(geom), course_deg) FROM vessels", "107.3")
	h.want("SELECT count(*)::text FROM vessel_positions", "4")
}

// Messages of several sentences come in pieces and in datagrams.
func TestAISOverTheNet(t *testing.T) {
	first, second := "!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C", "!AIVDM,2,2,1,A,88888888880,2*25"
	position := "!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C"
	t.Run("tcp", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		h := newStreamHub(t, "ais", "tcp://"+l.Addr().String())
		go func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			for _, piece := range []string{first[:20], first[20:] + "\r", "\n" + second + "\n" + position} {
				c.Write([]byte(piece))
			}
			c.Close()
		}()
		if r := h.read(); r.In != 2 || r.Quarantined != 0 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("udp", func(t *testing.T) {
		free, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := free.LocalAddr().String()
		free.Close()
		h := newStreamHub(t, "ais", "udp://"+address)
		c, err := net.Dial("udp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		streamUntil(t, h, func() bool {
			// Datagrams to nobody are lost: said until they are heard.
			c.Write([]byte(position + "\r\n" + first))
			c.Write([]byte(second))
			return h.one("SELECT count(*)::text FROM vessels") == "2"
		})
		h.want(aisReasons, "")
	})
}

func TestAISAddresses(t *testing.T) {
	for _, address := range []string{"http://host", "tcp://host", "udp://host"} {
		_, err := ingest.ParseSources(fmt.Appendf(nil, "sources:\n  - {name: s, format: ais, address: %q}\n", address), nil, connect.Formats())
		if err == nil || !strings.Contains(err.Error(), "AIS comes by tcp://host:port") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
