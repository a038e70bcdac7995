package connect

import (
	"errors"

	"geohub/ingest"
)

func billboardFormat() ingest.Format {
	return ingest.Format{Name: "billboard", Connect: func(*ingest.Source) (ingest.Reader, error) { return nil, errors.New("being built") }}
}
