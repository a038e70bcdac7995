package media

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"geohub/ingest"
	"geohub/internal/fault"
)

// sealed is what an address says, to this hub only.
type sealed struct {
	Kind    string `json:"k"`
	ID      string `json:"id"`          // of the feature
	Index   int    `json:"i,omitempty"` // of the picture
	WidthPx int    `json:"w,omitempty"`
	// Staff says that the address was made for somebody who may see what nobody
	// has looked at yet.
	Staff bool  `json:"s,omitempty"`
	Until int64 `json:"x"` // Unix seconds
	// Part is the address of a part of a stream, as its playlist names it.
	Part string `json:"p,omitempty"`
}

const kindPicture, kindStream = "picture", "stream"

// seals makes and opens addresses: encrypted, so that they tell nothing, and
// authenticated, so that nobody else makes one.
type seals struct {
	aead  cipher.AEAD
	nonce []byte // key of the nonces
}

// keys are the hub's own, the same for all hubs on one database.
func (g *Gate) keys(ctx context.Context) (*seals, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.seals != nil {
		return g.seals, nil
	}
	var secret []byte
	err := pgx.BeginFunc(ctx, g.DB, func(tx pgx.Tx) (err error) {
		secret, err = ingest.Secret(ctx, tx, "media addresses")
		return err
	})
	if err != nil {
		return nil, fault.Unavailable("UNAVAILABLE", "addresses can't be made now; try again").Because(err)
	}
	s, err := newSeals(secret)
	if err != nil {
		return nil, err
	}
	g.seals = s
	return s, nil
}

func newSeals(secret []byte) (*seals, error) {
	block, err := aes.NewCipher(derive(secret, "seal"))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &seals{aead, derive(secret, "nonce")}, err
}

func derive(secret []byte, purpose string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(purpose))
	return h.Sum(nil)
}

// seal makes the last part of an address. The nonce follows from the text: the
// same text has the same address, and no two texts share a nonce.
func (s *seals) seal(to sealed) string {
	text, _ := json.Marshal(to)
	nonce := derive(s.nonce, string(text))[:s.aead.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, text, nil))
}

// open reads what seal wrote, while it is good.
func (s *seals) open(token string, now time.Time) (sealed, bool) {
	var to sealed
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < s.aead.NonceSize() {
		return to, false
	}
	text, err := s.aead.Open(nil, raw[:s.aead.NonceSize()], raw[s.aead.NonceSize():], nil)
	if err != nil || json.Unmarshal(text, &to) != nil {
		return to, false
	}
	return to, now.Unix() < to.Until
}
