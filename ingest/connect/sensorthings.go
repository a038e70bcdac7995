package connect

import (
	"errors"

	"geohub/ingest"
)

func sensorThingsFormat() ingest.Format {
	return ingest.Format{Name: "sensorthings", Connect: func(*ingest.Source) (ingest.Reader, error) { return nil, errors.New("being built") }}
}
