package systems

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"time"

	"geohub/ingest"
	"geohub/ingest/formats/sensorthings"
)

// addObservation makes a reading of an Observation. One of an interval has the
// time at which that ended: rain falls before it is measured.
func addObservation(in *ingest.Intake, o *sensorthings.Observation) error {
	ds := o.Datastream
	if ds == nil || ds.Thing == nil {
		return unfit("Datastream", "it doesn't say which Datastream and Thing it belongs to")
	}
	t, err := thingOf(in, ds.Thing)
	if err != nil {
		return fmt.Errorf("Datastream.Thing: %w", err)
	}
	r := Reading{Parameter: parameterOf(ds, t.kind), At: o.PhenomenonTime.Start, Quality: qualityOf(o.ResultQuality)}
	if r.Parameter == "" {
		return unfit("Datastream.ObservedProperty", "nothing says what is measured")
	}
	if end := o.PhenomenonTime.End; !end.IsZero() {
		if r.Parameter == "rain" {
			r.Parameter = rainDuring(end.Sub(r.At))
		}
		r.At = end
	}
	var value *float64
	if o.Result != nil {
		v, ok := o.Number()
		if !ok {
			return unfit("result", "%.60s is no number", o.Result)
		}
		value = &v
	}
	unit, err := unitOf(ds.UnitOfMeasurement)
	if err != nil {
		return unfit("Datastream.unitOfMeasurement", "%v", err)
	}
	if r.Value, r.Unit, err = measured(r.Parameter, value, unit); err != nil {
		return unfit("Datastream.unitOfMeasurement", "%v", err)
	}
	r.Quality = checked(r.Parameter, r.Value, r.Quality)
	ingest.Add(in, ReadingSeries, t.featureID(), r)
	return nil
}

// parameterOf is the hub's name of what a Datastream measures: by its own
// properties.parameter, else by the ObservedProperty's definition or name, else
// by its own name. What the hub has no name for keeps the property's.
func parameterOf(ds *sensorthings.Datastream, of thingKind) string {
	if own := (&thing{properties: propertiesOf(ds.Properties)}).text("parameter", "thongSo"); own != nil {
		if p := spelledParameter(*own); p != "" {
			return p
		}
		return *own
	}
	var texts []string
	if p := ds.ObservedProperty; p != nil {
		texts = append(texts, path.Base(strings.TrimRight(p.Definition, "/")), p.Name)
	}
	texts = append(texts, ds.Name)
	for _, text := range texts {
		p := spelledParameter(text)
		if p != "" && of == reservoirThing {
			return refined(p, texts[len(texts)-1], propertyName(ds))
		}
		if p != "" {
			return p
		}
	}
	return strings.ReplaceAll(word(propertyName(ds)), " ", "_")
}

func propertyName(ds *sensorthings.Datastream) string {
	if ds.ObservedProperty == nil {
		return ""
	}
	return ds.ObservedProperty.Name
}

// rainDuring names rain by the time in which it fell: "rain10m".
func rainDuring(d time.Duration) string {
	switch {
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("rain%dh", d/time.Hour)
	case d >= time.Minute:
		return fmt.Sprintf("rain%dm", d.Round(time.Minute)/time.Minute)
	}
	return "rain"
}

// unitOf is a Datastream's unit by UCUM: its definition, else its symbol, else
// its name, whichever is known.
func unitOf(u *sensorthings.Unit) (string, error) {
	if u == nil || *u == (sensorthings.Unit{}) {
		return "", nil
	}
	for _, text := range []string{u.Definition, u.Symbol, u.Name} {
		if code := ucum(text); text != "" && code != "" {
			return code, nil
		}
	}
	if u.Symbol == "" && u.Definition == "" || u.Symbol == "-" {
		return "", nil
	}
	return "", fmt.Errorf("unit %q (%s) is not known", u.Symbol, u.Definition)
}

// qualityWords are what sources say of a result: the words of WaterML 2.0, the
// two digits of Circular 10/2021, the single digits of the QARTOD flags.
var qualityWords = map[string]ReadingQuality{
	"good": QualityGood, "ok": QualityGood, "valid": QualityGood, "unchecked": QualityGood, "raw": QualityGood, "provisional": QualityGood, "0": QualityGood, "00": QualityGood, "1": QualityGood, "2": QualityGood,
	"estimate": QualityEstimated, "estimated": QualityEstimated, "interpolated": QualityEstimated, "computed": QualityEstimated, "modelled": QualityEstimated,
	"suspect": QualitySuspect, "doubtful": QualitySuspect, "questionable": QualitySuspect, "poor": QualitySuspect, "bad": QualitySuspect, "3": QualitySuspect, "4": QualitySuspect,
	"calibration": QualityCalibration, "calibrating": QualityCalibration, "hieu chuan": QualityCalibration, "01": QualityCalibration,
	"fault": QualityFault, "error": QualityFault, "missing": QualityFault, "loi thiet bi": QualityFault, "02": QualityFault, "9": QualityFault,
}

// qualityOf reads a resultQuality: a word, a URI that ends in one, or an object
// that has it under code, value, result, flag, quality or a name that begins
// with DQ_. Without one the result is as good as any; with a word that is not
// known it is not to be relied on.
func qualityOf(raw json.RawMessage) ReadingQuality {
	if raw == nil {
		return QualityGood
	}
	var v any
	json.Unmarshal(raw, &v)
	said := qualityWord(v, true)
	if said == "" {
		return QualityGood
	}
	if q, known := qualityWords[word(path.Base(said))]; known {
		return q
	}
	return QualitySuspect
}

func qualityWord(v any, named bool) string {
	switch v := v.(type) {
	case string:
		if named {
			return strings.TrimSpace(v)
		}
	case float64:
		if named {
			return fmt.Sprint(v)
		}
	case []any:
		for _, item := range v {
			if s := qualityWord(item, named); s != "" {
				return s
			}
		}
	case map[string]any:
		for _, name := range []string{"code", "value", "result", "flag", "quality", "DQ_Result", "DQ_Status", "DQ_Element"} {
			if in, there := v[name]; there {
				if s := qualityWord(in, true); s != "" {
					return s
				}
			}
		}
	}
	return ""
}
