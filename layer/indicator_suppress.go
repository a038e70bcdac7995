package layer

// This file keeps small cells from being told. A cell under the least is hidden,
// and so are others beside it until no total gives it away: of the units that
// make up one, and of the times of one unit.
//
// Whoever gets these figures may see the rows that they are of, since hidden rows
// are not counted. So this is a rule of what is published, not a lock: totals of
// times that overlap are not held against each other.

// suppress hides cells, by unit and span; families are units that make up one.
func (i *indicator) suppress(cells [][]*cell, families [][]int) {
	least := float64(i.Least)
	var lines [][]*cell
	for _, spans := range cells {
		for _, c := range spans {
			c.hidden = i.tooSmall(c, least)
		}
		lines = append(lines, spans)
	}
	for _, family := range families {
		for n := range cells[0] {
			line := make([]*cell, len(family))
			for k, u := range family {
				line[k] = cells[u][n]
			}
			lines = append(lines, line)
		}
	}
	for more := true; more; {
		more = false
		for _, line := range lines {
			more = i.complement(line, least) || more
		}
	}
}

// size is how many a cell is of, as far as a total would tell: of counts and sums
// those themselves, else what they are divided by.
func (i *indicator) size(c *cell) float64 {
	if i.Statistic == IndicatorCount || i.Statistic == IndicatorSum {
		return c.numerator
	}
	return c.denominator
}

func (i *indicator) tooSmall(c *cell, least float64) bool {
	small := func(n float64) bool { return n > 0 && n < least }
	return small(i.size(c)) || i.Statistic == IndicatorCount && small(c.denominator)
}

// complement hides the smallest cells of a line until those hidden are two or
// more, of the least together; false when they were.
func (i *indicator) complement(line []*cell, least float64) (more bool) {
	for {
		hidden, together := 0, 0.0
		var next *cell
		for _, c := range line {
			switch size := i.size(c); {
			case c.hidden:
				hidden, together = hidden+1, together+size
			case size > 0 && (next == nil || size < i.size(next)):
				next = c
			}
		}
		if hidden == 0 || hidden > 1 && together >= least || next == nil {
			return more
		}
		next.hidden, more = true, true
	}
}
