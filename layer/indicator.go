package layer

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"geohub/geo"
)

// IndicatorSpec declares a figure that a service is led by: of which rows, by
// filters of GraphQL, so that everybody can ask for the same rows.
type IndicatorSpec struct {
	ID                string // "reports.onTimeShare"
	Layer             *System
	Title, Definition Title  // the definition in plain words
	Unit              string // UCUM; "1" for shares and counts
	Statistic         IndicatorStatistic
	// Of picks the rows that it is about, Part those among them that count: each a
	// filter of the layer as in GraphQL, "{open311Status: {eq: OPEN}}"; empty: all.
	Of, Part string
	// Amount is what is added up, averaged or ranked, Per what a ratio divides by.
	Amount, Per Amount
	// Period says that it is about what was observed in a time; otherwise it is
	// about how things stand.
	Period        bool
	LowerIsBetter bool
	// Least is the smallest cell that is told; 0: any.
	Least int
}

// IndicatorStatistic is how a figure is made of rows.
type IndicatorStatistic string

// The statistics.
const (
	IndicatorShare  IndicatorStatistic = "SHARE"  // rows that count, of all
	IndicatorCount  IndicatorStatistic = "COUNT"  // rows that count
	IndicatorSum    IndicatorStatistic = "SUM"    // the amounts together
	IndicatorRatio  IndicatorStatistic = "RATIO"  // the amounts together, by Per together
	IndicatorMean   IndicatorStatistic = "MEAN"   // of amounts
	IndicatorMedian IndicatorStatistic = "MEDIAN" // of amounts
	IndicatorP90    IndicatorStatistic = "P90"    // of amounts: what nine in ten do not exceed
	IndicatorMin    IndicatorStatistic = "MIN"    // of amounts
	IndicatorMax    IndicatorStatistic = "MAX"    // of amounts
)

// Amount is a number of a row: fields added up, less another. Of two times it is
// the hours between.
type Amount struct {
	Plus []string
	Less string
}

// IndicatorTarget is what an indicator is to reach, from a day on.
type IndicatorTarget struct {
	Indicator string
	Value     float64
	From      geo.Date
	To        *geo.Date // the first day on which it holds no more; nil: it holds
	Source    string
}

// Indicators are the indicators of a hub with their targets. They are never
// changed after NewIndicators.
type Indicators struct {
	all  []*indicator
	byID map[string]*indicator
}

// indicator is a declaration, read.
type indicator struct {
	IndicatorSpec
	of, part    Filter
	amount, per []*Field // of Amount.Plus and Amount.Less, that last
	query       string
	targets     []*IndicatorTarget
}

// NewIndicators reads declarations against the schema. An error names the
// indicator and what is wrong with it, or the target of an unknown one.
func NewIndicators(schema *ast.Schema, specs []IndicatorSpec, targets []IndicatorTarget) (*Indicators, error) {
	all := &Indicators{byID: map[string]*indicator{}}
	for _, spec := range specs {
		i := &indicator{IndicatorSpec: spec}
		if err := i.read(schema); err != nil {
			return nil, fmt.Errorf("indicator %s: %w", spec.ID, err)
		}
		if all.byID[spec.ID] != nil {
			return nil, fmt.Errorf("indicator %s is declared twice", spec.ID)
		}
		all.all, all.byID[spec.ID] = append(all.all, i), i
	}
	for _, t := range targets {
		i := all.byID[t.Indicator]
		if i == nil {
			return nil, fmt.Errorf("a target is of %q, which is no indicator", t.Indicator)
		}
		i.targets = append(i.targets, &t)
	}
	return all, nil
}

// read checks the declaration: its query must be one that the schema allows.
func (i *indicator) read(schema *ast.Schema) error {
	var err error
	if i.amount, err = i.Amount.fields(i.Layer); err != nil {
		return err
	}
	if i.per, err = i.Per.fields(i.Layer); err != nil {
		return err
	}
	counts := i.Statistic == IndicatorShare || i.Statistic == IndicatorCount
	switch {
	case counts == (len(i.amount) > 0):
		return fmt.Errorf("%s takes an amount unless it counts rows, and then none", i.Statistic)
	case (i.Statistic == IndicatorRatio) != (len(i.per) > 0):
		return fmt.Errorf("a ratio, and nothing else, divides by an amount")
	case i.Part != "" && !counts:
		return fmt.Errorf("only rows that are counted have a part that counts")
	case i.Title.VI == "" || i.Title.EN == "" || i.Definition.VI == "" || i.Definition.EN == "" || i.Unit == "":
		return fmt.Errorf("it has no title, definition or unit of measure")
	}
	i.query = i.asQuery()
	if _, errs := gqlparser.LoadQueryWithRules(schema, i.query, rules.NewDefaultRules()); len(errs) > 0 {
		return fmt.Errorf("its query is not one: %w", errs)
	}
	for _, text := range []struct {
		filter string
		to     *Filter
	}{{i.Of, &i.of}, {i.Part, &i.part}} {
		if text.filter == "" {
			continue
		}
		doc, errs := gqlparser.LoadQueryWithRules(schema, fmt.Sprintf("{ %s(filter: %s) { totalCount } }", i.Layer.Field, text.filter), rules.NewDefaultRules())
		if len(errs) > 0 {
			return errs
		}
		value, err := doc.Operations[0].SelectionSet[0].(*ast.Field).Arguments.ForName("filter").Value.Value(nil)
		if err != nil {
			return err
		}
		*text.to = value.(map[string]any)
	}
	return nil
}

// fields are those of an amount: times, of which one is taken from one, or numbers.
func (a Amount) fields(s *System) ([]*Field, error) {
	names := a.Plus
	if a.Less != "" {
		names = append(names[:len(names):len(names)], a.Less)
	}
	times := 0
	out := make([]*Field, len(names))
	for i, name := range names {
		f, ok := s.Lookup(name)
		switch {
		case !ok || f.Hidden:
			return nil, fmt.Errorf("%s has no field %s", s.Field, name)
		case f.Kind == KindDateTime:
			times++
		case f.Kind != KindFloat && f.Kind != KindInt:
			return nil, fmt.Errorf("%s is no number", name)
		}
		out[i] = f
	}
	if times > 0 && (times != 2 || len(a.Plus) != 1 || len(names) != 2) {
		return nil, fmt.Errorf("a time is taken from another, and nothing else")
	}
	return out, nil
}

// asQuery is the question that gives the rows of the indicator, for any area and time.
func (i *indicator) asQuery() string {
	variables, observed := "$area: Area", ""
	if i.Period {
		variables, observed = variables+", $observed: DateTimeRange", "observed: $observed"
	}
	var fields []string
	for _, f := range append(i.amount[:len(i.amount):len(i.amount)], i.per...) {
		fields = append(fields, f.Name)
	}
	list := func(alias, page, selection string, filters ...string) string {
		members := []string{}
		if filters := strings.Join(filled(filters), ", "); filters != "" {
			members = append(members, "and: ["+filters+"]")
		}
		members = filled(append(members, observed))
		filter := ""
		if len(members) > 0 {
			filter = ", filter: {" + strings.Join(members, ", ") + "}"
		}
		return fmt.Sprintf("  %s: %s(area: $area%s%s) { %s }\n", alias, i.Layer.Field, filter, page, selection)
	}
	body := ""
	if len(fields) > 0 {
		variables += ", $after: String"
		body = list("of", ", orderBy: {field: ID}, first: 1000, after: $after", "totalCount nodes { "+strings.Join(fields, " ")+" } pageInfo { hasNextPage endCursor }", i.Of)
	} else {
		body = list("of", "", "totalCount", i.Of) + list("part", "", "totalCount", i.Of, i.Part)
	}
	return fmt.Sprintf("query (%s) {\n%s}", variables, body)
}

// filled leaves out what says nothing.
func filled(texts []string) []string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}
