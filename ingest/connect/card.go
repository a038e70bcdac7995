package connect

import (
	"errors"

	"geohub/ingest"
)

func cardFormat() ingest.Format {
	return ingest.Format{Name: "card", Connect: func(*ingest.Source) (ingest.Reader, error) { return nil, errors.New("being built") }}
}
