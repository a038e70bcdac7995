package table

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"geohub/ingest/formats"
	"geohub/ingest/formats/internal/records"
)

// A quoted cell may go over so many lines, and such a row be so long.
const quoteLines, quoteBytes = 50, 1 << 20

// csv reads rows under one row of titles.
type csv struct {
	sink    formats.Sink[Record]
	lines   *records.Lines
	waiting []records.Line
	ended   bool
	comma   byte
	head    []byte // the row of titles, kept with each row that is refused
	titles  []string
}

// decodeCSV reads the first row that is not empty as titles.
func decodeCSV(r io.Reader, sink formats.Sink[Record]) error {
	c := &csv{sink: sink, lines: records.NewLines(r)}
	for {
		line, err := c.line(0)
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if c.titles == nil && len(line.Bytes) == 5 && bytes.HasPrefix(bytes.ToLower(line.Bytes), []byte("sep=")) {
			c.comma = line.Bytes[4]
			c.waiting = c.waiting[1:]
			continue
		}
		raw, cells, used, problem := c.row(line)
		c.waiting = c.waiting[used:]
		switch {
		case problem != "":
			err = sink.Refuse(c.reject(line.N, raw, problem))
		case empty(cells):
		case c.titles == nil:
			err = c.title(line.N, raw, cells)
		default:
			err = c.record(line.N, raw, cells)
		}
		if err != nil {
			return err
		}
	}
}

// line is the i-th line of those not read yet.
func (c *csv) line(i int) (records.Line, error) {
	for len(c.waiting) <= i && !c.ended {
		line, err := c.lines.Next()
		if err == io.EOF {
			c.ended = true
			break
		} else if err != nil {
			return line, err
		}
		line.Bytes = bytes.Clone(line.Bytes)
		c.waiting = append(c.waiting, line)
	}
	if len(c.waiting) <= i {
		return records.Line{}, io.EOF
	}
	return c.waiting[i], nil
}

// row reads the row that begins on a line, which may go over several.
func (c *csv) row(line records.Line) (raw []byte, cells []string, used int, problem string) {
	raw, used = line.Bytes, 1
	switch {
	case line.Long:
		return raw, nil, used, fmt.Sprintf("a line longer than %d MiB", formats.MaxRecord>>20)
	case bytes.IndexByte(raw, 0) >= 0:
		return raw, nil, used, "zero bytes in the text"
	case !utf8.Valid(raw):
		return raw, nil, used, records.NotUTF8(raw)
	}
	if c.titles == nil && (c.comma == 0 || bytes.IndexByte(raw, c.comma) < 0) {
		c.comma = delimiter(raw)
	}
	cells, open, odd := split(raw, c.comma)
	for open && used < quoteLines {
		next, err := c.line(used)
		if err != nil || len(raw)+len(next.Bytes) > quoteBytes {
			break
		}
		raw = append(append(bytes.Clone(raw), '\n'), next.Bytes...)
		used++
		cells, open, odd = split(raw, c.comma)
	}
	// A quote that "closes" at a later row's opening one has eaten the rows between.
	if open || used > 1 && (odd || c.titles != nil && len(cells) > len(c.titles)) {
		return line.Bytes, nil, 1, "a quote is not closed"
	}
	if !utf8.Valid(raw) {
		return line.Bytes, nil, 1, records.NotUTF8(raw)
	}
	return raw, cells, used, ""
}

// reject refuses a row together with the titles, so that it can be read again
// by itself.
func (c *csv) reject(line int, raw []byte, problem string) formats.Refusal {
	if c.titles != nil {
		raw = append(append(bytes.Clone(c.head), '\n'), raw...)
	}
	return formats.Reject(line, "", raw, "%s", problem)
}

func (c *csv) title(line int, raw []byte, cells []string) error {
	seen := map[string]bool{}
	for i, cell := range cells {
		cell = strings.TrimSpace(cell)
		if seen[cell] && cell != "" {
			return fmt.Errorf("line %d: two columns are called %q", line, cell)
		}
		seen[cell], cells[i] = true, cell
	}
	c.titles, c.head = cells, bytes.Clone(raw)
	return nil
}

func (c *csv) record(line int, raw []byte, cells []string) error {
	for len(cells) > len(c.titles) {
		last := len(cells) - 1
		if strings.TrimSpace(cells[last]) != "" {
			return c.sink.Refuse(c.reject(line, raw, fmt.Sprintf("%d cells under %d titles: a decimal comma, or a cell that needs quotes?", len(cells), len(c.titles))))
		}
		cells = cells[:last]
	}
	rec := Record{Properties: make(map[string]any, len(c.titles))}
	for i, title := range c.titles {
		if title == "" {
			continue
		}
		rec.Properties[title] = nil
		if i < len(cells) && strings.TrimSpace(cells[i]) != "" {
			rec.Properties[title] = strings.TrimSpace(cells[i])
		}
	}
	return c.sink.Record(rec)
}

func empty(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
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
	for i := 0; ; i++ {
		for i < len(raw) && raw[i] == ' ' {
			i++
		}
		var cell []byte
		if i < len(raw) && raw[i] == '"' {
			for i++; ; i++ {
				if i >= len(raw) {
					return cells, true, odd
				}
				if raw[i] == '"' {
					if i+1 >= len(raw) || raw[i+1] != '"' {
						break
					}
					i++
				}
				cell = append(cell, raw[i])
			}
			i++
		}
		end := i
		for end < len(raw) && raw[end] != comma {
			end++
		}
		quoted := cell != nil
		odd = odd || quoted && len(bytes.TrimSpace(raw[i:end])) > 0
		cells = append(cells, string(append(cell, raw[i:end]...)))
		if i = end; i >= len(raw) {
			return cells, false, odd
		}
	}
}
