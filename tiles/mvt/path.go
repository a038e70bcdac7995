package mvt

import "github.com/paulmach/orb"

// This file writes paths of cells as commands of MVT's geometry.

const (
	moveTo = 1
	lineTo = 2

	closePath = 1<<3 | 7
)

func (e *Encoder) commands(id, n int) {
	e.geom = appendVarint(e.geom, uint64(n)<<3|uint64(id))
}

// step moves the pen.
func (e *Encoder) step(p orb.Point) {
	x, y := int32(p[0]), int32(p[1])
	e.geom = appendVarint(appendVarint(e.geom, zigzag(x-e.pen[0])), zigzag(y-e.pen[1]))
	e.pen = [2]int32{x, y}
}

func (e *Encoder) writePoints() {
	if len(e.ring) == 0 {
		return
	}
	e.commands(moveTo, len(e.ring))
	for _, p := range e.ring {
		e.step(p)
	}
}

// writePath writes a line if it has two cells at least.
func (e *Encoder) writePath(line []orb.Point) {
	if len(line) < 2 {
		return
	}
	e.commands(moveTo, 1)
	e.step(line[0])
	e.commands(lineTo, len(line)-1)
	for _, p := range line[1:] {
		e.step(p)
	}
}

// writeRing writes a ring that is not closed, backward if told so.
func (e *Encoder) writeRing(ring []orb.Point, backward bool) {
	e.commands(moveTo, 1)
	e.step(ring[0])
	e.commands(lineTo, len(ring)-1)
	if backward {
		for i := len(ring) - 1; i > 0; i-- {
			e.step(ring[i])
		}
	} else {
		for _, p := range ring[1:] {
			e.step(p)
		}
	}
	e.geom = append(e.geom, closePath)
}
