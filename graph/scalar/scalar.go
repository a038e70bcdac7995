// Package scalar holds the scalars whose Go type is not ours.
package scalar

import (
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"geohub/internal/fault"
	"geohub/layer"
)

// MarshalDateTime writes a moment as UTC with Z.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { w.Write(layer.AppendTime(make([]byte, 0, 40), t)) })
}

// UnmarshalDateTime reads a moment by RFC 3339 with any offset.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, _ := v.(string)
	t, err := layer.ParseTime(s)
	if err != nil {
		return t, fault.Invalid("BAD_INPUT", "%v is not a time by RFC 3339 such as 2025-10-27T20:00:00+07:00", v)
	}
	return t, nil
}
