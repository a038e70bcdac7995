package systems

import (
	"math"
	"time"
)

// derivedFrom is the time before a feature's newest reading from which its
// figures are made. What a device said last is no present value after a day.
const derivedFrom = 25 * time.Hour

// derivedDay is the day of "rain in 24 hours".
const derivedDay = 24 * time.Hour

// figures look things up in a feature's readings, newest first.
type figures []Reading

// newest is the newest value of a parameter that may be trusted; nil when
// there is none.
func (f figures) newest(parameter string) *float64 {
	for _, r := range f {
		if r.Parameter == parameter && trusted(r) {
			return r.Value
		}
	}
	return nil
}

// at is the time of the newest reading, trusted or not.
func (f figures) at() *time.Time { return &f[0].At }

// rainSteps are the parameters of rain that add up without a gap, the longest first.
var rainSteps = []string{"rain1h", "rain30m", "rain15m", "rain10m", "rain5m"}

// rain is the sum of what fell in a time before the newest reading, mm; nil
// when no gauge that may be trusted says anything.
func (f figures) rain(during time.Duration) *float64 {
	from := f[0].At.Add(-during)
	for _, step := range rainSteps {
		sum, n := 0.0, 0
		for _, r := range f {
			if r.Parameter == step && trusted(r) && r.At.After(from) {
				sum += *r.Value
				n++
			}
		}
		if n > 0 {
			return new(places(sum, 1))
		}
	}
	return nil
}

// lastHour is the rain of the last full hour that may be trusted, mm.
func (f figures) lastHour() *float64 {
	if mm := f.newest("rain1h"); mm != nil {
		return mm
	}
	return f.rain(time.Hour)
}

// steady is by how much a level may differ and not have changed, metres.
const steady = 0.03

// trend compares the newest level with the one of two hours before the newest
// reading, or that within a quarter of an hour of it.
func (f figures) trend() Trend {
	now := f.newest("level")
	if now == nil {
		return ""
	}
	then, best := now, 15*time.Minute+1
	for _, r := range f {
		if apart := r.At.Sub(f[0].At.Add(-2 * time.Hour)).Abs(); r.Parameter == "level" && trusted(r) && apart < best {
			then, best = r.Value, apart
		}
	}
	switch rise := *now - *then; {
	case rise > steady:
		return "RISING"
	case rise < -steady:
		return "FALLING"
	}
	return "STEADY"
}

// floodAlarm is the highest of the alarm levels that water has reached; nil
// for a gauge without them.
func floodAlarm(level *float64, alarms ...*float64) *int {
	if level == nil {
		return nil
	}
	var reached *int
	for i, alarm := range alarms {
		if alarm == nil {
			continue
		}
		if reached == nil {
			reached = new(0)
		}
		if *level >= *alarm {
			*reached = i + 1
		}
	}
	return reached
}

// The steps of QĐ 1459/2019: the concentrations, µg/m³, at which the
// index has the value beside them.
var (
	aqiSteps  = []float64{0, 50, 100, 150, 200, 300, 400, 500}
	pm25Steps = []float64{0, 25, 50, 80, 150, 250, 350, 500}
	pm10Steps = []float64{0, 50, 150, 250, 350, 420, 500, 600}
)

// hourAQI is VN_AQI of one hour, by the worse of both dusts; nil when either
// is unknown.
func hourAQI(pm25, pm10 *float64) *int {
	if pm25 == nil || pm10 == nil {
		return nil
	}
	return new(int(math.Round(max(index(*pm25, pm25Steps), index(*pm10, pm10Steps)))))
}

func index(c float64, steps []float64) float64 {
	for i := 1; i < len(steps); i++ {
		if c <= steps[i] {
			return aqiSteps[i-1] + (aqiSteps[i]-aqiSteps[i-1])*(c-steps[i-1])/(steps[i]-steps[i-1])
		}
	}
	return aqiSteps[len(aqiSteps)-1]
}

// places rounds to so many decimal places.
func places(x float64, n int) float64 {
	scale := math.Pow10(n)
	return math.Round(x*scale) / scale
}

// placed is places of a value that may be unknown.
func placed(x *float64, n int) *float64 {
	if x == nil {
		return nil
	}
	return new(places(*x, n))
}

// whole is a value as a whole number; nil stays nil.
func whole(x *float64) *int {
	if x == nil {
		return nil
	}
	return new(int(math.Round(*x)))
}
