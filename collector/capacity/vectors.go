package capacity

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"ninewatch/internal/vectors"
)

// VectorKinds answers test vectors of kinds rates, buckets and p95 (analytics, sections B.1 to B.3), each in the form of its
// expectation.
var VectorKinds = vectors.Kinds{
	"rates":   ratesVector,
	"buckets": bucketsVector,
	"p95":     percentileVector,
}

// readingVector is a reading in a vector; v may be null. Numbers of 64 bits are read without loss.
type readingVector struct {
	T         json.Number  `json:"t"`
	V         *json.Number `json:"v"`
	Up        *json.Number `json:"up"`
	Disc      *json.Number `json:"disc"`
	SpeedMbps json.Number  `json:"speed_mbps"`
}

type counterVector struct {
	Bits    int             `json:"bits"`
	Samples []readingVector `json:"samples"`
	BucketS json.Number     `json:"bucket_s"`
	From    json.Number     `json:"from"`
	To      json.Number     `json:"to"`
	MaxGapS json.Number     `json:"max_gap_s"`
}

func (c counterVector) pairs() ([]Pair, error) {
	if c.Bits == 0 {
		c.Bits = 64
	}
	if c.Bits != 32 && c.Bits != 64 {
		return nil, fmt.Errorf("bits %d: want 32 or 64", c.Bits)
	}
	readings := make([]Reading, len(c.Samples))
	for i, v := range c.Samples {
		r, err := v.reading(c.Bits)
		if err != nil {
			return nil, fmt.Errorf("sample %d: %w", i+1, err)
		}
		readings[i] = r
	}
	return Pairs(c.Bits, readings), nil
}

func (v readingVector) reading(width int) (r Reading, err error) {
	if r.At, err = millis(v.T); err != nil {
		return r, fmt.Errorf("t %q: %w", v.T, err)
	}
	r.Missing = v.V == nil
	if v.V != nil {
		if r.Value, err = unsigned(*v.V, width); err != nil {
			r.Missing = true // what its type cannot hold is invalid, not zero
		}
	}
	if v.Up != nil {
		ticks, err := unsigned(*v.Up, 32)
		if err != nil {
			return r, fmt.Errorf("up %q: %w", *v.Up, err)
		}
		r.SysUpTime, r.HasSysUpTime = uint32(ticks), true
	}
	if v.Disc != nil {
		ticks, err := unsigned(*v.Disc, 32)
		if err != nil {
			return r, fmt.Errorf("disc %q: %w", *v.Disc, err)
		}
		r.Discontinuity, r.HasDiscontinuity = uint32(ticks), true
	}
	if v.SpeedMbps != "" {
		mbps, ok := rational(v.SpeedMbps)
		if !ok || mbps.Sign() < 0 {
			return r, fmt.Errorf("speed_mbps %q: want a number that is not negative", v.SpeedMbps)
		}
		speed, _ := mbps.Mul(mbps, big.NewRat(1_000_000, 1)).Float64()
		if speed >= 1<<63 {
			return r, fmt.Errorf("speed_mbps %q: too large", v.SpeedMbps)
		}
		r.Speed = uint64(speed)
	}
	return r, nil
}

// rational is a number exactly, as far as it is written out: one with an exponent, which could be a number of any
// size, only as a float.
func rational(n json.Number) (*big.Rat, bool) {
	const longest = 40
	text := n.String()
	if len(text) > longest || strings.ContainsAny(text, "eE") {
		x, err := n.Float64()
		exact := new(big.Rat).SetFloat64(x)
		return exact, err == nil && exact != nil
	}
	return new(big.Rat).SetString(text)
}

var errWhole = errors.New("want a whole number that its type can hold")

func unsigned(n json.Number, width int) (uint64, error) {
	if x, err := strconv.ParseUint(n.String(), 10, width); err == nil {
		return x, nil
	}
	exact, ok := rational(n)
	if !ok || !exact.IsInt() || exact.Sign() < 0 || exact.Num().BitLen() > width {
		return 0, errWhole
	}
	return exact.Num().Uint64(), nil
}

// millis reads seconds.
func millis(n json.Number) (int64, error) {
	exact, ok := rational(n)
	if !ok {
		return 0, errors.New("want seconds")
	}
	ms, _ := exact.Mul(exact, big.NewRat(1000, 1)).Float64()
	if math.Abs(ms) > 1<<53 {
		return 0, errors.New("too far from 1970")
	}
	return int64(math.Round(ms)), nil
}

// seconds writes milliseconds as a JSON number without loss.
func seconds(ms int64) json.Number {
	whole := big.NewRat(ms, 1000)
	if whole.IsInt() {
		return json.Number(whole.Num().String())
	}
	return json.Number(strconv.FormatFloat(float64(ms)/1000, 'f', -1, 64))
}

func rounded(x float64, digits int) *float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', digits, 64), 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &r
}

func ratesVector(input json.RawMessage) (any, error) {
	var in counterVector
	if err := json.Unmarshal(input, &in); err != nil {
		return nil, err
	}
	pairs, err := in.pairs()
	if err != nil {
		return nil, err
	}
	out := make([]map[string]any, len(pairs))
	for i, p := range pairs {
		out[i] = map[string]any{"from": seconds(p.From), "to": seconds(p.To), "status": p.Status}
		if p.Status != StatusOK {
			continue
		}
		out[i]["wrapped"], out[i]["octets"] = p.Wrapped, p.Octets
		out[i]["bps"], out[i]["util"] = rounded(p.Rate(), 6), (*float64)(nil)
		if share, ok := p.Utilization(); ok {
			out[i]["util"] = rounded(share, 9)
		}
	}
	return out, nil
}

func bucketsVector(input json.RawMessage) (any, error) {
	var in counterVector
	if err := json.Unmarshal(input, &in); err != nil {
		return nil, err
	}
	pairs, err := in.pairs()
	if err != nil {
		return nil, err
	}
	if n := len(pairs); n > 0 {
		in.From, in.To = cmp.Or(in.From, seconds(pairs[0].From)), cmp.Or(in.To, seconds(pairs[n-1].To))
	}
	from, err := millis(in.From)
	if err != nil {
		return nil, fmt.Errorf("from %q: %w", in.From, err)
	}
	to, err := millis(in.To)
	if err != nil {
		return nil, fmt.Errorf("to %q: %w", in.To, err)
	}
	width, maxGap := int64(DefaultBucket), int64(0)
	if in.BucketS != "" {
		if width, err = millis(in.BucketS); err != nil || width <= 0 {
			return nil, fmt.Errorf("bucket_s %q: want a length in seconds above 0", in.BucketS)
		}
	}
	if in.MaxGapS != "" {
		if maxGap, err = millis(in.MaxGapS); err != nil || maxGap <= 0 {
			return nil, fmt.Errorf("max_gap_s %q: want a length in seconds above 0", in.MaxGapS)
		}
	}
	if (to-from)/width > maxVectorBuckets {
		return nil, fmt.Errorf("from %s to %s: more than %d buckets", in.From, in.To, maxVectorBuckets)
	}
	buckets := Spread(pairs, from, to, width, maxGap)
	out := make([]map[string]any, len(buckets))
	for i := range buckets {
		out[i] = map[string]any{"t": seconds(buckets[i].From), "covered_s": seconds(buckets[i].Covered), "bps": (*float64)(nil)}
		if rate, ok := buckets[i].Rate(); ok {
			out[i]["bps"] = rounded(rate, 6)
		}
	}
	return out, nil
}

const maxVectorBuckets = 100_000 // of a case, so that a file of a few bytes cannot take all memory

func percentileVector(input json.RawMessage) (any, error) {
	var in struct {
		In       []*float64 `json:"in"`
		Out      []*float64 `json:"out"`
		ZeroFill bool       `json:"zero_fill"`
	}
	if err := json.Unmarshal(input, &in); err != nil {
		return nil, err
	}
	bill := NewBill(missingNaN(in.In), missingNaN(in.Out), in.ZeroFill)
	out := map[string]any{}
	if in.In != nil {
		out["in"] = percentileAnswer(bill.In)
	}
	if in.Out != nil {
		out["out"] = percentileAnswer(bill.Out)
	}
	if in.In != nil && in.Out != nil {
		for _, mode := range []Mode{MaxOfP95, P95OfMax, P95OfSum} {
			out[string(mode)] = numberOrNull(bill.Value(mode))
		}
	}
	return out, nil
}

func missingNaN(values []*float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = math.NaN()
		if v != nil {
			out[i] = *v
		}
	}
	return out
}

func percentileAnswer(p Percentile95) map[string]any {
	return map[string]any{"n": p.N, "rank": p.Rank, "discarded": p.Discarded, "value": numberOrNull(p.Value)}
}

func numberOrNull(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
