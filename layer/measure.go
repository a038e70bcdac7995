package layer

import (
	"strconv"
	"strings"

	"geohub/clause"
	"geohub/internal/fault"
)

// Measuring is a figure asked of the rows of a cell: a statistic of a number.
type Measuring struct {
	Field NumberField
	Of    Statistic
}

// NumberField is a member of a layer's enum XNumber: "LEVEL_M".
type NumberField string

// Statistic is what is made of the values of a number. Rows without a value don't
// count; of no value there is none, but their number is 0.
type Statistic string

// The statistics. Percentiles lie between the two nearest values where no row has
// just that rank.
const (
	Count Statistic = "COUNT"
	Sum   Statistic = "SUM"
	Avg   Statistic = "AVG"
	Min   Statistic = "MIN"
	Max   Statistic = "MAX"
	P50   Statistic = "P50"
	P90   Statistic = "P90"
)

// Measure is a figure of a cell.
type Measure struct {
	Name  string // "levelM.P90"
	Unit  *string
	Value *float64
}

// maxMeasures is how many figures of a cell may be asked for.
const maxMeasures = 10

// positionAccuracy is the number that every layer has.
var positionAccuracy = &Field{Name: "positionAccuracyM", Column: "position_accuracy_m", Kind: KindFloat, Filter: true}

// Numbers are the fields of the layer that can be measured.
func (s *System) Numbers() []*Field {
	var out []*Field
	for _, f := range s.Fields {
		if (f.Kind == KindFloat || f.Kind == KindInt) && (f.Filter || f.Group) && !f.Hidden {
			out = append(out, f)
		}
	}
	return append(out, positionAccuracy)
}

// Member is the field's name as a member of an enum: "LEVEL_M".
func (f *Field) Member() string { return strings.ToUpper(snake(f.Name)) }

// measure is a figure as it is asked for, and its SQL over the rows f of a cell.
type measure struct {
	name string
	unit *string
	sql  clause.C
}

func (m measure) of(value *float64) *Measure { return &Measure{m.name, m.unit, value} }

func (r *Reader) measures(s *System, asked []Measuring) ([]measure, error) {
	if len(asked) > maxMeasures {
		return nil, fault.Invalid("BAD_INPUT", "groups takes at most %d measures, not %d", maxMeasures, len(asked)).With("limit", maxMeasures)
	}
	out := make([]measure, len(asked))
	for i, a := range asked {
		var err error
		if out[i], err = r.measure(s, a); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *Reader) measure(s *System, asked Measuring) (measure, error) {
	for _, f := range s.Numbers() {
		if f.Member() != string(asked.Field) {
			continue
		}
		m := measure{name: f.Name + "." + string(asked.Of)}
		if unit := r.catalog.info[s].byName[f.Name].Measure; unit != "" && asked.Of != Count {
			m.unit = &unit
		}
		var known bool
		if m.sql, known = asked.Of.over(clause.Column("f", f.Column)); !known {
			break
		}
		return m, r.maySee(s, f.Name)
	}
	return measure{}, fault.Invalid("BAD_INPUT", "%s of %s can't be measured by %s", asked.Field, s.Field, asked.Of)
}

// over is the statistic of a column. Sums are exact decimals, so that they are the
// same in whatever order rows are read.
func (s Statistic) over(column clause.C) (c clause.C, known bool) {
	switch s {
	case Count:
		return clause.Of("count(?)::float8", column), true
	case Sum:
		return clause.Of("sum(?::numeric)::float8", column), true
	case Avg:
		return clause.Of("avg(?::numeric)::float8", column), true
	case Min:
		return clause.Of("min(?)::float8", column), true
	case Max:
		return clause.Of("max(?)::float8", column), true
	case P50:
		return clause.Of("percentile_cont(0.5) WITHIN GROUP (ORDER BY ?)", column), true
	case P90:
		return clause.Of("percentile_cont(0.9) WITHIN GROUP (ORDER BY ?)", column), true
	}
	return c, false
}

func measureColumn(i int) clause.C { return clause.Name("m" + strconv.Itoa(i)) }
