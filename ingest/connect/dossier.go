package connect

import (
	"errors"

	"geohub/ingest"
)

func dossierFormat() ingest.Format {
	return ingest.Format{Name: "dossier", Connect: func(*ingest.Source) (ingest.Reader, error) { return nil, errors.New("being built") }}
}
