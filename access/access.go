// Package access says who may see what: a viewer with a ceiling for each
// layer, the class of each row and field, and the clause that keeps rows
// above the ceiling out of every answer.
//
// Both axes are those of limits.md: sharing (open, shared, private) and
// personal (none, basic, sensitive). A viewer sees what lies on or below both
// of its ceilings.
//
//	access.Rows(viewer, "dams") // f.sharing <= 1, or nothing for a viewer who sees all
package access

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"geohub/clause"
)

// Sharing is how far data may go, by the Law on Data 60/2024.
type Sharing int16

// The three sharing classes, open first.
const (
	Open Sharing = iota
	Shared
	Private
)

// Personal is how personal data is, by Law 91/2025.
type Personal int16

// The three personal classes.
const (
	NotPersonal Personal = iota
	Basic
	Sensitive
)

var (
	sharingNames  = []string{"OPEN", "SHARED", "PRIVATE"}
	personalNames = []string{"NONE", "BASIC", "SENSITIVE"}
)

// Class is a row's or a field's place on both axes.
type Class struct {
	Sharing  Sharing
	Personal Personal
}

// Grant lets a viewer see a layer up to two ceilings. Layer is a list field
// ("vessels") or empty for every layer.
type Grant struct {
	Layer    string   `json:"layer,omitempty"`
	Sharing  Sharing  `json:"sharing"`
	Personal Personal `json:"personal"`
}

// Viewer is who asks. The zero Viewer is anonymous: it sees what is open and
// not personal.
type Viewer struct {
	Name   string // for logs and audit; empty for anonymous
	Agency string // code by QĐ 20/2020, or empty
	Grants []Grant
}

// Anonymous says whether nobody in particular asks.
func (v Viewer) Anonymous() bool { return v.Name == "" }

// Covers says whether c is at least as closed as o on both axes.
func (c Class) Covers(o Class) bool {
	return o.Sharing <= c.Sharing && o.Personal <= c.Personal
}

// Sees says whether v may see what is of class c in a layer: it is open, or one
// grant covers it. Two grants never add up to more than each says.
func (v Viewer) Sees(layer string, c Class) bool {
	return c == Class{} || slices.ContainsFunc(v.Grants, func(g Grant) bool {
		return (g.Layer == "" || g.Layer == layer) && Class{g.Sharing, g.Personal}.Covers(c)
	})
}

// Signature tells viewers apart that don't see the same: two of equal signature
// see the same rows and fields of every layer.
func (v Viewer) Signature() string {
	b := make([]byte, 0, 16*len(v.Grants))
	for _, g := range v.Grants {
		b = append(b, g.Layer...)
		b = append(b, ' ', '0'+byte(g.Sharing), '0'+byte(g.Personal), ';')
	}
	return string(b)
}

// Rows is the condition on the rows f of a layer that v may see; empty when it
// may see them all.
func Rows(v Viewer, layer string) clause.C {
	top := Open
	for _, g := range v.Grants {
		if g.Layer == "" || g.Layer == layer {
			top = max(top, g.Sharing)
		}
	}
	switch top { // as text: the server then knows how many rows that are, whatever else it is asked
	case Open:
		return clause.Of("f.sharing <= 0")
	case Shared:
		return clause.Of("f.sharing <= 1")
	}
	return clause.C{}
}

// MarshalGQL writes the enum's name.
func (s Sharing) MarshalGQL(w io.Writer) { writeName(w, sharingNames, int(s)) }

// UnmarshalGQL reads the enum's name.
func (s *Sharing) UnmarshalGQL(v any) error {
	i, err := readName(sharingNames, v)
	*s = Sharing(i)
	return err
}

// MarshalGQL writes the enum's name.
func (p Personal) MarshalGQL(w io.Writer) { writeName(w, personalNames, int(p)) }

// UnmarshalGQL reads the enum's name.
func (p *Personal) UnmarshalGQL(v any) error {
	i, err := readName(personalNames, v)
	*p = Personal(i)
	return err
}

func writeName(w io.Writer, names []string, i int) {
	io.WriteString(w, strconv.Quote(names[i]))
}

func readName(names []string, v any) (int, error) {
	for i, n := range names {
		if n == v {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%v is not one of %v", v, names)
}
