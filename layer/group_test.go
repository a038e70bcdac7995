package layer_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"geohub/geo"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/layer"
)

// cellKey is one key of a cell: what GraphQL says of it, in one line.
func cellKey(field string, value any, from, to *time.Time) string {
	b, _ := json.Marshal([]any{field, value, from, to})
	return string(b)
}

// span is the key of the time around t in Asia/Ho_Chi_Minh.
func span(field string, t time.Time) string {
	local := t.In(geo.Saigon)
	y, m, d := local.Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, geo.Saigon)
	var from, to time.Time
	var value string
	switch field {
	case "HOUR":
		from = day.Add(time.Duration(local.Hour()) * time.Hour)
		to, value = from.Add(time.Hour), from.Format("2006-01-02T15:04:05+07:00")
	case "DAY":
		from, to, value = day, day.AddDate(0, 0, 1), day.Format("2006-01-02")
	case "WEEK":
		from = day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
		to, value = from.AddDate(0, 0, 7), from.Format("2006-01-02")
	case "MONTH":
		from = time.Date(y, m, 1, 0, 0, 0, 0, geo.Saigon)
		to, value = time.Date(y, m+1, 1, 0, 0, 0, 0, geo.Saigon), from.Format("2006-01")
	}
	from, to = from.UTC(), to.UTC()
	return cellKey(field, value, &from, &to)
}

// groupKey is the key of a row by one member of `by`.
func (tb *table) groupKey(r row, by string) string {
	switch by {
	case "UNIT":
		u, ok := r["unit"].(map[string]any)
		if !ok {
			return cellKey(by, nil, nil, nil)
		}
		return cellKey(by, u["code"], nil, nil) + " " + u["validFrom"].(string)
	case "AGENCY":
		if p, ok := r["provenance"].(map[string]any); ok {
			if a, ok := p["agency"].(map[string]any); ok {
				return cellKey(by, a["code"], nil, nil)
			}
		}
		return cellKey(by, nil, nil, nil)
	case "HOUR", "DAY", "WEEK", "MONTH":
		if r["observedAt"] == nil {
			return cellKey(by, nil, nil, nil)
		}
		return span(by, parseTime(r["observedAt"].(string)))
	}
	for _, f := range tb.Fields {
		if f.Group && strings.ToUpper(f.Column) == by {
			switch v := r[f.Name].(type) {
			case float64:
				return cellKey(by, strconv.FormatFloat(v, 'f', -1, 64), nil, nil)
			case bool:
				return cellKey(by, strconv.FormatBool(v), nil, nil)
			default:
				return cellKey(by, v, nil, nil)
			}
		}
	}
	panic("no group " + by)
}

type cell struct {
	Count int
	Keys  []struct {
		Field    string
		Value    *string
		From, To *time.Time
	}
}

// key is the cell's keys as groupKey writes them. A unit's times are the days
// between which it stood, of which rows know the first.
func (c cell) key() string {
	var keys []string
	for _, k := range c.Keys {
		if k.Field == "UNIT" && k.Value != nil {
			keys = append(keys, cellKey(k.Field, k.Value, nil, nil)+" "+geo.DateOf(*k.From).String())
		} else {
			keys = append(keys, cellKey(k.Field, k.Value, k.From, k.To))
		}
	}
	return strings.Join(keys, " | ")
}

// TestGroups: cells and their counts are those of counting over all rows, each
// cell comes once, and they sum up to totalCount.
func TestGroups(t *testing.T) {
	for _, s := range naiveLayers {
		t.Run(s.Field, func(t *testing.T) {
			h, tb := load(t, s)
			var fields []string
			for _, g := range layer.BaseGroups {
				fields = append(fields, string(g))
			}
			for _, f := range tb.Fields {
				if f.Group {
					fields = append(fields, strings.ToUpper(f.Column))
				}
			}
			query := fmt.Sprintf(`query($filter: %[1]sFilter, $area: Area, $by: [%[1]sGroup!]!) {
				%[2]s(filter: $filter, area: $area) { totalCount groups(by: $by) { count keys { field value from to } } } }`, s.Type, s.Field)
			rapid.Check(t, func(t *rapid.T) {
				by := rapid.SliceOfN(rapid.SampledFrom(fields), 1, 4).Draw(t, "by")
				filter := map[string]any{}
				if rapid.Bool().Draw(t, "filtered") {
					filter = tb.filter(t, 1)
				}
				area, inside := tb.area(t)
				variables := map[string]any{"by": by, "filter": filter, "area": area}

				want, total := map[string]int{}, 0
				for _, r := range tb.rows {
					if inside(r) && tb.holds(r, filter) {
						keys := make([]string, len(by))
						for i, field := range by {
							keys[i] = tb.groupKey(r, field)
						}
						want[strings.Join(keys, " | ")]++
						total++
					}
				}
				asked, _ := json.Marshal(variables)
				a := h.Post(query, variables)
				if len(a.Errors) > 0 {
					t.Fatalf("%s\nasked %s", a.Errors[0].Message, asked)
				}
				var answer map[string]struct {
					TotalCount int
					Groups     []cell
				}
				if err := json.Unmarshal(a.Data, &answer); err != nil {
					t.Fatal(err)
				}
				got, sum := map[string]int{}, 0
				for _, c := range answer[s.Field].Groups {
					if _, twice := got[c.key()]; twice {
						t.Errorf("cell %s comes twice", c.key())
					}
					got[c.key()] = c.Count
					sum += c.Count
				}
				if n := answer[s.Field].TotalCount; sum != n || n != total {
					t.Errorf("cells sum up to %d, totalCount is %d, want %d", sum, n, total)
				}
				if diff := gocmp.Diff(want, got); diff != "" {
					t.Fatalf("asked %s\ncells (-want +got):\n%s", asked, diff)
				}
			})
		})
	}
}

// TestGroupTimes: hours, days, weeks and months begin when they do in Huế, not
// in Greenwich; keys come in their order, null last.
func TestGroupTimes(t *testing.T) {
	pool := pgtest.DB(t, hubtest.Empty())
	for id, at := range map[string]any{
		"dam:last-of-year":  "2025-12-31T16:59:59.999999Z",
		"dam:first-of-year": "2025-12-31T17:00:00Z",
		"dam:sunday":        "2026-01-04T16:59:59Z",
		"dam:monday":        "2026-01-04T17:00:00Z",
		"dam:leap":          "2024-02-29T12:30:00Z",
		"dam:never":         nil,
	} {
		_, err := pool.Exec(t.Context(), "INSERT INTO dams (id, source, updated_at, observed_at) VALUES ($1, 'test', now(), $2::text::timestamptz)", id, at)
		if err != nil {
			t.Fatal(err)
		}
	}
	h := hubtest.Server(t, pool)
	for _, test := range []struct {
		by   string
		want []string
	}{
		{"HOUR", []string{
			"2024-02-29T19:00:00+07:00 1 2024-02-29T12:00:00Z 2024-02-29T13:00:00Z",
			"2025-12-31T23:00:00+07:00 1 2025-12-31T16:00:00Z 2025-12-31T17:00:00Z",
			"2026-01-01T00:00:00+07:00 1 2025-12-31T17:00:00Z 2025-12-31T18:00:00Z",
			"2026-01-04T23:00:00+07:00 1 2026-01-04T16:00:00Z 2026-01-04T17:00:00Z",
			"2026-01-05T00:00:00+07:00 1 2026-01-04T17:00:00Z 2026-01-04T18:00:00Z",
			"null 1",
		}},
		{"DAY", []string{
			"2024-02-29 1 2024-02-28T17:00:00Z 2024-02-29T17:00:00Z",
			"2025-12-31 1 2025-12-30T17:00:00Z 2025-12-31T17:00:00Z",
			"2026-01-01 1 2025-12-31T17:00:00Z 2026-01-01T17:00:00Z",
			"2026-01-04 1 2026-01-03T17:00:00Z 2026-01-04T17:00:00Z",
			"2026-01-05 1 2026-01-04T17:00:00Z 2026-01-05T17:00:00Z",
			"null 1",
		}},
		{"WEEK", []string{
			"2024-02-26 1 2024-02-25T17:00:00Z 2024-03-03T17:00:00Z",
			"2025-12-29 3 2025-12-28T17:00:00Z 2026-01-04T17:00:00Z",
			"2026-01-05 1 2026-01-04T17:00:00Z 2026-01-11T17:00:00Z",
			"null 1",
		}},
		{"MONTH", []string{
			"2024-02 1 2024-01-31T17:00:00Z 2024-02-29T17:00:00Z",
			"2025-12 1 2025-11-30T17:00:00Z 2025-12-31T17:00:00Z",
			"2026-01 3 2025-12-31T17:00:00Z 2026-01-31T17:00:00Z",
			"null 1",
		}},
	} {
		t.Run(test.by, func(t *testing.T) {
			var answer struct{ Dams struct{ Groups []cell } }
			h.Ask(`query($by: [DamGroup!]!) { dams { groups(by: $by) { count keys { field value from to } } } }`, map[string]any{"by": []string{test.by}}, &answer)
			var got []string
			for _, c := range answer.Dams.Groups {
				line := fmt.Sprint("null ", c.Count)
				if k := c.Keys[0]; k.Value != nil {
					line = fmt.Sprint(*k.Value, " ", c.Count, " ", k.From.UTC().Format(time.RFC3339), " ", k.To.UTC().Format(time.RFC3339))
				}
				got = append(got, line)
			}
			if diff := gocmp.Diff(test.want, got); diff != "" {
				t.Errorf("cells (-want +got):\n%s", diff)
			}
		})
	}
}

// TestGroupBounds: one to four keys, of this layer.
func TestGroupBounds(t *testing.T) {
	h := hubtest.Server(t, pgtest.Shared(t, province()))
	for _, test := range []struct {
		name string
		by   []string
		ok   bool
	}{
		{"none", []string{}, false},
		{"one", []string{"UNIT"}, true},
		{"four", []string{"UNIT", "AGENCY", "MONTH", "DAM_KIND"}, true},
		{"five", []string{"UNIT", "AGENCY", "MONTH", "DAM_KIND", "RIVER"}, false},
		{"one twice", []string{"RIVER", "RIVER"}, true},
		{"of another layer", []string{"CAMERA_KIND"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := h.Post(`query($by: [DamGroup!]!) { dams { groups(by: $by) { count } } }`, map[string]any{"by": test.by})
			if ok := len(a.Errors) == 0; ok != test.ok {
				t.Errorf("answered: %v %+v", ok, a.Errors)
			}
		})
	}
}
