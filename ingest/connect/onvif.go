package connect

import (
	"errors"

	"geohub/ingest"
)

func onvifFormat() ingest.Format {
	return ingest.Format{Name: "onvif", Connect: func(*ingest.Source) (ingest.Reader, error) { return nil, errors.New("being built") }}
}
