package province

import (
	"math"

	"geohub/ingest"
	"geohub/systems"
)

// Operations are what is worked out from readings and reported beside them, at
// the same times: a reservoir's volume, the flow through its plant or sluice,
// the level below the dam and the gates that stand open; and of natural waters
// the department's quality index. Each follows from the newest readings up to
// then that may be trusted.
func (p *Province) Operations() []ingest.Point[systems.Reading] {
	var all []ingest.Point[systems.Reading]
	for _, d := range p.reservoirs {
		all = appendReadings(all, d.id(), d.operations(p.damReadings(d)))
	}
	for _, s := range p.stations() {
		if s.kind == "WATER" && !s.waste {
			all = appendReadings(all, s.id(), indices(p.stationReadings(s)))
		}
	}
	return all
}

func (d reservoir) operations(readings []systems.Reading) []systems.Reading {
	level, outflow, spill := upTo(readings, "level"), upTo(readings, "outflow"), upTo(readings, "spill")
	var all []systems.Reading
	add := func(parameter, unit string, known bool, value func(i int) float64) {
		for i := 0; known && i < len(level); i++ {
			v := value(i)
			if math.IsNaN(v) {
				continue
			}
			all = append(all, systems.Reading{Parameter: parameter, At: readings[i].At, Value: &v, Unit: unit, Quality: systems.QualityGood})
		}
	}
	// Volumes are reported to the cubic metre.
	add("storage", "hm3", d.stores(), func(i int) float64 { return round(d.capacityMcm-d.usefulMcm+d.usefulAt(level[i]), 6) })
	add("turbine", "m3/s", !math.IsNaN(d.turbineM3s), func(i int) float64 { return d.turbine(outflow[i], spill[i]) })
	add("downstreamLevel", "m", !math.IsNaN(d.tailM), func(i int) float64 { return d.tailLevel(outflow[i]) })
	add("gatesOpen", "1", d.gates > 0, func(i int) float64 {
		if math.IsNaN(spill[i]) {
			return spill[i]
		}
		return float64(d.gatesOpen(spill[i]))
	})
	return all
}

// turbine is what goes through plant or sluice, m³/s.
func (d reservoir) turbine(outflow, spill float64) float64 {
	return max(round(outflow-spill, 1), 0)
}

// tailLevel is the level below the dam, metres.
func (d reservoir) tailLevel(outflow float64) float64 {
	return round(d.tailM+0.09*math.Sqrt(outflow), 2)
}

func indices(readings []systems.Reading) []systems.Reading {
	ph, cod, tss := upTo(readings, "ph"), upTo(readings, "cod"), upTo(readings, "tss")
	var all []systems.Reading
	for i := range ph {
		if math.IsNaN(ph[i] + cod[i] + tss[i]) {
			continue
		}
		all = append(all, systems.Reading{Parameter: "vnWqi", At: readings[i].At, Value: new(float64(wqi(ph[i], cod[i], tss[i]))), Unit: "1", Quality: systems.QualityGood})
	}
	return all
}

// upTo is, for each reading of a parameter, the newest value up to then that
// may be trusted; NaN before the first.
func upTo(readings []systems.Reading, parameter string) []float64 {
	var values []float64
	last := math.NaN()
	for _, r := range readings {
		if r.Parameter != parameter {
			continue
		}
		if trusted(r) {
			last = *r.Value
		}
		values = append(values, last)
	}
	return values
}
