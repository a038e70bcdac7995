package layer

import (
	"strconv"
	"time"

	"geohub/internal/pgbinary"
)

// This file appends values as JSON, in the one form that every printer gives them.

// AppendTime appends a moment as UTC with Z, in quotes.
func AppendTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, time.RFC3339Nano)
	return append(b, '"')
}

const hexDigits = "0123456789ABCDEF"

// AppendString appends a text in quotes, escaped as gqlgen does.
func AppendString[S ~[]byte | ~string](b []byte, s S) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '\t':
			b = append(b, `\t`...)
		case '\r':
			b = append(b, `\r`...)
		case '\n':
			b = append(b, `\n`...)
		case '"', '\\':
			b = append(b, '\\', c)
		default:
			b = append(b, `\u00`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&0xf])
		}
		start = i + 1
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// AppendBinary appends a value of a kind, in PostgreSQL's binary form and not
// NULL. A number is what gqlgen makes of it; there are none but finite ones, for
// ingest refuses others.
func AppendBinary(b []byte, kind Kind, raw []byte) []byte {
	switch kind {
	case KindFloat:
		return strconv.AppendFloat(b, pgbinary.Float(raw), 'g', -1, 64)
	case KindInt:
		return strconv.AppendInt(b, pgbinary.Int(raw), 10)
	case KindBool:
		return strconv.AppendBool(b, pgbinary.Bool(raw))
	case KindDateTime:
		return AppendTime(b, pgbinary.Time(raw))
	case KindDate:
		return pgbinary.Date(raw).AppendFormat(b, `"2006-01-02"`)
	case KindStrings, KindEnums:
		b = append(b, '[')
		n := 0
		pgbinary.Elements(raw, func(element []byte) {
			if n++; n > 1 {
				b = append(b, ',')
			}
			b = AppendString(b, element)
		})
		return append(b, ']')
	}
	return AppendString(b, raw)
}
