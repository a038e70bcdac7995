package layer

import (
	"reflect"
	"strings"

	"geohub/geo/postgis"
)

// WriteColumns are the columns that ingest writes, in the order of
// WriteValues. The hub fills unit_id and updated_at by itself.
func (s *System) WriteColumns() []string {
	names := []string{"id", "label", "label_en", "geom", "position_accuracy_m", "agency_code", "source", "record_key",
		"observed_at", "version_at", "sharing", "search"}
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
	return append([]any{b.ID, nullable(b.LabelVI), nullable(b.LabelEN), postgis.Shape{Geometry: b.Geom, SRID: 4326}, b.PositionAccuracyM, agency, b.Source,
		nullable(b.RecordKey), b.ObservedAt, version, int16(b.Sharing), strings.Join(words, " ")}, fields...)
}

// BaseOf gives what every row of any layer keeps.
func BaseOf(row Row) *Base { return row.feature() }

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
