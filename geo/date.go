package geo

import (
	"database/sql/driver"
	"fmt"
	"io"
	"strconv"
	"time"
)

// Date is the scalar Date: a calendar day in Asia/Ho_Chi_Minh, years 1 to 9999.
// It reads and writes PostgreSQL's date. Dates compare with ==; the zero Date is
// no day.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the day it is in Asia/Ho_Chi_Minh at t.
func DateOf(t time.Time) Date {
	y, m, d := t.In(Saigon).Date()
	return Date{y, m, d}
}

// ParseDate reads yyyy-mm-dd. Errors are BAD_INPUT.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return Date{}, badInput("%s is not a day, yyyy-mm-dd", quote(s))
	}
	return Date{t.Year(), t.Month(), t.Day()}, nil
}

// String is yyyy-mm-dd.
func (d Date) String() string { return string(d.Append(nil)) }

// Append appends yyyy-mm-dd.
func (d Date) Append(b []byte) []byte {
	return fmt.Appendf(b, "%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// IsZero tells the zero Date, which is no day.
func (d Date) IsZero() bool { return d == Date{} }

// Before tells whether d is an earlier day than e.
func (d Date) Before(e Date) bool { return d.utc().Before(e.utc()) }

// AddDays is the day n days on, or back when n is negative.
func (d Date) AddDays(n int) Date {
	t := d.utc().AddDate(0, 0, n)
	return Date{t.Year(), t.Month(), t.Day()}
}

// Start is the day's first instant in Asia/Ho_Chi_Minh.
func (d Date) Start() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, Saigon) }

// UnmarshalGQL takes a string yyyy-mm-dd.
func (d *Date) UnmarshalGQL(v any) error {
	s, ok := v.(string)
	if !ok {
		return badInput("a Date is a string, yyyy-mm-dd, not %s", kind(v))
	}
	read, err := ParseDate(s)
	if err != nil {
		return err
	}
	*d = read
	return nil
}

// MarshalGQL writes a string yyyy-mm-dd; the zero Date is null.
func (d Date) MarshalGQL(w io.Writer) {
	if d.IsZero() {
		_, _ = io.WriteString(w, "null")
		return
	}
	_, _ = io.WriteString(w, strconv.Quote(d.String()))
}

// Scan reads a PostgreSQL date; scan into a **Date where it may be NULL. It is
// sql.Scanner's, which pgx uses in binary too.
func (d *Date) Scan(v any) error {
	switch v := v.(type) {
	case time.Time:
		if v.Year() < 1 || v.Year() > 9999 {
			return fmt.Errorf("scan date: year %d is outside 1..9999", v.Year())
		}
		// A date comes as midnight in a zone of the driver's choice.
		*d = Date{v.Year(), v.Month(), v.Day()}
		return nil
	case nil:
		return fmt.Errorf("scan date: NULL into a Date; scan into a **Date")
	default:
		return fmt.Errorf("scan date: %v (%T) is not a day", v, v)
	}
}

// Value is driver.Valuer's. What is no day is an error, never NULL.
func (d Date) Value() (driver.Value, error) {
	if t := d.utc(); d.Year < 1 || d.Year > 9999 || t.Month() != d.Month || t.Day() != d.Day {
		return nil, fmt.Errorf("write date: %s is not a day", d)
	}
	return d.utc(), nil
}

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }
