package access

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/dgraph-io/ristretto/v2"
	"github.com/jackc/pgx/v5"

	"geohub/internal/fault"
)

// prefixOf gives the eight characters that find a key, which is written
// hub_live_<8>_<secret>; only the hash of the whole is kept.
func prefixOf(key string) (prefix string, ok bool) {
	rest, ok := strings.CutPrefix(key, "hub_live_")
	if !ok || len(rest) < 8+1+16 || len(rest) > 8+1+100 || rest[8] != '_' {
		return "", false
	}
	for i, c := range []byte(rest) {
		small := '0' <= c && c <= '9' || 'a' <= c && c <= 'z'
		if !small && (i < 8 || (c < 'A' || c > 'Z') && c != '_' && c != '-') {
			return "", false
		}
	}
	return rest[:8], true
}

// errUnknown is of a key that was never given out, or was taken back.
func errUnknown() error {
	return fault.Unauthenticated("the API key is not known or was revoked; ask for one, or send none to see what is open")
}

// revokedWithin is how long a revoked key may still serve from the cache.
const revokedWithin = 5 * time.Second

// Key is an API key as it is made: with its secret, which is not kept.
type Key struct {
	Secret string // the whole key
	Name   string
	Agency string
	Grants []Grant
}

// Keys finds viewers by their keys.
type Keys struct {
	db    Querier
	cache *ristretto.Cache[string, *stored]
}

// Querier is what Keys needs of a database.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

type stored struct {
	hash   []byte
	viewer Viewer
}

// NewKeys reads keys from the table api_keys.
func NewKeys(db Querier) (*Keys, error) {
	cache, err := ristretto.NewCache(&ristretto.Config[string, *stored]{NumCounters: 100_000, MaxCost: 10_000, BufferItems: 64})
	if err != nil {
		return nil, fmt.Errorf("make key cache: %w", err)
	}
	return &Keys{db: db, cache: cache}, nil
}

// Viewer tells who sends a request, by X-Api-Key or Authorization: Bearer.
// Without either it is anonymous; a key that is not good is an error.
func (k *Keys) Viewer(r *http.Request) (Viewer, error) {
	key := r.Header.Get("X-Api-Key")
	if scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") && key == "" {
		key = bearer
	}
	if key == "" {
		return Viewer{}, nil
	}
	return k.find(r.Context(), key)
}

func (k *Keys) find(ctx context.Context, key string) (Viewer, error) {
	prefix, ok := prefixOf(key)
	if !ok {
		return Viewer{}, errUnknown()
	}
	known, found := k.cache.Get(prefix)
	if !found {
		var err error
		if known, err = k.read(ctx, prefix); err != nil {
			return Viewer{}, fault.Unavailable("UNAVAILABLE", "keys can't be checked now; try again").Because(err)
		}
		if known != nil {
			k.cache.SetWithTTL(prefix, known, 1, revokedWithin)
		}
	}
	hash := Hash(key)
	if known == nil || subtle.ConstantTimeCompare(known.hash, hash) != 1 {
		return Viewer{}, errUnknown()
	}
	return known.viewer, nil
}

func (k *Keys) read(ctx context.Context, prefix string) (*stored, error) {
	rows, err := k.db.Query(ctx, "SELECT hash, name, coalesce(agency_code, ''), grants FROM api_keys WHERE prefix = $1 AND revoked_at IS NULL", prefix)
	if err != nil {
		return nil, err
	}
	s, err := pgx.CollectOneRow(rows, func(row pgx.CollectableRow) (*stored, error) {
		var s stored
		var grants []byte
		if err := row.Scan(&s.hash, &s.viewer.Name, &s.viewer.Agency, &grants); err != nil {
			return nil, err
		}
		return &s, json.Unmarshal(grants, &s.viewer.Grants)
	})
	if err == pgx.ErrNoRows {
		return nil, nil
	}
	return s, err
}

// Hash is what is kept of a key.
func Hash(key string) []byte {
	h := sha256.Sum256([]byte(key))
	return h[:]
}

// StoreKey writes a key; one with the same eight characters is replaced.
func StoreKey(ctx context.Context, tx pgx.Tx, key Key) error {
	prefix, ok := prefixOf(key.Secret)
	if !ok {
		return fmt.Errorf("store key %s: it is not of the form hub_live_<8>_<secret>", key.Name)
	}
	grants, err := json.Marshal(key.Grants)
	if err != nil {
		return fmt.Errorf("store key %s: %w", key.Name, err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO api_keys (prefix, hash, name, agency_code, grants) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (prefix) DO UPDATE SET hash = excluded.hash, name = excluded.name, agency_code = excluded.agency_code, grants = excluded.grants, revoked_at = NULL`,
		prefix, Hash(key.Secret), key.Name, nullable(key.Agency), grants)
	if err != nil {
		return fmt.Errorf("store key %s: %w", key.Name, err)
	}
	return nil
}

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
