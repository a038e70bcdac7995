package geo

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"github.com/paulmach/orb"
)

// sweep decides whether rings make valid polygons, after M. I. Shamos and
// D. Hoey, "Geometric intersection problems" (1976): a line goes over the
// vertices from left to right (and up, among those of one x) and keeps the
// segments under it in order. Segments that cross are neighbours before they do.
// Segments that merely meet do so at a vertex, where all of them are at hand and
// the order of their rings about it says whether the rings cross. Only signs of
// [orient] are asked for, so that no rounding can lead it astray.
type sweep struct {
	rings    []ring
	segments []segment
	under    []int32 // segments under the line, bottom to top
	right    []int32 // of the vertex at hand: segments to its right, bottom to top
	about    []int32 // of the vertex at hand: rings in counter-clockwise order
	stack    []int32
	joined   []int32 // union-find over rings: which touch, directly or not
}

type ring struct {
	polygon, hole int // hole 0 is the shell
	at            *place
	first         orb.Point // the leftmost vertex, the lowest of them
	within        int32     // the innermost ring around it, outside, or unseen
}

const (
	outside = -1
	unseen  = -2
)

type segment struct {
	lo, hi        orb.Point // in the order of the sweep
	ring          int32
	index         int32 // the segment's number: that of the position it starts at
	interiorAbove bool
}

// side tells where p lies: +1 above the segment, -1 below, 0 on its line.
func (s *segment) side(p orb.Point) int {
	if p == s.lo || p == s.hi {
		return 0
	}
	return orient(s.lo, s.hi, p)
}

func before(p, q orb.Point) int {
	if c := cmp.Compare(p[0], q[0]); c != 0 {
		return c
	}
	return cmp.Compare(p[1], q[1])
}

// addRing checks what a ring is by itself and adds its segments.
func (s *sweep) addRing(points orb.Ring, polygon, hole int, at *place) error {
	if len(points) < 4 {
		return bad(at, "a ring has at least 4 positions, the last equal to the first, not %d", len(points))
	}
	if last := len(points) - 1; points[0] != points[last] {
		return bad(at.element(last), "the ring is not closed: its last position is not its first").With("point", points[last])
	}
	// The vertices without repetitions; each segment starts at the last of equals.
	var vertices []int32
	for i := range len(points) - 1 {
		if points[i] != points[i+1] {
			vertices = append(vertices, int32(i))
		}
	}
	n := len(vertices)
	if n < 3 {
		return bad(at, "the ring has no area: it has fewer than 3 different positions").With("point", points[0])
	}
	lowest := 0
	for i, v := range vertices {
		if before(points[v], points[vertices[lowest]]) < 0 {
			lowest = i
		}
	}
	first := points[vertices[lowest]]
	turn := orient(points[vertices[(lowest+n-1)%n]], first, points[vertices[(lowest+1)%n]])
	if turn == 0 {
		a, b := vertices[(lowest+n-1)%n], vertices[lowest]
		a, b = min(a, b), max(a, b)
		return bad(at, "segments %d and %d run back over each other at %v", a, b, text(first)).
			With("point", first).With("segments", []int32{a, b}).With("rings", []string{at.String(), at.String()})
	}
	number := int32(len(s.rings))
	s.rings = append(s.rings, ring{polygon, hole, at, first, unseen})
	s.segments = slices.Grow(s.segments, n)
	for i, v := range vertices {
		from, to := points[v], points[vertices[(i+1)%n]]
		forward := before(from, to) < 0
		segment := segment{from, to, number, v, forward == (turn > 0)}
		if !forward {
			segment.lo, segment.hi = to, from
		}
		s.segments = append(s.segments, segment)
	}
	return nil
}

// run sweeps, then judges how the rings lie in each other.
func (s *sweep) run() error {
	type end struct {
		at      orb.Point
		segment int32 // or its complement, where it ends
	}
	ends := make([]end, 0, 2*len(s.segments))
	for i := range s.segments {
		ends = append(ends, end{s.segments[i].lo, int32(i)}, end{s.segments[i].hi, ^int32(i)})
	}
	slices.SortFunc(ends, func(a, b end) int {
		if c := before(a.at, b.at); c != 0 {
			return c
		}
		return cmp.Compare(a.segment, b.segment)
	})
	s.joined = make([]int32, len(s.rings))
	for i := range s.joined {
		s.joined[i] = int32(i)
	}
	for len(ends) > 0 {
		p, ended := ends[0].at, 0
		s.right = s.right[:0]
		for len(ends) > 0 && ends[0].at == p {
			if ends[0].segment >= 0 {
				s.right = append(s.right, ends[0].segment)
			} else {
				ended++
			}
			ends = ends[1:]
		}
		if err := s.vertex(p, ended); err != nil {
			return err
		}
	}
	return s.nesting()
}

// vertex moves the line over p, where the segments in s.right start.
func (s *sweep) vertex(p orb.Point, ended int) error {
	from := sort.Search(len(s.under), func(i int) bool { return s.segments[s.under[i]].side(p) <= 0 })
	to := from
	through := int32(-1)
	for ; to < len(s.under) && s.segments[s.under[to]].side(p) == 0; to++ {
		i := s.under[to]
		if s.segments[i].hi == p {
			ended--
			continue
		}
		if through >= 0 {
			return s.clash(through, i, p)
		}
		through = i
		s.right = append(s.right, i)
	}
	left := s.under[from:to]
	if ended != 0 {
		// Can't be while the order holds; refuse rather than trust it.
		return bad(s.rings[0].at, "the rings are entangled near %v", text(p)).With("point", p)
	}
	slices.SortFunc(s.right, func(a, b int32) int {
		return -orient(p, s.segments[a].hi, s.segments[b].hi)
	})
	for i := 1; i < len(s.right); i++ {
		if a, b := s.right[i-1], s.right[i]; orient(p, s.segments[a].hi, s.segments[b].hi) == 0 {
			return s.clash(a, b, p)
		}
	}
	if len(left)+len(s.right) > 2 {
		if err := s.touch(p, left); err != nil {
			return err
		}
	}
	s.under = slices.Replace(s.under, from, to, s.right...)
	if len(s.right) == 0 {
		return s.neighbours(from - 1)
	}
	for i := range s.right {
		s.nest(p, from+i)
	}
	if err := s.neighbours(from - 1); err != nil {
		return err
	}
	return s.neighbours(from + len(s.right) - 1)
}

// touch judges a vertex p that more than one pass of a ring goes through.
func (s *sweep) touch(p orb.Point, left []int32) error {
	s.about = s.about[:0]
	for _, i := range s.right {
		s.about = append(s.about, s.segments[i].ring)
	}
	for _, i := range slices.Backward(left) {
		s.about = append(s.about, s.segments[i].ring)
	}
	// Two passes of one ring are a ring that touches itself.
	segments := append(slices.Clone(s.right), left...)
	slices.SortStableFunc(segments, func(a, b int32) int { return cmp.Compare(s.segments[a].ring, s.segments[b].ring) })
	for len(segments) > 0 {
		first := segments[0]
		ways := 1
		for ways < len(segments) && s.segments[segments[ways]].ring == s.segments[first].ring {
			ways++
		}
		if ways > 2 {
			other := slices.IndexFunc(segments[:ways], func(i int32) bool { return i != first && !s.adjacent(i, first) })
			return s.clash(first, segments[max(other, 1)], p)
		}
		segments = segments[ways:]
	}
	// Each ring is there twice now. Rings that don't cross nest like brackets.
	s.stack = s.stack[:0]
	for _, r := range s.about {
		if n := len(s.stack); n > 0 && s.stack[n-1] == r {
			s.stack = s.stack[:n-1]
		} else {
			s.stack = append(s.stack, r)
		}
	}
	if len(s.stack) > 0 {
		return s.clash(s.passing(s.stack[0], left), s.passing(s.stack[1], left), p)
	}
	return s.join(p)
}

// join notes that the rings about p touch. The interior of a polygon falls apart
// when its rings close a chain, so those of one polygon must be strangers yet.
func (s *sweep) join(p orb.Point) error {
	rings := slices.Clone(s.about)
	slices.Sort(rings) // and so by polygon
	rings = slices.Compact(rings)
	for i := 1; i < len(rings); i++ {
		a, b := rings[i-1], rings[i]
		if s.rings[a].polygon != s.rings[b].polygon {
			continue
		}
		rootA, rootB := s.root(a), s.root(b)
		if rootA == rootB {
			return bad(s.rings[b].at, "the ring cuts the interior of its polygon in two, where it touches ring %s at %v", s.rings[a].at, text(p)).
				With("point", p).With("rings", s.names(a, b))
		}
		s.joined[rootB] = rootA
	}
	return nil
}

func (s *sweep) root(r int32) int32 {
	for s.joined[r] != r {
		s.joined[r] = s.joined[s.joined[r]]
		r = s.joined[r]
	}
	return r
}

// nest finds which ring is around the one that starts at p with under[i]: the
// segment beneath tells, and what is beneath was nested before.
func (s *sweep) nest(p orb.Point, i int) {
	r := &s.rings[s.segments[s.under[i]].ring]
	if r.within != unseen || r.first != p {
		return
	}
	r.within = outside
	if i == 0 {
		return
	}
	beneath := &s.segments[s.under[i-1]]
	if beneath.interiorAbove {
		r.within = beneath.ring
	} else {
		r.within = s.rings[beneath.ring].within
	}
}

// neighbours refuses under[i] and the segment above it if they cross.
func (s *sweep) neighbours(i int) error {
	if i < 0 || i+1 >= len(s.under) {
		return nil
	}
	a, b := &s.segments[s.under[i]], &s.segments[s.under[i+1]]
	if a.side(b.lo)*a.side(b.hi) < 0 && b.side(a.lo)*b.side(a.hi) < 0 {
		return s.clash(s.under[i], s.under[i+1], meet(*a, *b))
	}
	return nil
}

func (s *sweep) nesting() error {
	for i := range s.rings {
		r := &s.rings[i]
		if r.hole == 0 {
			if r.within == outside || s.rings[r.within].hole > 0 {
				continue
			}
			return bad(r.at, "this polygon lies in the polygon of ring %s", s.rings[r.within].at).
				With("point", r.first).With("rings", s.names(int32(i), r.within))
		}
		if r.within == outside || s.rings[r.within].polygon != r.polygon {
			return bad(r.at, "the hole at %v lies outside its polygon", text(r.first)).With("point", r.first)
		}
		if around := s.rings[r.within]; around.hole > 0 {
			return bad(r.at, "the hole lies in another hole, %s", around.at).
				With("point", r.first).With("rings", s.names(int32(i), r.within))
		}
	}
	return nil
}

// passing gives a segment of ring r at the vertex at hand.
func (s *sweep) passing(r int32, left []int32) int32 {
	for _, i := range s.right {
		if s.segments[i].ring == r {
			return i
		}
	}
	for _, i := range left {
		if s.segments[i].ring == r {
			return i
		}
	}
	return -1
}

// adjacent tells whether a and b follow each other in a ring: its segments are in
// one run of s.segments.
func (s *sweep) adjacent(a, b int32) bool {
	if s.segments[a].ring != s.segments[b].ring {
		return false
	}
	if a > b {
		a, b = b, a
	}
	if b == a+1 {
		return true
	}
	isFirst := a == 0 || s.segments[a-1].ring != s.segments[a].ring
	isLast := int(b) == len(s.segments)-1 || s.segments[b+1].ring != s.segments[b].ring
	return isFirst && isLast
}

// clash says that segments a and b meet at p as they may not.
func (s *sweep) clash(a, b int32, p orb.Point) error {
	x, y := s.segments[a], s.segments[b]
	if x.ring > y.ring || x.ring == y.ring && x.index > y.index {
		a, b, x, y = b, a, y, x
	}
	ringX, ringY := s.rings[x.ring].at, s.rings[y.ring].at
	from, to := orient(x.lo, x.hi, y.lo), orient(x.lo, x.hi, y.hi)
	overlap := from == 0 && to == 0
	var message string
	switch {
	case overlap && s.adjacent(a, b):
		message = "segments %d and %d run back over each other at %v"
	case overlap:
		message = "segments %d and %d overlap at %v"
	case x.ring == y.ring && (from == 0 || to == 0):
		message = "the ring touches itself: segments %d and %d meet at %v"
	default:
		message = "segments %d and %d cross at %v"
	}
	err := bad(ringX, message, x.index, y.index, text(p))
	if x.ring != y.ring {
		err = bad(ringX, message+", the second in ring %s", x.index, y.index, text(p), ringY)
	}
	return err.With("point", p).With("segments", []int32{x.index, y.index}).With("rings", s.names(x.ring, y.ring))
}

func text(p orb.Point) string { return fmt.Sprintf("[%v, %v]", p[0], p[1]) }

func (s *sweep) names(a, b int32) []string {
	return []string{s.rings[a].at.String(), s.rings[b].at.String()}
}
