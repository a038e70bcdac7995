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

// Ceiling is the highest class of a layer that v may see on each axis.
func (v Viewer) Ceiling(layer string) Class {
	var top Class
	for _, g := range v.Grants {
		if g.Layer == "" || g.Layer == layer {
			top.Sharing = max(top.Sharing, g.Sharing)
			top.Personal = max(top.Personal, g.Personal)
		}
	}
	return top
}

// Sees says whether c is on or below the ceiling.
func (ceiling Class) Sees(c Class) bool {
	return c.Sharing <= ceiling.Sharing && c.Personal <= ceiling.Personal
}

// Rows is the condition on the rows f of a layer that v may see; empty when it
// may see them all.
func Rows(v Viewer, layer string) clause.C {
	if top := v.Ceiling(layer).Sharing; top < Private {
		return clause.Of("f.sharing <= ?", top)
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
