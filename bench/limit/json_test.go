package limit

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"testing"
	"time"
)

func TestColumnsAsJSON(t *testing.T) {
	float := func(f float64) []byte { return binary.BigEndian.AppendUint64(nil, math.Float64bits(f)) }
	at := time.Date(2025, 10, 27, 13, 5, 0, 250_000_000, time.UTC)
	place := append([]byte{1}, 1, 0, 0, 0x20, 0xe6, 0x10, 0, 0)
	for _, f := range []float64{107.59, 16.46} {
		place = binary.LittleEndian.AppendUint64(place, math.Float64bits(f))
	}
	for _, c := range []struct {
		name   string
		append func(b, v []byte) []byte
		column []byte
		want   string
	}{
		{"text", appendString, []byte("Phường Kim Long"), `"Phường Kim Long"`},
		{"text with quotes", appendString, []byte("a \"b\" \\ c\n"), `"a \"b\" \\ c\n"`},
		{"no text", appendString, nil, `null`},
		{"time", appendTime, binary.BigEndian.AppendUint64(nil, uint64(at.Sub(epoch).Microseconds())), `"2025-10-27T13:05:00.25Z"`},
		{"time before 2000", appendTime, binary.BigEndian.AppendUint64(nil, math.MaxUint64), `"1999-12-31T23:59:59.999999Z"`},
		{"number", appendFloat, float(0.1), `0.1`},
		{"no number", appendFloat, nil, `null`},
		{"point", appendPoint, place, `{"type":"Point","coordinates":[107.59,16.46]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(c.append(nil, c.column)); got != c.want || !json.Valid([]byte(got)) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestCloseArray(t *testing.T) {
	for text, want := range map[string]string{"[": "[]", "[1,": "[1]", `[{"a":[1,2]},`: `[{"a":[1,2]}]`} {
		if got := string(closeArray([]byte(text))); got != want {
			t.Errorf("%s became %s", text, got)
		}
	}
}
