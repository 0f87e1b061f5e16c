package promapi

import (
	"context"
	"sort"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// StateMetric is the ledger's verdict as a series: 1 for the state that a device is in, 0 for the others.
const StateMetric = "ninewatch_state"

// nameLabel holds the name of a series.
const nameLabel = "__name__"

// states are the values of the label state, in the order of severity.
var states = []string{"up", "degraded", "down", "unreachable", "unknown", "maintenance"}

// StateInterval is a part of the ledger of one device. Times are Unix ms, half-open.
type StateInterval struct {
	Site, Device, State string
	From, To            int64
}

// Ledger gives the intervals of all devices that overlap [from, to), each device's in order.
type Ledger func(ctx context.Context, from, to int64) ([]StateInterval, error)

// Derived adds the series ninewatch_state, made from ledger at query time, to what base holds.
func Derived(base storage.Queryable, ledger Ledger) storage.Queryable {
	return storage.QueryableFunc(func(mint, maxt int64) (storage.Querier, error) {
		q, err := base.Querier(mint, maxt)
		if err != nil {
			return nil, err
		}
		derived := stateQuerier{ledger: ledger, mint: mint, maxt: maxt}
		return storage.NewMergeQuerier([]storage.Querier{q, derived}, nil, storage.ChainedSeriesMerge), nil
	})
}

type stateQuerier struct {
	ledger     Ledger
	mint, maxt int64
}

// defaultStep is the distance of the samples of an instant query, below any LookbackDelta.
const defaultStep = 15_000

func (q stateQuerier) Select(ctx context.Context, _ bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	if !q.wanted(matchers) {
		return storage.EmptySeriesSet()
	}
	from, to, step := q.mint, q.maxt, int64(defaultStep)
	if hints != nil {
		from, to = max(from, hints.Start), min(to, hints.End)
		if hints.Step > 0 && hints.Range == 0 {
			step = hints.Step
		}
	}
	series, err := q.series(ctx, from, to, step, matchers)
	if err != nil {
		return storage.ErrSeriesSet(err)
	}
	return &listSet{series: series, at: -1}
}

// wanted tells whether matchers can select the metric at all, without asking the ledger.
func (q stateQuerier) wanted(matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if m.Name == nameLabel && !m.Matches(StateMetric) {
			return false
		}
	}
	return true
}

func (q stateQuerier) series(ctx context.Context, from, to, step int64, matchers []*labels.Matcher) ([]storage.Series, error) {
	intervals, err := q.ledger(ctx, from, to+1)
	if err != nil {
		return nil, err
	}
	var out []storage.Series
	for len(intervals) > 0 {
		n := 1
		for n < len(intervals) && intervals[n].Device == intervals[0].Device {
			n++
		}
		for _, state := range states {
			l := labels.FromStrings(nameLabel, StateMetric, "site", intervals[0].Site, "device", intervals[0].Device, "state", state)
			if matches(l, matchers) {
				out = append(out, storage.NewListSeries(l, samples(intervals[:n], state, from, to, step)))
			}
		}
		intervals = intervals[n:]
	}
	sort.Slice(out, func(i, j int) bool { return labels.Compare(out[i].Labels(), out[j].Labels()) < 0 })
	return out, nil
}

// samples is one state over the intervals of one device: a sample where an interval begins, and then one every
// step, so that the newest sample before any instant tells its state. Instants that no interval covers have none.
func samples(intervals []StateInterval, state string, from, to, step int64) []chunks.Sample {
	var out []chunks.Sample
	for _, i := range intervals {
		v := 0.0
		if i.State == state {
			v = 1
		}
		for t := max(i.From, from); t < i.To && t <= to; t += step {
			out = append(out, sample{t, v})
		}
	}
	return out
}

func matches(l labels.Labels, matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if !m.Matches(l.Get(m.Name)) {
			return false
		}
	}
	return true
}

func (q stateQuerier) LabelValues(ctx context.Context, name string, _ *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	if !q.wanted(matchers) {
		return nil, nil, nil
	}
	series, err := q.series(ctx, q.maxt-1, q.maxt, defaultStep, matchers)
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	var out []string
	for _, s := range series {
		if v := s.Labels().Get(name); v != "" && !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return sorted(out), nil, nil
}

func (q stateQuerier) LabelNames(ctx context.Context, hints *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	values, _, err := q.LabelValues(ctx, nameLabel, hints, matchers...)
	if err != nil || len(values) == 0 {
		return nil, nil, err
	}
	return []string{nameLabel, "device", "site", "state"}, nil, nil
}

func (q stateQuerier) Close() error { return nil }

type listSet struct {
	series []storage.Series
	at     int
}

func (s *listSet) Next() bool                        { s.at++; return s.at < len(s.series) }
func (s *listSet) At() storage.Series                { return s.series[s.at] }
func (s *listSet) Err() error                        { return nil }
func (s *listSet) Warnings() annotations.Annotations { return nil }

// sample implements chunks.Sample for a float.
type sample struct {
	t int64
	v float64
}

func (s sample) T() int64                      { return s.t }
func (s sample) ST() int64                     { return 0 }
func (s sample) F() float64                    { return s.v }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }
