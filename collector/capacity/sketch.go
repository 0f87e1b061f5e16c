package capacity

import (
	"errors"
	"math"
	"slices"
)

// sketchError is the relative error of a percentile from a sketch.
const sketchError = 0.01

// sketchTiny bounds the number of bins: what is smaller counts as zero, in whatever unit.
const sketchTiny = 1e-9

// sketchGamma is the ratio of neighbouring bounds: the middle of a bin is within sketchError of all of it.
var sketchGamma = (1 + sketchError) / (1 - sketchError)

// Sketch holds the distribution of values that are not negative in bins of equal ratio, so that percentiles of
// days merge into percentiles of months without the buckets (relative error at most 1 %). The maximum is exact.
// The zero Sketch is empty and ready.
type Sketch struct {
	Zero int64   // values below sketchTiny
	Low  int     // index of Bins[0]
	Bins []int64 // values in (gamma^(Low+i-1), gamma^(Low+i)]
	Max  float64
}

// Add counts a value; NaN, infinite and negative ones are left out.
func (s *Sketch) Add(v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return
	}
	s.Max = max(s.Max, v)
	if v < sketchTiny {
		s.Zero++
		return
	}
	s.add(int(math.Ceil(math.Log(v)/math.Log(sketchGamma))), 1)
}

func (s *Sketch) add(bin int, n int64) {
	switch {
	case len(s.Bins) == 0:
		s.Low, s.Bins = bin, []int64{n}
		return
	case bin < s.Low:
		s.Bins = append(make([]int64, s.Low-bin, s.Low-bin+len(s.Bins)), s.Bins...)
		s.Low = bin
	case bin >= s.Low+len(s.Bins):
		s.Bins = append(s.Bins, make([]int64, bin-s.Low-len(s.Bins)+1)...)
	}
	s.Bins[bin-s.Low] += n
}

// Merge adds what o has counted.
func (s *Sketch) Merge(o *Sketch) {
	s.Zero += o.Zero
	s.Max = max(s.Max, o.Max)
	for i, n := range slices.Clone(o.Bins) {
		if n > 0 {
			s.add(o.Low+i, n)
		}
	}
}

// Count is how many values it holds.
func (s *Sketch) Count() int64 {
	n := s.Zero
	for _, c := range s.Bins {
		n += c
	}
	return n
}

// ErrEmpty means that there is no value to take a percentile of.
var ErrEmpty = errors.New("no values")

// Percentile is the value of rank ceil(percent/100·n), within 1 %.
func (s *Sketch) Percentile(percent int) (float64, error) {
	n := s.Count()
	if n == 0 || percent < 1 || percent > 100 {
		return 0, ErrEmpty
	}
	if percent == 100 {
		return s.Max, nil
	}
	left := (n*int64(percent)+99)/100 - s.Zero
	if left <= 0 {
		return 0, nil
	}
	for i, c := range s.Bins {
		if left -= c; left <= 0 {
			middle := 2 * math.Pow(sketchGamma, float64(s.Low+i)) / (sketchGamma + 1)
			return min(middle, s.Max), nil
		}
	}
	return s.Max, nil
}
