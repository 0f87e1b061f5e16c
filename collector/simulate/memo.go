package simulate

import "time"

// memo keeps what machines of one model have in common at one instant: where each wave stands. It belongs to
// one goroutine. Waves know whole milliseconds only, so nothing gets less exact.
type memo struct {
	at   []int64 // Unix ms for which sums are
	sums []float64
}

func newMemo(waves int) *memo { return &memo{at: make([]int64, waves), sums: make([]float64, waves)} }

func (m *memo) sum(k int, w *wave, at time.Time, ms int64) float64 {
	if m.at[k] != ms {
		m.at[k], m.sums[k] = ms, w.antiderivative(at)
	}
	return m.sums[k]
}

// lasting is what of a machine stays the same from one start to the next.
type lasting struct {
	boot, from, until time.Time // boot counts within from and until
	base, scale       []float64 // by wave; a scale of 0: not reckoned yet
}

// Waves of a port.
const (
	waveIn = iota
	waveOut
	waveErrors
	wavesOfPort
)

// grown is counter of a wave of port i, quicker for a machine that remembers.
func (m *machine) grown(i, which int, w *wave, what string, at time.Time) uint64 {
	if m.memo == nil {
		return m.counter(*w, at, m.scale(what, i))
	}
	l, k := m.remembered(at), wavesOfPort*i+which
	if l.scale[k] == 0 {
		l.scale[k], l.base[k] = m.scale(what, i), w.antiderivative(l.boot)
	}
	return uint64(max(0, l.scale[k]*(w.mean*(m.memo.sum(k, w, at, at.UnixMilli())-l.base[k]))))
}

// started is the newest start before at.
func (m *machine) started(at time.Time) time.Time {
	if m.memo == nil {
		return m.boot(at)
	}
	return m.remembered(at).boot
}

// remembered is what lasts at this time. A machine may restart at any second.
func (m *machine) remembered(at time.Time) *lasting {
	const known = time.Second
	if l := m.last; l != nil && !at.Before(l.from) && at.Before(l.until) {
		return l
	}
	boot := m.boot(at)
	if l := m.last; l != nil && l.boot.Equal(boot) {
		l.from, l.until = at, at.Add(known)
		return l
	}
	waves := wavesOfPort * len(m.ports)
	m.last = &lasting{boot: boot, from: at, until: at.Add(known), base: make([]float64, waves), scale: make([]float64, waves)}
	return m.last
}
