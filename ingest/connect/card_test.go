package connect_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"geohub/internal/hubtest"
)

func cardUse(second int, reader, card, kind, more string) string {
	return fmt.Sprintf(`{"time":%q,"reader":%q,"cardRef":%q,"kind":%q,"issuer":"HueIOC"%s}`,
		hubtest.Now.Add(time.Duration(second-1800)*time.Second).Format(time.RFC3339), reader, card, kind, more)
}

// TestCards: uses are counted by hour, reader, issuer and kind, each once; the
// rules see the stream and leave their hour; of cards nothing is kept.
func TestCards(t *testing.T) {
	b := newMQTTBroker(t)
	h := b.hub("card", "cards/#")
	for id, lon := range map[string]float64{"A": 107.5, "B": 107.9, "NEAR": 107.501} {
		if _, err := h.db.Exec(t.Context(), "INSERT INTO card_readers (id, source, updated_at, geom) VALUES ('cardReader:' || $1::text, 'x', now(), ST_SetSRID(ST_MakePoint($2, 16.4), 4326))", id, lon); err != nil {
			t.Fatal(err)
		}
	}
	uses := []string{
		cardUse(0, "A", "tok-1", "GRANTED", ""), cardUse(1, "NEAR", "tok-1", "GRANTED", ""), // 107 m in a second: two gates side by side
		cardUse(120, "B", "tok-1", "GRANTED", ""), // 43 km in two minutes
		cardUse(0, "A", "tok-2", "PAYMENT", `,"amountVND":7000`), cardUse(1700, "B", "tok-2", "PAYMENT", `,"amountVND":9000`),
		cardUse(5, "A", "tok-3", "DENIED", `,"reason":"CARD_REVOKED"`),
		cardUse(6, "A", "tok-4", "PAYMENT", `,"amountVND":50000,"result":"DECLINED"`),
		cardUse(7, "UNKNOWN", "tok-1", "CHECKIN", ""),
	}
	for i := range 6 {
		uses = append(uses, cardUse(900+i, "B", fmt.Sprintf("tok-b%d", i), "DENIED", ""))
	}
	for i := range 2 {
		b.joined(h, func() {
			for _, use := range uses {
				b.say("cards/x/events", use)
			}
		}, "SELECT records_in FROM sources", (i+1)*len(uses))
	}
	h.want("SELECT string_agg(concat_ws(' ', feature_id, kind, count, amount_vnd), ', ' ORDER BY feature_id, kind) FROM card_counts",
		"cardReader:A DENIED 2 0, cardReader:A GRANTED 1 0, cardReader:A PAYMENT 1 7000, cardReader:B DENIED 6 0, cardReader:B GRANTED 1 0, cardReader:B PAYMENT 1 9000, cardReader:NEAR GRANTED 1 0, cardReader:UNKNOWN CHECKIN 1 0")
	h.want("SELECT string_agg(concat_ws(' ', feature_id, rule, count), ', ' ORDER BY feature_id, rule) FROM card_findings",
		"cardReader:A REVOKED_CARD 1, cardReader:B DENIED_BURST 1, cardReader:B IMPOSSIBLE_TRAVEL 1")
	h.want("SELECT string_agg(concat_ws(' ', id, granted24h, denied24h, payments24h, last_seen_at AT TIME ZONE 'UTC'), ', ' ORDER BY id) FROM card_readers",
		"cardReader:A 2 2 1 2026-03-02 01:00:00, cardReader:B 2 6 1 2026-03-02 01:00:00, cardReader:NEAR 1 0 0 2026-03-02 01:00:00")
	h.want("SELECT string_agg(DISTINCT issuer || kind, ' ') FROM card_hours h JOIN card_counts c USING (feature_id, at, kind, count) WHERE feature_id = 'cardReader:NEAR'", "HueIOCGRANTED")
}

// TestCardsRefused: what is refused is kept without the card.
func TestCardsRefused(t *testing.T) {
	b := newMQTTBroker(t)
	h := b.hub("card", "cards/#")
	b.say("cards/A/events", cardUse(0, "A", "tok-secret", "WAVED", ""))
	b.say("cards/A/events", cardUse(0, "A", "4111111111111111", "GRANTED", ""))
	b.say("cards/A/events", cardUse(7200, "A", "tok-secret", "GRANTED", ""))
	b.say("cards/A/events", cardUse(0, "A", "tok-secret", "GRANTED", "")[:90])
	b.joined(h, func() {}, "SELECT records_in FROM sources", 4)
	h.want("SELECT string_agg(stage || ' ' || place, ', ' ORDER BY stage, place) FROM quarantine",
		"DECODE topic cards/A/events, DECODE topic cards/A/events: cardRef, DECODE topic cards/A/events: kind, MAP time")
	if kept := h.one("SELECT string_agg(reason || convert_from(record, 'UTF8'), ' ') FROM quarantine"); strings.Contains(kept, "secret") || strings.Contains(kept, "4111") {
		t.Errorf("kept: %s", kept)
	}
	h.want("SELECT count(*)::text FROM card_counts", "0")
}
