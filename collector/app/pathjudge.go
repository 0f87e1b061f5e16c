package app

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"ninewatch/collector/alert"
	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
)

// pathJudge is all that a judgement of paths follows from.
type pathJudge struct {
	now       int64 // Unix ms
	outage    func(device string, from, to int64) bool
	states    map[string]uptime.State
	circuits  map[string]inventory.Circuit
	book      *alert.Book
	rtt, loss map[path]usual
	told      map[alert.Key]bool
}

// judge makes findings of what is measured. What cannot be judged now says what it said last.
func (j pathJudge) judge(list []measured) []alert.Finding {
	var out []alert.Finding
	judged := map[alert.Key]bool{}
	for _, m := range list {
		for _, look := range []func(measured) (alert.Finding, bool){j.lossOf, j.rttOf} {
			f, ok := look(m)
			if !ok {
				continue
			}
			judged[keyOf(f)] = true
			if f.State == alert.Down {
				out = append(out, f)
			}
		}
	}
	out = j.together(out)
	for k := range j.told {
		if k.Device != "" && !judged[k] {
			out = append(out, alert.Finding{Kind: k.Kind, Device: k.Device, Object: k.Object, State: alert.Unknown})
		}
	}
	slices.SortFunc(out, func(a, b alert.Finding) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Site, b.Site), cmp.Compare(a.Device, b.Device), cmp.Compare(a.Object, b.Object))
	})
	return out
}

func keyOf(f alert.Finding) alert.Key {
	return alert.Key{Kind: f.Kind, Device: f.Device, Object: f.Object}
}

// about is the finding of a kind on a path, and what people call it; not ok while its device does not answer.
func (j pathJudge) about(kind string, m measured) (f alert.Finding, name string, ok bool) {
	f = alert.Finding{Kind: kind, Device: m.device, Site: j.book.Devices[m.device].Site, State: alert.Up, Since: j.now - pathWindow.Milliseconds(), Detected: j.now}
	if m.circuit == "" {
		state := j.states[m.device]
		return f, m.device, state == uptime.Up || state == uptime.Degraded
	}
	c, known := j.circuits[m.circuit]
	if f.Site == "" {
		f.Site = c.Site
	}
	if c.Device == "" {
		f.Device = ""
	}
	f.Object = "circuit:" + m.circuit
	state, watched := j.states[c.Device]
	return f, "circuit " + m.circuit, known && (!watched || state == uptime.Up || state == uptime.Degraded)
}

// limitOf is the limit that holds for f: what was told is over only well below it.
func (j pathJudge) limitOf(f alert.Finding, limit float64) float64 {
	if j.told[keyOf(f)] {
		return limit * pathCalm
	}
	return limit
}

func (j pathJudge) lossOf(m measured) (alert.Finding, bool) {
	f, name, ok := j.about(alert.PacketLoss, m)
	if !ok || m.sent == 0 {
		return f, false
	}
	limit, why := max(lossLeast, 2*j.loss[m.path].q90), "more than is usual"
	if promised := j.circuits[m.circuit].Contract.Loss; promised != "" {
		limit, why = promised.Value()/100, fmt.Sprintf("its contract promises at most %s %%", promised)
	}
	if m.lost < lossLost || m.loss <= j.limitOf(f, limit) {
		return f, true
	}
	if m.circuit == "" && j.outage(m.device, (j.now-pathWindow.Milliseconds())/1000, j.now/1000) {
		return f, false // lost in an outage, which was told
	}
	f.State = alert.Down
	f.Summary = fmt.Sprintf("%s loses %.1f %% of echoes", name, 100*m.loss)
	f.Evidence = fmt.Sprintf("%.0f of %.0f echoes lost in 5 minutes; %s", m.lost, m.sent, why)
	if m.loss >= 0.5 {
		f.Severity = alert.Major
	}
	return f, true
}

func (j pathJudge) rttOf(m measured) (alert.Finding, bool) {
	f, name, ok := j.about(alert.Latency, m)
	if !ok || !m.hasRTT {
		return f, false
	}
	u := j.rtt[m.path]
	limit, why := max(2*u.median, 1.5*u.q90, u.q90+rttLeast), "usual is "+millis(u.median)
	if promised := j.circuits[m.circuit].Contract.RTT; promised != 0 {
		limit, why = time.Duration(promised).Seconds(), "its contract promises at most "+millis(time.Duration(promised).Seconds())
	} else if u.n < baselineLeast {
		return f, false
	}
	if m.rtt <= j.limitOf(f, limit) {
		return f, true
	}
	f.State = alert.Down
	f.Summary = fmt.Sprintf("%s takes %s to answer", name, millis(m.rtt))
	f.Evidence = "median of 5 minutes; " + why
	return f, true
}

func millis(seconds float64) string { return fmt.Sprintf("%.1f ms", 1000*seconds) }

// together leaves one finding of a kind where several have one cause: that of the device nearest to the agent, and
// one for a site of which several devices are left.
func (j pathJudge) together(list []alert.Finding) []alert.Finding {
	found := map[alert.Key]bool{}
	for _, f := range list {
		found[keyOf(f)] = true
	}
	type siteKind struct{ site, kind string }
	behind := map[alert.Key]int{}
	bySite := map[siteKind][]alert.Finding{}
	var out []alert.Finding
	for _, f := range list {
		if f.Object != "" {
			out = append(out, f)
			continue
		}
		if top := j.above(f, found); top != "" {
			behind[alert.Key{Kind: f.Kind, Device: top}]++
			continue
		}
		k := siteKind{f.Site, f.Kind}
		bySite[k] = append(bySite[k], f)
	}
	for _, k := range slices.SortedFunc(maps.Keys(bySite), func(a, b siteKind) int { return cmp.Or(cmp.Compare(a.site, b.site), cmp.Compare(a.kind, b.kind)) }) {
		alone := bySite[k]
		if k.site != "" && len(alone) >= siteTogether {
			out = append(out, ofSite(k.kind, k.site, alone))
			continue
		}
		for _, f := range alone {
			if n := behind[keyOf(f)]; n > 0 {
				f.More = append(f.More, fmt.Sprintf("so do %d devices behind it", n))
			}
			out = append(out, f)
		}
	}
	return out
}

// above is the highest device before f on its way, by parents, that has a finding of the same kind; empty: none.
func (j pathJudge) above(f alert.Finding, found map[alert.Key]bool) string {
	top, at, seen := "", []string{f.Device}, map[string]bool{f.Device: true}
	for len(at) > 0 {
		var next []string
		for _, name := range at {
			for _, parent := range j.book.Devices[name].Parents {
				if seen[parent] {
					continue
				}
				seen[parent] = true
				next = append(next, parent)
				if found[alert.Key{Kind: f.Kind, Device: parent}] {
					top = parent
				}
			}
		}
		at = next
	}
	return top
}

func ofSite(kind, site string, list []alert.Finding) alert.Finding {
	names := make([]string, len(list))
	for n, f := range list {
		names[n] = f.Device
	}
	what := map[string]string{alert.PacketLoss: "lose echoes", alert.Latency: "answer slowly"}[kind]
	return alert.Finding{
		Kind: kind, Site: site, Object: "site:" + site, State: alert.Down, Since: list[0].Since, Detected: list[0].Detected,
		Summary:  fmt.Sprintf("%d devices at %s %s", len(list), site, what),
		Evidence: listed(names, 10), More: []string{list[0].Summary + ": " + list[0].Evidence},
	}
}
