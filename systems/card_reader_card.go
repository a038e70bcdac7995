package systems

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/card"
)

// cardTally is what follows from the counts of the last 24 hours; all else of a
// reader is its registry's to say.
var cardTally = ingest.NewPart(CardReaders, "tally", "observedAt", "lastSeenAt", "granted24h", "denied24h", "payments24h")

// The numbers of the travel rule: who goes faster over a longer way was two.
const (
	travelFromM      = 2_000
	travelMetresASec = 120 / 3.6
)

// declined is a result that makes of any use a denial.
var declined = regexp.MustCompile(`(?i)^(denied|declined|refused|rejected|failed|từ chối|không thành công)`)

// countOfCard counts the uses of cards by the hour. A use is told from others
// by all that is known of it, of which a keyed digest stays for two days.
var countOfCard = ingest.Map("card", 1, func(in *ingest.Intake, e card.Event) error {
	if e.Time.After(in.ReadAt.Add(10 * time.Minute)) {
		return formats.Refusal{Path: "time", Reason: e.Time.Format(time.RFC3339) + " is still to come: the reader's clock is wrong"}
	}
	id, hour := CardReaders.IDPrefix()+e.Reader, e.Time.UTC().Truncate(time.Hour)
	use := strings.Join([]string{e.Reader, e.Time.UTC().Format(time.RFC3339Nano), e.CardRef, string(e.Kind)}, "\x1f")
	n := CardCount{At: hour, Issuer: e.Issuer, Kind: CardUse(e.Kind), Count: 1}
	if declined.MatchString(e.Result) {
		n.Kind = CardDenied
	} else if e.AmountVND != nil {
		n.AmountVnd = *e.AmountVND
	}
	for _, f := range e.Findings {
		if err := cardFound(in, f, &e, use); err != nil {
			return err
		}
	}
	ingest.Count(in, CardCountSeries, id, n, use)
	return nil
})

// cardFound counts what a rule found, once in whatever order the events came: a
// use of a revoked card, a travel by its two uses, a burst by reader and hour.
func cardFound(in *ingest.Intake, f card.Finding, e *card.Event, use string) error {
	reader, at, once := e.Reader, e.Time, use
	switch f.Rule {
	case card.Burst:
		once = reader + "\x1f" + at.UTC().Format("2006-01-02T15")
	case card.Travel:
		m, known, err := in.ApartM(CardReaders.System, CardReaders.IDPrefix()+reader, CardReaders.IDPrefix()+f.Other)
		if err != nil {
			return err
		}
		if !known || m < travelFromM || m < travelMetresASec*at.Sub(f.OtherAt).Abs().Seconds() {
			return nil
		}
		uses := []string{reader + at.UTC().Format(time.RFC3339Nano), f.Other + f.OtherAt.UTC().Format(time.RFC3339Nano)}
		slices.Sort(uses)
		once = e.CardRef + "\x1f" + strings.Join(uses, "\x1f")
		if f.OtherAt.After(at) {
			reader, at = f.Other, f.OtherAt
		}
	}
	ingest.Count(in, CardFindingSeries, CardReaders.IDPrefix()+reader, CardFinding{At: at.UTC().Truncate(time.Hour), Rule: string(f.Rule), Count: 1}, string(f.Rule)+"\x1f"+once)
	return nil
}

// cardTallied counts what was let through, turned away and paid in the 24 hours
// up to the newest that anything was counted in.
var cardTallied = ingest.Derive(cardTally, CardCountSeries, 24*time.Hour, func(r *CardReader, newestFirst []CardCount) {
	granted, denied, paid := 0, 0, 0
	for _, n := range newestFirst {
		switch n.Kind {
		case CardDenied:
			denied += n.Count
		case CardPayment:
			paid += n.Count
			fallthrough
		default:
			granted += n.Count
		}
	}
	seen := newestFirst[0].At
	r.Granted24h, r.Denied24h, r.Payments24h, r.LastSeenAt, r.ObservedAt = &granted, &denied, &paid, &seen, &seen
})
