package layer_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"geohub/geo"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/layer"
	"geohub/systems"
)

// This file holds the hub to a second opinion: all rows of a layer are loaded
// once, by pages and without a filter, and each random question is then asked
// of the hub and answered here in plain Go. The printers share one SQL, so only
// something that knows no SQL can judge them.
//
// SQL knows three truths, a filter needs two: a row is in the list when its
// condition is true. So `holds` says "is true":
//
//   - a comparison with null does not hold: eq, in, lt, lte, gt, gte, prefix,
//     contains, from and to are all false for a row without the value;
//   - notIn means "is none of these" and isNull asks for null itself: both
//     hold for null;
//   - `not` means "is not true", so it holds where the inside compares with null;
//   - `and` of none and an empty object hold, `or` of none doesn't;
//   - a member that is null says nothing.
var naiveLayers = []*layer.System{systems.SecurityIncidents.System, systems.Dams.System, systems.Stations.System, systems.Cameras.System, systems.Billboards.System, systems.Vessels.System}

// row is a row as GraphQL shows it.
type row map[string]any

func (r row) id() string { return r["id"].(string) }

func (r row) at() (orb.Point, bool) {
	p, ok := r["position"].(map[string]any)
	if !ok {
		return orb.Point{}, false
	}
	return orb.Point{p["lon"].(float64), p["lat"].(float64)}, true
}

// table is a layer with all its rows, by id.
type table struct {
	*layer.System
	info *layer.Info
	rows []row
}

// province is hashed once: all tests of a run ask the database that was loaded,
// whatever is edited meanwhile.
var province = sync.OnceValue(hubtest.Province)

var (
	tablesMu sync.Mutex
	tables   = map[*layer.System]*table{}
)

// load reads a layer once for all tests.
func load(t *testing.T, s *layer.System) (*hubtest.Hub, *table) {
	t.Helper()
	h := hubtest.Server(t, pgtest.Shared(t, province())).As(2)
	tablesMu.Lock()
	defer tablesMu.Unlock()
	if tables[s] != nil {
		return h, tables[s]
	}
	out := &table{System: s, info: hubtest.Catalog(t).Info(s)}
	fields := []string{"label", "labelEN: label(lang: EN)", "position { lon lat }", "unit { code validFrom }", "provenance { agency { code } }"}
	for _, m := range out.info.Fields {
		if m.Leaf {
			fields = append(fields, m.Name)
		}
	}
	var total int
	for after := any(nil); ; {
		var got map[string]struct {
			TotalCount int
			Nodes      []row
			PageInfo   struct {
				HasNextPage bool
				EndCursor   string
			}
		}
		h.Ask(fmt.Sprintf(`query($after: String) { %s(first: 500, after: $after) { totalCount nodes { %s } pageInfo { hasNextPage endCursor } } }`,
			s.Field, strings.Join(fields, " ")), map[string]any{"after": after}, &got)
		page := got[s.Field]
		out.rows, total = append(out.rows, page.Nodes...), page.TotalCount
		if !page.PageInfo.HasNextPage {
			break
		}
		after = page.PageInfo.EndCursor
	}
	if len(out.rows) != total || total == 0 {
		t.Fatalf("%s: %d rows by pages, %d in all", s.Field, len(out.rows), total)
	}
	tables[s] = out
	return h, out
}

// holds says whether a filter is true for a row.
func (tb *table) holds(r row, filter map[string]any) bool {
	for name, v := range filter {
		if v != nil && !tb.member(r, name, v) {
			return false
		}
	}
	return true
}

func (tb *table) member(r row, name string, v any) bool {
	switch name {
	case "and":
		for _, o := range listOf(v) {
			if !tb.holds(r, o.(map[string]any)) {
				return false
			}
		}
		return true
	case "or":
		for _, o := range listOf(v) {
			if tb.holds(r, o.(map[string]any)) {
				return true
			}
		}
		return false
	case "not":
		return !tb.holds(r, v.(map[string]any))
	case "observed":
		return inRange(r["observedAt"], v.(map[string]any), parseTime)
	case "updated":
		return inRange(r["updatedAt"], v.(map[string]any), parseTime)
	case "text":
		return tb.says(r, v.(string))
	}
	f, ok := tb.Lookup(name)
	if !ok {
		panic("no field " + name)
	}
	value, ops := r[name], v.(map[string]any)
	switch f.Kind {
	case layer.KindDateTime:
		return inRange(value, ops, parseTime)
	case layer.KindDate:
		return inRange(value, ops, parseDay)
	}
	for op, operand := range ops {
		if operand != nil && !compare(value, op, operand) {
			return false
		}
	}
	return true
}

func compare(value any, op string, operand any) bool {
	switch op {
	case "isNull":
		return (value == nil) == operand
	case "notIn":
		return value == nil || !slices.Contains(listOf(operand), value)
	case "has":
		return slices.Contains(value.([]any), operand)
	case "hasAny":
		return slices.ContainsFunc(listOf(operand), func(o any) bool { return slices.Contains(value.([]any), o) })
	}
	if value == nil {
		return false
	}
	switch op {
	case "eq":
		return value == operand
	case "in":
		return slices.Contains(listOf(operand), value)
	case "prefix":
		return strings.HasPrefix(fold(value.(string)), fold(operand.(string)))
	case "contains":
		return strings.Contains(fold(value.(string)), fold(operand.(string)))
	}
	x, y := value.(float64), operand.(float64)
	switch op {
	case "lt":
		return x < y
	case "lte":
		return x <= y
	case "gt":
		return x > y
	case "gte":
		return x >= y
	}
	panic("no comparison " + op)
}

// inRange: from <= t < to.
func inRange(value any, ends map[string]any, parse func(string) time.Time) bool {
	from, to := ends["from"], ends["to"]
	if value == nil {
		return from == nil && to == nil
	}
	t := parse(value.(string))
	return (from == nil || !t.Before(parse(from.(string)))) && (to == nil || t.Before(parse(to.(string))))
}

// says: every word typed is in the label, in either language, or in a field
// that is searched.
func (tb *table) says(r row, text string) bool {
	var searched []string
	for _, name := range append([]string{"label", "labelEN"}, tb.textFields()...) {
		if s, ok := r[name].(string); ok {
			searched = append(searched, fold(s))
		}
	}
	for _, word := range strings.Fields(text) {
		if !slices.ContainsFunc(searched, func(s string) bool { return strings.Contains(s, fold(word)) }) {
			return false
		}
	}
	return true
}

func (tb *table) textFields() (names []string) {
	for _, f := range tb.Fields {
		if f.Text {
			names = append(names, f.Name)
		}
	}
	return names
}

// listOf reads a list as GraphQL does: one value stands for a list of it.
func listOf(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t
}

func parseDay(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// letters lists every accented Vietnamese letter behind its plain one.
var letters = []string{
	"aàáảãạăằắẳẵặâầấẩẫậ", "eèéẻẽẹêềếểễệ", "iìíỉĩị", "oòóỏõọôồốổỗộơờớởỡợ", "uùúủũụưừứửữự", "yỳýỷỹỵ", "dđ",
}

// plain maps each accented letter to its plain one, accents that combine to none.
var plain = func() map[rune]rune {
	m := map[rune]rune{}
	for _, family := range letters {
		all := []rune(family)
		for _, r := range all {
			m[r] = all[0]
		}
	}
	for r := rune(0x300); r < 0x370; r++ {
		m[r] = -1
	}
	return m
}()

// fold is text without accents and case.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if p, ok := plain[r]; ok {
			return p
		}
		return r
	}, strings.ToLower(s))
}

// retyped draws what somebody might type for s: accents left out or wrong,
// another case, accents as characters of their own.
func retyped(t *rapid.T, s string) string {
	switch rapid.IntRange(0, 4).Draw(t, "typed") {
	case 0:
		return fold(s)
	case 1:
		return strings.ToUpper(s)
	case 2:
		return strings.Map(func(r rune) rune {
			for _, family := range letters {
				if strings.ContainsRune(family, r) {
					return rapid.SampledFrom([]rune(family)).Draw(t, "letter")
				}
			}
			return r
		}, s)
	case 3:
		return strings.NewReplacer("a", "a\u0301", "o", "o\u0302\u0300").Replace(s)
	}
	return s
}

// values are the distinct non-null values of a field over all rows, lists opened.
func (tb *table) values(field string) []any {
	seen := map[any]bool{}
	var out []any
	for _, r := range tb.rows {
		for _, v := range listOf(r[field]) {
			if v != nil && !seen[v] {
				seen[v] = true
				out = append(out, v)
			}
		}
	}
	return out
}

// value draws one of a field's values that some row has, or one near it.
func (tb *table) value(t *rapid.T, f *layer.Field) any {
	known := tb.values(f.Name)
	if f.Kind == layer.KindBool {
		return rapid.Bool().Draw(t, "value")
	}
	if f.Enum != "" {
		var all []string
		for _, v := range tb.info.Field(f.Name).Values {
			all = append(all, v.Value)
		}
		if f.Kind == layer.KindEnum {
			return rapid.SampledFrom(all).Draw(t, "value")
		}
	}
	var v any
	if len(known) > 0 {
		v = rapid.SampledFrom(known).Draw(t, "value")
	}
	other := v == nil || rapid.IntRange(0, 3).Draw(t, "another") == 0
	switch f.Kind {
	case layer.KindFloat:
		if x, _ := v.(float64); other {
			return x + rapid.SampledFrom([]float64{-1, -0.5, 1e-9, 0.1, 1000}).Draw(t, "beside")
		}
	case layer.KindInt:
		if x, _ := v.(float64); other {
			return x + float64(rapid.SampledFrom([]int{-1, 1, 7}).Draw(t, "beside"))
		}
	case layer.KindDateTime:
		at := hubtest.Now
		if v != nil {
			at = parseTime(v.(string))
		}
		at = at.Add(rapid.SampledFrom([]time.Duration{0, 0, time.Microsecond, -time.Microsecond, time.Hour, -36 * time.Hour}).Draw(t, "beside"))
		return at.In(rapid.SampledFrom([]*time.Location{time.UTC, geo.Saigon}).Draw(t, "zone")).Format(time.RFC3339Nano)
	case layer.KindDate:
		day := parseDay("2026-03-02")
		if v != nil {
			day = parseDay(v.(string))
		}
		return day.AddDate(0, 0, rapid.IntRange(-1, 1).Draw(t, "days beside")).Format(time.DateOnly)
	default:
		if other {
			return rapid.SampledFrom([]string{"", "no such", "%", "_", `\`, "Sông Hương"}).Draw(t, "beside")
		}
	}
	return v
}

func (tb *table) list(t *rapid.T, f *layer.Field) any {
	one := rapid.Custom(func(t *rapid.T) any { return tb.value(t, f) })
	if rapid.IntRange(0, 5).Draw(t, "one for a list") == 0 {
		return one.Draw(t, "one")
	}
	return append([]any{}, rapid.SliceOfN(one, 0, 4).Draw(t, "list")...)
}

// ops are the comparisons that each kind's input offers.
var ops = map[layer.Kind][]string{
	layer.KindString:   {"eq", "in", "notIn", "prefix", "prefix", "contains", "contains", "isNull"},
	layer.KindEnum:     {"eq", "in", "notIn", "isNull"},
	layer.KindFloat:    {"eq", "lt", "lte", "gt", "gte", "isNull"},
	layer.KindInt:      {"eq", "in", "lt", "lte", "gt", "gte", "isNull"},
	layer.KindBool:     {"eq", "isNull"},
	layer.KindDateTime: {"from", "to"},
	layer.KindDate:     {"from", "to"},
	layer.KindStrings:  {"has", "hasAny"},
}

func (tb *table) comparison(t *rapid.T, f *layer.Field) map[string]any {
	out := map[string]any{}
	for range rapid.SampledFrom([]int{1, 1, 1, 2, 2, 0}).Draw(t, "comparisons") {
		op := rapid.SampledFrom(ops[f.Kind]).Draw(t, "op")
		switch op {
		case "isNull":
			out[op] = rapid.Bool().Draw(t, "null")
		case "in", "notIn", "hasAny":
			out[op] = tb.list(t, f)
		case "prefix", "contains":
			out[op] = tb.part(t, tb.value(t, f).(string), op == "prefix")
		default:
			out[op] = tb.value(t, f)
		}
		if rapid.IntRange(0, 9).Draw(t, "says nothing") == 0 {
			out[op] = nil
		}
	}
	return out
}

// part draws a piece of s as people type it.
func (tb *table) part(t *rapid.T, s string, front bool) string {
	runes := []rune(s)
	from := 0
	if !front && len(runes) > 0 {
		from = rapid.IntRange(0, len(runes)-1).Draw(t, "from")
	}
	return retyped(t, string(runes[from:from+rapid.IntRange(0, min(6, len(runes)-from)).Draw(t, "length")]))
}

// filter draws a filter of any form.
func (tb *table) filter(t *rapid.T, depth int) map[string]any {
	fields := map[layer.Kind][]*layer.Field{}
	for _, f := range tb.Fields {
		if _, known := ops[f.Kind]; known && f.Filter {
			fields[f.Kind] = append(fields[f.Kind], f)
		}
	}
	kinds := slices.Sorted(maps.Keys(fields))
	out := map[string]any{}
	for range rapid.SampledFrom([]int{1, 1, 1, 2, 2, 0, 3}).Draw(t, "members") {
		kind := rapid.IntRange(0, 11).Draw(t, "member")
		if depth == 0 {
			kind = max(kind, 4)
		}
		switch kind {
		case 0, 1, 2:
			inside := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) any { return tb.filter(t, depth-1) }), 0, 3).Draw(t, "inside")
			out[[]string{"and", "or", "or"}[kind]] = append([]any{}, inside...)
		case 3:
			out["not"] = tb.filter(t, depth-1)
		case 4:
			name := rapid.SampledFrom([]string{"observed", "updated"}).Draw(t, "time")
			out[name] = tb.comparison(t, &layer.Field{Name: name + "At", Kind: layer.KindDateTime})
		case 5:
			var words []string
			for _, name := range append([]string{"label"}, tb.textFields()...) {
				if values := tb.values(name); len(values) > 0 && rapid.Bool().Draw(t, "search in "+name) {
					words = append(words, tb.part(t, rapid.SampledFrom(values).Draw(t, "words").(string), false))
				}
			}
			out["text"] = strings.Join(words, " ")
		default:
			// The kind first: a layer of many numbers would ask for little else.
			f := rapid.SampledFrom(fields[rapid.SampledFrom(append(kinds, layer.KindString)).Draw(t, "kind")]).Draw(t, "field")
			out[f.Name] = any(tb.comparison(t, f))
			if rapid.IntRange(0, 9).Draw(t, "says nothing") == 0 {
				out[f.Name] = nil
			}
		}
	}
	return out
}

// typed draws a filter that is one text as somebody might type it: among filters
// of every form too few of these find anything.
func (tb *table) typed(t *rapid.T) map[string]any {
	var fields []*layer.Field
	for _, f := range tb.Fields {
		if f.Filter && f.Kind == layer.KindString && len(tb.values(f.Name)) > 0 {
			fields = append(fields, f)
		}
	}
	f := rapid.SampledFrom(fields).Draw(t, "field")
	op := rapid.SampledFrom([]string{"prefix", "contains"}).Draw(t, "op")
	value := rapid.SampledFrom(tb.values(f.Name)).Draw(t, "value").(string)
	return map[string]any{f.Name: map[string]any{op: tb.part(t, value, op == "prefix")}}
}

// edgeM is how near to the rim of a circle a row may not lie: there PostGIS and
// Go may differ, both being right to a millimetre.
const edgeM = 0.01

// area draws a box or a circle, or none, and gives its test of a row.
func (tb *table) area(t *rapid.T) (any, func(row) bool) {
	everywhere := func(row) bool { return true }
	corner := func(name string) (float64, float64) {
		for _, r := range tb.rows[rapid.IntRange(0, len(tb.rows)-1).Draw(t, name):] {
			if p, ok := r.at(); ok {
				return p[0], p[1]
			}
		}
		return 107.6, 16.45
	}
	switch rapid.IntRange(0, 4).Draw(t, "area") {
	case 0:
		lon1, lat1 := corner("row at one corner")
		lon2, lat2 := corner("row at the other")
		west, east, south, north := min(lon1, lon2), max(lon1, lon2), min(lat1, lat2), max(lat1, lat2)
		if rapid.IntRange(0, 5).Draw(t, "round the world") == 0 {
			west, east = east, west // across the antimeridian: all but what lies between
		}
		return map[string]any{"bbox": []any{west, south, east, north}}, func(r row) bool {
			p, ok := r.at()
			across := p[0] >= west && p[0] <= east
			if west > east {
				across = p[0] >= west || p[0] <= east
			}
			return ok && across && p[1] >= south && p[1] <= north
		}
	case 1:
		lon, lat := corner("row at the centre")
		radiusM := rapid.SampledFrom([]float64{0, 1, 250, 2_000, 15_000, 80_000, 20_000_000}).Draw(t, "radius")
		for _, r := range tb.rows {
			if p, ok := r.at(); ok && radiusM > 0 {
				if d := geo.DistanceM(orb.Point{lon, lat}, p); d > radiusM-edgeM && d < radiusM+edgeM {
					radiusM += 3 * edgeM
				}
			}
		}
		return map[string]any{"around": map[string]any{"lon": lon, "lat": lat, "radiusM": radiusM}}, func(r row) bool {
			p, ok := r.at()
			return ok && geo.DistanceM(orb.Point{lon, lat}, p) <= radiusM
		}
	}
	return nil, everywhere
}

// order draws an order, or none, and gives its comparison: null comes last
// either way, and the id breaks ties upwards.
func (tb *table) order(t *rapid.T) (any, func(a, b row) int) {
	names := map[string]string{"ID": "id", "OBSERVED_AT": "observedAt", "UPDATED_AT": "updatedAt"}
	kinds := map[string]layer.Kind{"OBSERVED_AT": layer.KindDateTime, "UPDATED_AT": layer.KindDateTime}
	for _, f := range tb.Fields {
		if f.Order {
			names[strings.ToUpper(f.Column)], kinds[strings.ToUpper(f.Column)] = f.Name, f.Kind
		}
	}
	byID := func(a, b row) int { return cmp.Compare(a.id(), b.id()) }
	if rapid.IntRange(0, 3).Draw(t, "ordered") == 0 {
		return nil, byID
	}
	field := rapid.SampledFrom(slices.Sorted(maps.Keys(names))).Draw(t, "order")
	direction := rapid.SampledFrom([]string{"ASC", "DESC"}).Draw(t, "direction")
	sign := 1
	if direction == "DESC" {
		sign = -1
	}
	name, kind := names[field], kinds[field]
	return map[string]any{"field": field, "direction": direction}, func(a, b row) int {
		x, y := a[name], b[name]
		switch {
		case name == "id":
			return sign * byID(a, b)
		case x == nil && y == nil:
			return byID(a, b)
		case x == nil:
			return 1
		case y == nil:
			return -1
		}
		return cmp.Or(sign*compareValues(kind, x, y), byID(a, b))
	}
}

func compareValues(kind layer.Kind, x, y any) int {
	switch kind {
	case layer.KindFloat, layer.KindInt:
		return cmp.Compare(x.(float64), y.(float64))
	case layer.KindDateTime:
		return parseTime(x.(string)).Compare(parseTime(y.(string)))
	}
	return cmp.Compare(x.(string), y.(string)) // the databases of tests collate by bytes
}

// TestNaive: the hub's answer to any question is that of a loop over all rows.
// alongCurve is the order of points in a box.
func alongCurve(a, b row) int {
	p, _ := a.at()
	q, _ := b.at()
	return cmp.Or(cmp.Compare(geo.Geohash(p), geo.Geohash(q)), cmp.Compare(a.id(), b.id()))
}

func TestNaive(t *testing.T) {
	for _, s := range naiveLayers {
		t.Run(s.Field, func(t *testing.T) {
			h, tb := load(t, s)
			query := fmt.Sprintf(`query($filter: %[1]sFilter, $area: Area, $order: %[1]sOrder) {
				%[2]s(filter: $filter, area: $area, orderBy: $order, first: 1000) { totalCount nodes { id } } }`, s.Type, s.Field)
			some := 0
			rapid.Check(t, func(t *rapid.T) {
				filter := tb.filter(t, 2)
				if rapid.IntRange(0, 3).Draw(t, "only typed") == 0 {
					filter = tb.typed(t)
				}
				area, inside := tb.area(t)
				order, compare := tb.order(t)
				variables := map[string]any{"filter": filter, "area": area, "order": order}

				var want []row
				for _, r := range tb.rows {
					if inside(r) && tb.holds(r, filter) {
						want = append(want, r)
					}
				}
				if box, ok := area.(map[string]any); ok && box["bbox"] != nil && order == nil && s.Points {
					compare = alongCurve
				}
				slices.SortFunc(want, compare)
				if len(want) > 0 && len(want) < len(tb.rows) {
					some++
				}
				asked, _ := json.Marshal(variables)
				a := h.Post(query, variables)
				if len(a.Errors) > 0 {
					t.Fatalf("%s\nasked %s", a.Errors[0].Message, asked)
				}
				var got map[string]struct {
					TotalCount int
					Nodes      []struct{ ID string }
				}
				if err := json.Unmarshal(a.Data, &got); err != nil {
					t.Fatal(err)
				}
				if got[s.Field].TotalCount != len(want) {
					t.Errorf("totalCount %d, want %d", got[s.Field].TotalCount, len(want))
				}
				var wantIDs, gotIDs []string
				for _, r := range want[:min(1000, len(want))] {
					wantIDs = append(wantIDs, r.id())
				}
				for _, n := range got[s.Field].Nodes {
					gotIDs = append(gotIDs, n.ID)
				}
				if diff := gocmp.Diff(wantIDs, gotIDs); diff != "" {
					t.Fatalf("asked %s\nids (-want +got):\n%s", asked, diff)
				}
			})
			if some == 0 {
				t.Error("no question found some rows and not all: the generator asks nothing")
			}
			t.Logf("%d rows; %d questions found some of them", len(tb.rows), some)
		})
	}
}
