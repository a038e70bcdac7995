package systems

import "geohub/ingest"

// Mappings say what the records of each standard become; each lies beside the
// layer that it fills.
var Mappings = []ingest.Mapping{}

// Derivations say which fields follow from series.
var Derivations = []ingest.Derivation{}
