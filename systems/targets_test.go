package systems_test

import (
	"strings"
	"testing"

	"geohub/resolvers"
	"geohub/systems"
)

// TestTargetsOfOnesOwn: a file of targets is read whole, or what is wrong is named.
func TestTargetsOfOnesOwn(t *testing.T) {
	schema := resolvers.Executable().Schema()
	for _, test := range []struct{ name, text, says string }{
		{"none", ``, ""},
		{"two, one after the other", `[{indicator: reports.open, value: 5, from: 2025-01-01, to: 2026-01-01, source: QĐ 1}, {indicator: reports.open, value: 0, from: 2026-01-01, source: QĐ 2}]`, ""},
		{"of nothing", `[{indicator: reports.shut, value: 5, from: 2025-01-01, source: QĐ 1}]`, "reports.shut"},
		{"without a value", `[{indicator: reports.open, from: 2025-01-01, source: QĐ 1}]`, "value"},
		{"without a source", `[{indicator: reports.open, value: 1, from: 2025-01-01}]`, "source"},
		{"from no day", `[{indicator: reports.open, value: 1, from: soon, source: QĐ 1}]`, "from of reports.open"},
		{"an unknown word", `[{indicator: reports.open, value: 1, from: 2025-01-01, until: 2026-01-01, source: QĐ 1}]`, "until"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := systems.ReadIndicators(schema, []byte(test.text))
			if test.says == "" && err != nil || test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
				t.Errorf("%v, should say %q", err, test.says)
			}
		})
	}
}
