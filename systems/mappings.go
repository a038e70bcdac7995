package systems

import "geohub/ingest"

// Mappings say what the records of each standard become; each lies beside the
// layer that it fills.
var Mappings = []ingest.Mapping{
	reportOfOpen311,
	alertOfCAP,
	articleOfFeed,
	ofSensorThings, ofMonitoringFiles,
	cameraOfNGSI, eventOfONVIF, countOfCard, ofBillboards, screenOfHeartbeat,
	vesselOfAIS,
	vesselOfVMS,
	vesselOfRegister,
	incidentOfCEF,
	dossierOfOneStop, ingest.TableMapping(All, Lexicon()),
}

// Derivations say which fields follow from series.
var Derivations = []ingest.Derivation{
	cameraEventAt, cardTallied,
	supersededAlerts,
	damDerivation, stationDerivation,
	dossierAtDesk,
}
