package uptime

import (
	"context"
	"fmt"
	"strings"

	"ninewatch/collector/inventory"
)

// Measured is what a circuit was promised and what was measured to its far end; of a provider, its circuits added
// up, each with the verdict of its own contract: breached when any of them is. It is nil where nothing was measured.
func (e *Engine) Measured(ctx context.Context, scope string, from, to int64) (*Promise, *Quality, error) {
	a := e.ask(ctx)
	name, isCircuit := strings.CutPrefix(scope, inventory.KindCircuit+":")
	if isCircuit {
		c, ok := a.plan.circuits[name]
		if !ok {
			return nil, nil, fmt.Errorf("scope %q: %w", scope, ErrUnknownScope)
		}
		p := promise(c.Contract)
		q, err := a.quality(c, Window{from, to})
		return &p, q, err
	}
	scopes, of, err := a.group(scope)
	if err != nil || of != "circuits" {
		return nil, nil, err
	}
	sum, verdict := measured{first: never}, Quality{}
	for _, x := range scopes {
		c := a.plan.circuits[strings.TrimPrefix(x, inventory.KindCircuit+":")]
		m, err := a.measured(c, Window{from, to})
		if err != nil {
			return nil, nil, err
		}
		if q := m.quality(c.Contract); q != nil {
			verdict.RTTVerdict = worse(verdict.RTTVerdict, q.RTTVerdict)
			verdict.LossVerdict = worse(verdict.LossVerdict, q.LossVerdict)
		}
		sum.sent, sum.lost, sum.replies, sum.sum = sum.sent+m.sent, sum.lost+m.lost, sum.replies+m.replies, sum.sum+m.sum
		sum.means, sum.first = append(sum.means, m.means...), min(sum.first, m.first)
	}
	q := sum.quality(inventory.Contract{})
	if q != nil {
		q.RTTVerdict, q.LossVerdict = verdict.RTTVerdict, verdict.LossVerdict
	}
	return nil, q, nil
}

// worse is the worse of two verdicts; an empty one says nothing.
func worse(a, b string) string {
	if a == Breached || b == "" {
		return a
	}
	return b
}
