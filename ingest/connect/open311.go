package connect

import (
	"errors"

	"geohub/ingest"
)

func open311Format() ingest.Format {
	return ingest.Format{Name: "open311", Connect: func(*ingest.Source) (ingest.Reader, error) { return nil, errors.New("being built") }}
}
