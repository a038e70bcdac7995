package billboard

import (
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"geohub/ingest/formats"
	"geohub/ingest/formats/internal/vntext"
)

// MaxXLSX is the largest XLSX file that is read, bytes: its parts are not in
// the order of its rows, so it is held whole. Unpacked it may be ten times that.
const MaxXLSX = 64 << 20

// decodeXLSX reads the sheets' rows one by one; sheets without titles are
// passed over as long as one has them. Parts over 16 MiB are unpacked to disk.
func decodeXLSX(r io.Reader, sink formats.Sink[Record]) (err error) {
	size := &counter{r: io.LimitReader(r, MaxXLSX+1)}
	refuse := func(format string, args ...any) error {
		return sink.Refuse(formats.Reject(1, "", nil, format, args...))
	}
	f, err := open(size)
	if size.err != nil {
		return size.err
	}
	if size.n > MaxXLSX {
		return refuse("an XLSX file over %d MiB: it must be saved as CSV", MaxXLSX>>20)
	}
	if err != nil {
		return refuse("not an XLSX file that can be read: %v", err)
	}
	defer f.Close()
	var untitled *table // the first sheet that says something, but not what its rows are
	titled := false
	for _, sheet := range f.GetSheetList() {
		t := &table{sink: sink, style: vntext.Unknown, quiet: true}
		if err := rows(f, sheet, t); err != nil {
			return err
		}
		titled = titled || t.kind != ""
		if untitled == nil && len(t.before) > 0 && t.kind == "" {
			untitled = t
		}
	}
	if titled || untitled == nil {
		return nil
	}
	untitled.quiet = false
	if err := untitled.end(); err != errNoTitles {
		return err
	}
	return nil
}

// open reads a workbook; a broken one may make excelize panic.
func open(r io.Reader) (f *excelize.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			f, err = nil, fmt.Errorf("broken: %v", p)
		}
	}()
	return excelize.OpenReader(r, excelize.Options{UnzipSizeLimit: 10 * MaxXLSX, UnzipXMLSizeLimit: 16 << 20, RawCellValue: true})
}

// rows reads one sheet into t.
func rows(f *excelize.File, sheet string, t *table) error {
	next, stop := pull(f, sheet)
	defer stop()
	for n := 1; ; n++ {
		cells, problem, more := next()
		if problem != "" {
			if err := t.sink.Refuse(formats.Reject(n, sheet, nil, "%s", problem)); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
		if problem != "" {
			continue
		}
		raw := strings.Join(cells, "\t")
		if len(raw) > formats.MaxRecord {
			raw, cells = raw[:formats.MaxRecord], nil
			if err := t.sink.Refuse(formats.Reject(n, sheet, []byte(raw), "a row longer than %d MiB", formats.MaxRecord>>20)); err != nil {
				return err
			}
		}
		if err := t.row(n, cells, []byte(raw)); err == errNoTitles {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// pull gives a sheet's rows; a broken one may make excelize panic.
func pull(f *excelize.File, sheet string) (next func() ([]string, string, bool), stop func()) {
	var it *excelize.Rows
	failed := false
	next = func() (cells []string, problem string, more bool) {
		defer func() {
			if p := recover(); p != nil {
				failed = true
				cells, problem, more = nil, fmt.Sprintf("the sheet is broken: %v", p), false
			}
		}()
		if failed {
			return nil, "", false
		}
		var err error
		if it == nil {
			if it, err = f.Rows(sheet); err != nil {
				failed = true
				return nil, fmt.Sprintf("the sheet can't be read: %v", err), false
			}
		}
		if !it.Next() {
			if err := it.Error(); err != nil {
				return nil, fmt.Sprintf("the sheet is broken: %v", err), false
			}
			return nil, "", false
		}
		cells, err = it.Columns()
		if err != nil {
			return nil, fmt.Sprintf("the row is broken: %v", err), true
		}
		return cells, "", true
	}
	return next, func() {
		if it != nil {
			it.Close()
		}
	}
}

// counter counts what is read, and keeps the reader's own error.
type counter struct {
	r   io.Reader
	n   int64
	err error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}
