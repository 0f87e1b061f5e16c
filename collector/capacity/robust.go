package capacity

import (
	"math"
	"slices"
)

// madScale makes the median absolute deviation comparable with a standard deviation of normal noise.
const madScale = 1.4826

// medianOf is the median of x, which it reorders; NaN when x is empty.
func medianOf(x []float64) float64 {
	n := len(x)
	switch n {
	case 0:
		return math.NaN()
	case 1:
		return x[0]
	}
	high := nth(x, n/2)
	if n%2 == 1 {
		return high
	}
	return (slices.Max(x[:n/2]) + high) / 2
}

// nth is the k-th smallest of x (from 0), which it reorders so that nothing before k is larger (quickselect).
func nth(x []float64, k int) float64 {
	lo, hi := 0, len(x)-1
	for hi-lo > 16 {
		mid := lo + (hi-lo)/2
		a, b, c := x[lo], x[mid], x[hi]
		pivot := max(min(a, b), min(max(a, b), c))
		i, j := lo, hi
		for i <= j {
			for x[i] < pivot {
				i++
			}
			for x[j] > pivot {
				j--
			}
			if i <= j {
				x[i], x[j] = x[j], x[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return x[k]
		}
	}
	for i := lo + 1; i <= hi; i++ {
		for j := i; j > lo && x[j] < x[j-1]; j-- {
			x[j], x[j-1] = x[j-1], x[j]
		}
	}
	return x[k]
}

// madOf is the median of |x|, which it overwrites.
func madOf(x []float64) float64 {
	for i, v := range x {
		x[i] = math.Abs(v)
	}
	return medianOf(x)
}

// theilSen is the median of the slopes between all pairs of points (Theil 1950, Sen 1968) that are at least so many
// places apart; 0 without any pair. Scratch may grow.
func theilSen(x, y []float64, apart int, scratch []float64) (slope float64, grown []float64) {
	scratch = scratch[:0]
	for i := range x {
		for j := i + apart; j < len(x); j++ {
			if dx := x[j] - x[i]; dx != 0 {
				scratch = append(scratch, (y[j]-y[i])/dx)
			}
		}
	}
	if len(scratch) == 0 {
		return 0, scratch
	}
	return medianOf(scratch), scratch
}

// tie is how close two values are to count as equal, as a share of the largest: rounding decides nothing.
const tie = 1e-9

// kendallZ is the standard score of Kendall's rank correlation of y with its order. Serial correlation rho of
// neighbours widens its variance as if there were fewer values.
func kendallZ(y []float64, rho float64) float64 {
	n := float64(len(y))
	if n < 3 {
		return 0
	}
	s, largest := 0.0, 0.0
	for _, v := range y {
		largest = max(largest, math.Abs(v))
	}
	tied := tie * largest
	for i := range y {
		for _, later := range y[i+1:] {
			switch d := later - y[i]; {
			case d > tied:
				s++
			case d < -tied:
				s--
			}
		}
	}
	variance := n * (n - 1) * (2*n + 5) / 18
	rho = min(max(rho, 0), 0.9)
	return s / math.Sqrt(variance*(1+rho)/(1-rho))
}

// voices are values with weights, ascending.
type voices struct {
	n             int
	value, weight [16]float64
}

func (v *voices) add(value, weight float64) {
	i := v.n
	for ; i > 0 && v.value[i-1] > value; i-- {
		v.value[i], v.weight[i] = v.value[i-1], v.weight[i-1]
	}
	v.value[i], v.weight[i] = value, weight
	v.n++
}

// median is where half of the weights (which sum up to 1) is below, each value in the middle of its own: one that
// is far from all others has no say.
func (v *voices) median() float64 {
	below, previous := 0.0, 0.0
	for i := range v.n {
		middle := below + v.weight[i]/2
		if middle >= 0.5 {
			if i == 0 {
				return v.value[0]
			}
			return v.value[i-1] + (v.value[i]-v.value[i-1])*(0.5-previous)/(middle-previous)
		}
		below += v.weight[i]
		previous = middle
	}
	return v.value[v.n-1]
}
