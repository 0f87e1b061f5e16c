package capacity

import "testing"

// BenchmarkLink is what a link costs each night: the months ahead of 180 daily values, and two weeks ahead of two
// weeks of hours. P11 allows 6 ms.
func BenchmarkLink(b *testing.B) {
	daily := Series{Step: dayMillis, Values: simulated(180, 7, 1)}
	hourly := Series{Step: 3600_000, Values: simulated(336, 168, 2)}
	var f Forecaster
	b.ReportAllocs()
	for b.Loop() {
		r := f.Forecast(daily, 180, Options{Season: 7, Horizon: 180})
		c := r.Reaches(daily, 80)
		c.Probability(30)
		c.Probability(90)
		c.Probability(180)
		f.Forecast(hourly, 336, Options{Season: 168, Horizon: 336})
	}
}
