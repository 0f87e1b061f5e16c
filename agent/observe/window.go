package observe

import (
	"math"
	"net/netip"
	"slices"
	"time"

	"ninewatch/internal/telemetry"
)

const (
	// straggle is for how long after its end a window stays open for results that take their time.
	straggle = 5000
	// maxRTTs bounds the memory of a window: a minute at the shortest interval of package icmp, 10 ms.
	maxRTTs = 6000
)

// quantiles are those of ninewatch_icmp_rtt_seconds, with the text of the label.
var quantiles = [...]struct {
	q     float64
	label string
}{{0, "0"}, {0.05, "0.05"}, {0.25, "0.25"}, {0.5, "0.5"}, {0.75, "0.75"}, {0.95, "0.95"}, {1, "1"}}

// Echo is what came of one ICMP probe.
type Echo struct {
	Slot   int64            // Unix ms
	Every  int64            // ms between slots
	Result telemetry.Result // OK, Fail or ProberFault
	RTT    time.Duration    // of OK; kept up to 4.29 s
	Reason string           // of Fail and ProberFault
	Hop    netip.Addr       // of Fail: who sent the ICMP error that Reason comes from; no label of a series
	Look   bool             // beside the regular ones: evidence, but no part of a statistic

	Duplicates, Late, Reordered int
}

// Window sums up the regular echoes of one subject over spans of time.
type Window struct {
	Subject
	length int64 // ms
	start  int64 // of the open window, Unix ms
	used   bool  // the open window has a result

	sent, received, duplicates uint64 // counters, never reset
	late, reordered            uint64 // series from the first one on
	lost, faults               []reasonCount
	template                   []telemetry.Series

	rtts        []uint32 // ns
	sum         uint64   // of the RTTs, ns
	ipdvSum     uint64   // ns
	ipdvCount   int
	lossRun     uint64
	longestLoss uint64

	lastSlot int64 // of the latest reply; 0 after anything else
	lastRTT  uint32
}

type reasonCount struct {
	reason string
	n      uint64
}

// NewWindow returns a window of the given length, a minute for instance.
func NewWindow(s Subject, length time.Duration) *Window {
	return &Window{Subject: s, length: length.Milliseconds()}
}

// Relabel changes how the samples are labelled from now on.
func (w *Window) Relabel(s Subject) {
	if !w.equal(s) {
		w.Subject, w.template = s, nil
	}
}

// Add takes the next echo. When it lies in a later window, the frame of the finished one is returned.
func (w *Window) Add(e Echo) (finished *telemetry.Frame) {
	start := e.Slot - ((e.Slot%w.length)+w.length)%w.length
	late := e.Slot < w.start && e.Slot >= w.start-straggle // counts where it comes
	if w.used && start != w.start && !late {
		finished = w.finish(math.MaxInt64)
	}
	if !w.used && !late {
		w.start = start
	}
	w.used = true
	w.duplicates += uint64(e.Duplicates)
	w.seldom(&w.late, e.Late)
	w.seldom(&w.reordered, e.Reordered)
	switch e.Result {
	case telemetry.OK:
		w.sent++
		w.received++
		w.lossRun = 0
		w.addRTT(e)
	case telemetry.Fail:
		w.sent++
		w.count(&w.lost, e.Reason)
		w.lossRun++
		w.longestLoss = max(w.longestLoss, w.lossRun)
		w.lastSlot = 0
	default:
		w.count(&w.faults, e.Reason)
		w.lossRun, w.lastSlot = 0, 0
	}
	return finished
}

func (w *Window) addRTT(e Echo) {
	rtt := uint32(min(max(e.RTT, 0), math.MaxUint32))
	if w.lastSlot != 0 && e.Slot-w.lastSlot == e.Every {
		w.ipdvSum += uint64(max(rtt, w.lastRTT) - min(rtt, w.lastRTT))
		w.ipdvCount++
	}
	w.lastSlot, w.lastRTT = e.Slot, rtt
	if len(w.rtts) < maxRTTs {
		w.rtts = append(w.rtts, rtt)
		w.sum += uint64(rtt)
	}
}

// seldom adds n to a counter that gets a series with the first count.
func (w *Window) seldom(counter *uint64, n int) {
	if n > 0 && *counter == 0 {
		w.template = nil
	}
	*counter += uint64(n)
}

// count adds one to a reason; a new one changes the template.
func (w *Window) count(counts *[]reasonCount, reason string) {
	i := slices.IndexFunc(*counts, func(c reasonCount) bool { return c.reason == reason })
	if i < 0 {
		i = len(*counts)
		*counts = append(*counts, reasonCount{reason: reason})
		w.template = nil
	}
	(*counts)[i].n++
}

// Flush returns the frame of the open window when it has ended, with time for the last replies to come.
func (w *Window) Flush(now int64) *telemetry.Frame {
	if !w.used || now < w.start+w.length+straggle {
		return nil
	}
	return w.finish(math.MaxInt64)
}

// finish closes the open window, which is named by its end, or by now when that is earlier.
func (w *Window) finish(now int64) *telemetry.Frame {
	if w.template == nil {
		w.template = w.all()
	}
	f := &telemetry.Frame{
		Device: w.Device, Template: w.template,
		Polls: []telemetry.Poll{{Time: min(w.start+w.length, now), Values: w.values()}},
	}
	w.rtts, w.sum, w.ipdvSum, w.ipdvCount = w.rtts[:0], 0, 0, 0
	w.lossRun, w.longestLoss = 0, 0
	w.used = false
	return f
}

// series lists what values holds, in the same order.
func (w *Window) all() []telemetry.Series {
	var out []telemetry.Series
	add := func(name string, labels ...telemetry.Label) {
		out = append(out, w.series(name, labels...))
	}
	add("ninewatch_icmp_sent_total")
	add("ninewatch_icmp_received_total")
	add("ninewatch_icmp_duplicates_total")
	for _, q := range quantiles {
		add("ninewatch_icmp_rtt_seconds", telemetry.Label{Name: "quantile", Value: q.label})
	}
	add("ninewatch_icmp_rtt_mean_seconds")
	add("ninewatch_icmp_ipdv_seconds")
	add("ninewatch_icmp_longest_loss_probes")
	if w.late > 0 {
		add("ninewatch_icmp_late_total")
	}
	if w.reordered > 0 {
		add("ninewatch_icmp_reordered_total")
	}
	for _, c := range w.lost {
		add("ninewatch_icmp_lost_total", telemetry.Label{Name: "reason", Value: c.reason})
	}
	for _, c := range w.faults {
		add("ninewatch_icmp_faults_total", telemetry.Label{Name: "reason", Value: c.reason})
	}
	return out
}

func (w *Window) values() []telemetry.Value {
	out := make([]telemetry.Value, 0, len(w.template))
	out = append(out, telemetry.UintValue(w.sent), telemetry.UintValue(w.received), telemetry.UintValue(w.duplicates))
	slices.Sort(w.rtts)
	for _, q := range quantiles {
		out = append(out, floatOr(len(w.rtts) > 0, func() float64 { return quantile(w.rtts, q.q) }))
	}
	out = append(out,
		floatOr(len(w.rtts) > 0, func() float64 { return mean(w.sum, len(w.rtts)) }),
		floatOr(w.ipdvCount > 0, func() float64 { return mean(w.ipdvSum, w.ipdvCount) }),
		telemetry.UintValue(w.longestLoss))
	if w.late > 0 {
		out = append(out, telemetry.UintValue(w.late))
	}
	if w.reordered > 0 {
		out = append(out, telemetry.UintValue(w.reordered))
	}
	for _, c := range w.lost {
		out = append(out, telemetry.UintValue(c.n))
	}
	for _, c := range w.faults {
		out = append(out, telemetry.UintValue(c.n))
	}
	return out
}

// floatOr is the value, or Absent when there is none.
func floatOr(ok bool, value func() float64) telemetry.Value {
	if !ok {
		return telemetry.Value{}
	}
	return telemetry.FloatValue(value())
}

// quantile interpolates between the two nearest of sorted, as PromQL's quantile_over_time does. In seconds.
func quantile(sorted []uint32, q float64) float64 {
	rank := q * float64(len(sorted)-1)
	low := int(rank)
	high := min(low+1, len(sorted)-1)
	return seconds(sorted[low]) + (rank-float64(low))*(seconds(sorted[high])-seconds(sorted[low]))
}

func mean(ns uint64, n int) float64 { return float64(ns) / float64(n) / 1e9 }

func seconds(ns uint32) float64 { return float64(ns) / 1e9 }
