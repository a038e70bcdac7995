package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
)

// How many random questions a case has, and how many of them are compared.
const (
	asks    = 500
	checked = 20
)

// question is a case: what is asked of the hub, and the same of the limit.
type question struct {
	letter, title string
	goal          float64  // wanted share of the limit's requests a second
	query         string   // GraphQL; empty: the hub is asked by GET
	list          []string // where the answer's list stands in `data`
	path          string   // at the limit
	first         int      // rows wanted; 0: not a page
	kept          bool     // the hub keeps answers; else it reads each anew
	slow          bool     // asked by one client at a time, of few questions
	draw          func(r *rand.Rand) parameters
	// read gives the rows of an answer that is no JSON, the same for both sides.
	read func(body []byte) ([]any, error)
}

// parameters are one question's, for both sides.
type parameters struct {
	variables map[string]any
	query     url.Values
	path      string // at the hub, by GET
}

// ask is one request to either side.
type ask struct {
	body string // to the hub, by POST
	get  string // to the hub, by GET, without a body
	path string // to the limit, by GET
}

const reportsQuery = `query ($box: BBox!, $first: Int!) {
  reports(area: {bbox: $box}, first: $first) {
    nodes { id serviceRequestId serviceCode reportCategory reportStatus label requestedAt geometry }
  }
}`

var reportsList = []string{"reports", "nodes"}

var questions = []question{
	{letter: "a", title: "box, 50 reports × 8 fields", goal: 0.85, query: reportsQuery, list: reportsList, path: "/reports", first: 50, draw: reportBox},
	{letter: "b", title: "box, 1,000 reports", goal: 0.95, query: reportsQuery, list: reportsList, path: "/reports", first: 1000, draw: reportBox},
	{letter: "c", title: "box, 10,000 reports", goal: 0.95, query: reportsQuery, list: reportsList, path: "/reports", first: 10_000, draw: reportBox},
	{letter: "d", title: "10 nearest cameras", goal: 0.85, query: `query ($near: Near!) {
  cameras(near: $near, first: 10) {
    edges { distanceM node { id label cameraKind cameraStatus roadName geometry } }
  }
}`, list: []string{"cameras", "edges"}, path: "/cameras", draw: placeInTown},
	{letter: "e", title: "box, 20 vessels × last 10 positions", goal: 0.80, query: `query ($box: BBox!) {
  vessels(area: {bbox: $box}, first: 20) {
    nodes { id mmsi label gear geometry positions(last: 10) { at lon lat speedKn courseDeg } }
  }
}`, list: []string{"vessels", "nodes"}, path: "/vessels", draw: vesselBox},
	{letter: "f", title: "reports by unit and status, one month", goal: 10, query: `query ($from: DateTime!, $to: DateTime!) {
  reports(filter: {observed: {from: $from, to: $to}}) {
    groups(by: [UNIT, REPORT_STATUS]) { keys { value } count }
  }
}`, list: []string{"reports", "groups"}, path: "/groups", draw: month},
	{letter: "g", title: "case a, the same box again and again, answers kept", goal: 10, query: reportsQuery, list: reportsList, path: "/reports", first: 50, kept: true,
		draw: func(*rand.Rand) parameters { return reportBox(rand.New(rand.NewPCG(seed, 4))) }},
	{letter: "h", title: "tile of reports, zoom 10 to 14, drawn anew", goal: 1, path: "/tile", draw: reportTile, read: tileRows},
	{letter: "i", title: "the same tile again and again, kept", goal: 20, path: "/tile", kept: true, draw: func(*rand.Rand) parameters { return reportTile(rand.New(rand.NewPCG(seed, 4))) }, read: tileRows},
	{letter: "j", title: "a month's reports within 200 m of 2,000 cameras, first 1,000 pairs", goal: 0.9, query: `query ($from: DateTime!, $to: DateTime!) {
  overlay(left: {filter: {reports: {observed: {from: $from, to: $to}}}}, right: {filter: {cameras: {}}}, relation: WITHIN_M, distanceM: 200, first: 1000) {
    nodes { left { id } right { id } distanceM }
  }
}`, list: []string{"overlay", "nodes"}, path: "/overlay", draw: monthOfPairs},
	{letter: "k", title: "all reports as CSV, beside COPY", goal: 0.8, path: "/export", slow: true, draw: func(*rand.Rand) parameters {
		return parameters{path: "/export/reports.csv"}
	}, read: csvRows},
}

func lettersOf(questions []question) string {
	var letters []string
	for _, q := range questions {
		letters = append(letters, q.letter)
	}
	return strings.Join(letters, ",")
}

// seed makes every run ask the same.
const seed = 20260701

// ask draws n requests. Cases with the same kind of parameters get the same ones.
func (q question) ask(n int) []ask {
	r := rand.New(rand.NewPCG(seed, 4))
	out := make([]ask, n)
	for i := range out {
		p := q.draw(r)
		if q.first > 0 {
			p.variables["first"] = q.first
			p.query.Set("first", fmt.Sprint(q.first))
		}
		body, err := json.Marshal(map[string]any{"query": q.query, "variables": p.variables})
		if err != nil {
			panic(err) // of numbers and strings
		}
		out[i] = ask{body: string(body), path: q.path + "?" + p.query.Encode()}
		if q.query == "" {
			out[i].body, out[i].get = "", p.path
		}
	}
	return out
}

// bell is a place that reports lie around: its share of all, middle and
// standard deviations in degrees. They are data.sql's.
type bell struct{ share, lon, lat, lonSD, latSD float64 }

var bells = []bell{
	{0.55, 107.59, 16.46, 0.05, 0.035},
	{0.25 / 6, 107.45, 16.55, 0.02, 0.015}, {0.25 / 6, 107.68, 16.40, 0.02, 0.015}, {0.25 / 6, 107.87, 16.28, 0.02, 0.015},
	{0.25 / 6, 107.35, 16.30, 0.02, 0.015}, {0.25 / 6, 107.72, 16.52, 0.02, 0.015}, {0.25 / 6, 108.02, 16.22, 0.02, 0.015},
}

// Reports of the country lie anywhere in the province; boxes are drawn round
// places well inside it. Its area is in square degrees.
const (
	country                 = 0.20
	provinceArea            = 0.58
	inWest, inEast          = 107.30, 107.95
	inSouth, inNorth        = 16.12, 16.42
	enough                  = 12_000 // reports in each box, of a million
	narrowest, widest       = 0.02, 0.10
	vesselsWest, vesselEast = 107.5, 108.2
	vesselsSouth, vesselsN  = 16.3, 16.8
)

// reportsIn is about how many of a million reports lie in a box round a place
// in the province.
func reportsIn(west, south, east, north float64) float64 {
	within := func(low, high, mean, sd float64) float64 {
		below := func(x float64) float64 { return (1 + math.Erf((x-mean)/(sd*math.Sqrt2))) / 2 }
		return below(high) - below(low)
	}
	share := country * (east - west) * (north - south) / provinceArea
	for _, b := range bells {
		share += b.share * within(west, east, b.lon, b.lonSD) * within(south, north, b.lat, b.latSD)
	}
	return share * 1e6
}

// reportBox is a box round a place where reports come from, 0.02° to 0.1° wide
// and as much wider in the country as it takes to hold enough.
func reportBox(r *rand.Rand) parameters {
	lon, lat := inWest+r.Float64()*(inEast-inWest), inSouth+r.Float64()*(inNorth-inSouth)
	at := r.Float64()
	for _, b := range bells {
		if at -= b.share; at < 0 {
			lon, lat = b.lon+b.lonSD*clipped(r), b.lat+b.latSD*clipped(r)
			break
		}
	}
	half := (narrowest + r.Float64()*(widest-narrowest)) / 2
	for reportsIn(lon-half, lat-half, lon+half, lat+half) < enough {
		half *= 1.1
	}
	return box(lon-half, lat-half, lon+half, lat+half)
}

// clipped is of the normal distribution, at most two standard deviations away.
func clipped(r *rand.Rand) float64 { return max(-2, min(2, r.NormFloat64())) }

func box(west, south, east, north float64) parameters {
	sides := []float64{degrees(west), degrees(south), degrees(east), degrees(north)}
	return parameters{variables: map[string]any{"box": sides}, query: url.Values{"box": {strings.Join(strings.Fields(strings.Trim(fmt.Sprint(sides), "[]")), ",")}}}
}

// degrees are rounded as those of a map's window.
func degrees(f float64) float64 { return math.Round(f*1e6) / 1e6 }

func placeInTown(r *rand.Rand) parameters {
	lon, lat := degrees(107.59+r.NormFloat64()*0.05), degrees(16.46+r.NormFloat64()*0.035)
	return parameters{variables: map[string]any{"near": map[string]float64{"lon": lon, "lat": lat}}, query: url.Values{"at": {fmt.Sprintf("%v,%v", lon, lat)}, "first": {"10"}}}
}

// vesselBox is a box that holds more than twenty of 5,000 vessels.
func vesselBox(r *rand.Rand) parameters {
	width := 0.10 + r.Float64()*0.15
	west, south := vesselsWest+r.Float64()*(vesselEast-vesselsWest-width), vesselsSouth+r.Float64()*(vesselsN-vesselsSouth-width)
	p := box(west, south, west+width, south+width)
	p.query.Set("first", "20")
	p.query.Set("last", "10")
	return p
}

// month is one of the 24 that the reports are of, as Huế counts them.
func month(r *rand.Rand) parameters {
	saigon := time.FixedZone("+07", 7*3600)
	from := time.Date(2024, time.July+time.Month(r.IntN(24)), 1, 0, 0, 0, 0, saigon)
	low, high := from.Format(time.RFC3339), from.AddDate(0, 1, 0).Format(time.RFC3339)
	return parameters{variables: map[string]any{"from": low, "to": high}, query: url.Values{"from": {low}, "to": {high}}}
}

func monthOfPairs(r *rand.Rand) parameters {
	p := month(r)
	p.query.Set("metres", "200")
	p.query.Set("first", "1000")
	return p
}

// reportTile is one of the tiles of a place where reports come from.
func reportTile(r *rand.Rand) parameters {
	sides := reportBox(r).variables["box"].([]float64)
	z := 10 + r.IntN(5)
	t := maptile.At(orb.Point{(sides[0] + sides[2]) / 2, (sides[1] + sides[3]) / 2}, maptile.Zoom(z))
	return parameters{query: url.Values{"z": {fmt.Sprint(t.Z)}, "x": {fmt.Sprint(t.X)}, "y": {fmt.Sprint(t.Y)}}, path: fmt.Sprintf("/tiles/reports/%d/%d/%d.mvt", t.Z, t.X, t.Y)}
}

// byFirst is the question with another number of rows.
func (q question) byFirst(n int) question {
	q.first = n
	q.title += fmt.Sprintf(" (the hub gives %s at most)", thousands(n))
	return q
}

// thousands writes a number with commas.
func thousands(n int) string {
	digits := []byte(fmt.Sprint(n))
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = slices.Insert(digits, i, ',')
	}
	return string(digits)
}
