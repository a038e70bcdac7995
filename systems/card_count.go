package systems

import (
	"time"

	"geohub/layer"
)

// CardCount is how often cards of one issuer were used in one way at a reader,
// in the hour of the clock that begins at At.
type CardCount struct {
	At        time.Time
	Issuer    string // "" when the reader doesn't say
	Kind      CardUse
	Count     int
	AmountVnd int64 // of payments and the like, together
}

// CardUse is what a card was used for, or that it was turned away.
type CardUse string

// Uses that fields of a reader count by themselves.
const (
	CardDenied  CardUse = "DENIED"
	CardPayment CardUse = "PAYMENT"
)

// CardCountSeries is all that is kept of what card readers read.
var CardCountSeries = layer.NewCounts[CardCount]("card_counts", "count", "amount_vnd")

// CardHour is CardCount whoever issued the cards.
type CardHour struct {
	At    time.Time
	Kind  CardUse
	Count int
}

// CardHourSeries is CardCountSeries as it may be read: it is a view.
var CardHourSeries = layer.NewSeries[CardHour]("card_hours", "kind")

// CardFinding is how often a rule about the stream of card events held at a
// reader in the hour that begins at At.
type CardFinding struct {
	At    time.Time
	Rule  string
	Count int
}

// CardFindingSeries is the evidence of the card rules: reader and hour, no card.
var CardFindingSeries = layer.NewCounts[CardFinding]("card_findings", "count")
