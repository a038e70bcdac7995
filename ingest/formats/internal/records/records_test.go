package records_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"geohub/ingest/formats"
	"geohub/ingest/formats/internal/records"
)

// walk tells what a walker finds, a line each.
func walk(t *testing.T, r io.Reader) []string {
	t.Helper()
	var got []string
	whole, err := records.Walk(r, records.Walker{
		Lists: []string{"value", "data.items"}, Nested: []string{"rows"},
		Item: func(v records.Value) error {
			got = append(got, fmt.Sprintf("%d %s %s", v.Line, v.Path, v.Raw))
			return nil
		},
		Bad: func(v records.Value) error {
			got = append(got, fmt.Sprintf("%d %s BAD %s", v.Line, v.Path, v.Problem))
			return nil
		},
		Close: func(l *records.List) error {
			got = append(got, fmt.Sprintf("%d %s next=%s total=%s", l.Line, l.Path, l.Fields["next"], l.Fields["total"]))
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !whole {
		got = append(got, "in part")
	}
	return got
}

func TestWalk(t *testing.T) {
	for _, test := range []struct {
		name, in string
		want     []string
	}{
		{"nothing", "", nil},
		{"lines", "\xef\xbb\xbf{\"a\":1}\r\n\r\n{\"a\":2}", []string{`1  {"a":1}`, `3  {"a":2}`}},
		{"an array", `[{"a":1},{"a":2}]`, []string{`1 [0] {"a":1}`, `1 [1] {"a":2}`}},
		{"a page", `{"total":2,"value":[{"a":1},{"a":"]"}],"next":"x"}`, []string{`1 value[0] {"a":1}`, `1 value[1] {"a":"]"}`, `1 value next="x" total=2`}},
		{"an inner page", `{"data":{"items":[{"a":1}],"total":2},"next":"x"}`, []string{`1 data.items[0] {"a":1}`, `1 data.items next="x" total=2`}},
		{"no page", `{"value":1,"data":{"a":[1]}}`, []string{`1  {"value":1,"data":{"a":[1]}}`}},
		{"rows", `{"value":[{"c":["x"],"rows":[[1],[2]]}]}`, []string{`1 value[0].rows[0] [1]`, `1 value[0].rows[1] [2]`, `1 value[0].rows next= total=`, `1 value next= total=`}},
		{"a bad word in an array", `[{"a":1},{"a":NaN},{"a":3}]`, []string{`1 [0] {"a":1}`, `1 [1] BAD not JSON: invalid character 'N' looking for beginning of value`, `1 [2] {"a":3}`}},
		{"a bracket left out in an array", `[{"a":1,{"a":2},{"a":3}]`, []string{`1 [0] BAD a value begins where it can't: is a closing bracket missing?`, `1 [1] {"a":2}`, `1 [2] {"a":3}`}},
		{"a line cut off", "{\"a\":1\n{\"a\":2}\n{\"a\":\n{\"a\":4}\n{\"a\":5}\n", []string{
			`1  BAD a value begins where it can't: is a closing bracket missing?`, `2  {"a":2}`,
			`3  BAD a value begins where it can't: is a closing bracket missing?`, `4  {"a":4}`, `5  {"a":5}`}},
		{"a string cut off", "{\"a\":\"x\n{\"a\":2}\n", []string{`1  BAD a string is not closed on its line`, `2  {"a":2}`}},
		{"the last line cut off", "{\"a\":1}\n{\"a\":\"x", []string{`1  {"a":1}`, `2  BAD the input ends inside this value`, "in part"}},
		{"a page cut off", `{"value":[{"a":1},{"a"`, []string{`1 value[0] {"a":1}`, `1 value[1] BAD the input ends inside this value`, `1  BAD the input ends inside this value`, `1 value next= total=`, "in part"}},
		{"rubbish", "hello\n{\"a\":2}\n", []string{`1  BAD not JSON: invalid character 'h' looking for beginning of value`, `2  {"a":2}`}},
		{"a page of HTML", "<html>\n<body>", []string{`1  BAD an XML or HTML document, not JSON`, "in part"}},
		{"UTF-16", "\xff\xfe{\x00", []string{`1  BAD text in UTF-16: UTF-8 is needed`, "in part"}},
		{"Latin-1", "{\"a\":\"30 \xb0C\"}\n{\"a\":2}", []string{`1  BAD byte 10 is 0xB0, not UTF-8 (0xB0 is ° in Windows-1252 and Windows-1258?): the text must be converted to UTF-8`, `2  {"a":2}`}},
		{"indented", "[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": {\n  },\n  {\n    \"a\": 3\n  }\n]", []string{
			"2 [0] {\n    \"a\": 1\n  }", `5 [1] BAD a value begins where it can't: is a closing bracket missing?`, "8 [2] {\n    \"a\": 3\n  }"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for kind, r := range map[string]io.Reader{"whole": strings.NewReader(test.in), "byte by byte": iotest.OneByteReader(strings.NewReader(test.in))} {
				if got, want := strings.Join(walk(t, r), "\n"), strings.Join(test.want, "\n"); got != want {
					t.Errorf("%s:\n%s\nwant\n%s", kind, got, want)
				}
			}
		})
	}
}

// A record without end, an element too long and a page of 100,000 all go by
// in the memory of one record.
func TestWalkIsBounded(t *testing.T) {
	long := func() io.Reader {
		return io.MultiReader(
			strings.NewReader(`{"value":[{"a":1},{"a":"`), io.LimitReader(endless("x"), 24<<20), strings.NewReader(`"},{"a":3}],"next":"y"}`+"\n"),
			strings.NewReader(`[`), io.LimitReader(endless(`{"a":4},`), 8*100_000), strings.NewReader(`]`), io.LimitReader(endless("["), 9<<20),
		)
	}
	items, bad := 0, 0
	var peak runtime.MemStats
	_, err := records.Walk(long(), records.Walker{Lists: []string{"value"},
		Item: func(v records.Value) error {
			if items++; items == 100_000 {
				runtime.GC()
				runtime.ReadMemStats(&peak)
			}
			return nil
		},
		Bad: func(v records.Value) error { bad++; return nil },
	})
	if err != nil || items != 100_002 || bad != 3 {
		t.Errorf("%d items, %d bad, %v", items, bad, err)
	}
	if peak.HeapAlloc > 4*formats.MaxRecord+(8<<20) {
		t.Errorf("%d MiB held", peak.HeapAlloc>>20)
	}
}

type endless string

func (e endless) Read(p []byte) (int, error) {
	p = p[:len(p)/len(e)*len(e)]
	for i := 0; i < len(p); i += len(e) {
		copy(p[i:], e)
	}
	return len(p), nil
}

func TestWalkReturnsTheReadersError(t *testing.T) {
	broken := errors.New("connection reset")
	n := 0
	_, err := records.Walk(io.MultiReader(strings.NewReader("{\"a\":1}\n{\"a"), iotest.ErrReader(broken)), records.Walker{
		Item: func(records.Value) error { n++; return nil }, Bad: func(v records.Value) error { t.Errorf("refused: %s", v.Problem); return nil },
	})
	if !errors.Is(err, broken) || n != 1 {
		t.Errorf("%d items, %v", n, err)
	}
}

func TestLines(t *testing.T) {
	in := io.MultiReader(strings.NewReader("\xef\xbb\xbfa\r\n\nc"), io.LimitReader(endless("c"), 20<<20), strings.NewReader("\nd"))
	var got []string
	for l := records.NewLines(in); ; {
		line, err := l.Next()
		if err == io.EOF {
			break
		}
		got = append(got, fmt.Sprintf("%d %.3s %v", line.N, line.Bytes, line.Long))
	}
	if got, want := strings.Join(got, "\n"), "1 a false\n2  false\n3 ccc true\n4 d false"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestMask(t *testing.T) {
	keep := func(key, value string) bool { return key == "time" || key == "n" }
	for in, want := range map[string]string{
		`{"time":"t","ref":"4111","n":[1,"x"],"o":{"p":["q"],"n":true}}`: `{"time":"t","ref":"[redacted]","n":[1,"x"],"o":{"p":["[redacted]"],"n":true}}`,
		`{"ref":"41\"11`:          `{"ref":"[redacted]"`,
		`4111 1111`:               `"[redacted]" "[redacted]"`,
		`{"4111111111111111": 1}`: `{"xxxxxxxxxxxxxxxx": "[redacted]"}`,
	} {
		if got := string(records.Mask([]byte(in), keep)); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func FuzzWalk(f *testing.F) {
	for _, s := range []string{`{"value":[{"a":1},{"rows":[[1],`, "{\"a\":1\n{\"b\":\"x\n]}", `{"data":{"items":[1,2],"x":[}},"value":[}`, "[[[[{{{"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		count := func(v records.Value) error {
			if n++; n > 8*len(b)+8 {
				t.Fatalf("%d values in %d bytes", n, len(b))
			}
			records.Mask(v.Raw, func(string, string) bool { return false })
			return nil
		}
		if _, err := records.Walk(strings.NewReader(string(b)), records.Walker{Lists: []string{"value", "data.items"}, Nested: []string{"rows"}, Item: count, Bad: count}); err != nil {
			t.Fatal(err)
		}
	})
}
