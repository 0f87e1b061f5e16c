package uptime

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"ninewatch/collector/inventory"
	"ninewatch/internal/telemetry"
)

// around (s) is how much is listed before and after an outage.
const around = 60

// evidenceOf lists what agents saw of a circuit in an outage, with a minute before and after it: whether its device
// and its far end answered, and what its interface said.
func (e *Engine) evidenceOf(ctx context.Context, c inventory.Circuit, w Window, out *Claim) error {
	w = Window{w.From - around, w.To + around}
	seen, err := e.observed(ctx, c, w)
	if err != nil {
		return err
	}
	if c.Device != "" && c.Interface != "" {
		said, _, err := e.facts.interfaceSince(ctx, c.Device, c.Interface, w.From*1000)
		if err != nil {
			return err
		}
		seen = append(seen, said.evidence(c.Device+"/"+c.Interface, w)...)
	}
	slices.SortStableFunc(seen, func(a, b Evidence) int {
		return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.Target, b.Target), strings.Compare(a.Probe, b.Probe), strings.Compare(a.Agent, b.Agent))
	})
	room := max(0, mostEvidence-len(out.Evidence))
	out.Cut = out.Cut || len(seen) > room
	out.Evidence = append(out.Evidence, seen[:min(room, len(seen))]...)
	return nil
}

// observed is the runs of the device and of the far end, of which one more is read than a claim may hold.
func (e *Engine) observed(ctx context.Context, c inventory.Circuit, w Window) (out []Evidence, err error) {
	probe := telemetry.Target{Kind: telemetry.TargetCircuit, Name: c.Name}.Object()
	rows, err := e.deps.DB.QueryContext(ctx, `SELECT device, probe, agent, from_ms, to_ms, every_ms, result, reason FROM observation_runs
		WHERE device IN (?, ?) AND from_ms < ? AND to_ms >= ? ORDER BY from_ms LIMIT ?`, probe, c.Device, w.To*1000, w.From*1000, mostEvidence+1)
	if err != nil {
		return nil, fmt.Errorf("read evidence of circuit %q: %w", c.Name, err)
	}
	defer rows.Close()
	for rows.Next() {
		var x Evidence
		var kind telemetry.Probe
		var result telemetry.Result
		var a, b int64
		if err := rows.Scan(&x.Target, &kind, &x.Agent, &a, &b, &x.Every, &result, &x.Reason); err != nil {
			return nil, fmt.Errorf("read evidence of circuit %q: %w", c.Name, err)
		}
		x.Probe, x.Result = kind.String(), result.String()
		x.From, x.To = millis(a), millis(b)
		out = append(out, x)
	}
	return out, rows.Err()
}

// evidence is what polls of an interface read within w.
func (f interfaceFacts) evidence(name string, w Window) (out []Evidence) {
	for agent, polls := range f.polls {
		for _, run := range polls {
			said := slices.DeleteFunc(slices.Clone(f.changes[agent]), func(c StatusChange) bool { return c.At < run.From || c.At > run.To })
			for i, c := range said {
				to := run.To
				if i+1 < len(said) {
					to = said[i+1].Previous
				}
				if c.At >= w.To*1000 || to < w.From*1000 {
					continue
				}
				state, why := c.state()
				out = append(out, Evidence{Target: name, Probe: "ifOperStatus", Agent: agent, From: millis(c.At), To: millis(to), Every: run.Every,
					Result: string(state), Reason: why})
			}
		}
	}
	return out
}
