package uptime

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"

	"ninewatch/collector/inventory"
	"ninewatch/internal/telemetry"
)

// facts reads the state store. It writes nothing.
type facts struct {
	db   *sql.DB
	page int // runs read at once on the way back to a run that leaves no doubt
}

// target is what the inventory says of a device.
type target struct {
	name, site string
	created    int64                     // Unix ms
	parents    []string                  // that a person wrote down
	learned    []inventory.LearnedParent // what topology showed where nobody did
	ports      []inventory.LearnedPort   // that lead to it
	confirm    confirmation
}

// confirmation is what the inventory says of when a device is down.
type confirmation struct{ echoes, polls int }

// policy is pol as the device wants it.
func (c confirmation) policy(pol Policy) Policy {
	if c.echoes > 0 {
		pol.ICMP.Down = Confirm{N: c.echoes}
	}
	if c.polls > 0 {
		pol.SNMP.Down = Confirm{N: c.polls}
	}
	return pol
}

// contact is the newest sign of life of an agent, on the collector's clock.
type contact struct{ seen, watermark int64 }

// targets is what has evidence of its own: devices, and what is probed at the far end of circuits.
func (p *plan) targets() map[string]target {
	out := make(map[string]target, len(p.devices))
	for name, d := range p.devices {
		out[name] = target{name: name, site: d.Site, created: p.created[inventory.Scope("device:"+name)], parents: d.Parents, learned: p.parents.Learned(name), ports: p.parents.LearnedPorts(name), confirm: confirmation{d.LostEchoes(), d.LostPolls()}}
	}
	for name, c := range p.circuits {
		if c.Target != "" {
			probe := telemetry.Target{Kind: telemetry.TargetCircuit, Name: name}.Object()
			out[probe] = target{name: probe, site: p.circuitSite(c), created: p.created[inventory.Scope("circuit:"+name)]}
			if end, ok := p.endOf(probe); ok {
				t := out[probe]
				t.ports = []inventory.LearnedPort{{Port: end, Until: math.MaxInt64}}
				out[probe] = t
			}
		}
	}
	return out
}

// isProbe tells the far ends of circuits from devices, in whose names no colon can stand.
func isProbe(name string) bool { return strings.Contains(name, ":") }

func (f facts) contacts(ctx context.Context) (map[string]contact, error) {
	rows, err := f.db.QueryContext(ctx, `SELECT id, last_seen_ms, watermark_ms FROM agents`)
	if err != nil {
		return nil, fmt.Errorf("read agents: %w", err)
	}
	defer rows.Close()
	out := map[string]contact{}
	for rows.Next() {
		var id string
		var c contact
		if err := rows.Scan(&id, &c.seen, &c.watermark); err != nil {
			return nil, fmt.Errorf("read agents: %w", err)
		}
		out[id] = c
	}
	return out, rows.Err()
}

// extent is how far a stream of a device reaches.
type extent struct {
	key   streamKey
	first int64
}

func (f facts) extents(ctx context.Context, device string) ([]extent, error) {
	rows, err := f.db.QueryContext(ctx, `SELECT probe, agent, min(from_ms) FROM observation_runs
		WHERE device = ? GROUP BY probe, agent`, device)
	if err != nil {
		return nil, fmt.Errorf("read streams of %q: %w", device, err)
	}
	defer rows.Close()
	var out []extent
	for rows.Next() {
		var x extent
		if err := rows.Scan(&x.key.probe, &x.key.agent, &x.first); err != nil {
			return nil, fmt.Errorf("read streams of %q: %w", device, err)
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

const runColumns = `SELECT from_ms, to_ms, every_ms, result, loss_ppm, reason FROM observation_runs
	WHERE device = ? AND probe = ? AND agent = ? `

// runsSince reads the runs of a stream that begin at or after from, in order.
func (f facts) runsSince(ctx context.Context, device string, k streamKey, from int64) ([]telemetry.Run, error) {
	return f.runs(ctx, device, k, runColumns+`AND from_ms >= ? ORDER BY from_ms`, from)
}

func (f facts) runs(ctx context.Context, device string, k streamKey, query string, args ...any) ([]telemetry.Run, error) {
	rows, err := f.db.QueryContext(ctx, query, append([]any{device, k.probe, k.agent}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read runs of %q: %w", device, err)
	}
	defer rows.Close()
	var out []telemetry.Run
	for rows.Next() {
		r := telemetry.Run{Device: device, Probe: k.probe}
		if err := rows.Scan(&r.From, &r.To, &r.Every, &r.Result, &r.LossPPM, &r.Reason); err != nil {
			return nil, fmt.Errorf("read runs of %q: %w", device, err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// stream reads what is needed of a stream to judge it exactly from time at on.
func (f facts) stream(ctx context.Context, device string, k streamKey, p ProbePolicy, at int64) (runs []telemetry.Run, all bool, err error) {
	runs, err = f.runsSince(ctx, device, k, at-lead)
	if err != nil {
		return nil, false, err
	}
	before := at - lead
	for {
		older, err := f.runs(ctx, device, k, runColumns+`AND from_ms < ? ORDER BY from_ms DESC LIMIT ?`, before, f.page)
		if err != nil {
			return nil, false, err
		}
		slices.Reverse(older)
		runs = append(older, runs...)
		if len(older) < f.page {
			return runs, true, nil
		}
		before = runs[0].From
		i := anchor(runs, p, at-lead)
		if i < 0 {
			continue
		}
		reached, err := f.runs(ctx, device, k, runColumns+`AND from_ms < ? AND to_ms >= ? LIMIT 1`, before, runs[i].From)
		if err != nil {
			return nil, false, err
		}
		if len(reached) == 0 {
			return runs[i:], false, nil
		}
	}
}

// tail reads what is needed to judge a device exactly from time at on.
func (f facts) tail(ctx context.Context, device string, pol Policy, at int64) (*tail, int64, error) {
	streams, err := f.extents(ctx, device)
	if err != nil {
		return nil, 0, err
	}
	t, first, whole := newTail(), int64(math.MaxInt64), true
	for _, x := range streams {
		first = min(first, x.first)
		runs, all, err := f.stream(ctx, device, x.key, pol.probe(x.key.probe), at)
		if err != nil {
			return nil, 0, err
		}
		t.runs[x.key] = runs
		whole = whole && all
	}
	since := int64(0)
	if !whole {
		t.exact = at
		since = at - lead
	}
	t.boots, err = f.boots(ctx, device, since)
	return t, first, err
}

func (f facts) boots(ctx context.Context, device string, since int64) ([]telemetry.Boot, error) {
	rows, err := f.db.QueryContext(ctx, `SELECT time_ms, ticks, previous_ms, previous_ticks FROM boots
		WHERE device = ? AND time_ms >= ? ORDER BY time_ms, agent`, device, since)
	if err != nil {
		return nil, fmt.Errorf("read boots of %q: %w", device, err)
	}
	defer rows.Close()
	var out []telemetry.Boot
	for rows.Next() {
		b := telemetry.Boot{Device: device}
		if err := rows.Scan(&b.Time, &b.Ticks, &b.Previous, &b.PreviousTicks); err != nil {
			return nil, fmt.Errorf("read boots of %q: %w", device, err)
		}
		out = append(out, b)
	}
	return out, rows.Err()
}
