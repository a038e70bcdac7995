package connect

import (
	"errors"

	"geohub/ingest"
)

func cefFormat() ingest.Format {
	return ingest.Format{Name: "cef", Connect: func(*ingest.Source) (ingest.Reader, error) { return nil, errors.New("being built") }}
}
