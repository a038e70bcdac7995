package connect

import (
	"errors"

	"geohub/ingest"
)

func monitoringFormat() ingest.Format {
	return ingest.Format{Name: "monitoring-txt", Connect: func(*ingest.Source) (ingest.Reader, error) { return nil, errors.New("being built") }}
}
