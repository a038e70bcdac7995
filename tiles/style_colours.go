package tiles

import (
	"slices"
	"strings"

	"geohub/layer"
)

// colouring is which colours a layer has on maps.
type colouring struct {
	hue    string // the layer's own
	field  string // whose values give colours; empty: none does
	legend []legendEntry
}

// A feature that is as it should be has its layer's own hue, so that layers can be
// told apart, and what asks for attention looks the same in each of them.
const (
	own     = ""
	watch   = "#e6a700"
	warning = "#ee7b11"
	danger  = "#d62839"
	extreme = "#8a1c7c"
	over    = "#98a2ad" // done, off, not known
)

// judgements are the tones of the values of enums that judge: states, severities,
// sentiments. A value that isn't here is as it should be.
var judgements = map[string]string{
	"MINOR": watch, "LOW": watch, "MODERATE": warning, "MEDIUM": warning,
	"SEVERE": danger, "HIGH": danger, "CRITICAL": danger, "EXTREME": extreme, "FATAL": extreme,
	"ALERT": watch, "RELEASING": warning, "EMERGENCY": danger, "INCIDENT": extreme,
	"LOST_SIGNAL": watch, "BOUNDARY": warning, "DISTRESS": danger, "NEGATIVE": danger,
	"CALIBRATING": watch, "MAINTENANCE": watch, "SUSPENDED": watch, "EXPIRED": warning, "UNLICENSED": danger,
	"FAULT": danger, "TAMPERED": danger, "REOPENED": danger,
	"SUPPLEMENT_REQUESTED": watch, "PAYMENT_REQUESTED": watch, "VERIFYING": watch,
	"OFFLINE": over, "INACTIVE": over, "UNKNOWN": over, "OTHER": over, "NEUTRAL": over, "CLOSED": over,
	"RESOLVED": over, "PUBLISHED": over, "RATED": over, "REJECTED": over, "SUPPRESSED": over,
	"REFUSED": over, "WITHDRAWN": over, "STOPPED": over, "PROCESSED": over, "RETURNED": over,
}

// hues are the layers' own colours, in the order of the catalogue: none is near to a
// judgement's.
var hues = []string{
	"#2f6fde", "#b0457b", "#4b5bd6", "#7d6be0", "#8b6f4e", "#1f8a70", "#5a8f3d", "#a05195",
	"#0f7ea8", "#149c9c", "#1c5d99", "#6b7f2a", "#5c4b8a", "#38803d", "#2a9d7f",
}

// kinds are the colours of enums that don't judge.
var kinds = []string{
	"#2a7f9e", "#7a5ea8", "#4f8a4b", "#b0457b", "#8b6f4e", "#2f6fde", "#149c9c",
	"#5c6f8a", "#9a7d0a", "#a05195", "#38803d", "#c06a4f", "#1c5d99", "#6b7f2a",
}

// colouringOf picks the field that a layer is coloured by, of those that the viewer
// sees in its tiles: how grave, else in which state, else of which kind.
func (h *handler) colouringOf(r *layer.Reader, s *layer.System) colouring {
	c := colouring{hue: hues[slices.Index(h.Catalog.Systems(), s)%len(hues)]}
	var enums []string
	for _, p := range propertiesOf(r, s) {
		if p.kind == layer.KindEnum {
			enums = append(enums, p.name)
		}
	}
	judges := true
	for _, ending := range []string{"everity", "tatus", "entiment", ""} {
		judges = ending != ""
		if i := slices.IndexFunc(enums, func(name string) bool { return strings.HasSuffix(name, ending) }); i >= 0 {
			c.field = enums[i]
			break
		}
	}
	if c.field == "" {
		return c
	}
	for i, v := range h.Catalog.Info(s).Field(c.field).Values {
		colour := judgements[v.Value]
		switch {
		case !judges && v.Value == "OTHER":
			colour = over
		case !judges:
			colour = kinds[i%len(kinds)]
		case colour == own:
			colour = c.hue
		}
		c.legend = append(c.legend, legendEntry{v.Value, titles(v.Title), colour})
	}
	return c
}

// expression gives a feature's colour.
func (c colouring) expression() any {
	if c.field == "" {
		return c.hue
	}
	match := expr{"match", expr{"get", c.field}}
	for _, e := range c.legend {
		match = append(match, e.Value, e.Colour)
	}
	return append(match, over)
}
