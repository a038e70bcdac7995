package media

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8": true, "113.160.92.202": true, "2001:4860:4860::8888": true, "2402:800::1": true, "::ffff:8.8.8.8": true,
		"127.0.0.1": false, "::1": false, "::ffff:127.0.0.1": false, "0.0.0.0": false, "::": false, "10.1.2.3": false, "172.16.0.1": false,
		"192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "192.0.0.8": false, "192.0.2.1": false, "198.18.0.1": false,
		"203.0.113.1": false, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false, "fc00::1": false, "fe80::1": false,
		"fe80::1%eth0": false, "ff02::1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001:0:1::1": false, "2001:db8::1": false, "::127.0.0.1": false,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

func testSeals(t testing.TB) *seals {
	t.Helper()
	s, err := newSeals(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSeals(t *testing.T) {
	s := testSeals(t)
	now := time.Unix(1000, 0)
	to := sealed{Kind: kindPicture, ID: "report:1", Index: 2, WidthPx: 300, Staff: true, Until: 1001}
	token := s.seal(to)
	if got, good := s.open(token, now); !good || got != to {
		t.Errorf("%+v %v", got, good)
	}
	if s.seal(to) != token {
		t.Error("the same has another address")
	}
	if _, good := s.open(token, time.Unix(1001, 0)); good {
		t.Error("it is good when it is over")
	}
	other, err := newSeals(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if _, good := other.open(token, now); good {
		t.Error("another hub's address is good")
	}
}

func TestRewritten(t *testing.T) {
	g := &Gate{seals: testSeals(t)}
	at, _ := url.Parse("https://a.example/live/index.m3u8")
	for name, test := range map[string]struct {
		playlist string
		ok       bool
	}{
		"relative":             {"#EXTM3U\nseg.ts\n../up.ts\n/root.ts\n", true},
		"CRLF":                 {"#EXTM3U\r\nseg.ts\r\n", true},
		"the same port said":   {"#EXTM3U\nhttps://a.example:443/seg.ts\n", true},
		"elsewhere":            {"#EXTM3U\nhttps://b.example/seg.ts\n", false},
		"another scheme":       {"#EXTM3U\nhttp://a.example/seg.ts\n", false},
		"without a scheme":     {"#EXTM3U\n//b.example/seg.ts\n", false},
		"a file":               {"#EXTM3U\nfile:///etc/passwd\n", false},
		"a key elsewhere":      {"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"https://b.example/k\"\nseg.ts\n", false},
		"a key without an end": {"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\nseg.ts\n", false},
		"two keys on a line":   {"#EXTM3U\n#EXT-X-KEY:URI=\"a\",X-URI=\"b\"\n", false},
	} {
		out, err := g.rewritten([]byte(test.playlist), at, sealed{Kind: kindStream, ID: "camera:1", Until: 1 << 40})
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(string(out), "seg.ts") || strings.Contains(string(out), "example") {
			t.Errorf("%s: it tells where from:\n%s", name, out)
		}
	}
}

func TestBarePNG(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	plain := b.Bytes()
	text := "\x00\x00\x00\x05tEXta\x00GPS\x00\x00\x00\x00"
	with := append(append(bytes.Clone(plain[:33]), text...), plain[33:]...) // behind IHDR
	if got := bare(with, "image/png"); !bytes.Equal(got, plain) {
		t.Errorf("%q", got)
	}
}

// FuzzBare: whatever comes, a picture that could be read still can, of the same
// size, and what no picture is comes back as it was.
func FuzzBare(f *testing.F) {
	var j, p bytes.Buffer
	jpeg.Encode(&j, image.NewRGBA(image.Rect(0, 0, 9, 5)), nil)
	png.Encode(&p, image.NewRGBA(image.Rect(0, 0, 9, 5)))
	f.Add(j.Bytes())
	f.Add(append(append(bytes.Clone(j.Bytes()[:2]), exifOf(6)...), j.Bytes()[2:]...))
	f.Add(p.Bytes())
	f.Add([]byte{0xff, 0xd8, 0xff, 0xe1, 0, 9, 'E', 'x', 'i', 'f', 0, 0, 'M'})
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, mimeType := range []string{"image/jpeg", "image/png"} {
			out := bare(body, mimeType)
			before, format, err := image.DecodeConfig(bytes.NewReader(body))
			if err != nil || "image/"+format != mimeType {
				continue
			}
			after, _, err := image.DecodeConfig(bytes.NewReader(out))
			if err != nil || after.Width != before.Width || after.Height != before.Height {
				t.Fatalf("%s: %v instead of %v: %v", mimeType, after, before, err)
			}
			if o := orientation(body); mimeType == "image/jpeg" && orientation(out) != o {
				t.Fatalf("turned from %d to %d", o, orientation(out))
			}
		}
	})
}
