package uptime

import (
	"cmp"
	"container/heap"
	"slices"

	"ninewatch/internal/telemetry"
)

// class is what a sample says, the more telling the greater: of two samples of one instant the greater counts.
type class uint8

const (
	faulty  class = iota // the agent could not look
	refused              // it answers, but not to these credentials
	bad
	lossy
	good
)

// evidence tells whether c says anything of reachability.
func (c class) evidence() bool { return c >= bad }

const (
	whyNoData      = "no_data"
	whyUnconfirmed = "unconfirmed"
	whyAgent       = "agent"        // it was away
	whyCollector   = "collector"    // it was away, and what agents kept meanwhile was lost
	whyProber      = "prober_fault" // the agent could not look
	whyCredentials = "credentials"  // the device answers, but not to these
	whyDevice      = "device"       // of an interface: its device says nothing
)

// series is n samples at t, t+every, … that say the same.
type series struct {
	t, every, n int64
	class       class
	why         string
}

func (s series) last() int64 { return s.t + (s.n-1)*s.every }

// within is how many samples of s lie before end.
func (s series) within(end int64) int64 {
	if end <= s.t {
		return 0
	}
	return min(s.n, (end-s.t-1)/s.every+1)
}

// next is the first sample of s at or after t.
func (s series) next(t int64) (int64, bool) {
	if t <= s.t {
		return s.t, true
	}
	at := s.t + (t-s.t+s.every-1)/s.every*s.every
	return at, at <= s.last()
}

func newSeries(r telemetry.Run, degradedPPM uint32) series {
	s := series{t: r.From, every: max(r.Every, 1), n: 1, why: r.Reason}
	if r.To > r.From {
		s.n = (r.To-r.From)/s.every + 1
	}
	switch r.Result {
	case telemetry.OK:
		s.class = good
	case telemetry.Loss:
		switch {
		case r.LossPPM >= 1_000_000:
			s.class = bad
		case r.LossPPM >= degradedPPM:
			s.class = lossy
		default:
			s.class = good
		}
	case telemetry.Fail:
		s.class = bad
	case telemetry.Credentials:
		s.class, s.why = refused, telemetry.Credentials.String()
	default:
		s.class, s.why = faulty, telemetry.ProberFault.String()
	}
	if s.class >= lossy {
		s.why = r.Result.String()
	}
	return s
}

// mergeRuns sorts the samples of one stream that lie before end, and removes duplicates: of several samples
// of one instant the one counts that says most. The work grows with the runs, and with the samples only
// where runs of different rhythm are interleaved.
func mergeRuns(runs []telemetry.Run, degradedPPM uint32, end int64) []series {
	q := make(seriesHeap, 0, len(runs))
	for _, r := range runs {
		s := newSeries(r, degradedPPM)
		if s.n = s.within(end); s.n > 0 {
			q = append(q, s)
		}
	}
	heap.Init(&q)
	var out []series
	for len(q) > 0 {
		group := []series{heap.Pop(&q).(series)}
		for len(q) > 0 && q[0].t == group[0].t {
			group = append(group, heap.Pop(&q).(series))
		}
		best := slices.MaxFunc(group, compareEvidence)
		k := together(group)
		if len(q) > 0 {
			k = min(k, best.within(q[0].t))
		}
		best.n = k
		out = appendSeries(out, best)
		for _, s := range group {
			if s.n > k {
				s.t, s.n = s.t+k*s.every, s.n-k
				heap.Push(&q, s)
			}
		}
	}
	return out
}

func compareEvidence(a, b series) int {
	return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.every, b.every), cmp.Compare(a.why, b.why))
}

// together is how many samples all of group have in common from here.
func together(group []series) int64 {
	k := group[0].n
	for _, s := range group[1:] {
		if s.every != group[0].every {
			return 1
		}
		k = min(k, s.n)
	}
	return k
}

func appendSeries(out []series, s series) []series {
	if n := len(out); n > 0 {
		p := &out[n-1]
		if p.class == s.class && p.why == s.why && p.every == s.every && p.last()+p.every == s.t {
			p.n += s.n
			return out
		}
	}
	return append(out, s)
}

// seriesHeap orders by the next sample.
type seriesHeap []series

func (h seriesHeap) Len() int           { return len(h) }
func (h seriesHeap) Less(i, j int) bool { return h[i].t < h[j].t }
func (h seriesHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *seriesHeap) Push(x any)        { *h = append(*h, x.(series)) }
func (h *seriesHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
