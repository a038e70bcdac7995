package province

import (
	"math"
	"sort"
	"strconv"
	"strings"
	"time"

	"geohub/geo"
)

// The flood of October 2025. The press has, of three reservoirs, level, inflow
// and release of 27 October (which are taken for 14:00, when Tả Trạch's inflow
// was at its height), the lowest level of mid-October (taken for 19 October
// 07:00) and the highest inflow; of the gauge at Kim Long the peak of 5.05 m at
// 20:00; of Bạch Mã 2,690 mm of rain in 25–28 October. All else here is a
// smooth guess between them. (vnexpress 19 Oct 2025, huengaynay 27 Oct 2025,
// tienphong 29 Oct 2025.)
var (
	floodFrom     = time.Date(2025, 10, 18, 0, 0, 0, 0, geo.Saigon)
	floodTo       = time.Date(2025, 11, 3, 0, 0, 0, 0, geo.Saigon)
	floodLowest   = time.Date(2025, 10, 19, 7, 0, 0, 0, geo.Saigon)
	floodBulletin = time.Date(2025, 10, 27, 14, 0, 0, 0, geo.Saigon)
)

// bachMaMm is the rain at Bạch Mã from 25 October 00:00 to 29 October 00:00.
const bachMaMm = 2690

// floodDams have levels at two moments and, at hours of days, flows in m³/s.
var floodDams = []struct {
	code                  string
	lowestM, bulletinM    float64
	inflowM3s, releaseM3s string
}{
	{"TA_TRACH", 29.34, 42.18,
		"18/0 60, 19/7 48, 21/0 70, 23/0 160, 24/12 190, 25/12 320, 26/6 480, 26/18 900, 27/2 1680, 27/8 3250, 27/12 5900, 27/14 6921, 27/16 5000, 27/18 3600, 27/20 2900, 27/23 2400, 28/6 1500, 28/14 900, 29/2 1100, 29/14 1900, 30/4 1000, 31/0 560, 1/0 340, 2/0 240, 3/0 190",
		"18/0 75, 19/7 48, 21/0 45, 23/0 75, 24/12 110, 25/12 215, 26/6 320, 26/18 385, 27/8 415, 27/14 423, 27/16 900, 27/18 1600, 27/20 2300, 27/23 2400, 28/6 1950, 28/14 1400, 29/2 1300, 29/14 1700, 30/4 1300, 31/0 800, 1/0 460, 2/0 300, 3/0 210"},
	{"BINH_DIEN", 77.0, 82.24,
		"18/0 70, 19/7 50, 21/0 80, 23/0 200, 24/12 230, 25/12 380, 26/6 560, 26/18 1000, 27/4 1700, 27/9 2700, 27/14 4154, 27/17 6000, 27/18 6512, 27/19 6150, 27/21 4700, 28/0 3000, 28/8 1500, 28/18 900, 29/6 1200, 29/15 1900, 30/4 950, 31/0 520, 1/0 320, 2/0 220, 3/0 170",
		"18/0 130, 19/7 50, 21/0 52, 23/0 140, 24/12 181, 25/12 320, 26/6 490, 26/18 850, 27/4 1300, 27/9 1900, 27/14 2655, 27/17 5100, 27/18 6050, 27/19 6120, 27/21 4850, 28/0 3150, 28/8 1700, 28/18 1050, 29/6 1150, 29/15 1750, 30/4 1100, 31/0 680, 1/0 430, 2/0 290, 3/0 200"},
	{"HUONG_DIEN", 52.94, 57.01,
		"18/0 150, 19/7 120, 21/0 160, 23/0 330, 24/12 380, 25/12 600, 26/6 800, 26/18 1300, 27/2 2000, 27/8 2900, 27/14 3795, 27/18 5000, 27/19 5261, 27/20 5150, 28/0 3600, 28/12 1900, 29/0 1500, 29/14 2400, 30/6 1500, 31/0 900, 1/0 600, 2/0 420, 3/0 330",
		"18/0 260, 19/7 120, 21/0 108, 23/0 215, 24/12 260, 25/12 432, 26/6 610, 26/18 852, 27/2 1250, 27/8 1550, 27/14 1799, 27/18 4300, 27/19 4950, 27/20 5050, 28/0 3700, 28/12 2150, 29/0 1700, 29/14 2250, 30/6 1700, 31/0 1150, 1/0 800, 2/0 560, 3/0 400"},
}

// floodGauges are water levels in metres.
var floodGauges = map[string]string{
	"KIM_LONG": "18/0 0.45, 19/12 0.38, 22/0 0.52, 23/12 1.12, 24/12 0.93, 25/12 1.24, 26/6 1.65, 26/18 2.42, 27/6 3.56, 27/14 4.55, 27/20 5.05, 28/6 4.62, 28/18 3.95, 29/6 3.68, 29/18 4.26, 30/6 3.92, 30/18 3.2, 31/12 2.41, 1/12 1.7, 2/12 1.22, 3/0 1.06",
	"PHU_OC":   "18/0 0.7, 19/12 0.62, 22/0 0.8, 23/12 1.6, 24/12 1.35, 25/12 1.9, 26/6 2.4, 26/18 3.1, 27/6 4.05, 27/14 4.78, 27/22 5.21, 28/8 4.8, 28/20 4.25, 29/8 4.05, 29/20 4.55, 30/8 4.2, 30/20 3.6, 31/12 2.9, 1/12 2.2, 2/12 1.66, 3/0 1.45",
}

// floodRainMm is rain in an hour at Bạch Mã; its four days are scaled to bachMaMm.
const floodRainMm = "18/0 0, 19/0 0.4, 20/0 0, 22/0 1.5, 22/18 6, 23/6 11, 23/18 5, 24/12 2, 25/0 0, 25/6 4, 25/12 10, 25/18 14, 26/0 9, 26/6 16, 26/12 30, 26/19 45, 27/0 60, 27/4 85, 27/8 95, 27/12 110, 27/15 90, 27/19 60, 28/0 22, 28/6 14, 28/12 10, 28/18 6, 29/0 0, 29/6 12, 29/12 18, 29/18 9, 30/6 4, 31/0 1.5, 1/0 0.5, 2/0 0.2, 3/0 0"

// flood holds every hour from floodFrom: index 0 is its first.
type flood struct {
	dams   map[string][]damHour
	gauges map[string][]float64
	rainMm []float64
}

func newFlood(dams []reservoir) *flood {
	f := &flood{dams: map[string][]damHour{}, gauges: map[string][]float64{}, rainMm: bachMaRain()}
	for code, anchors := range floodGauges {
		level := smooth(anchors)
		for h := range floodHours() {
			f.gauges[code] = append(f.gauges[code], round(level(float64(h)), 2))
		}
	}
	for _, fd := range floodDams {
		for _, d := range dams {
			if d.code == fd.code {
				f.dams[d.code] = floodOf(d, fd.lowestM, fd.bulletinM, smooth(fd.inflowM3s), smooth(fd.releaseM3s), f.rainMm)
			}
		}
	}
	return f
}

// index is the hour's place in the flood's slices.
func (f *flood) index(at time.Time) (int, bool) {
	if at.Before(floodFrom) || !at.Before(floodTo) {
		return 0, false
	}
	return int(at.Sub(floodFrom) / time.Hour), true
}

func floodHours() int { return int(floodTo.Sub(floodFrom) / time.Hour) }

// floodOf follows the water: the volume is what came in less what was let out.
// The little that then lacks between the two known levels is spread over the
// time between them, in proportion to the inflow.
func floodOf(d reservoir, lowestM, bulletinM float64, in, out func(h float64) float64, rainMm []float64) []damHour {
	low, known := int(floodLowest.Sub(floodFrom)/time.Hour), int(floodBulletin.Sub(floodFrom)/time.Hour)
	net := func(from float64) (mcm, inMcm float64) {
		for i := range 10 {
			h := from + (float64(i)+0.5)/10
			mcm += (in(h) - out(h)) * 360 / 1e6
			inMcm += in(h) * 360 / 1e6
		}
		return mcm, inMcm
	}
	var lack, through float64
	lack = d.usefulAt(bulletinM) - d.usefulAt(lowestM)
	for h := low; h < known; h++ {
		n, i := net(float64(h))
		lack, through = lack-n, through+i
	}
	volume := make([]float64, floodHours())
	volume[low] = d.usefulAt(lowestM)
	for h := low; h > 0; h-- {
		n, _ := net(float64(h - 1))
		volume[h-1] = volume[h] - n
	}
	for h := low; h < len(volume)-1; h++ {
		n, i := net(float64(h))
		volume[h+1] = volume[h] + n
		if h < known {
			volume[h+1] += lack * i / through
		}
	}
	hours := make([]damHour, len(volume))
	for h := range hours {
		hours[h] = d.hour(floodFrom.Add(time.Duration(h)*time.Hour), d.levelAt(volume[h]), in(float64(h)), out(float64(h)), round(rainMm[h]*d.rainShare(), 1))
	}
	return hours
}

// bachMaRain gives tenths of a millimetre, which add up exactly; the rounding
// goes to the heaviest hour.
func bachMaRain() []float64 {
	rate := smooth(floodRainMm)
	first, last := hourOfFlood("25/0"), hourOfFlood("29/0")
	sum := 0.0
	for h := first; h < last; h++ {
		sum += rate(float64(h))
	}
	tenths := make([]int, floodHours())
	left, heaviest := bachMaMm*10, first
	for h := range tenths {
		mm := rate(float64(h))
		if h < first || h >= last {
			tenths[h] = int(math.Round(mm * 10))
			continue
		}
		tenths[h] = int(math.Round(mm * bachMaMm / sum * 10))
		left -= tenths[h]
		if tenths[h] > tenths[heaviest] {
			heaviest = h
		}
	}
	tenths[heaviest] += left
	mm := make([]float64, len(tenths))
	for h, t := range tenths {
		mm[h] = float64(t) / 10
	}
	return mm
}

// hourOfFlood reads "27/14", a day and an hour, as hours from floodFrom.
func hourOfFlood(s string) int {
	d, h, _ := strings.Cut(s, "/")
	day, err := strconv.Atoi(d)
	hour, err2 := strconv.Atoi(h)
	if err != nil || err2 != nil {
		panic("flood: " + s)
	}
	if day < floodFrom.Day() {
		day += 31
	}
	return (day-floodFrom.Day())*24 + hour
}

// smooth reads "27/14 6921, …" and gives the curve through all of them that
// neither overshoots nor wavers between two: Fritsch and Carlson's cubic.
func smooth(anchors string) func(h float64) float64 {
	var x, y []float64
	for _, a := range strings.Split(anchors, ", ") {
		at, value, _ := strings.Cut(a, " ")
		x, y = append(x, float64(hourOfFlood(at))), append(y, number(value))
	}
	n := len(x)
	slope, tangent := make([]float64, n-1), make([]float64, n)
	for i := range slope {
		slope[i] = (y[i+1] - y[i]) / (x[i+1] - x[i])
	}
	for i := 1; i < n-1; i++ {
		if slope[i-1]*slope[i] > 0 {
			before, after := x[i]-x[i-1], x[i+1]-x[i]
			w1, w2 := 2*after+before, after+2*before
			tangent[i] = (w1 + w2) / (w1/slope[i-1] + w2/slope[i])
		}
	}
	return func(h float64) float64 {
		i := min(max(sort.SearchFloat64s(x, h)-1, 0), n-2)
		step := x[i+1] - x[i]
		t := (h - x[i]) / step
		u := 1 - t
		return y[i]*(1+2*t)*u*u + y[i+1]*t*t*(3-2*t) + step*t*u*(tangent[i]*u-tangent[i+1]*t)
	}
}
