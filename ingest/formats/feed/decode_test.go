package feed

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"geohub/ingest/formats"
)

var update = flag.Bool("update", false, "write the goldens anew")

// printed is what a decoder found, as `hub decode` shows it: records as JSON, a
// refusal as a line of its own.
func printed(t testing.TB, r io.Reader) string {
	t.Helper()
	var out bytes.Buffer
	err := Decode(r, formats.Sink[Item]{
		Record: func(i Item) error {
			b, err := json.Marshal(i)
			fmt.Fprintf(&out, "%s\n", b)
			return err
		},
		Refuse: func(r formats.Refusal) error {
			fmt.Fprintf(&out, "refused: %v\n", r)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGolden(t *testing.T) {
	files, _ := filepath.Glob("testdata/tin.*")
	for _, name := range files {
		if strings.HasSuffix(name, ".golden") {
			continue
		}
		t.Run(filepath.Base(name), func(t *testing.T) {
			in, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := printed(t, bytes.NewReader(in))
			if *update {
				if err := os.WriteFile(name+".golden", []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name + ".golden")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
			crlf := append([]byte("\uFEFF"), bytes.ReplaceAll(bytes.TrimSpace(in), []byte("\n"), []byte("\r\n"))...)
			if diff := cmp.Diff(got, printed(t, bytes.NewReader(crlf))); diff != "" {
				t.Error("with BOM and CRLF:", diff)
			}
			wide := []byte{0xFF, 0xFE}
			for _, u := range utf16.Encode([]rune(string(in))) {
				wide = append(wide, byte(u), byte(u>>8))
			}
			if diff := cmp.Diff(got, printed(t, bytes.NewReader(wide))); diff != "" {
				t.Error("in UTF-16:", diff)
			}
		})
	}
}

func rssOf(items string) string {
	return "<rss version=\"2.0\"><channel><title>T</title>" + items + "</channel></rss>"
}

func TestDecode(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"empty", " \n", "refused: line 1: it is empty\n"},
		{"text", "Bad gateway", "refused: line 1: it is neither XML nor JSON\n"},
		{"a page of HTML", "<!DOCTYPE html><html></html>", "refused: line 1: its root is <html>: it is no feed\n"},
		{"no items", rssOf(""), ""},
		{"rss without channel", "<rss><item/></rss>", "refused: line 1: an <rss> without a <channel>\n"},
		{"other JSON", `{"a":1}`, "refused: line 1: an object without items: it is no JSON Feed\n"},
		{"other version", `{"version":"2","items":[{"id":"1"}]}`, "refused: line 1: its version is \"2\": it is no JSON Feed\n"},
		{"JSON without items", `{"version":"https://jsonfeed.org/version/1","items":[]}`, ""},
		{"JSON of no objects", `{"version":"https://jsonfeed.org/version/1","items":[1]}`, "refused: line 1: it is not an object\n"},
		{"cut off", "<rss><channel><title>T</title>\n<item><guid>1</guid></item>\n<item><guid>2</gu", `{"guid":"1","feedTitle":"T"}` + "\nrefused: line 3: the input ends inside it: its end tag is missing\n"},
		{"JSON cut off", `{"title":"T","items":[{"id":"1"},{"id":`, `{"guid":"1","feedTitle":"T"}` + "\nrefused: line 1: the input ends inside it\n"},
		{"title after the items", "<rss><channel><item><guid>1</guid></item><title>T</title></channel></rss>", `{"guid":"1","feedTitle":"T"}` + "\n"},
		{"not UTF-8", rssOf("<item><guid>\xff</guid></item><item><guid>2</guid></item>"), "refused: line 1: it is not UTF-8\n" + `{"guid":"2","feedTitle":"T"}` + "\n"},
		{"windows-1252", "<?xml version=\"1.0\" encoding=\"windows-1252\"?>" + rssOf("<item><guid>caf\xe9</guid></item>"), `{"guid":"café","feedTitle":"T"}` + "\n"},
		{"entities", "<!DOCTYPE rss [<!ENTITY a \"&b;&b;&b;\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]>" + rssOf("<item><guid>1</guid><title>&a;&b;</title></item>"), `{"guid":"1","title":"\u0026a;\u0026b;","feedTitle":"T"}` + "\n"},
		{"deep", rssOf("<item><guid>1</guid>" + strings.Repeat("<a>", 1000) + "</item><item><guid>2</guid></item>"), "refused: line 1: elements deeper than 64\n" + `{"guid":"2","feedTitle":"T"}` + "\n"},
		{"point nowhere", rssOf(`<item><guid>1</guid><georss:point>91 200</georss:point></item>`), `{"guid":"1","feedTitle":"T","notes":["point: \"91 200\" lies nowhere and was left out"]}` + "\n"},
		{"point of text", rssOf(`<item><guid>1</guid><georss:point>Huế</georss:point></item>`), `{"guid":"1","feedTitle":"T","notes":["point: \"Huế\" is not \"lat lon\" and was left out"]}` + "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, printed(t, strings.NewReader(test.in))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseDate(t *testing.T) {
	saigon := time.FixedZone("", 7*3600)
	for _, test := range []struct {
		in, want string // empty: none
		noted    bool
	}{
		{"Mon, 27 Oct 2025 20:45:00 +0700", "2025-10-27T20:45:00+07:00", false},
		{"Mon, 27 Oct 2025 20:45:00 GMT", "2025-10-27T20:45:00Z", false},
		{"Mon, 27 Oct 2025 20:45 GMT+7", "2025-10-27T20:45:00+07:00", false},
		{"27 Oct 2025 20:45:00 UTC+07:00", "2025-10-27T20:45:00+07:00", false},
		{"Thứ hai, 27 Oct 2025 20:45:00 ICT", "2025-10-27T20:45:00+07:00", false},
		{"Mon 27 Oct 25 20:45:00 EST", "2025-10-27T20:45:00-05:00", false},
		{"2025-10-27T20:45:00Z", "2025-10-27T20:45:00Z", false},
		{"2025-10-27T20:45:00.25+07:00", "2025-10-27T20:45:00.25+07:00", false},
		{"2025-10-27 20:45:00 +0700", "2025-10-27T20:45:00+07:00", false},
		{"2025-10-27 20:45", "2025-10-27T20:45:00+07:00", true},
		{"2025-10-27", "2025-10-27T00:00:00+07:00", true},
		{"Mon, 27 Oct 2025 8:45:00 PM", "2025-10-27T20:45:00+07:00", true},
		{"Mon, 27 Oct 2025 20:45:00 XYZ", "", false},
		{"27/10/2025 20:45", "", false},
		{"Mon, 30 Feb 2025 20:45:00 +0700", "", false},
		{"2025-10-27T25:45:00Z", "", false},
		{"2025-10-27T20:45:00+24:00", "", false},
		{"1761571500", "", false},
	} {
		t.Run(test.in, func(t *testing.T) {
			at, note, ok := parseDate(test.in, saigon)
			if got := at.Format(time.RFC3339Nano); ok != (test.want != "") || ok && got != test.want || (note != "") != test.noted {
				t.Errorf("%s %q %v", got, note, ok)
			}
		})
	}
}

func TestPlain(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"a<br>b<p>c</p>d", "a b c d"},
		{"<b>H</b>uế", "Huế"},
		{"3 < 5 &amp; 5 > 3", "3 < 5 & 5 > 3"},
		{"a<SCRIPT>x</p></Script>b", "a b"},
		{"a<script>x", "a"},
		{"a<!-- <p> -->b", "ab"},
		{`<img alt="a>b">x`, "x"},
		{"a<b", "a"},
		{"&nbsp;a&#7879;", "aệ"},
		{"a <3", "a <3"},
	} {
		if got := plain(test.in); got != test.want {
			t.Errorf("plain(%q) = %q, want %q", test.in, got, test.want)
		}
	}
	start := time.Now()
	for _, bomb := range []string{"<script></script>", "<script>", "<!--", "<a b='", "&", "<", "</"} {
		plain(strings.Repeat(bomb, 1<<20/len(bomb)))
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Error("it took", d)
	}
}

// endless is a feed without an end.
type endless struct{}

func (endless) Read(b []byte) (int, error) { return copy(b, "<item><guid>1</guid></item>"), nil }

func TestTooLarge(t *testing.T) {
	got := printed(t, io.MultiReader(strings.NewReader("<rss><channel>"), endless{}))
	if got != "refused: line 1: the feed is larger than 32 MiB\n" {
		t.Error(got)
	}
	big := "<item><description>" + strings.Repeat("dài ", formats.MaxRecord/4) + "</description></item>"
	want := `{"guid":"1","feedTitle":"T"}` + "\nrefused: line 1: the record is larger than 8 MiB\n" + `{"guid":"3","feedTitle":"T"}` + "\n"
	if got := printed(t, strings.NewReader(rssOf("<item><guid>1</guid></item>"+big+"<item><guid>3</guid></item>"))); got != want {
		t.Error(got)
	}
}

func TestDecodeErrors(t *testing.T) {
	broken := errors.New("broken")
	sink := formats.Sink[Item]{Record: func(Item) error { return broken }, Refuse: func(formats.Refusal) error { return broken }}
	for name, r := range map[string]io.Reader{
		"reader": iotest.ErrReader(broken),
		"record": strings.NewReader(rssOf("<item><guid>1</guid></item>")),
		"refuse": strings.NewReader(rssOf("<item/>")),
		"empty":  strings.NewReader(""),
	} {
		if err := Decode(r, sink); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func ExampleDecode() {
	in := strings.NewReader(`<rss version="2.0"><channel><title>Báo Huế</title>
<item><guid>1</guid><title>Đỉnh lũ &lt;b&gt;5,05 m&lt;/b&gt;</title><pubDate>Mon, 27 Oct 2025 20:45:00 GMT+7</pubDate></item>
<item><guid>2</guid><title>Hôm qua</title><pubDate>hôm qua</pubDate></item>
</channel></rss>`)
	err := Decode(in, formats.Sink[Item]{
		Record: func(i Item) error {
			fmt.Println(i.Identity(), i.Title, i.Published.Format(time.RFC3339), i.FeedTitle)
			return nil
		},
		Refuse: func(r formats.Refusal) error {
			fmt.Println(r)
			return nil
		},
	})
	fmt.Println(err)
	// Output:
	// 1 Đỉnh lũ 5,05 m 2025-10-27T20:45:00+07:00 Báo Huế
	// line 3: published: "hôm qua" is no date that can be read
	// <nil>
}

func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob("testdata/tin.*")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add(rssOf("<item><guid>1</guid><title>&a;</title></item>"))
	f.Fuzz(func(t *testing.T, in string) {
		n := 0
		err := Decode(strings.NewReader(in), formats.Sink[Item]{
			Record: func(i Item) error {
				n++
				if _, err := json.Marshal(i); err != nil {
					t.Errorf("%+v: %v", i, err)
				}
				if i.Identity() == "" {
					t.Errorf("%+v has no identity", i)
				}
				return nil
			},
			Refuse: func(formats.Refusal) error { n++; return nil },
		})
		if err != nil {
			t.Error(err)
		}
		if n > len(in)+1 {
			t.Errorf("%d items of %d bytes", n, len(in))
		}
	})
}
