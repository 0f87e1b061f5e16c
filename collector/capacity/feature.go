package capacity

import (
	"math"
	"slices"
)

// Day sums up the buckets of a day. NaN stands for what cannot be said.
type Day struct {
	P95, P99, Max, Mean float64
	BusyHour            float64 // largest mean of a sliding hour
	Coverage            float64 // share of the day's buckets that are valid
}

// DayFeatures are the features of a day from the rates of its buckets (NaN is a missing one), and peak, the
// largest rate of a single pair in that day, which a bucket's mean hides; NaN when it is not known. perHour is
// how many buckets make an hour. A sliding hour counts when half of its buckets are there.
func DayFeatures(buckets []float64, peak float64, perHour int) Day {
	values := valid(buckets)
	nan := math.NaN()
	day := Day{P95: nan, P99: nan, Max: nan, Mean: nan, BusyHour: nan}
	if len(values) == 0 {
		return day
	}
	day.Coverage = float64(len(values)) / float64(len(buckets))
	day.BusyHour = busyHour(buckets, perHour)
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	day.Mean = sum / float64(len(values))
	slices.Sort(values)
	day.P95 = values[rankOf(len(values), 95)-1]
	day.P99 = values[rankOf(len(values), 99)-1]
	day.Max = values[len(values)-1]
	if peak > day.Max {
		day.Max = peak
	}
	return day
}

func busyHour(buckets []float64, perHour int) float64 {
	busiest := math.NaN()
	if perHour < 1 {
		return busiest
	}
	for i := 0; i+perHour <= len(buckets); i++ {
		hour := valid(buckets[i : i+perHour])
		if 2*len(hour) < perHour {
			continue
		}
		sum := 0.0
		for _, v := range hour {
			sum += v
		}
		if mean := sum / float64(len(hour)); !(mean <= busiest) {
			busiest = mean
		}
	}
	return busiest
}
