package connect_test

import (
	"fmt"
	"log/slog"
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

// One vessel is heard by its transponder, by its device and read of in the
// register. Whichever comes first, and again: where it is says the newest of
// all, each field who knows it best.
func TestOneVesselInAnyOrder(t *testing.T) {
	at := func(minute int) time.Time { return hubtest.Now.Add(time.Duration(minute-60) * time.Minute) }
	moved := func(minute int, lon float64, course ais.Opt[float64], status int) string {
		return sentence(t, ais.Message{Type: 1, MMSI: 574000001, Lon: ais.Some(lon), Lat: ais.Some(16.5), Speed: ais.Some(3.0), Course: course, Heading: ais.Some(90),
			Status: ais.Some(status), Tag: ais.Tag{Time: at(minute)}})
	}
	called := sentence(t, ais.Message{Type: 5, MMSI: 574000001, Shipname: "TTH-1-TS", Callsign: "XVAB1", ShipType: ais.Some(30), Draught: ais.Some(2.5),
		ToBow: ais.Some(12), ToStern: ais.Some(5), Destination: "THUAN AN", Tag: ais.Tag{Time: at(21)}})
	files := map[string]string{
		"ais": strings.Join([]string{moved(10, 107.10, ais.Some(10.0), 7), called, moved(30, 107.30, ais.Some(30.0), 0), moved(20, 107.20, ais.Some(20.0), 7)}, "\n"),
		// The newest has no course and no heading; what AIS said of these is past.
		"vms": fmt.Sprintf(`[{"vesselReg":"TTH-1-TS","lat":16.5,"lon":107.25,"time":%q,"speed":4,"heading":25},{"deviceId":"VMS-7","lat":16.5,"lon":107.4,"time":%q,"speed":0}]`,
			at(25).Format(time.RFC3339), at(40).Format(time.RFC3339)),
		"register": fmt.Sprintf(`[{"vesselReg":"TTH-1-TS","mmsi":"574000001","deviceIds":["VMS-7"],"lmax":17.3,"owner":"Lê Thị B","state":"BOUNDARY","stateAt":%q,"updatedAt":%q}]`,
			at(50).Format(time.RFC3339), at(55).Format(time.RFC3339)),
	}
	dir := t.TempDir()
	text := "sources:\n"
	for name, format := range map[string]string{"ais": "ais", "vms": "vms", "register": "vms-register"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(files[name]), 0o600); err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintf("  - name: %s\n    format: %s\n    address: %s\n", name, format, path)
		if name != "ais" {
			text += "    every: 1m\n"
		}
	}
	for _, order := range []string{"ais vms register", "ais register vms", "vms ais register", "vms register ais", "register ais vms", "register vms ais", "ais vms register ais vms register"} {
		t.Run(order, func(t *testing.T) {
			sources, err := ingest.ParseSources([]byte(text), nil, connect.Formats())
			if err != nil {
				t.Fatal(err)
			}
			db := pgtest.DB(t, hubtest.Empty())
			h := webHub{&ingest.Runner{DB: db, Sources: sources, Formats: connect.Formats(), Mappings: systems.Mappings, Derivations: systems.Derivations,
				Layers: systems.All, Clock: func() time.Time { return hubtest.Now }, Log: slog.New(slog.DiscardHandler)}, t, db}
			if err := h.Declare(t.Context()); err != nil {
				t.Fatal(err)
			}
			for source := range strings.FieldsSeq(order) {
				if _, err := h.Read(t.Context(), source); err != nil {
					t.Fatal(err)
				}
			}
			h.want("SELECT string_agg(id, ' ') FROM vessels", "vessel:TTH-1-TS")
			h.want("SELECT concat_ws(' ', label, registration, mmsi, length_m, owner_name, vessel_status, vessel_name, call_sign, ship_type, draught_m, destination, nav_status) FROM vessels",
				"Tàu cá TTH-1-TS TTH-1-TS 574000001 17.3 Lê Thị B BOUNDARY TTH-1-TS XVAB1 30 2.5 THUAN AN UNDER_WAY_USING_ENGINE")
			h.want("SELECT concat_ws(' ', ST_X(geom), speed_kn, coalesce(course_deg, -1), coalesce(heading_deg, -1), position_source, to_char(observed_at AT TIME ZONE 'UTC', 'HH24:MI'), to_char(last_signal_at AT TIME ZONE 'UTC', 'HH24:MI')) FROM vessels",
				"107.4 0 -1 -1 VMS 01:40 01:40")
			h.want("SELECT string_agg(ST_X(geom)::text, ' ' ORDER BY at) FROM vessel_positions", "107.1 107.2 107.25 107.3 107.4")
			h.want("SELECT count(*)::text FROM quarantine", "0")
		})
	}
}
