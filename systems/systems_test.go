package systems_test

import (
	"testing"

	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
	"geohub/layer/layertest"
)

func TestLayers(t *testing.T) {
	layertest.Suite(t, pgtest.Shared(t, hubtest.Province()), hubtest.Catalog(t), hubtest.Now)
}
