package layer

import (
	"fmt"
	"reflect"
)

// NewRow makes an empty row of the layer.
func (s *System) NewRow() Row { return s.newRow() }

// Set puts a value into the field of a row of the field's layer: a string (also
// for an enum), float64, int, bool, time.Time, geo.Date or []string by the
// field's kind; nil is no value.
func (f *Field) Set(row Row, value any) error {
	to := reflect.ValueOf(row).Elem().FieldByIndex(f.index)
	if value == nil {
		to.SetZero()
		return nil
	}
	v := reflect.ValueOf(value)
	switch {
	case to.Kind() == reflect.Pointer && fits(v.Type(), to.Type().Elem()):
		p := reflect.New(to.Type().Elem())
		p.Elem().Set(v.Convert(to.Type().Elem()))
		to.Set(p)
	case to.Kind() == reflect.Slice && v.Kind() == reflect.Slice && fits(v.Type().Elem(), to.Type().Elem()):
		list := reflect.MakeSlice(to.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			list.Index(i).Set(v.Index(i).Convert(to.Type().Elem()))
		}
		to.Set(list)
	case fits(v.Type(), to.Type()):
		to.Set(v.Convert(to.Type()))
	default:
		return fmt.Errorf("%s is no %T", f.Name, value)
	}
	return nil
}

func fits(v, to reflect.Type) bool { return v.Kind() == to.Kind() && v.ConvertibleTo(to) }
