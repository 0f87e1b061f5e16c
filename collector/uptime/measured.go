package uptime

import (
	"fmt"
	"math/big"
	"slices"
	"sort"

	"ninewatch/collector/inventory"
	samples "ninewatch/collector/store"
	"ninewatch/internal/telemetry"
)

// Quality is the round trip and the loss of a circuit over the time in which it was available (ITU-T Y.1540: what
// is down has no delay, and its loss is counted as unavailability), inside agreed time, as far back as samples are
// kept.
type Quality struct {
	Since       string   `json:"since"` // of the first sample
	Sent        int64    `json:"sent"`
	Lost        int64    `json:"lost"`
	LossPercent string   `json:"loss_percent"` // rounded up
	RTTSeconds  *float64 `json:"rtt_seconds"`  // mean over all replies
	RTTP50      *float64 `json:"rtt_p50_seconds"`
	RTTP95      *float64 `json:"rtt_p95_seconds"` // of the probe windows' means: 95 % of the time it was not longer
	RTTVerdict  string   `json:"rtt_verdict,omitempty"`
	LossVerdict string   `json:"loss_verdict,omitempty"` // met or breached; empty: nothing was promised or measured
}

const (
	echoesSent     = "ninewatch_icmp_sent_total"
	echoesReceived = "ninewatch_icmp_received_total"
	echoesMean     = "ninewatch_icmp_rtt_mean_seconds"
	// qualityStep (s) is how much is read at once.
	qualityStep = 86_400
)

// measured adds up what agents measured to the far end of a circuit.
type measured struct {
	sent, lost, replies float64
	sum                 float64   // s, over all replies
	means               []float64 // of probe windows
	first               int64     // ms
}

// quality measures a circuit against what its contract says of delay and loss; nil where nothing was measured.
func (a *asker) quality(c inventory.Circuit, period Window) (*Quality, error) {
	m, err := a.measured(c, period)
	return m.quality(c.Contract), err
}

// measured adds up what was measured to the far end of a circuit.
func (a *asker) measured(c inventory.Circuit, period Window) (m measured, err error) {
	m.first = never
	if a.e.deps.Samples == nil || c.Target == "" {
		return m, nil
	}
	s, err := a.plan.subject("circuit:" + c.Name)
	if err != nil {
		return m, err
	}
	w, err := a.line(string(s.scope), period.From)
	if err != nil {
		return m, err
	}
	t, _, err := a.terms(s, w, period, "", nil)
	if err != nil {
		return m, err
	}
	agreed, _, _ := t.agreed()
	good := during(w.line, Up, Degraded).Intersect(agreed)
	name := telemetry.Target{Kind: telemetry.TargetCircuit, Name: c.Name}.Object()
	for from := t.Period.From; from < t.Period.To; from += qualityStep {
		if err := a.measureDay(name, s.site, Window{from, min(from+qualityStep, t.Period.To)}, good, &m); err != nil {
			return m, err
		}
	}
	return m, nil
}

// measureDay takes what was sampled in (w.From, w.To]. A counter tells of the time since the sample before it, which
// may lie before w.
func (a *asker) measureDay(object, site string, w Window, good Windows, m *measured) error {
	byAgent := map[string]map[string]samples.Samples{}
	names := []string{echoesSent, echoesReceived, echoesMean}
	err := a.e.deps.Samples.Read(a.ctx, site, object, names, w.From*1000-readingNear, w.To*1000, func(x samples.Samples) {
		agent := x.Labels["agent"]
		if byAgent[agent] == nil {
			byAgent[agent] = map[string]samples.Samples{}
		}
		byAgent[agent][x.Name] = x
	})
	if err != nil {
		return fmt.Errorf("read what circuit %q measured: %w", object, err)
	}
	for _, of := range byAgent {
		m.take(of[echoesSent], of[echoesReceived], of[echoesMean], w, good)
	}
	return nil
}

// take adds the windows of one agent that end in w and lie within good.
func (m *measured) take(sent, received, mean samples.Samples, w Window, good Windows) {
	for i := 1; i < len(sent.Times); i++ {
		from, to := sent.Times[i-1], sent.Times[i]
		if to <= w.From*1000 || to-from > readingNear || !good.covers(from, to) {
			continue
		}
		got, ok := step(received, from, to)
		out := sent.Values[i] - sent.Values[i-1]
		if !ok || !(out > 0) || got < 0 || got > 2*out { // began anew, or ended; a reply may come a window late
			continue
		}
		m.sent, m.lost, m.first = m.sent+out, m.lost+out-got, min(m.first, from)
		if rtt, ok := valueAt(mean, to); ok && got > 0 {
			m.replies, m.sum = m.replies+got, m.sum+got*rtt
			m.means = append(m.means, rtt)
		}
	}
}

// step is how far a counter came between two instants at which it was read.
func step(x samples.Samples, from, to int64) (float64, bool) {
	a, okA := valueAt(x, from)
	b, okB := valueAt(x, to)
	return b - a, okA && okB
}

func valueAt(x samples.Samples, at int64) (float64, bool) {
	i, found := slices.BinarySearch(x.Times, at)
	if !found {
		return 0, false
	}
	return x.Values[i], x.Values[i] == x.Values[i] // NaN: it ended
}

// covers tells whether all of [from, to) (ms) is in s.
func (s Windows) covers(from, to int64) bool {
	i := sort.Search(len(s), func(i int) bool { return s[i].To*1000 >= to })
	return i < len(s) && s[i].From*1000 <= from
}

func (m *measured) quality(c inventory.Contract) *Quality {
	if m.sent == 0 {
		return nil
	}
	sent, lost := int64(m.sent), int64(max(0, m.lost))
	q := &Quality{Since: millis(m.first), Sent: sent, Lost: lost, LossPercent: percentUp(lost, sent)}
	if limit, ok := new(big.Rat).SetString(string(c.Loss)); ok {
		q.LossVerdict = verdictOf(new(big.Rat).SetFrac64(lost*100, sent).Cmp(limit) <= 0)
	}
	if m.replies == 0 {
		return q
	}
	slices.Sort(m.means)
	mean := m.sum / m.replies
	q.RTTSeconds, q.RTTP50, q.RTTP95 = &mean, rank(m.means, 50), rank(m.means, 95)
	if c.RTT > 0 {
		q.RTTVerdict = verdictOf(mean*1e9 <= float64(c.RTT))
	}
	return q
}

// percentUp is a share in percent, rounded up: what is lost never looks less than it is.
func percentUp(n, of int64) string {
	parts := (n*1_000_000 + of - 1) / of
	return fmt.Sprintf("%d.%04d", parts/10_000, parts%10_000)
}

func verdictOf(kept bool) string {
	if kept {
		return Met
	}
	return Breached
}

// rank is a percentile of sorted values by nearest rank.
func rank(sorted []float64, percent int) *float64 {
	i := max(0, (len(sorted)*percent+99)/100-1)
	return &sorted[i]
}
