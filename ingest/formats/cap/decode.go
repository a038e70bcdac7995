package cap

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"geohub/ingest/formats"
	"geohub/ingest/formats/internal/cut"
)

// Decode reads every alert in r, wherever in the XML it stands. An alert that
// breaks a rule is refused whole, with its first fault and the number of the
// others. A document that holds no alert is refused, unless it is a feed: see
// Links for those it links.
func Decode(r io.Reader, sink formats.Sink[Alert]) error {
	x := cut.NewXML(r, "alert")
	for n := 0; ; n++ {
		p, err := x.Next()
		if err == io.EOF {
			if n == 0 && !slices.Contains([]string{"feed", "rss", "RDF"}, x.Root) {
				return sink.Refuse(noAlert(x.Root))
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("read CAP: %w", err)
		}
		alert, path, fault := read(p)
		if fault != "" {
			err = sink.Refuse(formats.Reject(p.Line, path, p.Raw, "%s", fault))
		} else {
			err = sink.Record(alert)
		}
		if err != nil {
			return err
		}
	}
}

func noAlert(root string) formats.Refusal {
	if root == "" {
		return formats.Reject(1, "", nil, "no <alert> in it: it is no XML")
	}
	return formats.Reject(1, "", nil, "no <alert> in it: its root is <%s>", root)
}

// read is an alert from its text, or its first fault and where it is.
func read(p cut.Piece) (a Alert, path, fault string) {
	if p.Fault != "" {
		return a, "", p.Fault
	}
	root, err := cut.Tree(p.Raw)
	if err != nil {
		return a, "", err.Error()
	}
	d := &reader{}
	a = d.alert(root)
	if len(d.faults) == 0 {
		a.Notes = d.notes
		return a, "", ""
	}
	fault = d.faults[0].reason
	if n := len(d.faults) - 1; n > 0 {
		fault += fmt.Sprintf(" (and %d more: ", n)
		for i, f := range d.faults[1:min(len(d.faults), 4)] {
			if i > 0 {
				fault += "; "
			}
			fault += strings.TrimPrefix(f.path+": "+f.reason, ": ")
		}
		fault += ")"
	}
	return a, d.faults[0].path, fault
}
