package table

import (
	"time"

	"geohub/ingest/formats/internal/vntext"
)

// Key is a name as it is compared: letters and digits only, in lower case and
// without accents. "Mã số" is "maso", as is MA_SO.
func Key(name string) string { return vntext.Key(name) }

// Number reads a text as Vietnamese files write numbers. comma says that the
// file has a decimal comma; what then can be read in two ways is an error.
func Number(text string, comma bool) (float64, error) {
	if comma {
		return vntext.Number(text, vntext.Comma)
	}
	return vntext.Number(text, vntext.Unknown)
}

// Time reads a date or a moment; what says no offset is of zone, a date alone
// its midnight there. dateOnly says that there was no clock.
func Time(text string, zone *time.Location) (at time.Time, dateOnly bool, err error) {
	return vntext.TimeIn(text, zone)
}
