package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"geohub/geo"
	"geohub/internal/fault"
)

// imported is what of an import's declaration is kept for later.
type imported struct {
	Format       string `json:"format"`
	Address      string `json:"address"`
	Layer        string `json:"layer"`
	Agency       string `json:"agency,omitempty"`
	Map          string `json:"map,omitempty"`
	CRS          int    `json:"crs,omitempty"`
	TimeZone     string `json:"timeZone,omitempty"`
	DecimalComma bool   `json:"decimalComma,omitempty"`
}

// NewImport declares a file or an address that is read once, by hand, into a
// layer, in the format "table".
func NewImport(name, address, layer, agency string, how Recipe) (*Source, error) {
	s := &Source{Name: name, Format: "table", Address: address, Layer: layer, Agency: agency, Map: how.Map, CRS: how.CRS, TimeZone: how.TimeZone, DecimalComma: how.DecimalComma, once: true}
	if !sourceName.MatchString(name) {
		return nil, fault.Invalid("BAD_INPUT", "source %q: a name has small letters, digits and hyphens", name)
	}
	var err error
	if s.Location, err = zoneOf(s.TimeZone); err != nil {
		return nil, fault.Invalid("BAD_INPUT", "%v", err)
	}
	return s, nil
}

// Import reads a declaration of NewImport from the beginning. each is told of
// every batch. A batch whose coordinates are of another datum ends it; the
// batches before stay. The result's Quarantined counts all records that are
// there now, and first are the reasons of the first few.
func (r *Runner) Import(ctx context.Context, s *Source, each func(Result)) (result Result, first []string, err error) {
	how, err := json.Marshal(imported{s.Format, s.Address, s.Layer, s.Agency, s.Map, s.CRS, s.TimeZone, s.DecimalComma})
	if err != nil {
		return Result{}, nil, err
	}
	var began time.Time
	err = r.DB.QueryRow(ctx, `INSERT INTO sources AS s (name, format, agency_code, stream, declared, attempted_at, import) VALUES ($1, $2, nullif($3, ''), false, false, $4, $5)
		ON CONFLICT (name) DO UPDATE SET agency_code = excluded.agency_code, attempted_at = excluded.attempted_at, import = excluded.import WHERE s.import IS NOT NULL
		RETURNING now()`, s.Name, s.Format, s.Agency, r.Clock(), how).Scan(&began)
	if errors.Is(err, pgx.ErrNoRows) {
		return Result{}, nil, fault.Invalid("BAD_INPUT", "sources.yaml has a source %s: give the import another name (--source)", s.Name)
	}
	if err != nil {
		return Result{}, nil, fmt.Errorf("note the import: %w", err)
	}
	if result, err = r.read(ctx, s, nil, each); err != nil {
		return result, nil, err
	}
	result.Quarantined, first, err = reasons(ctx, r.DB, s.Name, began)
	return result, first, err
}

// CheckImport is Import without a trace: all is read, nothing stays.
func (r *Runner) CheckImport(ctx context.Context, s *Source) (Checked, error) {
	return r.check(ctx, s, math.MaxInt)
}

// find is source, or an import of before.
func (r *Runner) find(ctx context.Context, name string) (*Source, error) {
	s, unknown := r.source(name)
	if unknown == nil {
		return s, nil
	}
	var how []byte
	err := r.DB.QueryRow(ctx, "SELECT import FROM sources WHERE name = $1 AND import IS NOT NULL", name).Scan(&how)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, unknown
	}
	if err != nil {
		return nil, fmt.Errorf("find import %s: %w", name, err)
	}
	var i imported
	if err := json.Unmarshal(how, &i); err != nil {
		return nil, fmt.Errorf("find import %s: %w", name, err)
	}
	s, err = NewImport(name, i.Address, i.Layer, i.Agency, Recipe{Map: i.Map, CRS: i.CRS, TimeZone: i.TimeZone, DecimalComma: i.DecimalComma})
	if err != nil {
		return nil, err
	}
	s.once = false
	return s, nil
}

// zoneOf reads a time zone: an offset or a name; empty is Vietnam's.
func zoneOf(text string) (*time.Location, error) {
	if text == "" {
		return geo.Saigon, nil
	}
	if t, err := time.Parse("-07:00", text); err == nil {
		_, offset := t.Zone()
		return time.FixedZone(text, offset), nil
	}
	zone, err := time.LoadLocation(text)
	if err != nil {
		return nil, fmt.Errorf("timeZone %q is neither an offset such as +07:00 nor a name such as Asia/Ho_Chi_Minh", text)
	}
	return zone, nil
}
