package capacity

import (
	"math"
	"slices"
)

// Rank is the 1-based rank of the billed value among n values ascending: ceil(0.95 n). The n - rank values
// above it are free.
func Rank(n int) int { return rankOf(n, 95) }

// rankOf is ceil(percent/100·n) in integers.
func rankOf(n, percent int) int { return (n*percent + 99) / 100 }

// Percentile95 is the 95th percentile of one series of buckets, and what it rests on.
type Percentile95 struct {
	N         int     // valid buckets
	Missing   int     // buckets without a value: left out, not zero
	Rank      int     // of the value, 1-based, ascending
	Discarded int     // values above, which are free
	Value     float64 // NaN when N is 0
	At        int     // index of the bucket that gives the value (the first of equals), -1 when N is 0
}

// Coverage is the share of buckets that are valid.
func (p Percentile95) Coverage() float64 {
	if p.N+p.Missing == 0 {
		return 0
	}
	return float64(p.N) / float64(p.N+p.Missing)
}

// P95 is the 95th percentile of buckets by rank, without interpolation. NaN is a missing bucket.
func P95(buckets []float64) Percentile95 {
	values := valid(buckets)
	p := Percentile95{N: len(values), Missing: len(buckets) - len(values), Value: math.NaN(), At: -1}
	if p.N == 0 {
		return p
	}
	slices.Sort(values)
	p.Rank = Rank(p.N)
	p.Discarded = p.N - p.Rank
	p.Value = values[p.Rank-1]
	p.At = slices.Index(buckets, p.Value)
	return p
}

func valid(values []float64) []float64 {
	out := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			out = append(out, v)
		}
	}
	return out
}

// Mode is how a contract makes one number of two directions.
type Mode string

// The modes of B.3.
const (
	MaxOfP95 Mode = "max_of_p95" // the larger of both directions' percentiles
	P95OfMax Mode = "p95_of_max" // the percentile of the larger direction of each bucket
	P95OfSum Mode = "p95_of_sum" // the percentile of both directions' sum in each bucket
)

// Bill is a month of one line or group. Directions that a bucket lacks leave it out of the combined modes.
type Bill struct {
	In, Out, Max, Sum Percentile95
}

// NewBill is the bill of the buckets of a month. Several ports are added with Coincident first; zeroFill counts
// missing buckets as zero, which only a contract can want.
func NewBill(in, out []float64, zeroFill bool) Bill {
	if zeroFill {
		in, out = filled(in), filled(out)
	}
	n := min(len(in), len(out))
	larger, sum := make([]float64, n), make([]float64, n)
	for i := range n {
		larger[i], sum[i] = math.Max(in[i], out[i]), in[i]+out[i]
	}
	return Bill{In: P95(in), Out: P95(out), Max: P95(larger), Sum: P95(sum)}
}

// Value is the billed bit/s by mode; NaN without any valid bucket.
func (b Bill) Value(mode Mode) float64 {
	switch mode {
	case P95OfMax:
		return b.Max.Value
	case P95OfSum:
		return b.Sum.Value
	}
	switch {
	case b.In.N == 0:
		return b.Out.Value
	case b.Out.N == 0:
		return b.In.Value
	}
	return math.Max(b.In.Value, b.Out.Value)
}

func filled(values []float64) []float64 {
	out := slices.Clone(values)
	for i, v := range out {
		if math.IsNaN(v) {
			out[i] = 0
		}
	}
	return out
}
