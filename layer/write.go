package layer

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/geo/postgis"
)

// WriteColumns are the columns that ingest writes, in the order of
// WriteValues. The hub fills unit_id and updated_at by itself.
func (s *System) WriteColumns() []string {
	names := []string{"id", "label", "label_en", "geom", "position_accuracy_m", "agency_code", "source", "record_key",
		"observed_at", "version_at", "exchange", "sharing", "search"}
	for _, f := range s.Fields {
		names = append(names, f.Column)
	}
	return names
}

// WriteValues are a row's values for WriteColumns. The last of the common ones
// is the text to be searched, not yet folded.
func (s *System) WriteValues(row Row) []any {
	b := row.feature()
	version := b.VersionAt
	if version == nil {
		version = b.ObservedAt
	}
	agency := b.AgencyCode
	if agency == "" {
		agency = s.Agency
	}
	words := []string{b.LabelVI, b.LabelEN}
	fields := make([]any, len(s.Fields))
	v := reflect.ValueOf(row).Elem()
	for i, f := range s.Fields {
		fields[i] = v.FieldByIndex(f.index).Interface()
		if text, ok := fields[i].(*string); f.Text && ok && text != nil {
			words = append(words, *text)
		}
		if fv := reflect.ValueOf(fields[i]); fv.Kind() == reflect.Slice && fv.IsNil() {
			fields[i] = []string{}
		}
	}
	search := strings.Join(words, " ")
	if strings.TrimSpace(search) == "" {
		search = "" // nothing is known of it, which says nothing against what was
	}
	return append([]any{b.ID, nullable(b.LabelVI), nullable(b.LabelEN), postgis.Shape{Geometry: b.Geom, SRID: 4326}, b.PositionAccuracyM, agency, b.Source,
		nullable(b.RecordKey), b.ObservedAt, version, nullable(b.Exchange), int16(b.Sharing), nullable(search)}, fields...)
}

// ColumnsOf are the columns that hold a GraphQL field of the layer: one of its
// own or one that every feature has. It panics on a field there isn't.
func (s *System) ColumnsOf(field string) []string {
	switch field {
	case "label":
		return []string{"label", "label_en", "search"}
	case "geometry":
		return []string{"geom", "position_accuracy_m"}
	case "observedAt":
		return []string{"observed_at"}
	}
	f, ok := s.Lookup(field)
	if !ok {
		panic(fmt.Sprintf("layer %s: there is no field %s", s.Field, field))
	}
	return []string{f.Column}
}

// Load reads whole rows of a layer by id, for ingest: no viewer is asked. Rows
// that aren't there are left out.
func Load[T any](ctx context.Context, db Querier, l *Layer[T], ids []string) ([]*T, error) {
	selected := []clause.C{clause.Of("f.id, coalesce(f.label, ''), coalesce(f.label_en, ''), f.geom, coalesce(f.agency_code, ''), f.source, coalesce(f.record_key, ''), f.observed_at, f.sharing")}
	for _, f := range l.Fields {
		selected = append(selected, clause.Column("f", f.Column))
	}
	sql, args := clause.Of("SELECT ? FROM ? f WHERE f.id = ANY (?)", clause.Join(", ", selected...), clause.Table(l.Table), ids).SQL()
	found, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(found, func(r pgx.CollectableRow) (*T, error) {
		row := new(T)
		b := any(row).(Row).feature()
		dest := []any{&b.ID, &b.LabelVI, &b.LabelEN, &b.Geom, &b.AgencyCode, &b.Source, &b.RecordKey, &b.ObservedAt, &b.Sharing}
		v := reflect.ValueOf(row).Elem()
		for _, f := range l.Fields {
			dest = append(dest, v.FieldByIndex(f.index).Addr().Interface())
		}
		return row, r.Scan(dest...)
	})
}

// BaseOf gives what every row of any layer keeps.
func BaseOf(row Row) *Base { return row.feature() }

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
