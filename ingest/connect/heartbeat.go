package connect

import (
	"errors"

	"geohub/ingest"
)

func heartbeatFormat() ingest.Format {
	return ingest.Format{Name: "heartbeat", Connect: func(*ingest.Source) (ingest.Reader, error) { return nil, errors.New("being built") }}
}
