package uptime

import (
	"context"
	"fmt"
	"time"

	"ninewatch/collector/inventory"
)

// Claim is what a provider promised of a circuit, what was kept of it, and the evidence: enough to ask for a
// credit.
type Claim struct {
	Circuit      string     `json:"circuit"`
	Provider     string     `json:"provider"`
	Reference    string     `json:"reference,omitempty"`
	Bandwidth    string     `json:"bandwidth,omitempty"`
	Device       string     `json:"device,omitempty"`
	Interface    string     `json:"interface,omitempty"`
	Target       string     `json:"target,omitempty"`
	Contract     Promise    `json:"contract"`
	Quality      *Quality   `json:"quality"` // null: the circuit has no target, or nothing was measured
	Availability Answer     `json:"availability"`
	Owed         int64      `json:"owed_seconds"` // counted down beyond what the contract allows
	Evidence     []Evidence `json:"evidence"`     // the observations of each outage, as agents delivered them
	Cut          bool       `json:"evidence_cut"` // there is more than is listed
}

// Promise is what a contract says; empty: nothing.
type Promise struct {
	Availability string `json:"availability,omitempty"` // percent
	RTTSeconds   string `json:"rtt_seconds,omitempty"`
	LossPercent  string `json:"loss_percent,omitempty"`
	Calendar     string `json:"calendar,omitempty"`
}

// Evidence is a run of equal observations.
type Evidence struct {
	Target string `json:"target"` // a device, circuit:NAME for its far end, or DEVICE/KEY for an interface
	Probe  string `json:"probe"`  // icmp, snmp, or ifOperStatus
	Agent  string `json:"agent"`
	From   string `json:"from"`
	To     string `json:"to"` // of the last sample
	Every  int64  `json:"every_ms"`
	Result string `json:"result"`
	Reason string `json:"reason,omitempty"`
}

// mostEvidence bounds the runs in a claim.
const mostEvidence = 5_000

// Claim measures a circuit against its contract over [from, to) (s).
func (e *Engine) Claim(ctx context.Context, circuit string, from, to int64) (Claim, error) {
	e.mu.RLock()
	c, ok := e.plan.circuits[circuit]
	e.mu.RUnlock()
	if !ok {
		return Claim{}, fmt.Errorf("circuit %q: %w", circuit, ErrUnknownScope)
	}
	a, err := e.Availability(ctx, "circuit:"+circuit, from, to, "")
	if err != nil {
		return Claim{}, err
	}
	out := Claim{
		Circuit: circuit, Provider: c.Provider, Reference: c.Reference, Device: c.Device, Interface: c.Interface, Target: c.Target,
		Contract: promise(c.Contract), Availability: a, Evidence: []Evidence{},
	}
	if c.Bandwidth > 0 {
		out.Bandwidth = c.Bandwidth.String()
	}
	if a.BudgetLeftSeconds != nil {
		out.Owed = max(0, -*a.BudgetLeftSeconds)
	}
	if out.Quality, err = e.ask(ctx).quality(c, Window{from, to}); err != nil {
		return out, err
	}
	for _, o := range a.summary.Outages {
		if err := e.evidenceOf(ctx, c, Window{o.From, o.To}, &out); err != nil {
			return out, err
		}
	}
	return out, nil
}

func promise(c inventory.Contract) Promise {
	p := Promise{Availability: string(c.Availability), LossPercent: string(c.Loss), Calendar: c.Calendar}
	if c.RTT > 0 {
		p.RTTSeconds = fmt.Sprint(time.Duration(c.RTT).Seconds())
	}
	return p
}

func millis(at int64) string { return time.UnixMilli(at).UTC().Format("2006-01-02T15:04:05.000Z") }
