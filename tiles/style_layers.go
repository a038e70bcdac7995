package tiles

import (
	"slices"

	"geohub/layer"
)

// drawings are the style's layers of some hub's layers, by what they draw: each
// kind lies above those before it.
type drawings struct{ areas, lines, points, clusters, counts, labels []styleLayer }

func (d *drawings) inOrder() []styleLayer {
	return slices.Concat(d.areas, d.lines, d.points, d.clusters, d.counts, d.labels)
}

// add adds what draws a layer and gives the names of it.
func (d *drawings) add(s *layer.System, c colouring, labelled bool) (names []string) {
	add := func(to *[]styleLayer, l styleLayer) {
		l.Source, l.SourceLayer = s.Field, s.Field
		l.Metadata = map[string]string{"hub:layer": s.Field}
		*to = append(*to, l)
		names = append(names, l.ID)
	}
	if !s.Points {
		add(&d.areas, areasOf(s, c))
		add(&d.lines, linesOf(s, c))
	}
	add(&d.points, pointsOf(s, c))
	if s.Points {
		add(&d.clusters, clustersOf(s, c))
		add(&d.counts, countsOf(s))
	}
	if labelled {
		add(&d.labels, labelsOf(s, c))
	}
	return names
}

// oneOf holds for features of some types of geometry.
func oneOf(types ...string) expr {
	return expr{"match", expr{"geometry-type"}, types, true, false}
}

// byZoom is a value that grows with the zoom.
func byZoom(stops ...any) expr {
	return append(expr{"interpolate", expr{"linear"}, expr{"zoom"}}, stops...)
}

func areasOf(s *layer.System, c colouring) styleLayer {
	return styleLayer{ID: s.Field + "-areas", Type: "fill", Filter: oneOf("Polygon", "MultiPolygon"),
		Paint: map[string]any{"fill-color": c.expression(), "fill-opacity": byZoom(7, .16, 14, .1)}}
}

func linesOf(s *layer.System, c colouring) styleLayer {
	return styleLayer{ID: s.Field + "-lines", Type: "line",
		Filter: oneOf("LineString", "MultiLineString", "Polygon", "MultiPolygon"),
		Layout: map[string]any{"line-join": "round"},
		Paint:  map[string]any{"line-color": c.expression(), "line-width": byZoom(7, 1, 14, 2.2), "line-opacity": .75}}
}

// pointsOf draws each feature that is a point and no cluster.
func pointsOf(s *layer.System, c colouring) styleLayer {
	size := 1.0
	if s.Named {
		size = 1.35 // they are few, and looked for
	}
	return styleLayer{ID: s.Field + "-points", Type: "circle",
		Filter: expr{"all", oneOf("Point", "MultiPoint"), expr{"!", expr{"has", "point_count"}}},
		Paint: map[string]any{
			"circle-color":          c.expression(),
			"circle-radius":         byZoom(6, size*2.2, 9, size*3.6, 12, size*5.5, 16, size*8),
			"circle-opacity":        .9,
			"circle-stroke-color":   "#ffffff",
			"circle-stroke-width":   byZoom(7, .4, 12, 1.4),
			"circle-stroke-opacity": .9,
		}}
}

// clustersOf draws cells of a tile: they lie some eight pixels apart, so that a
// cluster is small and says by its size how many it stands for.
func clustersOf(s *layer.System, c colouring) styleLayer {
	return styleLayer{ID: s.Field + "-clusters", Type: "circle", Filter: expr{"has", "point_count"},
		Paint: map[string]any{
			"circle-color":        c.hue,
			"circle-radius":       expr{"interpolate", expr{"linear"}, expr{"ln", expr{"max", 2, expr{"get", "point_count"}}}, 0.7, 3, 4, 7, 9, 15},
			"circle-opacity":      .6,
			"circle-stroke-color": "#ffffff",
			"circle-stroke-width": .6,
		}}
}

// countsOf writes how many a cluster stands for, the largest ones' first where
// there isn't room for all.
func countsOf(s *layer.System) styleLayer {
	n := expr{"get", "point_count"}
	short := expr{"concat", expr{"number-format", expr{"/", n, 1000}, map[string]any{"max-fraction-digits": 1}}, "k"}
	return styleLayer{ID: s.Field + "-counts", Type: "symbol",
		Filter: expr{"all", expr{"has", "point_count"}, expr{">=", n, 10}},
		Layout: map[string]any{
			"text-field":      expr{"case", expr{">=", n, 1000}, short, expr{"to-string", n}},
			"text-font":       []string{fontBold},
			"text-size":       11,
			"text-padding":    4,
			"symbol-sort-key": expr{"-", 0, n},
		},
		Paint: map[string]any{"text-color": "#1d2a36", "text-halo-color": "rgba(255,255,255,.9)", "text-halo-width": 1.4}}
}

// labelsOf writes what features are called, from near on.
func labelsOf(s *layer.System, c colouring) styleLayer {
	from := 13.0
	if s.Named {
		from = 10 // people look for them by their names
	}
	return styleLayer{ID: s.Field + "-labels", Type: "symbol", MinZoom: from,
		Filter: expr{"has", "label"},
		Layout: map[string]any{
			"text-field":           expr{"get", "label"},
			"text-font":            []string{fontRegular},
			"text-size":            byZoom(10, 11, 16, 13),
			"text-variable-anchor": []string{"top", "bottom", "left", "right"},
			"text-radial-offset":   .9,
			"text-justify":         "auto",
			"text-max-width":       9,
			"text-padding":         6,
		},
		Paint: map[string]any{"text-color": "#26323d", "text-halo-color": "rgba(255,255,255,.92)", "text-halo-width": 1.4}}
}
