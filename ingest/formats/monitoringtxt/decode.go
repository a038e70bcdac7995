package monitoringtxt

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"geohub/ingest/formats"
	"geohub/ingest/formats/internal/records"
	"geohub/ingest/formats/internal/vntext"
)

// Decoder reads files. Its zero value goes by the machine's clock.
type Decoder struct {
	Now func() time.Time // nil: time.Now
	// Location is the zone of the times; nil: GMT+7, which the circular asks for.
	Location *time.Location
	// DecimalComma says that a comma is a decimal comma where the file leaves it
	// open: "1,234" is a little over one.
	DecimalComma bool
}

// Decode reads one file by the machine's clock.
func Decode(r io.Reader, sink formats.Sink[Record]) error { return Decoder{}.Decode(r, sink) }

// ahead is how far a station's clock may be ahead of ours.
const ahead = 15 * time.Minute

// window is how many lines are looked at to tell decimal commas from points.
const window = 512

// Decode reads one file. It refuses, line by line: too few or too many
// columns, values that are no number or may be two, a missing value with
// status 00, times that can't be or lie ahead, statuses other than 00, 01 and
// 02, and text that is not UTF-8.
func (d Decoder) Decode(r io.Reader, sink formats.Sink[Record]) error {
	if d.Now == nil {
		d.Now = time.Now
	}
	lines := records.NewLines(r)
	f := file{now: d.Now(), sink: sink, location: zone, comma: d.DecimalComma}
	if d.Location != nil {
		f.location = d.Location
	}
	held, bytesHeld := []records.Line(nil), 0
	for {
		line, err := lines.Next()
		if err != nil && err != io.EOF {
			return err
		}
		if err == nil {
			f.learn(line)
			if held != nil || !f.looked {
				line.Bytes = bytes.Clone(line.Bytes)
				held, bytesHeld = append(held, line), bytesHeld+len(line.Bytes)
			}
		}
		if !f.looked && (err == io.EOF || len(held) == window || bytesHeld > 256<<10) {
			f.looked = true
			for _, line := range held {
				if stop, err := f.read(line); stop || err != nil {
					return err
				}
			}
			held = nil
		} else if err == nil && f.looked {
			if stop, err := f.read(line); stop || err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

type file struct {
	now      time.Time
	location *time.Location
	comma    bool // when in doubt

	sink   formats.Sink[Record]
	styles [3]bool // which ways of writing numbers were seen
	looked bool
	begun  bool // a line with columns has come
}

// learn notes how a line writes its number.
func (f *file) learn(line records.Line) {
	if cells := columns(string(line.Bytes)); !line.Long && len(cells) >= 3 {
		f.styles[vntext.StyleOf(cells[1])] = true
	}
}

// style is the file's one way of writing numbers, if it has one.
func (f *file) style() vntext.Style {
	switch {
	case f.styles[vntext.Comma] && !f.styles[vntext.Point]:
		return vntext.Comma
	case f.styles[vntext.Point] && !f.styles[vntext.Comma]:
		return vntext.Point
	case f.comma:
		return vntext.Comma
	}
	return vntext.Unknown
}

// read reads one line; stop says that nothing after it can be read.
func (f *file) read(line records.Line) (stop bool, err error) {
	refuse := func(path, format string, args ...any) (bool, error) {
		return false, f.sink.Refuse(formats.Reject(line.N, path, line.Bytes, format, args...))
	}
	switch b := line.Bytes; {
	case line.Long:
		return refuse("", "a line longer than %d MiB", formats.MaxRecord>>20)
	case len(bytes.TrimSpace(b)) == 0:
		return false, nil
	case line.N == 1 && (bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff"))):
		_, err := refuse("", "text in UTF-16: the file must be saved as UTF-8")
		return true, err
	case !utf8.Valid(b):
		return refuse("", "%s", records.NotUTF8(b))
	case bytes.IndexByte(b, 0) >= 0:
		return refuse("", "zero bytes in the text: UTF-16, or a file that was cut off")
	}
	cells := columns(string(line.Bytes))
	first := !f.begun
	f.begun = true
	if first && len(cells) >= 3 && header[vntext.Key(cells[0])] && !strings.ContainsAny(cells[1], "0123456789") {
		return false, nil
	}
	if len(cells) != 5 {
		return refuse("", "%d columns: parameter, value, unit, yyyyMMddHHmmss, status are due, with tabs between", len(cells))
	}
	rec := Record{Param: cells[0], Parameter: Parameter(cells[0]), Unit: cells[2], UCUM: UCUM(cells[2]), Status: cells[4]}
	if rec.Param == "" {
		return refuse("param", "no parameter")
	}
	if rec.UCUM == "" && rec.Parameter == "ph" && (rec.Unit == "" || rec.Unit == "-") {
		rec.UCUM = "[pH]"
	}
	if len(rec.Status) == 1 {
		rec.Status = "0" + rec.Status
	}
	ok := false
	if rec.Quality, ok = qualities[rec.Status]; !ok {
		return refuse("status", "%s is none of 00, 01, 02", records.Quote(cells[4]))
	}
	if rec.Time, err = parseTime(cells[3], f.location); err != nil {
		return refuse("time", "%v", err)
	}
	if over := rec.Time.Sub(f.now); over > ahead {
		hint := ""
		if over < 8*time.Hour && over > 6*time.Hour {
			hint = ": was GMT+7 added twice?"
		}
		return refuse("time", "time %q lies %s in the future%s", cells[3], over.Round(time.Minute), hint)
	}
	if missing(cells[1]) {
		if rec.Quality == Measuring {
			return refuse("value", "no value (%s) though the status is 00, measuring", records.Quote(cells[1]))
		}
		return false, f.sink.Record(rec)
	}
	value, err := vntext.Number(cells[1], f.style())
	if err != nil {
		return refuse("value", "%v", err)
	}
	rec.Value = &value
	return false, f.sink.Record(rec)
}

// header has the words that a first line of titles begins with.
var header = map[string]bool{"thongso": true, "tenthongso": true, "param": true, "parameter": true, "thongsodo": true, "stt": true}

// missing says whether a value is one of the signs for none.
func missing(s string) bool {
	return slices.Contains([]string{"", "-", "--", "---", "nan", "null", "n/a", "na", "none", "#n/a", "nil"}, strings.ToLower(s))
}

var (
	runs  = regexp.MustCompile(`[ \x{a0}]{2,}`)
	stamp = regexp.MustCompile(`^\d{14}$`)
)

// columns cuts a line at its tabs, else its semicolons, else its runs of
// spaces, else at single ones. A unit left out between spaces is put back empty.
func columns(line string) []string {
	var cells []string
	byTabs := false
	switch {
	case strings.Contains(line, "\t"):
		cells, byTabs = strings.Split(line, "\t"), true
	case strings.Contains(line, ";"):
		cells, byTabs = strings.Split(line, ";"), true
	default:
		line = strings.TrimSpace(line)
		if cells = runs.Split(line, -1); len(cells) < 4 {
			cells = strings.Fields(line)
		}
	}
	for i := range cells {
		cells[i] = strings.Trim(strings.TrimSpace(cells[i]), `"`)
	}
	for byTabs && len(cells) > 5 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	if !byTabs && len(cells) == 4 && stamp.MatchString(cells[2]) {
		cells = slices.Insert(cells, 2, "")
	}
	return cells
}

// String says what a record is, for a log.
func (r Record) String() string {
	value := "no value"
	if r.Value != nil {
		value = fmt.Sprint(*r.Value)
	}
	return fmt.Sprintf("%s %s %s at %s (%s)", r.Param, value, r.Unit, r.Time.Format(time.RFC3339), r.Quality)
}
