package plan

import (
	"encoding/binary"
	"math"

	"ninewatch/collector/capacity"
)

const (
	maxHours = hourDays*24 + 48
	maxAhead = hoursAhead + 2*nightHours
	maxWords = 400 // of a model or a reason
	maxParts = 64  // of a trial: buckets or candidates
)

// encodeHours writes hours as in FORMAT.md.
func encodeHours(h hours) []byte {
	w := writer{b: make([]byte, 0, 128+4*len(h.series.Values)+12*len(h.quantiles))}
	w.b = append(w.b, formatVersion, byte(h.line))
	w.b = binary.LittleEndian.AppendUint64(w.b, uint64(h.series.Start))
	w.b = binary.LittleEndian.AppendUint64(w.b, uint64(h.made))
	w.uvarint(uint64(number(h.tested)))
	w.floats(h.series.Values)
	w.uvarint(uint64(h.origin))
	w.float(h.coverage)
	w.text(h.model)
	w.text(h.withheld)
	w.uvarint(uint64(len(h.quantiles)))
	for _, q := range h.quantiles {
		w.float(q.Q10)
		w.float(q.Q50)
		w.float(q.Q90)
	}
	if h.trial == nil {
		w.uvarint(0)
		return w.b
	}
	t := h.trial
	w.uvarint(uint64(t.Season))
	w.uvarint(uint64(len(t.Weights)))
	for _, row := range t.Weights {
		w.floats(row)
	}
	w.floats(t.Low)
	w.floats(t.High)
	w.floats(t.Top)
	w.uvarint(uint64(t.Last + 1))
	for _, v := range []float64{t.Score.MASE, t.Score.NaiveMASE, t.Score.Pinball, t.Score.Coverage80} {
		w.float(v)
	}
	w.uvarint(uint64(t.Score.N))
	return w.b
}

// decodeHours reads what encodeHours wrote.
func decodeHours(b []byte) (hours, error) {
	const head = 18
	if len(b) < head || b[0] != formatVersion || b[1] >= maxLines {
		return hours{}, errFormat
	}
	h := hours{line: int(b[1])}
	h.series = capacity.Series{Start: int64(binary.LittleEndian.Uint64(b[2:])), Step: hourMillis}
	h.made = int64(binary.LittleEndian.Uint64(b[10:]))
	r := reader{b: b[head:]}
	h.tested = dateOf(int64(r.count(99991231)))
	h.series.Values = r.floats(maxHours)
	h.origin = r.count(len(h.series.Values))
	h.coverage = r.float()
	h.model, h.withheld = r.text(), r.text()
	for range r.count(maxAhead) {
		q := capacity.Quantiles{Q10: r.float(), Q50: r.float(), Q90: r.float()}
		q.Q95 = q.Q90
		h.quantiles = append(h.quantiles, q)
	}
	h.trial = r.trial()
	if r.bad || len(r.b) > 0 {
		return hours{}, errFormat
	}
	return h, nil
}

func (r *reader) trial() *capacity.Trial {
	t := &capacity.Trial{Season: r.count(hoursOfWeek)}
	if t.Season == 0 {
		return nil
	}
	for range r.count(maxParts) {
		t.Weights = append(t.Weights, r.floats(maxParts))
	}
	t.Low, t.High, t.Top = r.floats(maxParts), r.floats(maxParts), r.floats(maxParts)
	t.Last = r.count(maxParts) - 1
	t.Score = capacity.Score{MASE: r.float(), NaiveMASE: r.float(), Pinball: r.float(), Coverage80: r.float(), N: r.count(math.MaxInt32)}
	return t
}

// count reads a number that is not larger than most.
func (r *reader) count(most int) int {
	n := r.uvarint()
	if n > uint64(most) {
		r.bad, r.b = true, nil
		return 0
	}
	return int(n)
}

func (r *reader) floats(most int) []float64 {
	n := r.count(most)
	if len(r.b) < 4*n {
		r.bad, r.b = true, nil
		return nil
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = r.float()
	}
	return out
}

func (r *reader) text() string {
	n := r.count(maxWords)
	if len(r.b) < n {
		r.bad, r.b = true, nil
		return ""
	}
	out := string(r.b[:n])
	r.b = r.b[n:]
	return out
}

// writer puts a blob together.
type writer struct{ b []byte }

func (w *writer) uvarint(v uint64) { w.b = binary.AppendUvarint(w.b, v) }

func (w *writer) float(v float64) {
	w.b = binary.LittleEndian.AppendUint32(w.b, math.Float32bits(float32(v)))
}

func (w *writer) floats(v []float64) {
	w.uvarint(uint64(len(v)))
	for _, x := range v {
		w.float(x)
	}
}

func (w *writer) text(s string) {
	s = s[:min(len(s), maxWords)]
	w.uvarint(uint64(len(s)))
	w.b = append(w.b, s...)
}
