package cut

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Limits of one record.
const (
	maxDepth = 64
	maxNodes = 50_000
)

// Node is an element of a small XML tree.
type Node struct {
	Name  string // local
	Space string // the namespace, or the prefix where nothing declares it
	Attr  []xml.Attr
	Kids  []*Node
	text  []byte
}

// Text is the element's own text without space around it.
func (n *Node) Text() string { return strings.TrimSpace(string(n.text)) }

// Kid is the first child of a name, nil when there is none.
func (n *Node) Kid(name string) *Node {
	for _, k := range n.Kids {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// Tree parses a record. It reads no DTD, so the only entities are XML's own
// five; depth and number of elements are limited.
func Tree(raw []byte) (*Node, error) {
	var root *Node
	var open []*Node
	nodes := 0
	err := walk(raw, func(t xml.Token) error {
		switch t := t.(type) {
		case xml.StartElement:
			n := &Node{Name: t.Name.Local, Space: t.Name.Space, Attr: t.Attr}
			if len(open) > 0 {
				parent := open[len(open)-1]
				parent.Kids = append(parent.Kids, n)
			} else if root == nil {
				root = n
			}
			open = append(open, n)
			nodes++
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				n := open[len(open)-1]
				n.text = append(n.text, t...)
			}
		}
		return nil
	})
	if err == nil && root == nil {
		err = errors.New("no element")
	}
	return root, err
}

func walk(raw []byte, f func(xml.Token) error) error {
	if !utf8.Valid(raw) {
		return errors.New("it is not UTF-8")
	}
	d := xml.NewDecoder(bytes.NewReader(raw))
	depth, nodes := 0, 0
	for {
		t, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			var syntax *xml.SyntaxError
			if errors.As(err, &syntax) {
				if strings.Contains(syntax.Msg, "entity") {
					return fmt.Errorf("%s: no DTD is read, so nothing defines it", syntax.Msg)
				}
				return fmt.Errorf("not well formed, in its line %d: %s", syntax.Line, syntax.Msg)
			}
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			depth++
			nodes++
			switch {
			case depth > maxDepth:
				return fmt.Errorf("elements deeper than %d", maxDepth)
			case nodes > maxNodes:
				return fmt.Errorf("more than %d elements", maxNodes)
			case len(t.Attr) > 256:
				return errors.New("more than 256 attributes")
			}
		case xml.EndElement:
			depth--
		case xml.Directive:
			return errors.New("a DTD inside a record is not read")
		}
		if err := f(t); err != nil {
			return err
		}
	}
}

// Shallow holds that a text of XML, well formed or not, is no deeper and has no
// more elements and attributes than a parser that recurses can take. What
// comes after a fault of grammar is not looked at: no parser reads it either.
func Shallow(raw []byte) error {
	d := xml.NewDecoder(bytes.NewReader(raw))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	depth, nodes := 0, 0
	for {
		t, err := d.RawToken()
		if err != nil {
			return nil
		}
		switch t := t.(type) {
		case xml.StartElement:
			depth++
			nodes++
			switch {
			case depth > maxDepth:
				return fmt.Errorf("elements deeper than %d", maxDepth)
			case nodes > maxNodes/10:
				return fmt.Errorf("more than %d elements", maxNodes/10)
			case len(t.Attr) > 256:
				return errors.New("more than 256 attributes")
			}
		case xml.EndElement:
			depth--
		}
	}
}
