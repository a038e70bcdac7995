package cap

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2025, 10, 27, 12, 0, 0, 0, time.UTC)

func message(id, msgType string, sent time.Duration, refs ...string) Alert {
	a := Alert{Identifier: id, Sender: "s", Sent: noon.Add(sent), Status: "Actual", MsgType: msgType, Scope: "Public"}
	for _, r := range refs {
		a.References = append(a.References, Reference{Sender: "s", Identifier: r, Sent: noon})
	}
	return a
}

func with(a Alert, change func(*Alert)) Alert { change(&a); return a }

func between(effective, expires time.Duration) Info {
	from, to := noon.Add(effective), noon.Add(expires)
	return Info{Effective: &from, Expires: &to}
}

func ids(alerts []Alert) []string {
	all := []string{}
	for _, a := range alerts {
		all = append(all, a.Identifier)
	}
	slices.Sort(all)
	return all
}

func TestActive(t *testing.T) {
	const h = time.Hour
	for _, test := range []struct {
		name   string
		alerts []Alert
		want   []string
	}{
		{"alert", []Alert{message("a", "Alert", -h)}, []string{"a"}},
		{"twice", []Alert{message("a", "Alert", -h), message("a", "Alert", -h)}, []string{"a"}},
		{"updated", []Alert{message("a", "Alert", -2*h), message("b", "Update", -h, "a")}, []string{"b"}},
		{"update first", []Alert{message("b", "Update", -h, "a"), message("a", "Alert", -2*h)}, []string{"b"}},
		{"cancelled", []Alert{message("b", "Cancel", -h, "a"), message("a", "Alert", -2*h)}, []string{}},
		{"update cancelled", []Alert{message("c", "Cancel", -h, "b"), message("a", "Alert", -3*h), message("b", "Update", -2*h, "a")}, []string{}},
		{"acknowledged", []Alert{message("a", "Alert", -2*h), message("b", "Ack", -h, "a"), message("c", "Error", -h, "a")}, []string{"a"}},
		{"cancelled in an exercise", []Alert{message("a", "Alert", -2*h), with(message("b", "Cancel", -h, "a"), func(a *Alert) { a.Status = "Exercise" })}, []string{"a"}},
		{"cancelled later", []Alert{message("a", "Alert", -2*h), message("b", "Cancel", h, "a")}, []string{"a"}},
		{"another sender's", []Alert{with(message("a", "Alert", -2*h), func(a *Alert) { a.Sender = "z" }), message("b", "Cancel", -h, "a")}, []string{"a"}},
		{"identifier used again", []Alert{message("a", "Alert", -3*h), message("b", "Cancel", -2*h, "a"), message("a", "Alert", -h)}, []string{"a"}},
		{"names itself", []Alert{message("a", "Update", -h, "a")}, []string{"a"}},
		{"exercise, test and draft", []Alert{with(message("a", "Alert", -h), func(a *Alert) { a.Status = "Exercise" }), with(message("b", "Alert", -h), func(a *Alert) { a.Status = "Test" }), with(message("c", "Alert", -h), func(a *Alert) { a.Status = "Draft" })}, []string{}},
		{"not yet sent", []Alert{message("a", "Alert", h)}, []string{}},
		{"not yet effective", []Alert{with(message("a", "Alert", -h), func(a *Alert) { a.Info = []Info{between(h, 2*h)} })}, []string{}},
		{"effective now", []Alert{with(message("a", "Alert", -h), func(a *Alert) { a.Info = []Info{between(0, h)} })}, []string{"a"}},
		{"expires now", []Alert{with(message("a", "Alert", -h), func(a *Alert) { a.Info = []Info{between(-h, 0)} })}, []string{}},
		{"expired in part", []Alert{with(message("a", "Alert", -h), func(a *Alert) { a.Info = []Info{between(-h, 0), between(-h, h)} })}, []string{"a"}},
		{"no expires", []Alert{with(message("a", "Alert", -999*h), func(a *Alert) { a.Info = []Info{{}} })}, []string{"a"}},
		{"updated by an expired one", []Alert{message("a", "Alert", -3*h), with(message("b", "Update", -2*h, "a"), func(a *Alert) { a.Info = []Info{between(-2*h, -h)} })}, []string{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := ids(Active(test.alerts, noon)); !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}

// What is in force does not depend on the order of arrival.
func TestActiveOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "n")
		var all []Alert
		for i := range n {
			id := string(rune('a' + i))
			kind := rapid.SampledFrom([]string{"Alert", "Update", "Cancel", "Ack"}).Draw(t, "kind")
			a := message(id, kind, time.Duration(rapid.IntRange(-5, 1).Draw(t, "sent"))*time.Hour)
			if kind != "Alert" {
				a = message(id, kind, a.Sent.Sub(noon), string(rune('a'+rapid.IntRange(0, n-1).Draw(t, "ref"))))
			}
			all = append(all, a)
		}
		want := ids(Active(all, noon))
		if got := ids(Active(rapid.Permutation(all).Draw(t, "order"), noon)); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}
