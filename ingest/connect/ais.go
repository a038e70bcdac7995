package connect

import (
	"errors"

	"geohub/ingest"
)

func aisFormat() ingest.Format {
	return ingest.Format{Name: "ais", Connect: func(*ingest.Source) (ingest.Reader, error) { return nil, errors.New("being built") }}
}
