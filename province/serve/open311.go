package serve

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/paulmach/orb"
)

// tree is an object of Open311 in the order of its members, to be written as
// JSON or XML.
type tree []member

// member is one of: text, a number, true or false, a tree, a list, or nil.
type member struct {
	name  string
	value any
}

// list is an array; item names its elements in XML.
type list struct {
	item string
	all  []tree
}

func (t tree) set(name string, value any) {
	for i := range t {
		if t[i].name == name {
			t[i].value = value
		}
	}
}

// text is a text, or nil for null.
func text(s *string) any {
	if s == nil {
		return nil
	}
	return *s
}

// moment is a time as the standard writes it, or nil.
func moment(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.Format(time.RFC3339)
}

func pointOf(g orb.Geometry) (orb.Point, bool) {
	p, ok := g.(orb.Point)
	return p, ok
}

// writeTrees answers with trees: in JSON as an array, in XML as elements item
// of an element root, or of none.
func writeTrees(w http.ResponseWriter, asXML bool, status int, root, item string, all []tree) {
	var out bytes.Buffer
	if asXML {
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		out.WriteString(xml.Header)
		if root != "" {
			fmt.Fprintf(&out, "<%s>\n", root)
		}
		for _, t := range all {
			t.xml(&out, item)
		}
		if root != "" {
			fmt.Fprintf(&out, "</%s>\n", root)
		}
	} else {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		writeList(&out, all)
	}
	w.WriteHeader(status)
	w.Write(out.Bytes())
}

func open311Error(w http.ResponseWriter, asXML bool, status int, description string) {
	writeTrees(w, asXML, status, "errors", "error", []tree{{{"code", strconv.Itoa(status)}, {"description", description}}})
}

func writeList(out *bytes.Buffer, all []tree) {
	out.WriteByte('[')
	for i, t := range all {
		if i > 0 {
			out.WriteString(",\n")
		}
		t.json(out)
	}
	out.WriteByte(']')
}

func (t tree) json(out *bytes.Buffer) {
	out.WriteByte('{')
	for i, m := range t {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(out, "%q:", m.name)
		switch v := m.value.(type) {
		case tree:
			v.json(out)
		case list:
			writeList(out, v.all)
		default:
			text, _ := json.Marshal(v) // texts, numbers, truth values and nil only
			out.Write(text)
		}
	}
	out.WriteByte('}')
}

func (t tree) xml(out *bytes.Buffer, name string) {
	fmt.Fprintf(out, "<%s>", name)
	for _, m := range t {
		switch v := m.value.(type) {
		case nil:
			fmt.Fprintf(out, "<%s/>", m.name)
		case tree:
			v.xml(out, m.name)
		case list:
			fmt.Fprintf(out, "<%s>", m.name)
			for _, item := range v.all {
				item.xml(out, v.item)
			}
			fmt.Fprintf(out, "</%s>", m.name)
		default:
			fmt.Fprintf(out, "<%s>", m.name)
			xml.EscapeText(out, fmt.Append(nil, v))
			fmt.Fprintf(out, "</%s>", m.name)
		}
	}
	fmt.Fprintf(out, "</%s>\n", name)
}
