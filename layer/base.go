package layer

import (
	"time"

	"github.com/paulmach/orb"

	"geohub/access"
)

// Base is what every feature keeps, whatever its layer. A row type embeds it
// first; its methods are the fields of the GraphQL interface Feature.
type Base struct {
	// ID is the type and the source's own key: "dam:TA_TRACH". Stable for ever.
	ID string
	// LabelVI and LabelEN are what people call it. LabelEN may be empty.
	LabelVI, LabelEN string
	// Geom is in EPSG:4326, finite and valid; nil when nobody knows where.
	Geom orb.Geometry
	// PositionAccuracyM is the radius in metres within which it lies; nil if unknown.
	PositionAccuracyM *float64
	// AgencyCode is the owner's code by QĐ 20/2020, "H57.12".
	AgencyCode string
	// Exchange names the request of a gateway that brought this version
	// (X-Road-Id); may be empty.
	Exchange string
	// Source names the connection it came by and RecordKey its key there.
	Source, RecordKey string
	// ObservedAt is the source's time (of a report: when it was made),
	// UpdatedAt the hub's.
	ObservedAt *time.Time
	UpdatedAt  time.Time
	// VersionAt is the source's time of this version of the record, which
	// decides what is newer; nil means ObservedAt. Written, never read back.
	VersionAt *time.Time
	// Sharing is the row's own class: a viewer below it never sees the row.
	Sharing access.Sharing
	// AliasIDs are former ids that still resolve to this feature; written by
	// ingest, read through Aliases.
	AliasIDs []string

	unitID    *int32
	onSurface *orb.Point
	page      *page
}

// feature makes a row type recognisable inside this package.
func (b *Base) feature() *Base { return b }

// IsFeature marks the GraphQL interface.
func (*Base) IsFeature() {}

// IsEntity marks what a federation's gateway may ask for by key.
func (*Base) IsEntity() {}

// IsEntity marks what a federation's gateway may ask for by key.
func (*Unit) IsEntity() {}

// IsEntity marks what a federation's gateway may ask for by key.
func (*Agency) IsEntity() {}
