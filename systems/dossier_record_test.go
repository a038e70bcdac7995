package systems

import (
	"testing"
	"time"

	"geohub/ingest/formats/dossier"
)

func TestDossierOutcome(t *testing.T) {
	at := func(day, hour int) *time.Time {
		v := time.Date(2026, 3, day, hour, 0, 0, 0, time.FixedZone("", 7*3600))
		return &v
	}
	for _, test := range []struct {
		name   string
		status int
		done   *time.Time
		steps  []dossier.Step
		since  *time.Time
		now    *time.Time
		want   DossierOutcome
	}{
		{"the day before", 9, at(9, 16), nil, nil, at(20, 0), "EARLY"},
		{"on the day", 10, at(10, 16), nil, nil, at(20, 0), "ON_TIME"},
		{"on the day, too late", 10, at(10, 18), nil, nil, at(20, 0), "LATE"},
		{"in time", 4, nil, nil, nil, at(10, 17), "IN_PROGRESS_IN_TIME"},
		{"overdue", 4, nil, nil, nil, at(10, 18), "IN_PROGRESS_OVERDUE"},
		{"waiting for papers", 5, nil, nil, at(8, 0), at(30, 0), "IN_PROGRESS_IN_TIME"},
		{"waiting for a fee, too late", 6, nil, nil, at(11, 0), at(30, 0), "IN_PROGRESS_OVERDUE"},
		{"waited, by its steps", 9, at(12, 10), []dossier.Step{{Buoc: "Yêu cầu bổ sung hồ sơ", Tu: at(3, 8), Den: at(5, 8)}}, nil, at(20, 0), "ON_TIME"},
		{"a step that is no pause", 9, at(12, 10), []dossier.Step{{Buoc: "Thẩm định", Tu: at(3, 8), Den: at(5, 8)}}, nil, at(20, 0), "LATE"},
		{"waits, by its steps", 5, nil, []dossier.Step{{Buoc: "Bổ sung", Tu: at(8, 0)}}, at(9, 0), at(30, 0), "IN_PROGRESS_IN_TIME"},
		{"new", 1, nil, nil, nil, at(30, 0), ""},
		{"withdrawn", 7, nil, nil, nil, at(30, 0), ""},
		{"done, nobody says when", 9, nil, nil, nil, at(30, 0), ""},
	} {
		r := dossier.Record{TrangThai: &test.status, CacBuoc: test.steps, NgayCapNhat: test.since}
		d := &Dossier{DossierStatus: &dossierStatuses[test.status-1], PromisedAt: at(10, 17), FinishedAt: test.done}
		got := DossierOutcome("")
		if o := outcomeOf(d, pausesOf(r, *test.now), *test.now); o != nil {
			got = *o
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestProcedureOf(t *testing.T) {
	for in, want := range map[string]string{"1.004194.000.00.00.H57": "1.004194", "2.000815": "2.000815", "": "", "x": "x"} {
		if got := procedureOf(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
