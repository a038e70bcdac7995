package province

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"geohub/systems"
)

// CardEvent is one use of a card, as the card system tells of it.
type CardEvent struct {
	At             time.Time
	Reader         string // code
	Kind           string // by the card format: GRANTED, DENIED, CHECKIN …
	CardRef        string // the issuer's token
	Issuer         string
	Reason, Result string
	AmountVND      int64 // 0 without one
}

// CardsSince is the first of the 24 hours of the clock up to now.
func (p *Province) CardsSince() time.Time { return p.now.Truncate(time.Hour).Add(-23 * time.Hour) }

// cardHours are shares of the hours of a day by what a reader is for.
var cardHours = map[systems.ReaderKind][]float64{
	"ATTENDANCE": {0, 0, 0, 0, 0, .2, 2, 12, 3, .5, .5, 3, 1, 6, 1, .5, 2, 10, 3, .6, .2, 0, 0, 0},
	"GATE":       {.1, .1, .1, .1, .3, .8, 2, 6, 9, 9, 8, 5, 4, 6, 8, 8, 7, 5, 2, 1, .6, .4, .2, .1},
	"POS":        hourShares,
	"BUS":        {0, 0, 0, 0, .5, 4, 8, 10, 6, 4, 4, 6, 5, 5, 4, 5, 8, 9, 6, 3, 1, .2, 0, 0},
}

// CardEvents are the uses of all cards in the hour of the clock that begins at
// hour, in order; what Now is doesn't matter.
func (p *Province) CardEvents(hour time.Time) []CardEvent {
	readers := p.readers()
	day := midnight(hour)
	var all []CardEvent
	for i := range readers {
		if status, from := p.readerStatus(i, day); status != "OFFLINE" || hour.Before(from.Add(-time.Hour)) {
			all = append(all, p.cardEvents(&readers[i], hour)...)
		}
	}
	all = append(all, p.misuse(readers, hour)...)
	slices.SortStableFunc(all, func(a, b CardEvent) int { return a.At.Compare(b.At) })
	return all
}

func (p *Province) cardEvents(c *reader, hour time.Time) []CardEvent {
	r := p.rand(*c.row.ReaderCode + hour.UTC().Format(" 2006-01-02 15"))
	shares, total := cardHours[c.kind], 0.0
	for _, s := range shares {
		total += s
	}
	expected := c.busy * shares[hour.Sub(midnight(hour))/time.Hour] / total
	if c.kind == "ATTENDANCE" && !working(hour) {
		expected *= 0.05
	}
	denied := 0.04 * p.dayRand("denied at "+*c.row.ReaderCode, midnight(hour)).Float64()
	all := make([]CardEvent, int(expected*(0.85+0.3*r.Float64())+r.Float64()))
	for i := range all {
		e := CardEvent{At: hour.Add(time.Duration(r.IntN(3_600_000)) * time.Millisecond), Reader: *c.row.ReaderCode, Issuer: *c.row.Issuer, Result: "OK",
			CardRef: fmt.Sprintf("tok-%s-%03d", *c.row.ReaderCode, r.IntN(c.cards))}
		e.Kind, e.AmountVND = cardUse(r, c, e.At)
		if chance(r, denied) {
			e.Kind, e.Result, e.AmountVND = "DENIED", "DENIED", 0
			e.Reason = []string{"CARD_EXPIRED", "NOT_AUTHORISED", "UNKNOWN_CARD", "CARD_REVOKED"}[byShare(r, []float64{40, 40, 19, 1})]
		}
		all[i] = e
	}
	return all
}

// cardUse is what a card is used for at a reader, and for how much.
func cardUse(r *rand.Rand, c *reader, at time.Time) (kind string, amountVND int64) {
	switch {
	case c.kind == "ATTENDANCE" && at.Sub(midnight(at)) < 12*time.Hour:
		return "CHECKIN", 0
	case c.kind == "ATTENDANCE":
		return "CHECKOUT", 0
	case !c.pays || chance(r, 0.1) && c.kind != "POS":
		return "GRANTED", 0
	case c.kind == "BUS":
		return "PAYMENT", 7000
	}
	kind = []string{"PAYMENT", "TOPUP", "REFUND"}[byShare(r, []float64{90, 8, 2})]
	return kind, int64(1000 * (10 + r.IntN(300)))
}

// misuse is what should be noticed: now and then one card at two places at
// almost the same time, or denial after denial.
func (p *Province) misuse(readers []reader, hour time.Time) []CardEvent {
	r := p.rand("misused cards" + hour.UTC().Format(" 2006-01-02 15"))
	begin := hour.Add(time.Duration(r.IntN(3_000_000)) * time.Millisecond)
	at := func(c reader, after time.Duration, kind, ref string) CardEvent {
		e := CardEvent{At: begin.Add(after), Reader: *c.row.ReaderCode, Issuer: *c.row.Issuer, Kind: kind, CardRef: ref, Result: "OK"}
		if kind == "DENIED" {
			e.Result, e.Reason = "DENIED", "NOT_AUTHORISED"
		}
		return e
	}
	a, b := pick(r, readers[95:160]), pick(r, readers[95:160])
	token := fmt.Sprintf("tok-copied-%06d", r.IntN(1_000_000))
	twice, again := chance(r, 0.15), chance(r, 0.1)
	if clock := begin.Sub(midnight(begin)).Hours(); clock < 6 || clock > 20 {
		return nil
	}
	var all []CardEvent
	if twice && apartKm(a.row.Geom.(orb.Point), b.row.Geom.(orb.Point)) > 10 {
		all = append(all, at(a, 0, "GRANTED", token), at(b, 2*time.Minute, "GRANTED", token))
	}
	if again {
		for i := range 6 {
			all = append(all, at(a, time.Duration(7*i)*time.Second, "DENIED", token))
		}
	}
	return all
}
