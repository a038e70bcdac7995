package cql2

import "strconv"

// place is where in a JSON document we are; it becomes text only for a fault.
// The document is nil.
type place struct {
	parent *place
	name   string // a member, or "" for an element
	index  int
}

func (p *place) member(name string) *place { return &place{parent: p, name: name} }
func (p *place) element(i int) *place      { return &place{parent: p, index: i} }

func (p *place) String() string {
	switch {
	case p == nil:
		return ""
	case p.name == "":
		return p.parent.String() + "[" + strconv.Itoa(p.index) + "]"
	case p.parent == nil:
		return p.name
	}
	return p.parent.String() + "." + p.name
}
