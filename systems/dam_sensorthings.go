package systems

import "geohub/ingest"

// What follows from a reservoir's readings, and what its register says.
var (
	damFigures = ingest.NewPart(Dams, "figures", "observedAt", "damStatus", "levelM", "downstreamLevelM", "storageMcm", "storageShare",
		"inflowM3s", "outflowM3s", "spillM3s", "turbineM3s", "gatesOpen", "rain24hMm")
	damRegister = ingest.Rest(Dams, "register", damFigures)
)

// damDerivation makes a reservoir's present figures from its newest readings.
var damDerivation = ingest.Derive(damFigures, ReadingSeries, derivedFrom, func(d *Dam, newestFirst []Reading) {
	f := figures(newestFirst)
	d.ObservedAt = f.at()
	d.LevelM, d.DownstreamLevelM = f.newest("level"), f.newest("downstreamLevel")
	d.InflowM3s, d.OutflowM3s, d.SpillM3s = f.newest("inflow"), f.newest("outflow"), f.newest("spill")
	d.TurbineM3s, d.GatesOpen, d.Rain24hMm = f.newest("turbine"), whole(f.newest("gatesOpen")), f.rain(derivedDay)
	d.StorageMcm, d.StorageShare = d.storage(f.newest("storage"))
	d.DamStatus = d.state()
})

// storage is the volume, Mcm, and how much of the useful volume it fills: what
// lies below the dead level counts to the first only.
func (d *Dam) storage(mcm *float64) (volume, share *float64) {
	if mcm == nil || d.CapacityMcm == nil || d.UsefulMcm == nil || *d.UsefulMcm <= 0 {
		return placed(mcm, 2), nil
	}
	dead := *d.CapacityMcm - *d.UsefulMcm
	return placed(mcm, 2), new(places(max(*mcm-dead, 0) / *d.UsefulMcm, 3))
}

// state is the operating state by figures alone: EMERGENCY at the design flood
// level, RELEASING while anything goes over the spillway (which is what a
// barrage does all day), ALERT at the normal level or where more than 0.8 m³/s
// flow in from each km² of the catchment.
func (d *Dam) state() *DamStatus {
	barrage := d.DamKind != nil && *d.DamKind == "SALINITY_BARRAGE"
	reached := func(v, limit *float64) bool { return v != nil && limit != nil && *v >= *limit }
	switch {
	case d.LevelM == nil && d.InflowM3s == nil && d.SpillM3s == nil:
		return new(DamStatus("UNKNOWN"))
	case reached(d.LevelM, d.DesignFloodLevelM):
		return new(DamStatus("EMERGENCY"))
	case d.SpillM3s != nil && *d.SpillM3s > 0 && !barrage:
		return new(DamReleasing)
	case barrage || d.UsefulMcm == nil:
	case reached(d.LevelM, d.NormalLevelM), d.InflowM3s != nil && d.CatchmentKm2 != nil && *d.InflowM3s > 0.8**d.CatchmentKm2:
		return new(DamStatus("ALERT"))
	}
	return new(DamNormal)
}

// damOf is a reservoir's row of what its Thing says. The properties are, under
// any of the names: code · river · basin · purpose (IRRIGATION, HYDROPOWER,
// SALINITY_BARRAGE) · deadLevel, mnc · normalLevel, mndbt · designFloodLevel,
// mnltk · crestLevel · capacity and usefulVolume, millions of m³ · catchmentArea,
// km² · installedPower, MW · gated · operatingRule · nameEn · agency. Levels are
// metres; a trailing M of their names is passed over.
func damOf(t *thing) *Dam {
	d := &Dam{Base: t.base(Dams.System.IDPrefix())}
	d.Code = &d.RecordKey
	d.River, d.Basin, d.OperatingRule = t.text("river", "song"), t.text("basin", "luuVuc"), t.text("operatingRule", "quyTrinh")
	if kind := t.text("purpose", "damKind"); kind != nil {
		d.DamKind = new(DamKind(*kind))
	}
	d.DeadLevelM, d.NormalLevelM = t.number("deadLevel", "mnc"), t.number("normalLevel", "mndbt")
	d.DesignFloodLevelM, d.CrestLevelM = t.number("designFloodLevel", "mnltk"), t.number("crestLevel", "caoTrinhDinh")
	d.CapacityMcm, d.UsefulMcm = t.number("capacity", "wtb"), t.number("usefulVolume", "whi")
	d.CatchmentKm2, d.PowerMw = t.number("catchmentArea", "flv"), t.number("installedPower", "nlm")
	d.Gated = t.truth("gated", "coCuaVan")
	return d
}
