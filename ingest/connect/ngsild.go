package connect

import (
	"errors"

	"geohub/ingest"
)

func ngsiFormat() ingest.Format {
	return ingest.Format{Name: "ngsi-ld", Connect: func(*ingest.Source) (ingest.Reader, error) { return nil, errors.New("being built") }}
}
