package systems

import (
	"geohub/ingest"
)

// Who knows what of a vessel. Each source of positions says where it is, the
// newest holds; AIS alone knows its navigational status, its voyage and what
// its crew calls it; the fisheries' watch what it is doing; the fleet's
// register all else. Of vessels that are in no register AIS knows the rest, too,
// as well as it can.
var (
	vesselFix    = ingest.NewPart(Vessels, "fix", "geometry", "observedAt", "speedKn", "courseDeg", "headingDeg", "positionSource")
	vesselSignal = ingest.NewPart(Vessels, "signal", "lastSignalAt")
	vesselNav    = ingest.NewPart(Vessels, "nav", "navStatus")
	vesselVoyage = ingest.NewPart(Vessels, "voyage", "imo", "callSign", "vesselName", "shipType", "destination", "draughtM").Sparse()
	vesselWatch  = ingest.NewPart(Vessels, "watch", "vesselStatus")

	vesselRegister = ingest.Rest(Vessels, "register", vesselFix, vesselSignal, vesselNav, vesselVoyage, vesselWatch)

	// The register and the watch know these better.
	vesselHull  = ingest.NewPart(Vessels, "hull", "label", "lengthM").Sparse().Yielding()
	vesselDoing = ingest.NewPart(Vessels, "doing", "vesselStatus").Yielding()

	// What comes in one record.
	vesselHeard  = ingest.Together(vesselFix, vesselSignal)
	vesselMoved  = ingest.Together(vesselFix, vesselSignal, vesselNav, vesselDoing)
	vesselCalled = ingest.Together(vesselVoyage, vesselHull)
)

// mmsiID is the id of a vessel that is known by its transponder alone.
func mmsiID(mmsi string) string { return Vessels.IDPrefix() + "mmsi-" + mmsi }
