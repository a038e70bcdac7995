package connect

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"regexp"
	"strings"
	"time"

	"geohub/ingest/formats/card"
)

const (
	// cardsWatched is how many cards are told apart at a time.
	cardsWatched = 100_000
	// travelWithin is how long after one use another can be too soon: nothing in
	// a province is further.
	travelWithin = 30 * time.Minute
	// burstOf denials within burstWithin at one reader are a burst.
	burstOf, burstWithin = 5, time.Minute
)

// cardWatch applies the rules that look from one event to another. Of a card
// it remembers a digest under a key that nobody has, and where and when it was
// last used; all of it is forgotten when the stream breaks.
type cardWatch struct {
	key    []byte
	uses   *recent[cardUse]
	denied *recent[[]denial] // by reader
}

type cardUse struct {
	reader string
	at     time.Time
}

type denial struct {
	at    time.Time
	event string // digest
}

func newCardWatch() *cardWatch {
	key := make([]byte, 32)
	rand.Read(key)
	return &cardWatch{key, newRecent[cardUse](cardsWatched), newRecent[[]denial](10_000)}
}

// see adds to an event what the rules find at it.
func (w *cardWatch) see(e *card.Event) {
	if revoked(e) {
		e.Findings = append(e.Findings, card.Finding{Rule: card.Revoked})
	}
	if e.CardRef != "" {
		w.travel(e)
	}
	if e.Kind == card.Denied {
		w.burst(e)
	}
}

func (w *cardWatch) travel(e *card.Event) {
	ref := w.digest(e.CardRef)
	last, known := w.uses.get(ref)
	if known && last.reader != e.Reader && e.Time.Sub(last.at).Abs() <= travelWithin {
		e.Findings = append(e.Findings, card.Finding{Rule: card.Travel, Other: last.reader, OtherAt: last.at})
	}
	if !known || !e.Time.Before(last.at) {
		w.uses.put(ref, cardUse{e.Reader, e.Time})
	}
}

func (w *cardWatch) burst(e *card.Event) {
	this := denial{e.Time, w.digest(e.Time.String() + e.CardRef)}
	all, _ := w.denied.get(e.Reader)
	near := []denial{this}
	for _, d := range all {
		if d.event != this.event && e.Time.Sub(d.at).Abs() <= burstWithin {
			near = append(near, d)
		}
	}
	if len(near) >= burstOf {
		e.Findings = append(e.Findings, card.Finding{Rule: card.Burst})
		near = nil
	}
	w.denied.put(e.Reader, near)
}

func (w *cardWatch) digest(s string) string {
	h := hmac.New(sha256.New, w.key)
	h.Write([]byte(s))
	return string(h.Sum(nil)[:16])
}

var revokedWords = regexp.MustCompile(`REVOKED|BLACKLIST|STOLEN|\bLOST\b|_LOST|THU HỒI|BÁO MẤT`)

// revoked says that the reader, or what stands behind it, knew the card as
// revoked or reported lost.
func revoked(e *card.Event) bool {
	return revokedWords.MatchString(strings.ToUpper(e.Reason + " " + e.Result))
}
