package systems

import (
	"time"

	"geohub/layer"
)

// BillboardPlay is how often a creative was shown on a billboard, and for how
// long together, in the hour of the clock that begins at At.
type BillboardPlay struct {
	At       time.Time
	Creative string
	Plays    int
	Seconds  float64 // of plays whose length is known
}

// BillboardPlaySeries is counted from the proof-of-play logs.
var BillboardPlaySeries = layer.NewCounts[BillboardPlay]("billboard_plays", "plays", "seconds")
