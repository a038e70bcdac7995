package systems

import (
	"context"
	"time"

	"geohub/layer"
)

// CardReader is a place where cards are held to a device: a gate, a time
// clock, a till, a bus. The hub takes only counts of what it read, never a
// card, its number or its holder.
type CardReader struct {
	layer.Base
	ReaderCode     *string       `layer:"key,filter,order"`
	ReaderKind     *ReaderKind   `layer:"filter,group,tile"`
	ReaderStatus   *ReaderStatus `layer:"filter,group,tile"`
	Issuer         *string       `layer:"filter,group"`
	PlaceName      *string       `layer:"filter,text"`
	AcceptsPayment *bool         `layer:"filter,group,tile"`
	LastSeenAt     *time.Time    `layer:"filter,order"`
	Granted24h     *int          `layer:"filter,order,for=counts"`
	Denied24h      *int          `layer:"filter,order"`
	Payments24h    *int          `layer:"filter,order"`
}

// ReaderKind is what a reader is for.
type ReaderKind string

// ReaderStatus is the state of a reader.
type ReaderStatus string

// CardReaders is the layer of card readers; the card system counts each hour.
var CardReaders = layer.New[CardReader]("cardReaders", layer.Spec{
	Agency: "H57.02",
	Due:    time.Hour,
	Points: true,
	Nested: []layer.Nested{{Field: "counts", Series: &CardHourSeries.SeriesTable, Unless: "granted24h"}},
})

// Counts are the newest hours first, of all readers of a page in one statement;
// none for who may not see them, who doesn't see what follows from them either.
func (r *CardReader) Counts(ctx context.Context, during *layer.DateTimeRange, last *int) ([]*CardHour, error) {
	if r.Granted24h == nil {
		return []*CardHour{}, nil
	}
	return CardHourSeries.Newest(ctx, &r.Base, layer.Everything(), during, last)
}
