package billboard

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"geohub/ingest/formats"
	"geohub/ingest/formats/internal/records"
	"geohub/ingest/formats/internal/vntext"
)

// Decode reads a registry, heartbeats or a proof-of-play log: XLSX by its
// magic number, JSON by its first bracket, else CSV.
//
// It refuses, row by row: cells that do not fit their column, rows longer than
// the titles, quotes that are not closed, text that is not UTF-8; as a whole,
// a file without a row of titles that says what its rows are, and an XLSX over
// [MaxXLSX] or broken.
func Decode(r io.Reader, sink formats.Sink[Record]) error {
	b := bufio.NewReader(r)
	head, err := b.Peek(512)
	if err != nil && err != io.EOF {
		return err
	}
	switch text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n"); {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return decodeXLSX(b, sink)
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return sink.Refuse(formats.Reject(1, "", head, "an old Excel file (.xls): it must be saved as .xlsx or CSV"))
	case bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")):
		return sink.Refuse(formats.Reject(1, "", head, "text in UTF-16 (Excel's \"Unicode Text\"): it must be saved as UTF-8"))
	case len(text) > 0 && (text[0] == '{' || text[0] == '['):
		return decodeJSON(b, sink)
	case len(text) > 0 && text[0] == '<':
		return sink.Refuse(formats.Reject(1, "", head, "an XML or HTML document: CSV, XLSX or JSON lines are due"))
	}
	return decodeCSV(b, sink)
}

// decodeJSON reads heartbeats, and any of the other kinds by their fields.
func decodeJSON(r io.Reader, sink formats.Sink[Record]) error {
	_, err := records.Walk(r, records.Walker{
		Item: func(v records.Value) error {
			o := records.NewObject(v.Raw, v.Path)
			if o.Raw("payload") != nil && o.Raw("topic") != nil {
				o = o.Under("payload")
			}
			if p := o.Problem(); p != nil {
				return sink.Refuse(formats.Reject(v.Line, p.Path, v.Raw, "%s", p.Reason))
			}
			row := &row{cells: map[string]string{}, title: map[string]string{}, style: vntext.Point}
			var columns []string
			for _, k := range sorted(o) {
				f := field(k)
				if kind := records.Kind(o.Fields[k]); f == "" || kind == "an object" || kind == "an array" {
					continue // what is not known here, or holds more than a cell may
				}
				if _, twice := row.cells[f]; !twice || strings.EqualFold(k, f) {
					row.cells[f], row.title[f] = o.Word(k), k
					columns = append(columns, f)
				}
			}
			kind := kindOf(columns)
			if kind == "" {
				kind = "heartbeat" // whose missing fields are then named
			}
			rec, p := row.record(kind)
			if p != nil {
				return sink.Refuse(formats.Reject(v.Line, strings.TrimPrefix(v.Path+"."+p.Path, "."), v.Raw, "%s", p.Reason))
			}
			return sink.Record(rec)
		},
		Bad: func(v records.Value) error {
			return sink.Refuse(formats.Reject(v.Line, v.Path, v.Raw, "%s", v.Problem))
		},
	})
	return err
}

func sorted(o *records.Object) []string {
	keys := make([]string, 0, len(o.Fields))
	for k := range o.Fields {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// table reads rows of cells: headings, titles, records.
type table struct {
	sink  formats.Sink[Record]
	style vntext.Style
	exact bool // a row longer than the titles is broken
	quiet bool // a table without titles is not refused

	columns []string // the field of each column; "" for those not known
	title   map[string]string
	kind    string
	before  []string // the first rows, until the titles came
	rows    int
}

// headings is how many rows may stand above the titles.
const headings = 20

var errNoTitles = errors.New("no titles")

// row reads one row; raw is what is kept of it when it is refused.
func (t *table) row(line int, cells []string, raw []byte) error {
	empty := true
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
		empty = empty && cells[i] == ""
	}
	if empty {
		return nil
	}
	if t.kind == "" {
		return t.titles(line, cells, raw)
	}
	for t.exact && len(cells) > len(t.columns) {
		last := len(cells) - 1
		if cells[last] != "" {
			return t.sink.Refuse(formats.Reject(line, "", raw, "%d cells under %d titles: a decimal comma, or a cell that needs quotes?", len(cells), len(t.columns)))
		}
		cells = cells[:last]
	}
	row := &row{cells: map[string]string{}, title: t.title, style: t.style}
	for i, f := range t.columns {
		if f != "" && i < len(cells) && row.cells[f] == "" {
			row.cells[f] = cells[i]
		}
	}
	rec, p := row.record(t.kind)
	if p != nil {
		return t.sink.Refuse(formats.Reject(line, p.Path, raw, "%s", p.Reason))
	}
	return t.sink.Record(rec)
}

// titles looks for the row of titles.
func (t *table) titles(line int, cells []string, raw []byte) error {
	columns := make([]string, len(cells))
	title := map[string]string{}
	for i, c := range cells {
		f := field(c)
		if f != "" && title[f] == "" {
			columns[i], title[f] = f, c
		}
	}
	if kind := kindOf(columns); kind != "" && len(title) >= 2 {
		t.kind, t.columns, t.title = kind, columns, title
		return nil
	}
	if joined := strings.Join(cells, " | "); len(joined) > 400 {
		t.before = append(t.before, joined[:400])
	} else {
		t.before = append(t.before, joined)
	}
	if t.rows++; t.rows < headings {
		return nil
	}
	return t.end()
}

// end refuses a table that had no titles.
func (t *table) end() error {
	if t.kind != "" || len(t.before) == 0 {
		return nil
	}
	if t.quiet {
		return errNoTitles
	}
	most := slices.MaxFunc(t.before, func(a, b string) int { return strings.Count(a, "|") - strings.Count(b, "|") })
	if err := t.sink.Refuse(formats.Reject(1, "", []byte(strings.Join(t.before, "\n")), "no row of titles says what the rows are; the likeliest is %s", records.Quote(most))); err != nil {
		return err
	}
	return errNoTitles
}

// A quoted cell may go over so many lines, and such a row be so long.
const quoteLines, quoteBytes = 50, 64 << 10

// decodeCSV reads rows; one whose quote is never closed costs one line.
func decodeCSV(r io.Reader, sink formats.Sink[Record]) error {
	lines := records.NewLines(r)
	t := &table{sink: sink, exact: true}
	var waiting []records.Line
	ended := false
	// at is line i of those waiting.
	at := func(i int) (records.Line, error) {
		for len(waiting) <= i && !ended {
			line, err := lines.Next()
			if err == io.EOF {
				ended = true
				break
			} else if err != nil {
				return line, err
			}
			line.Bytes = bytes.Clone(line.Bytes)
			waiting = append(waiting, line)
		}
		if len(waiting) <= i {
			return records.Line{}, io.EOF
		}
		return waiting[i], nil
	}
	var comma byte
	for {
		line, err := at(0)
		if err == io.EOF {
			if err := t.end(); err != nil && err != errNoTitles {
				return err
			}
			return nil
		} else if err != nil {
			return err
		}
		raw, used := line.Bytes, 1
		var problem string
		var cells []string
		switch {
		case line.Long:
			problem = fmt.Sprintf("a line longer than %d MiB", formats.MaxRecord>>20)
		case bytes.IndexByte(raw, 0) >= 0:
			problem = "zero bytes in the text"
		case line.N == 1 && bytes.HasPrefix(bytes.ToLower(raw), []byte("sep=")) && len(raw) == 5:
			comma = raw[4]
			waiting = waiting[1:]
			continue
		default:
			if t.kind == "" && (comma == 0 || bytes.IndexByte(raw, comma) < 0) {
				comma = delimiter(raw)
			}
			if t.style = vntext.Unknown; comma == ';' {
				t.style = vntext.Comma
			} else if comma == ',' {
				t.style = vntext.Point
			}
			var open, odd bool
			cells, open, odd = split(raw, comma)
			for open && used < quoteLines {
				next, err := at(used)
				if err != nil && err != io.EOF {
					return err
				}
				if err == io.EOF || len(raw)+len(next.Bytes) > quoteBytes {
					break
				}
				raw = append(append(bytes.Clone(raw), '\n'), next.Bytes...)
				used++
				cells, open, odd = split(raw, comma)
			}
			// A quote that "closes" at a later row's opening one has eaten the rows between.
			if open || used > 1 && (odd || t.kind != "" && len(cells) > len(t.columns)) {
				raw, used = line.Bytes, 1
				problem = "a quote is not closed"
			}
		}
		if problem == "" && !utf8.Valid(raw) {
			problem = records.NotUTF8(raw)
		}
		waiting = waiting[used:]
		if problem != "" {
			err = sink.Refuse(formats.Reject(line.N, "", raw, "%s", problem))
		} else {
			err = t.row(line.N, cells, raw)
		}
		if err == errNoTitles {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// delimiter is what parts the cells of a row of titles: what there is most of.
func delimiter(line []byte) byte {
	best, most := byte(','), 0
	for _, c := range []byte{';', '\t', ',', '|'} {
		if cells, _, _ := split(line, c); len(cells)-1 > most {
			best, most = c, len(cells)-1
		}
	}
	return best
}

// split cuts a row into cells; open says that a quote is not closed, odd that
// there is text behind a closing one.
func split(raw []byte, comma byte) (cells []string, open, odd bool) {
	for i := 0; ; {
		for i < len(raw) && raw[i] == ' ' && comma != ' ' {
			i++
		}
		if i < len(raw) && raw[i] == '"' {
			var cell []byte
			for i++; ; i++ {
				if i >= len(raw) {
					return cells, true, odd
				}
				if raw[i] == '"' {
					if i+1 < len(raw) && raw[i+1] == '"' {
						i++
					} else {
						break
					}
				}
				cell = append(cell, raw[i])
			}
			i++
			end := i
			for end < len(raw) && raw[end] != comma {
				end++ // what stands behind a closing quote belongs to the cell
			}
			odd = odd || len(bytes.TrimSpace(raw[i:end])) > 0
			cells = append(cells, string(append(cell, raw[i:end]...)))
			i = end
		} else {
			end := bytes.IndexByte(raw[i:], comma)
			if end < 0 {
				end = len(raw) - i
			}
			cells = append(cells, string(raw[i:i+end]))
			i += end
		}
		if i >= len(raw) {
			return cells, false, odd
		}
		i++
		if i == len(raw) {
			return append(cells, ""), false, odd
		}
	}
}
