package connect

import (
	"errors"

	"geohub/ingest"
)

func capFormat() ingest.Format {
	return ingest.Format{Name: "cap", Connect: func(*ingest.Source) (ingest.Reader, error) { return nil, errors.New("being built") }}
}
