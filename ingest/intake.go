package ingest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/layer"
)

// Mapping says what the records of one format become. It lies beside the layer
// that they become rows of, and calls nothing but Put, Add, Count and Remove of its
// intake: it may be run twice on the same record.
type Mapping struct {
	Format  string
	Version int // raised with each change of what a record becomes
	run     func(*Intake, any) error
	// check says what is wrong with a declaration; may be nil.
	check func(*Source) error
	// judge looks at all that a batch becomes before it is written, and refuses
	// it as a whole; may be nil.
	judge func(context.Context, pgx.Tx, *Intake) error
}

// Map declares a mapping of records of type T. An error of the function sends
// the record to quarantine with it; a fault's message names the place.
func Map[T any](format string, version int, f func(*Intake, T) error) Mapping {
	return Mapping{Format: format, Version: version, run: func(in *Intake, record any) error {
		v, ok := record.(T)
		if !ok {
			return fmt.Errorf("%s is mapped from %T, not from %T", format, *new(T), record)
		}
		return f(in, v)
	}}
}

// Intake takes in what the records of a batch become.
type Intake struct {
	Source *Source
	// ReadAt is the hub's time of the read: the version of records that have none.
	ReadAt time.Time
	// Exchange names the gateway's request that brought the batch; may be empty.
	Exchange string

	writes  []write
	by      map[any]int // place in writes of a part's or series' own
	removed []removal
	newest  time.Time
	undo    []func()

	// What mappings may ask, set for the time of a write; nil: they know nothing.
	ask       func(c clause.C, dest ...any) error
	gazetteer func() (*Gazetteer, error)
	// communes are those of the database; nil: only itself knows them.
	communes func() (communes, error)
}

// write is rows of one part or points of one series, to be written together.
type write interface {
	run(context.Context, pgx.Tx) (Result, error)
	ids() []string
	features() bool // whether ids are of rows, not of points of a series
}

// Put writes the fields of a part of a row. The source's name is filled in; a
// row without a time of its own has that of the read. Of several versions of
// one row in a batch the newest stays.
func Put[T any](in *Intake, part *Part[T], row *T) {
	w := writeOf(in, part, func() *rowsWrite[T] { return &rowsWrite[T]{in: in, part: part, at: map[string]int{}} })
	b := layer.BaseOf(any(row).(layer.Row))
	if b.Source == "" {
		b.Source = in.Source.Name
	}
	if b.AgencyCode == "" {
		b.AgencyCode = in.Source.Agency
	}
	b.Exchange = in.Exchange
	if b.VersionAt == nil {
		b.VersionAt = b.ObservedAt
	}
	if b.VersionAt == nil {
		b.VersionAt = &in.ReadAt
	}
	if b.ObservedAt != nil {
		in.saw(*b.ObservedAt)
	}
	i, known := w.at[b.ID]
	if !known {
		w.at[b.ID] = len(w.rows)
		w.rows = append(w.rows, row)
		in.undo = append(in.undo, func() { delete(w.at, b.ID); w.rows = w.rows[:len(w.rows)-1] })
		return
	}
	before := w.rows[i]
	older, newer := before, row
	if layer.BaseOf(any(before).(layer.Row)).VersionAt.After(*b.VersionAt) {
		older, newer = row, before
	}
	if part.sparse {
		newer = completed(newer, older)
	}
	w.rows[i] = newer
	in.undo = append(in.undo, func() { w.rows[i] = before })
}

// Add writes a row of a series of a feature.
func Add[T any](in *Intake, s *layer.Series[T], featureID string, row T) {
	w := writeOf(in, s, func() *pointsWrite[T] { return &pointsWrite[T]{series: s} })
	p := Point[T]{featureID, row}
	w.points = append(w.points, p)
	in.saw(at(&w.points[len(w.points)-1].Row))
	in.undo = append(in.undo, func() { w.points = w.points[:len(w.points)-1] })
}

// Remove takes a feature off the map, since the standard itself says that it
// is no more.
func Remove(in *Intake, id, reason string) {
	in.removed = append(in.removed, removal{id, reason})
	in.undo = append(in.undo, func() { in.removed = in.removed[:len(in.removed)-1] })
}

type removal struct{ id, reason string }

// saw notes the newest time of the source; a clock that runs ahead is no news.
func (in *Intake) saw(t time.Time) {
	if t.After(in.newest) && !t.After(in.ReadAt) {
		in.newest = t
	}
}

func writeOf[W write](in *Intake, key any, make func() W) W {
	i, ok := in.by[key]
	if !ok {
		if in.by == nil {
			in.by = map[any]int{}
		}
		i = len(in.writes)
		in.by[key] = i
		in.writes = append(in.writes, make())
	}
	return in.writes[i].(W)
}

// take maps one record; if that fails nothing of it stays.
func (in *Intake) take(m Mapping, record any) (err error) {
	in.undo = in.undo[:0]
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the mapping of %s failed: %v", m.Format, p)
		}
		if err != nil {
			for _, undo := range slices.Backward(in.undo) {
				undo()
			}
		}
	}()
	return m.run(in, record)
}

// completed is newer with what only older knows.
func completed[T any](newer, older *T) *T {
	row := *newer
	v, o := reflect.ValueOf(&row).Elem(), reflect.ValueOf(older).Elem()
	fill(v, o)
	return &row
}

func fill(v, o reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		switch {
		case !f.CanSet():
		case f.Kind() == reflect.Struct && v.Type().Field(i).Anonymous:
			fill(f, o.Field(i))
		case f.IsZero():
			f.Set(o.Field(i))
		}
	}
}

type rowsWrite[T any] struct {
	in   *Intake
	part *Part[T]
	rows []*T
	at   map[string]int // place in rows by id
}

func (w *rowsWrite[T]) run(ctx context.Context, tx pgx.Tx) (Result, error) {
	return upsertPart(ctx, tx, w.part, w.rows, w.in.communes)
}

func (w *rowsWrite[T]) features() bool { return true }

func (w *rowsWrite[T]) ids() []string {
	ids := make([]string, 0, len(w.rows))
	for _, row := range w.rows {
		ids = append(ids, layer.BaseOf(any(row).(layer.Row)).ID)
	}
	return ids
}

type pointsWrite[T any] struct {
	series *layer.Series[T]
	points []Point[T]
}

func (w *pointsWrite[T]) run(ctx context.Context, tx pgx.Tx) (Result, error) {
	return Append(ctx, tx, w.series, w.points)
}

func (w *pointsWrite[T]) features() bool { return false }

func (w *pointsWrite[T]) ids() []string {
	seen := map[string]bool{}
	for _, p := range w.points {
		seen[p.FeatureID] = true
	}
	ids := make([]string, 0, len(seen))
	for id := range seen {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, strings.Compare)
	return ids
}
