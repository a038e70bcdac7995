package table

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"geohub/ingest/formats"
	"geohub/ingest/formats/internal/records"
)

// lists are the places where pages hold their records.
var lists = func() (all []string) {
	inner := []string{"features", "items", "data", "value", "results", "content", "records", "rows"}
	all = append(all, inner...)
	for _, outer := range []string{"data", "result", "results", "page", "response"} {
		for _, name := range inner {
			all = append(all, outer+"."+name)
		}
	}
	return all
}()

// Decode reads GeoJSON and JSON by their first bracket, else CSV. It refuses,
// row by row: JSON that is broken or no object, rows longer than the titles,
// quotes that are not closed, text that is not UTF-8; as a whole, what is
// neither JSON nor text.
func Decode(r io.Reader, sink formats.Sink[Record]) (Page, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	head, err := b.Peek(512)
	if err != nil && err != io.EOF {
		return Page{}, err
	}
	if reason := Unreadable(head); reason != "" {
		return Page{}, sink.Refuse(formats.Reject(1, "", head, "%s", reason))
	}
	if bytes.HasPrefix(head, []byte("\ufeff")) {
		b.Discard(3)
		head = head[3:]
	}
	if text := bytes.TrimLeft(head, " \t\r\n\x1e"); len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		return decodeJSON(b, sink)
	}
	err = decodeCSV(b, sink)
	return Page{Complete: err == nil}, err
}

// Unreadable says why a file that begins so is none that Decode reads; "" when
// it may be.
func Unreadable(head []byte) string {
	switch text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n"); {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "a ZIP, XLSX or KMZ file, not GeoJSON, JSON or CSV"
	case bytes.HasPrefix(head, []byte("SQLite format 3")):
		return "a GeoPackage or SQLite file, not GeoJSON, JSON or CSV"
	case bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")):
		return `text in UTF-16 (Excel's "Unicode Text"): it must be saved as UTF-8`
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return "an old Excel file (.xls): it must be saved as .xlsx or CSV"
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return "a gzip file: it must be unpacked"
	case len(text) > 0 && text[0] == '<':
		return "an XML or HTML document, not GeoJSON, JSON or CSV"
	}
	return ""
}

func decodeJSON(r io.Reader, sink formats.Sink[Record]) (Page, error) {
	var page Page
	var late string
	whole, err := records.Walk(r, records.Walker{
		Lists: lists,
		Item: func(v records.Value) error {
			rec, p := record(v)
			if p != "" {
				return sink.Refuse(formats.Reject(v.Line, v.Path, v.Raw, "%s", p))
			}
			return sink.Record(rec)
		},
		Bad: func(v records.Value) error {
			return sink.Refuse(formats.Reject(v.Line, v.Path, v.Raw, "%s", v.Problem))
		},
		Open: func(l *records.List) error { late = crsOf(l.Fields); return nil },
		Close: func(l *records.List) error {
			page = pageOf(l.Fields)
			if crs := crsOf(l.Fields); crs != late {
				return errLateCRS(crs)
			}
			return nil
		},
	})
	page.Complete = whole && err == nil
	return page, err
}

// errLateCRS is a CRS that a file names behind its features.
type errLateCRS string

func (e errLateCRS) Error() string {
	return "the file names its CRS, " + string(e) + ", only behind its features: say it in the declaration (crs: …)"
}

func record(v records.Value) (rec Record, problem string) {
	d := json.NewDecoder(bytes.NewReader(v.Raw))
	d.UseNumber()
	var object map[string]any
	if v.Raw[0] != '{' {
		return rec, records.Kind(v.Raw) + " where an object is due"
	}
	if err := d.Decode(&object); err != nil {
		return rec, "not JSON: " + err.Error()
	}
	if v.List != nil {
		rec.CRS = crsOf(v.List.Fields)
	}
	if object["type"] == "Feature" {
		rec.ID, rec.Geometry = object["id"], object["geometry"]
		switch p := object["properties"].(type) {
		case map[string]any:
			rec.Properties = p
		case nil:
			rec.Properties = map[string]any{}
		default:
			return rec, "properties is no object"
		}
		return rec, ""
	}
	rec.Properties = object
	for _, name := range []string{"geometry", "geom", "the_geom", "location"} {
		if g, ok := object[name].(map[string]any); ok && g["type"] != nil && (g["coordinates"] != nil || g["geometries"] != nil) {
			rec.Geometry = g
			break
		}
	}
	return rec, ""
}

// crsOf is what GeoJSON of 2008 says of its coordinates.
func crsOf(fields map[string]json.RawMessage) string {
	var crs struct {
		Properties struct{ Name string }
	}
	if raw := fields["crs"]; raw != nil {
		json.Unmarshal(raw, &crs)
	}
	return crs.Properties.Name
}

func pageOf(fields map[string]json.RawMessage) Page {
	p := Page{Fields: fields}
	var links []struct{ Rel, Href, Type string }
	if json.Unmarshal(fields["links"], &links) == nil {
		for _, l := range links {
			if l.Rel == "next" && (p.Next == "" || strings.Contains(l.Type, "json")) {
				p.Next = l.Href
			}
		}
	}
	for _, name := range []string{"next", "@odata.nextLink", "@iot.nextLink", "nextLink", "next_page_url"} {
		var next string
		if p.Next == "" && json.Unmarshal(fields[name], &next) == nil && next != "" {
			p.Next = next
		}
	}
	for _, name := range []string{"numberMatched", "totalFeatures", "total", "totalElements"} {
		if n, err := strconv.Atoi(strings.Trim(string(fields[name]), `"`)); err == nil && n >= 0 && p.Matched == nil {
			p.Matched = &n
		}
	}
	return p
}
