package systems

import "geohub/layer"

// All are the layers of the hub, in the order of the services they come from.
var All = []*layer.System{
	Reports.System, Alerts.System, Cameras.System, CameraEvents.System, Articles.System,
	Offices.System, Dossiers.System, Billboards.System, Dams.System, Stations.System,
	Vessels.System, CardReaders.System, SecurityIncidents.System, Places.System, Zones.System,
}
