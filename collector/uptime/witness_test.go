package uptime

import (
	"fmt"
	"math"
	"slices"

	"pgregory.net/rapid"

	"ninewatch/collector/inventory"
	"ninewatch/internal/telemetry"
)

// said is all that parents of a device, and the device itself, told: a model of the witness.
type said struct {
	ports  []inventory.Port
	seen   map[inventory.Port][]sighting
	starts []int64 // of coldStart traps
}

// lead draws who watches the device, and the ports that lead to it: of a parent that is not watched itself.
func (f *feed) lead(t *rapid.T) {
	f.keys = rapid.SampledFrom([][]streamKey{feedKeys, feedKeys[:1], feedKeys[1:2]}).Draw(t, "streams") // few are down together
	f.told = said{seen: map[inventory.Port][]sighting{}}
	for i := range rapid.IntRange(0, 2).Draw(t, "ports") {
		p := inventory.Port{Device: f.device + "-parent", Key: fmt.Sprint(i)}
		f.told.ports = append(f.told.ports, p)
		f.store.leads(f.device, p.Device, p.Key, 0)
	}
}

// tell draws what is told of ports and of starts: now, or late of the past.
func (f *feed) tell(t *rapid.T, e *Engine) {
	s := f.store
	for range rapid.IntRange(0, 3).Draw(t, "told") {
		at := s.now - rapid.Int64Range(0, 6).Draw(t, "told before")*10_000 - rapid.Int64Range(0, 9_999).Draw(t, "told within")
		if late := f.losses(); len(late) > 0 && rapid.IntRange(0, 2).Draw(t, "told late") == 0 {
			at = rapid.SampledFrom(late).Draw(t, "told of") - rapid.Int64Range(0, 9_999).Draw(t, "told before it")
		}
		device := f.device
		switch kind := rapid.SampledFrom([]string{"start", "trap", "trap", "poll", "ifLastChange"}).Draw(t, "what"); {
		case kind == "start":
			s.exec(`INSERT INTO start_traps VALUES (?, ?, 1) ON CONFLICT DO NOTHING`, f.device, at)
			f.told.starts = append(f.told.starts, at)
		case len(f.told.ports) == 0:
			continue
		default:
			p := rapid.SampledFrom(f.told.ports).Draw(t, "port")
			device = p.Device
			if slices.ContainsFunc(f.told.seen[p], func(x sighting) bool { return x.at == at }) {
				continue
			}
			f.told.seen[p] = append(f.told.seen[p], f.store.sight(t, p, kind, at, f.told.seen[p])...)
		}
		if _, err := e.PortsChanged(s.t.Context(), map[string]int64{device: at}); err != nil {
			t.Fatal(err)
		}
	}
}

// losses is when failures began.
func (f *feed) losses() (at []int64) {
	for _, k := range f.keys {
		for _, r := range f.all[k] {
			if r.Result == telemetry.Fail {
				at = append(at, r.From)
			}
		}
	}
	slices.Sort(at)
	return at
}

// sight stores what is told of a port at a time, and is what can be seen from it.
func (s *store) sight(t *rapid.T, p inventory.Port, kind string, at int64, seen []sighting) []sighting {
	x := sighting{at: at, up: rapid.IntRange(0, 2).Draw(t, "up") == 0}
	oper := map[bool]int{true: statusUp, false: statusDown}[x.up]
	switch kind {
	case "trap":
		x.unc, x.from = trapJitter, byTrap
		s.exec(`INSERT INTO interface_traps VALUES (?, ?, ?, ?)`, p.Device, p.Key, x.at, oper)
	case "poll":
		x.unc = -1
		s.exec(`INSERT INTO interface_changes VALUES (?, ?, 'a', ?, ?, 1, ?, 0, 0)`, p.Device, p.Key, x.at, x.at-60_000, oper)
	default:
		x.from = byChange
		polled := sighting{at: at + rapid.Int64Range(1, 60_000).Draw(t, "polled"), up: x.up, unc: -1}
		for slices.ContainsFunc(seen, func(o sighting) bool { return o.at == polled.at }) {
			polled.at++
		}
		s.exec(`INSERT INTO interface_changes VALUES (?, ?, 'a', ?, ?, 1, ?, 0, ?)`, p.Device, p.Key, polled.at, polled.at-60_000, oper, at)
		return []sighting{x, polled}
	}
	return []sighting{x}
}

// cut implements witness: of each port the first exact sign that it is down which no sign that it is up follows; where
// there is none and it is up again, the first of all.
func (w said) cut(lo, hi int64) (dating, bool) {
	out, found := dating{}, false
	for _, p := range w.ports {
		within := func(up bool) (list []sighting) {
			for _, x := range w.seen[p] {
				if lo < x.at && x.at <= hi && x.up == up {
					list = append(list, x)
				}
			}
			slices.SortFunc(list, func(a, b sighting) int { return int(a.at - b.at) })
			return list
		}
		lastUp, before := int64(math.MinInt64), sighting{at: math.MinInt64, up: true}
		for _, x := range within(true) {
			lastUp = x.at
		}
		for _, x := range w.seen[p] {
			old := x.from == byTrap && x.at < lo-trapTells // polls have told since, or it is forgotten
			if x.at <= lo && x.at > before.at && !old {
				before = x
			}
		}
		exact := slices.DeleteFunc(within(false), func(x sighting) bool { return x.from == byPoll })
		lasting := slices.DeleteFunc(slices.Clone(exact), func(x sighting) bool { return x.at < lastUp })
		if i := slices.IndexFunc(lasting, func(x sighting) bool { return x.from == byChange }); i > 0 {
			lasting = lasting[i:]
		}
		blurred := slices.ContainsFunc(within(false), func(x sighting) bool { return x.from == byPoll && x.at > lastUp })
		var at sighting
		switch {
		case len(lasting) > 0:
			at = lasting[0]
		case !before.up && lastUp == math.MinInt64:
			continue
		case len(exact) > 0 && !blurred:
			at = exact[0]
		default:
			return dating{}, false
		}
		if !found || at.at > out.at {
			out, found = dating{at.at, min(at.unc, at.at-lo), at.from + " of " + p.Device + ", port " + p.Key}, true
		}
	}
	return out, found
}

// started implements witness.
func (w said) started(lo, hi int64) (int64, string, bool) {
	first := int64(math.MaxInt64)
	for _, at := range w.starts {
		if lo < at && at <= hi {
			first = min(first, at)
		}
	}
	return first, "coldStart", first != math.MaxInt64
}
