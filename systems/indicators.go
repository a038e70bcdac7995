package systems

import "slices"

// Indicators are the figures that the services are led by, in the order of the
// services. To add one, add it to the list of its service: an id, titles, a
// definition in plain words, and which features it is of, as in a filter of
// GraphQL. What a filter can't say is a condition of the layer (layer.Spec).
var Indicators = slices.Concat(
	reportIndicators, alertIndicators, cameraIndicators, articleIndicators, dossierIndicators,
	billboardIndicators, damIndicators, vesselIndicators, cardReaderIndicators, securityIncidentIndicators,
)
