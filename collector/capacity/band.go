package capacity

import "math"

// Band is the normal range of each place in the season, such as each hour of the week: what later values are
// measured against. The zero Band knows nothing and finds nothing.
type Band struct {
	Season int
	Low    []float64 // by place: below is unusual
	Middle []float64
	High   []float64 // above is unusual

	calendar Calendar
	step     int64
	start    int64
}

// NewBand learns the band of the first n values of s: the usual value of each place on the level of the last
// season, give or take width scaled deviations of that place (3 is what Hampel takes for an outlier). It is
// not ok with less than two seasons or fewer than 14 values.
func NewBand(s Series, n, season int, cal Calendar, width float64) (b Band, ok bool) {
	n = min(max(n, 0), len(s.Values))
	var f Forecaster
	f.take(s.Values[:n])
	if season < 1 || n < 2*season || len(f.sorted) < minValues {
		return Band{}, false
	}
	slot, week := slots(s, season, n, cal)
	f.fit.use(f.values, slot, season, week, int64(season)*s.Step == dayMillis)
	f.fit.n = n
	f.fit.period, f.fit.phase = float64(season), slot
	f.fit.localLevel()
	f.fit.shape()
	f.fit.winsorise()
	level := f.fit.recentLevel(season)
	if math.IsNaN(level) {
		level = f.fit.level[n-1]
	}
	b = Band{Season: season, calendar: cal, step: s.Step, start: s.Start}
	for j := range season {
		middle, reach := level+f.fit.season[j], width*f.fit.scale[j]
		low := middle - reach
		if f.sorted[0] >= 0 {
			low = max(low, 0)
		}
		b.Low, b.Middle, b.High = append(b.Low, low), append(b.Middle, middle), append(b.High, middle+reach)
	}
	return b, true
}

// At is the band of the value that begins at an instant in milliseconds.
func (b *Band) At(at int64) (low, middle, high float64, ok bool) {
	if b.Season == 0 || b.step <= 0 || at < b.start {
		return 0, 0, 0, false
	}
	index := (at - b.start) / b.step
	place := int(index % int64(b.Season))
	if length := b.step * int64(b.Season); length == weekMillis || length == dayMillis {
		one, _ := slots(Series{Start: b.start + index*b.step, Step: b.step}, b.Season, 1, b.calendar)
		place = int(one[0])
	}
	return b.Low[place], b.Middle[place], b.High[place], true
}

// Unusual is how far a value lies outside of the band, in half widths of it: 0 inside, negative below.
func (b *Band) Unusual(at int64, value float64) float64 {
	low, middle, high, ok := b.At(at)
	switch {
	case !ok || math.IsNaN(value):
		return 0
	case value > high && high > middle:
		return (value - high) / (high - middle)
	case value < low && low < middle:
		return (value - low) / (middle - low)
	}
	return 0
}
