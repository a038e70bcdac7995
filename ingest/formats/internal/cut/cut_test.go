package cut

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

type next interface{ Next() (Piece, error) }

func pieces(t testing.TB, c next) []string {
	t.Helper()
	var got []string
	for {
		p, err := c.Next()
		if err == io.EOF {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
		s := fmt.Sprintf("%d %s %s", p.Line, p.Name, p.Raw[:min(len(p.Raw), 60)])
		if p.Fault != "" {
			s += " !" + p.Fault
		}
		got = append(got, s)
		if len(got) > 1000 {
			t.Fatal("it never ends")
		}
	}
}

func TestXML(t *testing.T) {
	for _, test := range []struct {
		name, in, rest string
		want           []string
	}{
		{"one", "<a>\n<r>1</r></a>", "<a>\n</a>", []string{"2 r <r>1</r>"}},
		{"prefixed and empty", `<x:r a=">"/><r/>`, "", []string{`1 r <x:r a=">"/>`, "1 r <r/>"}},
		{"broken inside", "<r><b></r>\r\n<r/>", "\r\n", []string{"1 r <r><b></r>", "2 r <r/>"}},
		{"no end tag", "<r>1\n<r>2</r>", "", []string{"1 r <r>1\n !its end tag is missing: the next <r> begins", "2 r <r>2</r>"}},
		{"cut off", "<r>1</r><r>2", "", []string{"1 r <r>1</r>", "1 r <r>2 !the input ends inside it: its end tag is missing"}},
		{"in a comment", "<!-- <r>no</r> --><r>yes</r>", "<!-- <r>no</r> -->", []string{"1 r <r>yes</r>"}},
		{"in CDATA outside", "<![CDATA[<r>yes</r>]]>", "<![CDATA[]]>", []string{"1 r <r>yes</r>"}},
		{"CDATA inside", "<r><![CDATA[</r>]]></r>", "", []string{"1 r <r><![CDATA[</r>]]></r>"}},
		{"CDATA never closed", "<r><![CDATA[ 1 </r><r>2</r>", "", []string{"1 r <r><![CDATA[ 1 </r>", "1 r <r>2</r>"}},
		{"doctype", `<!DOCTYPE a [<!ENTITY x "<r>">]><r/>`, `<!DOCTYPE a [<!ENTITY x "<r>">]>`, []string{"1 r <r/>"}},
		{"open attribute", `<r a="1<b></r><r/>`, "", []string{`1 r <r a="1<b></r>`, "1 r <r/>"}},
		{"a lone mark", "1 < 2 <r>3 < 4</r>", "1 < 2 ", []string{"1 r <r>3 < 4</r>"}},
		{"other names", "<rr/><r.r/>", "<rr/><r.r/>", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, r := range map[string]io.Reader{"whole": strings.NewReader(test.in), "bytewise": iotest.OneByteReader(strings.NewReader(test.in))} {
				x, rest := NewXML(r, "r"), ""
				x.Rest(func(b []byte) { rest += string(b) })
				if diff := cmp.Diff(test.want, pieces(t, x)); diff != "" {
					t.Error(name, diff)
				}
				if rest != test.rest {
					t.Errorf("%s: rest %q, want %q", name, rest, test.rest)
				}
			}
		})
	}
}

func TestJSON(t *testing.T) {
	for _, test := range []struct {
		name, in, rest string
		want           []string
	}{
		{"array", "[{\"a\":1},\n{\"a\":[2,{}]}]", "\n]", []string{`1  {"a":1}`, `2  {"a":[2,{}]}`}},
		{"lines", "\uFEFF{\"a\":1}\n{\"a\":2}\n", "\n", []string{`1  {"a":1}`, `2  {"a":2}`}},
		{"wrapper", `{"n":2,"rs":[{"a":1},{"a":2}],"m":[3]}`, `{"n":2,"rs":[],"m":[3]}`, []string{`1 rs {"a":1}`, `1 rs {"a":2}`}},
		{"nested wrapper", `{"in":{"rs":[{"a":1}]},"z":0}`, `{"in":{"rs":[]},"z":0}`, []string{`1 rs {"a":1}`}},
		{"empty", `[]`, "]", nil},
		{"empty wrapper", `{"rs":[]}`, `{"rs":[]}`, nil},
		{"not objects", `[1,"x",null,[2]]`, "]", []string{"1  1", `1  "x"`, "1  null", "1  [2]"}},
		{"no brace", `[{"a":1,{"a":2},{"a":3}]`, "]", []string{`1  {"a":1, !'{' where a key should be`, `1  {"a":2}`, `1  {"a":3}`}},
		{"no quote", `[{"a":"1},{"a":"2"},{"a":"3"}]`, "]", []string{`1  {"a":"1}, !'a' where a comma or '}' should be`, `1  {"a":"2"}`, `1  {"a":"3"}`}},
		{"no comma", `[{"a":1}{"a":2}]`, "]", []string{`1  {"a":1}`, `1  {"a":2}`}},
		{"comma at the end", `[{"a":1,},{"a":2},]`, "]", []string{`1  {"a":1,}`, `1  {"a":2}`}},
		{"cut off", `[{"a":1},{"a":`, "", []string{`1  {"a":1}`, `1  {"a": !the input ends inside it`}},
		{"array not closed", `[{"a":1}`, "", []string{`1  {"a":1}`, `1   !the input ends before the array does`}},
		{"one brace more", `[{"a":1}},{"a":2}]`, "]", []string{`1  {"a":1}`, `1  }, !a "}" that nothing opened`, `1  {"a":2}`}},
		{"escapes", `[{"a":"\"}\\"},{"a":"\u00e9"}]`, "]", []string{`1  {"a":"\"}\\"}`, `1  {"a":"\u00e9"}`}},
		{"line in a string", "[{\"a\":\"1\n\"},{\"a\":2}]", "]", []string{"1  {\"a\":\"1\n\"}, !a line ends inside a string", `2  {"a":2}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, r := range map[string]io.Reader{"whole": strings.NewReader(test.in), "bytewise": iotest.OneByteReader(strings.NewReader(test.in))} {
				j, rest := NewJSON(r, []string{"rs"}, []string{"in"}), ""
				j.Rest(func(b []byte) { rest += string(b) })
				if diff := cmp.Diff(test.want, pieces(t, j)); diff != "" {
					t.Error(name, diff)
				}
				if rest != test.rest {
					t.Errorf("%s: rest %q, want %q", name, rest, test.rest)
				}
			}
		})
	}
}

// repeat is a text over and over, without holding it.
type repeat struct {
	text string
	left int64
	at   int
}

func (r *repeat) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && r.left > 0 {
		m := copy(p[n:min(int64(len(p)), int64(n)+r.left)], r.text[r.at:])
		r.at = (r.at + m) % len(r.text)
		r.left -= int64(m)
		n += m
	}
	return n, nil
}

func TestTooLarge(t *testing.T) {
	const limit = 256 << 10
	const size = 5 * limit
	big := func(before, fill, after string) io.Reader {
		return io.MultiReader(strings.NewReader(before), &repeat{text: fill, left: int64(size / len(fill) * len(fill))}, strings.NewReader(after))
	}
	for _, test := range []struct {
		name  string
		cut   next
		found int // records without a fault
	}{
		{"XML text", NewXML(big("<r/><r>", "text ", "</r><r/>"), "r"), 2},
		{"XML elements", NewXML(big("<r/><r>", "<b>1</b>", "</r><r/>"), "r"), 2},
		{"XML tag", NewXML(big("<r/><r ", "a", "></r><r/>"), "r"), 2},
		{"XML comment", NewXML(big("<r/><r><!--", "a-", "--></r><r/>"), "r"), 2},
		{"XML comments never closed", NewXML(big("<r/><r>", "<!--<![CDATA[<?<!D[", "</r><r/>"), "r"), 2},
		{"XML outside", NewXML(big("<r/>", "<b/>", "<r/>"), "r"), 2},
		{"JSON string", NewJSON(big(`[{"a":1},{"a":"`, "x", `"},{"a":1}]`), nil, nil), 2},
		{"JSON members", NewJSON(big(`[{"a":1},{"a":2`, `,"b":[{"c":3}]`, `},{"a":1}]`), nil, nil), 2},
		{"JSON top", NewJSON(big(`{"a":1}{"a":2`, `,"b":[{"c":3}]`, `}{"a":1}`), nil, nil), 2},
		{"JSON stray", NewJSON(big(`[{"a":1}`, "}", `,{"a":1}]`), nil, nil), 2},
		{"JSON wrapper", NewJSON(big(`{"b":"`, "x", `","rs":[{"a":1},{"a":1}]}`), []string{"rs"}, nil), 2},
		{"JSON spaces", NewJSON(big(`[{"a":1}`, " \n", `,{"a":1}]`), nil, nil), 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			var w *window
			switch c := test.cut.(type) {
			case *XML:
				w = &c.window
			case *JSON:
				w = &c.window
			}
			w.max = limit
			found := 0
			for _, p := range pieces(t, test.cut) {
				if !strings.Contains(p, " !") {
					found++
				} else {
					t.Log(p)
				}
			}
			if found != test.found {
				t.Errorf("%d records, want %d", found, test.found)
			}
			if cap(w.buf) > 3*limit {
				t.Errorf("the window grew to %d", cap(w.buf))
			}
		})
	}
}

func FuzzXML(f *testing.F) {
	f.Add("<a><r>1</r><![CDATA[<r/>]]><!--x--><?y?></a>")
	f.Add("<!DOCTYPE a [<!ENTITY x '<r>'>]><r a='1'>")
	f.Fuzz(func(t *testing.T, in string) { agree(t, in, func(r io.Reader) next { return NewXML(r, "r") }) })
}

func FuzzJSON(f *testing.F) {
	f.Add(`{"n":2,"in":{"rs":[{"a":1},{"a":"2}]},"m":[3]}`)
	f.Add(`[{"a":"\"}\\"},{"a":`)
	f.Fuzz(func(t *testing.T, in string) {
		agree(t, in, func(r io.Reader) next { return NewJSON(r, []string{"rs"}, []string{"in"}) })
	})
}

// agree holds that how the input arrives in pieces makes no difference.
func agree(t *testing.T, in string, cut func(io.Reader) next) {
	if len(in) > 400 {
		return
	}
	if diff := cmp.Diff(pieces(t, cut(strings.NewReader(in))), pieces(t, cut(iotest.OneByteReader(strings.NewReader(in))))); diff != "" {
		t.Error(diff)
	}
}
