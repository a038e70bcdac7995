package connect

import (
	"errors"

	"geohub/ingest"
)

func feedFormat() ingest.Format {
	return ingest.Format{Name: "feed", Connect: func(*ingest.Source) (ingest.Reader, error) { return nil, errors.New("being built") }}
}
