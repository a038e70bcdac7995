package connect

import (
	"errors"

	"geohub/ingest"
)

func tableFormat() ingest.Format {
	return ingest.Format{Name: "table", Connect: func(*ingest.Source) (ingest.Reader, error) { return nil, errors.New("being built") }}
}
