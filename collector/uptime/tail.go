package uptime

import (
	"cmp"
	"math"
	"slices"

	"ninewatch/internal/telemetry"
)

// lead is how long before a time (ms) the streams have to be known for one to correct another there
// (Sharpen); settleMin is the least distance (ms) from now at which a timeline no longer changes unless
// late evidence comes.
const (
	lead      = 3_600_000
	settleMin = 3_600_000
)

// edgeHold is for how long (ms) the newest sample is believed at least while its agent is heard: agents
// send growing runs of equal samples in steps of some seconds.
const edgeHold = 15_000

// streamKey names a stream of a device.
type streamKey struct {
	probe telemetry.Probe
	agent string
}

// tail is the newest evidence of a device: enough to judge exactly from exact (ms) on.
type tail struct {
	runs  map[streamKey][]telemetry.Run // by From
	boots []telemetry.Boot
	exact int64 // math.MinInt64: everything is here
}

func newTail() *tail { return &tail{runs: map[streamKey][]telemetry.Run{}, exact: math.MinInt64} }

func (t *tail) streams() []Stream {
	out := make([]Stream, 0, len(t.runs))
	for k, runs := range t.runs {
		out = append(out, Stream{Probe: k.probe, Agent: k.agent, Runs: runs})
	}
	slices.SortFunc(out, func(a, b Stream) int {
		return cmp.Or(cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Probe, b.Probe))
	})
	return out
}

// put inserts a run, or replaces the shorter form of it. It returns the time of the first sample that was
// not known before, or MaxInt64 if there is none.
func (t *tail) put(k streamKey, r telemetry.Run) int64 {
	runs := t.runs[k]
	i, found := slices.BinarySearchFunc(runs, r.From, func(x telemetry.Run, from int64) int { return cmp.Compare(x.From, from) })
	first := r.From
	if found {
		old := runs[i]
		if old == r {
			return math.MaxInt64
		}
		if old.Result == r.Result && old.Every == r.Every && old.LossPPM == r.LossPPM && r.To > old.To {
			first = old.To + r.Every
		}
		runs[i] = r
	} else {
		t.runs[k] = slices.Insert(runs, i, r)
	}
	return first
}

// late tells whether a sample at time at may change what was said before exact: it is that old, or older
// than a boot that was explained without it.
func (t *tail) late(pol Policy, at int64) bool {
	if t.exact == math.MinInt64 || at == math.MaxInt64 {
		return false
	}
	return at-t.reach(pol) < t.exact || slices.ContainsFunc(t.boots, func(b telemetry.Boot) bool { return at < b.Time })
}

// newest is the time of the newest sample.
func (t *tail) newest() int64 {
	var at int64
	for _, runs := range t.runs {
		for _, r := range runs {
			at = max(at, r.To)
		}
	}
	return at
}

func (t *tail) size() int {
	n := 0
	for _, runs := range t.runs {
		n += len(runs)
	}
	return n
}

// reach is how far back (ms) a sample may change what was said before it: by confirming an outage that
// began earlier, and by correcting another stream.
func (t *tail) reach(pol Policy) int64 {
	var reach int64
	for k, runs := range t.runs {
		p := pol.probe(k.probe)
		for _, r := range runs {
			reach = max(reach, (p.depth()+2)*p.hold(r.Every, r.Every))
		}
	}
	return reach + slack
}

// settled is the time up to which the timeline at asOf stays as it is, without late evidence.
func (t *tail) settled(pol Policy, asOf int64) int64 {
	return (asOf - max(settleMin, t.reach(pol))) / 1000 * 1000
}

// trim forgets what is not needed to judge from time at on. Each stream keeps its last run of good samples
// long enough to settle every count, that ended its doubts before at - lead, and what follows.
func (t *tail) trim(pol Policy, at int64) {
	if at <= t.exact {
		return
	}
	cut := false
	for k, runs := range t.runs {
		if i := anchor(runs, pol.probe(k.probe), at-lead); i > 0 {
			t.runs[k] = slices.Clone(runs[i:])
			cut = true
		}
	}
	if cut || t.exact != math.MinInt64 {
		t.exact = at
		t.boots = slices.DeleteFunc(t.boots, func(b telemetry.Boot) bool { return b.Time < at-lead })
	}
}

// anchor is the index of the last run, by From, of samples that leave no doubt about the confirmed state
// before limit whatever came earlier; -1 without one. Runs before it do not reach into it, and no other
// run mingles with its first samples.
func anchor(runs []telemetry.Run, p ProbePolicy, limit int64) int {
	best := -1
	reach := int64(math.MinInt64) // of the runs before i
	for i, r := range runs {
		sure := r.From + p.depth()*r.Every
		if anchors(r, p) && sure <= limit && reach < r.From && (i+1 == len(runs) || runs[i+1].From > sure) {
			best = i
		}
		reach = max(reach, r.To)
	}
	return best
}

func anchors(r telemetry.Run, p ProbePolicy) bool {
	good := r.Result == telemetry.OK || r.Result == telemetry.Loss && r.LossPPM < 1_000_000
	return good && r.Every > 0 && r.Every <= p.hold(r.Every, r.Every) && r.To-r.From >= p.depth()*r.Every
}

// line is the timeline that t's evidence gives, exact from t.exact on. At its end the newest sample vouches
// until the hold expires. Silences are when agents were not heard (ms).
func (t *tail) line(pol Policy, asOf int64, silences map[string][][2]int64, w witness) []Interval {
	streams := withAway(t.streams(), silences, pol.DegradedPPM)
	all := evaluateAll(streams, pol, asOf, edgeHold)
	spans := dateOutages(combineEvaluated(all, pol, asOf), all, w)
	line := WithReboots(toSeconds(spans), bootRestarts(t.boots, streams, pol, w))
	return explainUnknown(line, agentsOf(streams), silences, floorSecond(asOf))
}

func agentsOf(streams []Stream) []string {
	var out []string
	for _, s := range streams {
		if !slices.Contains(out, s.Agent) {
			out = append(out, s.Agent)
		}
	}
	return out
}

// bootRestarts explains the boots that agents recorded, each by its own two readings.
func bootRestarts(boots []telemetry.Boot, streams []Stream, pol Policy, w witness) []Restart {
	var out []Restart
	for _, b := range boots {
		if b.Previous > 0 {
			out = append(out, restarts([]Reading{
				{Time: b.Previous, Ticks: b.PreviousTicks}, {Time: b.Time, Ticks: b.Ticks},
			}, streams, pol, w)...)
		}
	}
	return out
}
