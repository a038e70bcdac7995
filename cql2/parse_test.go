package cql2_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"geohub/cql2"
)

var square = orb.Polygon{{{107.5, 16.4}, {107.7, 16.4}, {107.7, 16.5}, {107.5, 16.5}, {107.5, 16.4}}}

func property(name string) cql2.Expr { return cql2.Property(name) }

func equal(left, right cql2.Expr) cql2.Expr {
	return cql2.Comparison{Op: cql2.Equal, Left: left, Right: right}
}

func count(op cql2.Operator, left, right cql2.Expr) cql2.Expr {
	return cql2.Arithmetic{Op: op, Left: left, Right: right}
}

// TestEncodings: a tree in both encodings. Where canonical is empty, text is.
func TestEncodings(t *testing.T) {
	at := time.Date(2025, 10, 27, 13, 30, 0, 500_000_000, time.UTC)
	for _, test := range []struct {
		name, text, canonical, json string
		want                        cql2.Expr
	}{
		{"equal", `ward='phường Thuận Hoá'`, `ward = 'phường Thuận Hoá'`,
			`{"op":"=","args":[{"property":"ward"},"phường Thuận Hoá"]}`,
			equal(property("ward"), cql2.String("phường Thuận Hoá"))},
		{"not equal, between properties", `mực_nước <> "báo động"`, "",
			`{"op":"<>","args":[{"property":"mực_nước"},{"property":"báo động"}]}`,
			cql2.Comparison{Op: cql2.NotEqual, Left: property("mực_nước"), Right: property("báo động")}},
		{"and binds closer than or", `a=1 or b=2 and not (c=3)`, `a = 1 OR b = 2 AND NOT (c = 3)`,
			`{"op":"or","args":[{"op":"=","args":[{"property":"a"},1]},{"op":"and","args":[{"op":"=","args":[{"property":"b"},2]},{"op":"not","args":[{"op":"=","args":[{"property":"c"},3]}]}]}]}`,
			cql2.Or{Args: []cql2.Expr{equal(property("a"), cql2.Number(1)), cql2.And{Args: []cql2.Expr{
				equal(property("b"), cql2.Number(2)), cql2.Not{Arg: equal(property("c"), cql2.Number(3))}}}}}},
		{"brackets", `(TRUE OR FALSE) AND TRUE`, "",
			`{"op":"and","args":[{"op":"or","args":[true,false]},true]}`,
			cql2.And{Args: []cql2.Expr{cql2.Or{Args: []cql2.Expr{cql2.Boolean(true), cql2.Boolean(false)}}, cql2.Boolean(true)}}},
		{"is null", `chủ_quản Is Null`, `chủ_quản IS NULL`,
			`{"op":"isNull","args":[{"property":"chủ_quản"}]}`,
			cql2.IsNull{Value: property("chủ_quản")}},
		{"is not null", `a IS NOT NULL`, "",
			`{"op":"not","args":[{"op":"isNull","args":[{"property":"a"}]}]}`,
			cql2.Not{Arg: cql2.IsNull{Value: property("a")}}},
		{"like, without case and accents", `CASEI(ACCENTI(tên)) like casei('%hồ\_%')`, `CASEI(ACCENTI(tên)) LIKE CASEI('%hồ\_%')`,
			`{"op":"like","args":[{"op":"casei","args":[{"op":"accenti","args":[{"property":"tên"}]}]},{"op":"casei","args":["%hồ\\_%"]}]}`,
			cql2.Like{Value: cql2.CaseI{Value: cql2.AccentI{Value: property("tên")}}, Pattern: cql2.CaseI{Value: cql2.String(`%hồ\_%`)}}},
		{"not like", `NOT a LIKE 'x%'`, `a NOT LIKE 'x%'`,
			`{"op":"not","args":[{"op":"like","args":[{"property":"a"},"x%"]}]}`,
			cql2.Not{Arg: cql2.Like{Value: property("a"), Pattern: cql2.String("x%")}}},
		{"not between", `độ_sâu NOT BETWEEN -1.5 AND 2e3`, `độ_sâu NOT BETWEEN -1.5 AND 2000`,
			`{"op":"not","args":[{"op":"between","args":[{"property":"độ_sâu"},-1.5,2000]}]}`,
			cql2.Not{Arg: cql2.Between{Value: property("độ_sâu"), Low: cql2.Number(-1.5), High: cql2.Number(2000)}}},
		{"in", `loại IN ('đập', 'hồ', 3) AND NOT b IN (1)`, `loại IN ('đập', 'hồ', 3) AND b NOT IN (1)`,
			`{"op":"and","args":[{"op":"in","args":[{"property":"loại"},["đập","hồ",3]]},{"op":"not","args":[{"op":"in","args":[{"property":"b"},[1]]}]}]}`,
			cql2.And{Args: []cql2.Expr{
				cql2.In{Value: property("loại"), List: []cql2.Expr{cql2.String("đập"), cql2.String("hồ"), cql2.Number(3)}},
				cql2.Not{Arg: cql2.In{Value: property("b"), List: []cql2.Expr{cql2.Number(1)}}}}}},
		{"ranks of arithmetic", `a = 1 + 2 * b ^ 2 - c div 3 % 4`, "",
			`{"op":"=","args":[{"property":"a"},{"op":"-","args":[{"op":"+","args":[1,{"op":"*","args":[2,{"op":"^","args":[{"property":"b"},2]}]}]},{"op":"%","args":[{"op":"div","args":[{"property":"c"},3]},4]}]}]}`,
			equal(property("a"), count(cql2.Subtract,
				count(cql2.Add, cql2.Number(1), count(cql2.Multiply, cql2.Number(2), count(cql2.Power, property("b"), cql2.Number(2)))),
				count(cql2.Modulo, count(cql2.IntegerDivide, property("c"), cql2.Number(3)), cql2.Number(4))))},
		{"arithmetic counts from the left", `a-(b-c)-.5 > -b`, `a - (b - c) - 0.5 > -1 * b`,
			`{"op":">","args":[{"op":"-","args":[{"op":"-","args":[{"property":"a"},{"op":"-","args":[{"property":"b"},{"property":"c"}]}]},0.5]},{"op":"*","args":[-1,{"property":"b"}]}]}`,
			cql2.Comparison{Op: cql2.Greater,
				Left:  count(cql2.Subtract, count(cql2.Subtract, property("a"), count(cql2.Subtract, property("b"), property("c"))), cql2.Number(.5)),
				Right: count(cql2.Multiply, cql2.Number(-1), property("b"))}},
		{"a sign binds closer than a power", `-a ^ 2 = -2 ^ 2`, `(-1 * a) ^ 2 = -2 ^ 2`,
			`{"op":"=","args":[{"op":"^","args":[{"op":"*","args":[-1,{"property":"a"}]},2]},{"op":"^","args":[-2,2]}]}`,
			equal(count(cql2.Power, count(cql2.Multiply, cql2.Number(-1), property("a")), cql2.Number(2)), count(cql2.Power, cql2.Number(-2), cql2.Number(2)))},
		{"point and box", `s_intersects(geom, POINT Z (107.58 16.46 3)) AND S_WITHIN(geom, bbox(107.5,16.4,0,107.7,16.5,9))`,
			`S_INTERSECTS(geom, POINT(107.58 16.46)) AND S_WITHIN(geom, BBOX(107.5, 16.4, 107.7, 16.5))`,
			`{"op":"and","args":[{"op":"s_intersects","args":[{"property":"geom"},{"type":"Point","coordinates":[107.58,16.46]}]},{"op":"s_within","args":[{"property":"geom"},{"bbox":[107.5,16.4,107.7,16.5]}]}]}`,
			cql2.And{Args: []cql2.Expr{
				cql2.Spatial{Op: cql2.SIntersects, Left: property("geom"), Right: cql2.Geometry{Shape: orb.Point{107.58, 16.46}}},
				cql2.Spatial{Op: cql2.SWithin, Left: property("geom"), Right: cql2.BBox{107.5, 16.4, 107.7, 16.5}}}}},
		{"a box across the antimeridian", `S_DISJOINT(geom, BBOX(170, -5, -170, 5))`, "",
			`{"op":"s_disjoint","args":[{"property":"geom"},{"bbox":[170,-5,-170,5]}]}`,
			cql2.Spatial{Op: cql2.SDisjoint, Left: property("geom"), Right: cql2.BBox{170, -5, -170, 5}}},
		{"polygon", `S_CONTAINS(POLYGON((107.5 16.4, 107.7 16.4, 107.7 16.5, 107.5 16.5, 107.5 16.4)), geom)`, "",
			`{"op":"s_contains","args":[{"type":"Polygon","coordinates":[[[107.5,16.4],[107.7,16.4],[107.7,16.5],[107.5,16.5],[107.5,16.4]]]},{"property":"geom"}]}`,
			cql2.Spatial{Op: cql2.SContains, Left: cql2.Geometry{Shape: square}, Right: property("geom")}},
		{"collection of all kinds", `S_CROSSES(geom, GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(1 2, 3 4), MULTIPOINT(1 2, (3 4)), MULTILINESTRING((1 2, 3 4)), MULTIPOLYGON(((107.5 16.4, 107.7 16.4, 107.7 16.5, 107.5 16.5, 107.5 16.4)))))`,
			`S_CROSSES(geom, GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(1 2, 3 4), MULTIPOINT((1 2), (3 4)), MULTILINESTRING((1 2, 3 4)), MULTIPOLYGON(((107.5 16.4, 107.7 16.4, 107.7 16.5, 107.5 16.5, 107.5 16.4)))))`,
			`{"op":"s_crosses","args":[{"property":"geom"},{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"LineString","coordinates":[[1,2],[3,4]]},{"type":"MultiPoint","coordinates":[[1,2],[3,4]]},{"type":"MultiLineString","coordinates":[[[1,2],[3,4]]]},{"type":"MultiPolygon","coordinates":[[[[107.5,16.4],[107.7,16.4],[107.7,16.5],[107.5,16.5],[107.5,16.4]]]]}]}]}`,
			cql2.Spatial{Op: cql2.SCrosses, Left: property("geom"), Right: cql2.Geometry{Shape: orb.Collection{
				orb.Point{1, 2}, orb.LineString{{1, 2}, {3, 4}}, orb.MultiPoint{{1, 2}, {3, 4}}, orb.MultiLineString{{{1, 2}, {3, 4}}}, orb.MultiPolygon{square}}}}},
		{"instants", `date >= DATE('2025-07-01') AND T_AFTER(seen, TIMESTAMP('2025-10-27T13:30:00.500Z'))`,
			`"date" >= DATE('2025-07-01') AND T_AFTER(seen, TIMESTAMP('2025-10-27T13:30:00.5Z'))`,
			`{"op":"and","args":[{"op":">=","args":[{"property":"date"},{"date":"2025-07-01"}]},{"op":"t_after","args":[{"property":"seen"},{"timestamp":"2025-10-27T13:30:00.5Z"}]}]}`,
			cql2.And{Args: []cql2.Expr{
				cql2.Comparison{Op: cql2.GreaterOrEqual, Left: property("date"), Right: cql2.Date{Year: 2025, Month: time.July, Day: 1}},
				cql2.Temporal{Op: cql2.TAfter, Left: property("seen"), Right: cql2.Timestamp{Time: at}}}}},
		{"intervals", `T_OVERLAPPEDBY(INTERVAL(start, f()), interval('2025-07-01', '..'))`, `T_OVERLAPPEDBY(INTERVAL(start, f()), INTERVAL('2025-07-01', '..'))`,
			`{"op":"t_overlappedBy","args":[{"interval":[{"property":"start"},{"op":"f","args":[]}]},{"interval":["2025-07-01",".."]}]}`,
			cql2.Temporal{Op: cql2.TOverlappedBy,
				Left:  cql2.Interval{Start: property("start"), End: cql2.Function{Name: "f"}},
				Right: cql2.Interval{Start: cql2.Date{Year: 2025, Month: time.July, Day: 1}}}},
		{"arrays", `a_containedby(("tags"), ('a', (), (1, b), (2)))`, `A_CONTAINEDBY((tags), ('a', (), (1, b), (2)))`,
			`{"op":"a_containedBy","args":[[{"property":"tags"}],["a",[],[1,{"property":"b"}],[2]]]}`,
			cql2.Function{Name: cql2.AContainedBy, Args: []cql2.Expr{
				cql2.Array{Items: []cql2.Expr{property("tags")}},
				cql2.Array{Items: []cql2.Expr{cql2.String("a"), cql2.Array{}, cql2.Array{Items: []cql2.Expr{cql2.Number(1), property("b")}}, cql2.Array{Items: []cql2.Expr{cql2.Number(2)}}}}}}},
		{"functions keep their name", `Đệm((a + b) * 2, c = 1)`, "",
			`{"op":"Đệm","args":[{"op":"*","args":[{"op":"+","args":[{"property":"a"},{"property":"b"}]},2]},{"op":"=","args":[{"property":"c"},1]}]}`,
			cql2.Function{Name: "Đệm", Args: []cql2.Expr{
				count(cql2.Multiply, count(cql2.Add, property("a"), property("b")), cql2.Number(2)), equal(property("c"), cql2.Number(1))}}},
		{"quotes in strings", `a IN ('it''s', 'it\'s', 'x\\'', '')`, `a IN ('it''s', 'it''s', 'x\\'', '')`,
			`{"op":"in","args":[{"property":"a"},["it's","it's","x\\'",""]]}`,
			cql2.In{Value: property("a"), List: []cql2.Expr{cql2.String("it's"), cql2.String("it's"), cql2.String(`x\'`), cql2.String("")}}},
		{"words that are keywords elsewhere", `point = 1 AND "AND" = s_within AND Interval IS NULL`, `"point" = 1 AND "AND" = "s_within" AND "Interval" IS NULL`,
			`{"op":"and","args":[{"op":"=","args":[{"property":"point"},1]},{"op":"=","args":[{"property":"AND"},{"property":"s_within"}]},{"op":"isNull","args":[{"property":"Interval"}]}]}`,
			cql2.And{Args: []cql2.Expr{equal(property("point"), cql2.Number(1)), equal(property("AND"), property("s_within")), cql2.IsNull{Value: property("Interval")}}}},
		{"a Kelvin sign is no k", "a = Like\u212A", "",
			"{\"op\":\"=\",\"args\":[{\"property\":\"a\"},{\"property\":\"Like\u212A\"}]}",
			equal(property("a"), property("Like\u212A"))},
		{"numbers", `a IN (1., +2, -0, 1e21, 1E-9, 9007199254740991)`, `a IN (1, 2, 0, 1E+21, 1E-09, 9007199254740991)`,
			`{"op":"in","args":[{"property":"a"},[1,2,0,1E+21,1E-09,9007199254740991]]}`,
			cql2.In{Value: property("a"), List: []cql2.Expr{cql2.Number(1), cql2.Number(2), cql2.Number(0), cql2.Number(1e21), cql2.Number(1e-9), cql2.Number(9007199254740991)}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := cql2.Parse(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if test.canonical == "" {
				test.canonical = test.text
			}
			if text := cql2.Text(got); text != test.canonical {
				t.Errorf("it prints as\n%s, not\n%s", text, test.canonical)
			}
			if got, err = cql2.ParseJSON([]byte(test.json)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("JSON (-want +got):\n%s", diff)
			}
			if data := string(cql2.JSON(got)); data != test.json {
				t.Errorf("it prints as\n%s, not\n%s", data, test.json)
			}
			checkRoundTrip(t, got)
		})
	}
}

// TestOperators: every name the standard has, in either case.
func TestOperators(t *testing.T) {
	for names, args := range map[string]string{
		"s_intersects s_equals s_disjoint s_touches s_within s_overlaps s_crosses s_contains":                                                                          "(a, POINT(1 2))",
		"t_after t_before t_contains t_disjoint t_during t_equals t_finishedBy t_finishes t_intersects t_meets t_metBy t_overlappedBy t_overlaps t_startedBy t_starts": "(a, INTERVAL('..', b))",
		"a_equals a_contains a_containedBy a_overlaps": "(a, ('b', 'c'))",
	} {
		for _, name := range strings.Fields(names) {
			text := strings.ToUpper(name) + args
			for _, written := range []string{text, name + args} {
				e, err := cql2.Parse(written)
				if err != nil {
					t.Errorf("%s: %v", written, err)
					continue
				}
				if got := cql2.Text(e); got != text {
					t.Errorf("%s prints as %s", written, got)
				}
				if data := string(cql2.JSON(e)); !strings.HasPrefix(data, `{"op":"`+name+`",`) {
					t.Errorf("%s prints as %s", written, data)
				}
			}
		}
	}
}
