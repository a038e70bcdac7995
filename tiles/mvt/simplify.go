package mvt

import "github.com/paulmach/orb"

// run is how many cells are simplified together. It bounds what a line made for
// the worst case costs: Douglas–Peucker is quadratic there.
const run = 512

// simplify thins out e.ring: D. H. Douglas, T. K. Peucker, "Algorithms for the
// reduction of the number of points" (1973), in runs whose ends stay. A ring is
// given closed and stays so.
//
// It works on the whole line and before it is cut, so that neighbouring tiles
// draw their common part alike. Runs that lie beyond one edge of the tile are
// left as they are, since nothing of them will be seen.
func (e *Encoder) simplify() {
	line, n := e.ring, 1
	for from := 0; from < len(line)-1; from += run {
		to := min(from+run, len(line)-1)
		if e.misses(orb.LineString(line[from : to+1]).Bound()) {
			n += copy(line[n:], line[from+1:to+1])
			continue
		}
		n = e.thin(from, to, n)
	}
	e.ring = line[:n]
}

// thin simplifies the cells after from up to and including to, and moves those
// that stay to n and on, which is never beyond what is still to be read.
func (e *Encoder) thin(from, to, n int) int {
	line, limit := e.ring, e.tolerance*e.tolerance
	a := line[from]
	e.stack = append(e.stack[:0], to)
	for len(e.stack) > 0 {
		end := e.stack[len(e.stack)-1]
		b := line[end]
		dx, dy := b[0]-a[0], b[1]-a[1]
		length2 := dx*dx + dy*dy
		share := 1 / length2
		far, most := 0, limit
		for i := from + 1; i < end; i++ {
			// The square of the distance from the segment a, b.
			x, y := line[i][0]-a[0], line[i][1]-a[1]
			d := x*x + y*y
			if along := x*dx + y*dy; along >= length2 {
				x, y = line[i][0]-b[0], line[i][1]-b[1]
				d = x*x + y*y
			} else if along > 0 {
				across := x*dy - y*dx
				d = across * across * share
			}
			if d > most {
				far, most = i, d
			}
		}
		if far > 0 {
			e.stack = append(e.stack, far)
			continue
		}
		if b != line[n-1] { // a loop within the tolerance
			line[n] = b
			n++
		}
		a, from = b, end
		e.stack = e.stack[:len(e.stack)-1]
	}
	return n
}
