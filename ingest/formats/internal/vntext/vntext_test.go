package vntext_test

import (
	"strings"
	"testing"
	"time"

	"geohub/ingest/formats/internal/vntext"
)

func TestKey(t *testing.T) {
	for in, want := range map[string]string{
		"Ngày hẹn trả": "ngayhentra", "ngay_hen_tra": "ngayhentra", "Độ đục (NTU)": "doducntu", "Đ.ưới": "duoi", "Nga\u0300y": "ngay", "µg/Nm³": "µgnm3",
	} {
		if got := vntext.Key(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, test := range []struct {
		in    string
		style vntext.Style
		want  float64
		bad   string
	}{
		{"7.25", vntext.Unknown, 7.25, ""}, {"7,25", vntext.Unknown, 7.25, ""}, {"-0,125", vntext.Unknown, -0.125, ""}, {"1234,567", vntext.Unknown, 1234.567, ""},
		{"1.234", vntext.Unknown, 1.234, ""}, {"1.234", vntext.Comma, 0, "ambiguous"}, {"1,234", vntext.Unknown, 0, "ambiguous"}, {"1,234", vntext.Comma, 1.234, ""}, {"1,234", vntext.Point, 0, "ambiguous"},
		{"1.234,5", vntext.Unknown, 1234.5, ""}, {"1,234.5", vntext.Unknown, 1234.5, ""}, {"1.234.567", vntext.Unknown, 1234567, ""}, {"12,34.5", vntext.Unknown, 0, "mixes"}, {"1.2.3", vntext.Unknown, 0, "not a number"},
		{"1 234,5", vntext.Unknown, 1234.5, ""}, {"1\u00a0234", vntext.Unknown, 1234, ""}, {"12 34", vntext.Unknown, 0, "not a number"},
		{"", vntext.Unknown, 0, "not a number"}, {"NaN", vntext.Unknown, 0, "not a number"}, {"Inf", vntext.Unknown, 0, "not a number"}, {"0x10", vntext.Unknown, 0, "not a number"}, {"1e400", vntext.Unknown, 0, "too large"}, {"--1", vntext.Unknown, 0, "not a number"},
	} {
		got, err := vntext.Number(test.in, test.style)
		if (err != nil) != (test.bad != "") || err != nil && !strings.Contains(err.Error(), test.bad) || got != test.want {
			t.Errorf("%q: %v, %v; want %v %s", test.in, got, err, test.want, test.bad)
		}
	}
}

func TestTime(t *testing.T) {
	for in, want := range map[string]string{
		"2025-10-27T13:05:00+07:00": "2025-10-27T13:05:00+07:00", "2025-10-27T06:05:00.5Z": "2025-10-27T06:05:00.5Z", "2025-10-27 13:05": "2025-10-27T13:05:00+07:00",
		"27/10/2025": "2025-10-27T00:00:00+07:00", "7/1/2025 08:30:00": "2025-01-07T08:30:00+07:00", "08:30 07/01/2025": "2025-01-07T08:30:00+07:00", "20251027130500": "2025-10-27T13:05:00+07:00",
		"31/02/2025": "no possible date", "10/31/2025": "no possible date", "20251301": "no possible date", "2025": "no date", "": "no date", "0001-01-01T00:00:00": "year 1",
	} {
		at, _, err := vntext.Time(in)
		got := at.Format(time.RFC3339Nano)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
