package uptime

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"ninewatch/collector/inventory"
	samples "ninewatch/collector/store"
	"ninewatch/internal/telemetry"
)

// Samples is what an Engine reads of *store.Store, beside the evidence: what passed while nobody looked, and
// what circuits measured.
type Samples interface {
	Read(ctx context.Context, site, device string, names []string, from, to int64, take func(samples.Samples)) error
}

const (
	inOctets, outOctets = "ifHCInOctets", "ifHCOutOctets"
	// readingNear (ms) is how far from a gap the readings may lie between which it is counted.
	readingNear = 15 * 60_000
	// mostLooks bounds the gaps of an answer of which traffic is read, the newest.
	mostLooks = 50
)

// traffic reads the octets that passed a device or one of its interfaces.
type traffic struct {
	a     *asker
	s     subject
	ports map[string]bool // of a device: those whose octets count
	looks int
}

func (a *asker) traffic(s subject) *traffic { return &traffic{a: a, s: s} }

// words is what passed in a window, for a sentence; nothing where it is not known.
func (t *traffic) words(w Window) (string, error) {
	if t.a.e.deps.Samples == nil || t.looks == mostLooks {
		return "", nil
	}
	t.looks++
	octets, known, err := t.passed(w)
	if err != nil || !known {
		return "", err
	}
	if octets == 0 {
		return "; nothing passed", nil
	}
	return "; " + octetsInWords(octets) + " passed", nil
}

// passed is the octets that came in at the ports of a device, or went both ways at an interface, from the last
// reading before a window to the first after it. A counter that fell tells nothing.
func (t *traffic) passed(w Window) (octets float64, known bool, err error) {
	names := []string{inOctets, outOctets}
	if t.s.kind == inventory.KindDevice { // what comes in at one port goes out at another
		names = names[:1]
		if t.ports == nil {
			if t.ports, err = t.a.e.facts.ports(t.a.ctx, t.s.name); err != nil {
				return 0, false, err
			}
		}
	}
	from, to := w.From*1000, w.To*1000
	err = t.a.e.deps.Samples.Read(t.a.ctx, t.s.site, t.s.name, names, from-readingNear, to+readingNear, func(x samples.Samples) {
		key := x.Labels["ifName"]
		if t.s.kind == inventory.ScopeInterface && key != t.s.rest || t.ports != nil && !t.ports[key] {
			return
		}
		if delta, ok := across(x, from, to); ok {
			octets, known = octets+delta, true
		}
	})
	return octets, known, err
}

// across is how far a counter came from the last sample at or before from to the first at or after to.
func across(x samples.Samples, from, to int64) (float64, bool) {
	before, after := math.NaN(), math.NaN()
	last := math.NaN()
	for i, at := range x.Times {
		v := x.Values[i]
		switch {
		case math.IsNaN(v):
			continue
		case at <= from:
			before = v
		case v < last:
			return 0, false
		}
		last = v
		if at >= to {
			after = v
			break
		}
	}
	delta := after - before
	return delta, delta >= 0 // false for NaN
}

// Types of interfaces whose octets pass another interface too (IANAifType-MIB), or leave no device.
var foldedTypes = map[uint32]bool{
	24:  true, // softwareLoopback
	53:  true, // propVirtual
	131: true, // tunnel
	135: true, // l2vlan
	136: true, // l3ipvlan
	150: true, // mplsTunnel
	161: true, // ieee8023adLag
	166: true, // mpls
	209: true, // bridge
}

// ports is the interfaces of a device whose octets are counted once: neither aggregates nor what lies on top of
// others.
func (f facts) ports(ctx context.Context, device string) (map[string]bool, error) {
	rows, err := f.db.QueryContext(ctx, `SELECT key, facts FROM interfaces WHERE device = ?`, device)
	if err != nil {
		return nil, fmt.Errorf("read interfaces of %q: %w", device, err)
	}
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var key string
		var data []byte
		if err := rows.Scan(&key, &data); err != nil {
			return nil, fmt.Errorf("read interfaces of %q: %w", device, err)
		}
		var x telemetry.Interface
		if err := json.Unmarshal(data, &x); err != nil {
			return nil, fmt.Errorf("read interface %q of %q: %w", key, device, err)
		}
		out[key] = !foldedTypes[x.IfType]
	}
	return out, rows.Err()
}

// octetsInWords is 12 GB, 3.4 MB: as people read it, in steps of a thousand.
func octetsInWords(n float64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB"}
	i := 0
	for n >= 999.5 && i < len(units)-1 {
		n, i = n/1000, i+1
	}
	if n < 9.95 && i > 0 {
		return fmt.Sprintf("%.1f %s", n, units[i])
	}
	return fmt.Sprintf("%.0f %s", n, units[i])
}
