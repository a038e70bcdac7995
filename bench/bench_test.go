package main

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want int
		says string
	}{
		{"help", []string{"--help"}, exitOK, "--cases a,b"},
		{"unknown case", []string{"--cases", "a,z"}, exitUsage, `not "z"`},
		{"too few rows", []string{"--rows", "5"}, exitUsage, "--rows"},
		{"no round", []string{"--rounds", "0"}, exitUsage, "--rounds"},
		{"unknown flag", []string{"--fast"}, exitUsage, "-fast"},
		{"no flag", []string{"a"}, exitUsage, `"a" is no flag`},
		{"limit without a database", []string{"limit"}, exitUsage, "--database"},
		{"a folder that can't be", []string{"--dir", "/dev/null/x"}, exitFailed, ""}, // or wrk is not here
	} {
		t.Run(c.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if got := run(t.Context(), c.args, &stdout, &stderr); got != c.want || !strings.Contains(stderr.String(), c.says) {
				t.Errorf("exit code %d, want %d:\n%s", got, c.want, &stderr)
			}
		})
	}
}

// Both sides are asked the same, every run the same, and a, b and c in the same
// places.
func TestQuestionsAreAlike(t *testing.T) {
	places := ""
	for _, q := range questions {
		asked := q.ask(asks)
		if again := q.ask(asks); asked[0] != again[0] || asked[asks-1] != again[asks-1] {
			t.Errorf("case %s: another run would ask something else", q.letter)
		}
		var boxes strings.Builder
		for _, a := range asked {
			var sent struct {
				Query     string
				Variables struct {
					Box      []float64
					First    int
					Near     struct{ Lon, Lat float64 }
					From, To string
				}
			}
			if a.get != "" {
				if a.body != "" {
					t.Fatalf("case %s: a GET with a body", q.letter)
				}
				continue
			}
			if err := json.Unmarshal([]byte(a.body), &sent); err != nil {
				t.Fatal(err)
			}
			if strings.ContainsAny(a.body, "\t\n") {
				t.Fatalf("case %s: a request must be one line: %s", q.letter, a.body)
			}
			_, query, _ := strings.Cut(a.path, "?")
			to, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			var box []float64
			if text := to.Get("box"); text != "" {
				if err := json.Unmarshal([]byte("["+text+"]"), &box); err != nil {
					t.Fatal(err)
				}
			}
			var at []float64
			if text := to.Get("at"); text != "" {
				if err := json.Unmarshal([]byte("["+text+"]"), &at); err != nil || at[0] != sent.Variables.Near.Lon || at[1] != sent.Variables.Near.Lat {
					t.Errorf("case %s: %s and %s", q.letter, a.body, a.path)
				}
			}
			if len(box) != len(sent.Variables.Box) || sent.Variables.From != to.Get("from") || sent.Variables.To != to.Get("to") || q.first != sent.Variables.First {
				t.Errorf("case %s: %s and %s", q.letter, a.body, a.path)
			}
			for i := range box {
				if box[i] != sent.Variables.Box[i] {
					t.Errorf("case %s: %s and %s", q.letter, a.body, a.path)
				}
			}
			if q.path == "/reports" {
				boxes.WriteString(to.Get("box") + " ")
				if wide := box[2] - box[0]; wide < narrowest-1e-5 || reportsIn(box[0], box[1], box[2], box[3]) < enough*0.99 {
					t.Errorf("case %s: box %v is too small", q.letter, box)
				}
			}
		}
		if q.path == "/reports" && !q.kept {
			if places != "" && places != boxes.String() {
				t.Errorf("case %s has other boxes", q.letter)
			}
			places = boxes.String()
		}
	}
}

func TestSame(t *testing.T) {
	list := func(text string) (out []any) {
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, c := range []struct {
		name, limit, hub string
		same             bool
	}{
		{"the same", `[{"id":"a","n":1}]`, `[{"n":1.0,"id":"a"}]`, true},
		{"another order", `[{"id":"a"},{"id":"b"}]`, `[{"id":"b"},{"id":"a"}]`, false},
		{"a row less", `[{"id":"a"},{"id":"b"}]`, `[{"id":"a"}]`, false},
		{"a field more", `[{"id":"a"}]`, `[{"id":"a","n":null}]`, false},
		{"another number", `[{"n":16.46}]`, `[{"n":16.46000000000001}]`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := same(list(c.limit), list(c.hub)); (err == nil) != c.same {
				t.Error(err)
			}
		})
	}
}

func TestTable(t *testing.T) {
	r := &results{Cores: 2, Starts: []float64{0.2}}
	r.Build.Bytes = 1 << 20
	for i, n := range []int{100_000, 1_000_000} {
		m := &measured{Case: "a", Title: "box", Goal: 0.85, Reports: n, Rows: 50}
		ms := float64(1 + i)
		m.Runs = []comparison{compare(8, []round{{PerSecond: 100, P50MS: ms}, {PerSecond: 90}, {PerSecond: 300, P50MS: ms}}, []round{{PerSecond: 80, P50MS: 2 * ms}}, m.Goal)}
		r.Cases = append(r.Cases, m)
	}
	var out strings.Builder
	if err := r.print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1,000,000", "0.80", "≥ 0.85 MISSED", "× 2.0", "binary: 1.0 MiB"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in the table:\n%s", want, &out)
		}
	}
	if !r.missed() {
		t.Error("no goal was missed")
	}
}
