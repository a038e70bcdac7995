package card_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"geohub/ingest/formats"
	"geohub/ingest/formats/card"
)

var update = flag.Bool("update", false, "write the goldens anew")

// decode is what hub decode prints, and below it the refusals.
func decode(t *testing.T, in []byte) string {
	t.Helper()
	var out, refused bytes.Buffer
	err := card.Decode(bytes.NewReader(in), formats.Sink[card.Event]{
		Record: func(e card.Event) error { return json.NewEncoder(&out).Encode(e) },
		Refuse: func(r formats.Refusal) error {
			_, err := fmt.Fprintf(&refused, "%v | %s\n", r, r.Raw)
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String() + "---\n" + refused.String()
}

func TestDecodeGolden(t *testing.T) {
	in, err := os.ReadFile("testdata/events.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	got := decode(t, in)
	if *update {
		if err := os.WriteFile("testdata/events.golden", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/events.golden")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, secret := range []string{"tok_", "4111", "9704366814789012345", "04A2", "04:a2", "Nguyễn", "3f0c9f4e"} {
		if strings.Contains(got, secret) {
			t.Errorf("%s is shown", secret)
		}
	}
}

func TestDecodeMessage(t *testing.T) {
	for _, test := range []struct{ name, ref, want string }{
		{"a token", "tok_1", ""}, {"a UUID", "3f0c9f4e-6a52-4b1c-9a55-0f2b7a9f6d10", ""}, {"a hash", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", ""},
		{"sixteen digits that fail the check", "4111111111111112", ""}, {"a masked number", "411111******1111", ""},
		{"a number", "4111111111111111", "a full card number"}, {"in groups", "4111 1111 1111 1111", "a full card number"}, {"with an expiry", "4111111111111111 2512", "a full card number"},
		{"thirteen digits", "4222222222222", "a full card number"}, {"nineteen digits", "6304000000000000000", "a full card number"}, {"prefixed", "pan:4111111111111111", "a full card number"},
		{"4 bytes", "DEADBEEF", "a chip's UID"}, {"4 bytes, decimal digits", "12345678", "a chip's UID"}, {"7 bytes", "04-A2-3B-1C-55-66-80", "a chip's UID"}, {"0x", "0x04A23B1C", "a chip's UID"},
	} {
		t.Run(test.name, func(t *testing.T) {
			payload, _ := json.Marshal(map[string]any{"time": "2025-10-27T08:00:00+07:00", "reader": "R1", "kind": "GRANTED", "cardRef": test.ref})
			e, err := card.DecodeMessage(payload)
			if test.want == "" {
				if err != nil || e.CardRef != test.ref {
					t.Errorf("%+v, %v", e, err)
				}
				return
			}
			refusal, ok := err.(formats.Refusal)
			if !ok || !strings.Contains(refusal.Reason, test.want) || strings.Contains(string(refusal.Raw), test.ref) || strings.Contains(refusal.Error(), test.ref) {
				t.Errorf("%v, %s", err, refusal.Raw)
			}
		})
	}
}

func ExampleDecode() {
	in := `{"time":"2025-10-27T07:28:41+07:00","reader":"RD-0012","cardRef":"tok_9fK2","kind":"CHECKIN","issuer":"H57.02"}
{"time":"2025-10-27T07:29:00+07:00","reader":"POS-1","cardRef":"4111111111111111","kind":"PAYMENT","amountVND":7000}`
	card.Decode(strings.NewReader(in), formats.Sink[card.Event]{
		Record: func(e card.Event) error {
			line, err := json.Marshal(e)
			fmt.Println(string(line))
			return err
		},
		Refuse: func(r formats.Refusal) error {
			fmt.Println(r)
			return nil
		},
	})
	// Output:
	// {"time":"2025-10-27T07:28:41+07:00","reader":"RD-0012","kind":"CHECKIN","issuer":"H57.02"}
	// line 2: cardRef: a full card number where a token is due; it is not kept
}

func FuzzDecode(f *testing.F) {
	in, _ := os.ReadFile("testdata/events.jsonl")
	for line := range bytes.Lines(in) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		count := func() {
			if n++; n > 8*len(b)+8 {
				t.Fatalf("%d records in %d bytes", n, len(b))
			}
		}
		err := card.Decode(bytes.NewReader(b), formats.Sink[card.Event]{
			Record: func(e card.Event) error {
				count()
				_, err := json.Marshal(e)
				return err
			},
			Refuse: func(r formats.Refusal) error {
				count()
				if bytes.Contains(b, []byte("4111111111111111")) && strings.Contains(r.Error()+string(r.Raw), "4111111111111111") {
					t.Fatalf("shown: %v %s", r, r.Raw)
				}
				return nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
