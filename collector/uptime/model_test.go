package uptime

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ninewatch/internal/telemetry"
)

// The model works sample by sample and tick by tick, as the specification is written (ANALYTICS A.2).
const (
	tick    = 100 // ms
	horizon = 900 // ticks
)

type modelSample struct {
	t, every int64
	class    class
	state    State
}

func modelSamples(runs []telemetry.Run, pol Policy, asOf int64) []modelSample {
	at := map[int64]modelSample{}
	for _, r := range runs {
		for t := r.From; t <= r.To; t += r.Every {
			x := modelSample{t: t, every: r.Every, class: newSeries(r, pol.DegradedPPM).class}
			old, ok := at[t]
			if t < asOf && (!ok || x.class > old.class || x.class == old.class && x.every > old.every) {
				at[t] = x
			}
		}
	}
	var out []modelSample
	for _, x := range at {
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b modelSample) int { return int(a.t - b.t) })
	return out
}

// modelConfirm sets the state of each sample.
func modelConfirm(in []modelSample, p ProbePolicy) {
	var seen []int // evidence since the last gap
	state := State("")
	for i := range in {
		if in[i].class < bad {
			in[i].state = Unknown
			continue
		}
		if n := len(seen); n > 0 && in[i].t-in[seen[n-1]].t > p.hold(in[seen[n-1]].every, in[i].every) {
			seen = nil
		}
		seen = append(seen, i)
		isBad := in[i].class == bad
		row := seen[len(seen)-1-equalTail(in, seen)+1:]
		switch {
		case isBad && state != Down:
			if first := modelFirst(in, seen, row, p.Down); first >= 0 {
				state = Down
				for _, j := range seen {
					if j >= first {
						in[j].state = Down
					}
				}
			}
		case !isBad && state == "":
			state = Up
		case !isBad && state == Down && len(row) >= p.Up:
			state = Up
			for _, j := range row[len(row)-p.Up:] {
				in[j].state = answeredState(in[j].class)
			}
		}
		switch {
		case state == "":
			in[i].state = Unknown
		case state == Up && !isBad:
			in[i].state = answeredState(in[i].class)
		default:
			in[i].state = state
		}
	}
}

// equalTail is how many of the newest samples are bad, or good, in a row.
func equalTail(in []modelSample, seen []int) int {
	n := 0
	for k := len(seen) - 1; k >= 0 && (in[seen[k]].class == bad) == (in[seen[len(seen)-1]].class == bad); k-- {
		n++
	}
	return n
}

func modelFirst(in []modelSample, seen, row []int, d Confirm) int {
	if d.M == 0 {
		if len(row) < d.N {
			return -1
		}
		return row[0]
	}
	first, n := -1, 0
	for _, j := range seen[max(0, len(seen)-d.M):] {
		if in[j].class == bad {
			if n++; first < 0 {
				first = j
			}
		}
	}
	if n < d.K {
		return -1
	}
	return first
}

// modelCover says for each tick what the stream vouches for: "" is nothing.
func modelCover(s Stream, pol Policy, asOf int64) []State {
	p := pol.probe(s.Probe)
	in := modelSamples(s.Runs, pol, asOf)
	modelConfirm(in, p)
	out := make([]State, horizon)
	for i, x := range in {
		end := x.t + p.lone(x.every)
		if i+1 < len(in) && in[i+1].t-x.t <= p.hold(x.every, in[i+1].every) {
			end = in[i+1].t
		}
		for _, a := range s.Away {
			if x.t < a[0] {
				end = min(end, a[0])
			}
		}
		for t := x.t; t < min(end, asOf); t += tick {
			if k := t / tick; k < horizon {
				out[k] = x.state
			}
		}
	}
	return out
}

// modelTimeline is the three-valued OR at each tick, floored to seconds.
func modelTimeline(streams []Stream, pol Policy, from, to, asOf int64) []Interval {
	var covers [][]State
	for _, s := range streams {
		covers = append(covers, modelCover(s, pol, asOf))
	}
	seconds := map[int64]State{}
	for k := 0; k < horizon; {
		st := modelOr(covers, k)
		end := k
		for end < horizon && modelOr(covers, end) == st {
			end++
		}
		for sec := int64(k) * tick / 1000; sec < int64(end)*tick/1000; sec++ {
			seconds[sec] = st
		}
		k = end
	}
	var out []Interval
	for sec := from; sec < to; sec++ {
		st := seconds[sec]
		if st == "" {
			st = Unknown
		}
		out = append(out, Interval{From: sec, To: sec + 1, State: st})
	}
	return coalesce(out)
}

func modelOr(covers [][]State, k int) State {
	var up, degraded, down, unknown bool
	for _, c := range covers {
		switch c[k] {
		case Up:
			up = true
		case Degraded:
			degraded = true
		case Down:
			down = true
		case Unknown:
			unknown = true
		}
	}
	switch {
	case up && !degraded && !down:
		return Up
	case up || degraded:
		return Degraded
	case unknown:
		return Unknown
	case down:
		return Down
	}
	return ""
}

func drawRuns(t *rapid.T) []telemetry.Run {
	var out []telemetry.Run
	for range rapid.IntRange(0, 12).Draw(t, "runs") {
		every := rapid.SampledFrom([]int64{200, 1000, 1000, 1000, 2500, 5000}).Draw(t, "every")
		from := rapid.Int64Range(0, horizon-100).Draw(t, "from") * tick
		if rapid.IntRange(0, 2).Draw(t, "aligned") > 0 {
			from = from / 1000 * 1000
		}
		r := telemetry.Run{From: from, Every: every, To: from + rapid.Int64Range(0, 14).Draw(t, "more")*every}
		r.Result = rapid.SampledFrom([]telemetry.Result{telemetry.OK, telemetry.OK, telemetry.Fail, telemetry.Fail, telemetry.Loss, telemetry.ProberFault, telemetry.Credentials}).Draw(t, "result")
		if r.Result == telemetry.Loss {
			r.LossPPM = rapid.SampledFrom([]uint32{100_000, 500_000, 1_000_000}).Draw(t, "loss")
		}
		out = append(out, r)
	}
	return out
}

func drawConfirm(t *rapid.T) Confirm {
	if rapid.Bool().Draw(t, "window") {
		m := rapid.IntRange(1, 6).Draw(t, "m")
		return Confirm{K: rapid.IntRange(1, m).Draw(t, "k"), M: m}
	}
	return Confirm{N: rapid.IntRange(1, 4).Draw(t, "n")}
}

func drawPolicy(t *rapid.T) Policy {
	pol := DefaultPolicy()
	pol.Sharpen = false
	for _, p := range []*ProbePolicy{&pol.ICMP, &pol.SNMP} {
		*p = ProbePolicy{Down: drawConfirm(t), Up: rapid.IntRange(1, 3).Draw(t, "up")}
		if rapid.Bool().Draw(t, "fixed") {
			p.Interval, p.Hold = 1000, rapid.SampledFrom([]int64{0, 1500, 4000}).Draw(t, "hold")
		}
	}
	return pol
}

func drawStreams(t *rapid.T) []Stream {
	var out []Stream
	for i := range rapid.IntRange(0, 3).Draw(t, "streams") {
		s := Stream{Probe: telemetry.Probe(1 + i%2), Agent: string(rune('a' + i/2)), Runs: drawRuns(t)}
		for range rapid.IntRange(0, 1).Draw(t, "away") {
			from := rapid.Int64Range(0, horizon).Draw(t, "away from") * tick
			s.Away = append(s.Away, [2]int64{from, from + 5000})
		}
		out = append(out, s)
	}
	return out
}

func statesOnly(in []Interval) []Interval {
	out := slices.Clone(in)
	for i := range out {
		out[i].Why, out[i].Uncertainty, out[i].Dated = "", 0, ""
	}
	return coalesce(out)
}

// TestTimelineEqualsTheModel holds the run-level algorithm against the sample-level one, in any order of
// arrival.
func TestTimelineEqualsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pol := drawPolicy(t)
		streams := drawStreams(t)
		asOf := rapid.Int64Range(0, horizon).Draw(t, "as of") * tick
		want := modelTimeline(streams, pol, 0, 80, asOf)
		got := statesOnly(Timeline(streams, pol, 0, 80, asOf))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("timeline of %+v\n(-model +got):\n%s", streams, diff)
		}
		for i := range streams {
			streams[i].Runs = rapid.Permutation(streams[i].Runs).Draw(t, "order")
		}
		if diff := cmp.Diff(got, statesOnly(Timeline(streams, pol, 0, 80, asOf))); diff != "" {
			t.Fatalf("another order of arrival (-first +second):\n%s", diff)
		}
	})
}
