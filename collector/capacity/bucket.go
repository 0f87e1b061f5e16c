package capacity

import (
	"math/big"
	"slices"
)

const (
	// DefaultBucket is the length of a bucket in milliseconds (analytics B.2).
	DefaultBucket = 300_000
	// validPercent of a bucket has to be covered, else its rate is not used.
	validPercent = 50
)

// Bucket is what is known of an aligned piece of time.
type Bucket struct {
	From, To int64   // milliseconds
	Octets   big.Rat // of pairs that count for rates, exactly
	Covered  int64   // milliseconds that those pairs cover
	Volume   big.Rat // octets of all ok pairs, those too long for a rate among them
	Min, Max float64 // bit/s of the pairs that touch it
}

// Valid is true when at least half of the bucket is covered.
func (b *Bucket) Valid() bool {
	return b.Covered > 0 && b.Covered*100 >= (b.To-b.From)*validPercent
}

// ExactRate is bit/s over the covered part, or nil without any.
func (b *Bucket) ExactRate() *big.Rat {
	if b.Covered == 0 {
		return nil
	}
	return new(big.Rat).Mul(&b.Octets, big.NewRat(8000, b.Covered))
}

// Rate is bit/s over the covered part; not ok for a bucket that is not valid.
func (b *Bucket) Rate() (float64, bool) {
	if !b.Valid() {
		return 0, false
	}
	rate, _ := b.ExactRate().Float64()
	return rate, true
}

// Spread lays the octets of the ok pairs evenly over their time into buckets of width milliseconds, aligned to
// 1970 UTC, from the one that holds from to the one before to. Pairs longer than maxGap milliseconds count for
// the volume only; 0 lets all pairs count. It looks at no pair outside of [from, to).
func Spread(pairs []Pair, from, to, width, maxGap int64) []Bucket {
	if width <= 0 || to <= from {
		return nil
	}
	first := floorTo(from, width)
	buckets := make([]Bucket, (to-first+width-1)/width)
	for i := range buckets {
		buckets[i].From = first + int64(i)*width
		buckets[i].To = buckets[i].From + width
	}
	for _, p := range pairs {
		if p.Status != StatusOK || p.To <= first || p.From >= buckets[len(buckets)-1].To {
			continue
		}
		at := max(0, (floorTo(p.From, width)-first)/width)
		for ; at < int64(len(buckets)) && buckets[at].From < p.To; at++ {
			buckets[at].add(p, maxGap > 0 && p.To-p.From > maxGap)
		}
	}
	return buckets
}

func (b *Bucket) add(p Pair, volumeOnly bool) {
	overlap := min(b.To, p.To) - max(b.From, p.From)
	var share big.Rat
	share.SetInt(new(big.Int).SetUint64(p.Octets))
	if whole := p.To - p.From; overlap != whole {
		share.Mul(&share, new(big.Rat).SetFrac64(overlap, whole))
	}
	b.Volume.Add(&b.Volume, &share)
	if volumeOnly {
		return
	}
	rate := p.Rate()
	if b.Covered == 0 {
		b.Min, b.Max = rate, rate
	}
	b.Min, b.Max = min(b.Min, rate), max(b.Max, rate)
	b.Octets.Add(&b.Octets, &share)
	b.Covered += overlap
}

// RollUp sums buckets into longer ones that begin at the given bounds (ascending; the last one only ends). Octets,
// coverage, volume, and the true minimum and maximum survive; a bucket belongs to the span in which it begins.
func RollUp(buckets []Bucket, bounds []int64) []Bucket {
	if len(bounds) < 2 {
		return nil
	}
	out := make([]Bucket, len(bounds)-1)
	for i := range out {
		out[i].From, out[i].To = bounds[i], bounds[i+1]
	}
	for i := range buckets {
		b := &buckets[i]
		at, exact := slices.BinarySearch(bounds, b.From)
		if !exact {
			at--
		}
		if at >= 0 && at < len(out) {
			out[at].merge(b)
		}
	}
	return out
}

func (b *Bucket) merge(o *Bucket) {
	if o.Covered > 0 {
		if b.Covered == 0 {
			b.Min, b.Max = o.Min, o.Max
		}
		b.Min, b.Max = min(b.Min, o.Min), max(b.Max, o.Max)
	}
	b.Octets.Add(&b.Octets, &o.Octets)
	b.Covered += o.Covered
	b.Volume.Add(&b.Volume, &o.Volume)
}

func floorTo(x, width int64) int64 {
	rest := x % width
	if rest < 0 {
		rest += width
	}
	return x - rest
}

// Coincident adds series bucket by bucket: what a group carries at the same time. NaN is a missing bucket; the
// sum is missing where any part is. The peak of the sum is the coincident peak, never the sum of the peaks.
func Coincident(series ...[]float64) []float64 {
	if len(series) == 0 {
		return nil
	}
	sum := slices.Clone(series[0])
	for _, s := range series[1:] {
		sum = sum[:min(len(sum), len(s))]
		for i := range sum {
			sum[i] += s[i]
		}
	}
	return sum
}
