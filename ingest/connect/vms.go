package connect

import (
	"errors"

	"geohub/ingest"
)

func vmsFormat() ingest.Format {
	return ingest.Format{Name: "vms", Connect: func(*ingest.Source) (ingest.Reader, error) { return nil, errors.New("being built") }}
}
