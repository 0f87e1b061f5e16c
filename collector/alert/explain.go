package alert

import (
	"context"
	"fmt"
	"time"
)

// Explanation says why an incident is as it is, and why who was told what of it.
type Explanation struct {
	Incident Incident
	Inputs   []Problem // what it consists of, roots first
	Rule     string    // by which its kind opens
	Told     []Told    // receivers that matched, with what they know or why they do not
	Not      []NotTold // routes that did not match
	Mute     string    // why nobody is told now; empty: nothing speaks against it
	Waiting  []Waiting // what waits for a calendar, a group or a digest
}

// NotTold is a route that does not take an incident.
type NotTold struct{ Route, Why string }

// Waiting is a notice that is not due yet.
type Waiting struct {
	Receiver, Route, Type string
	Due                   int64 // Unix ms
}

// rules say in words when an incident of a kind opens.
var rules = map[string]string{
	DeviceDown:        "a device is down by its own probes, as the policy confirms it; devices that are down and connected are one incident, whose roots are next to something that answers",
	SiteSilent:        "every agent of a site with several agents is silent for a minute",
	AgentLost:         "an agent is silent for a minute and a half; what it watches is unknown, never down",
	InterfaceDown:     "a monitored interface is down while its device answers",
	PacketLoss:        "the loss on a path is above what was agreed, or above its usual loss",
	Latency:           "the round trip on a path is above what was agreed, or above its usual time",
	DeviceRebooted:    "the uptime that a device tells began anew",
	RedundancyLost:    "a redundancy group has less left than it was designed for",
	CapacityDate:      "the chance that a resource is full within its lead time was above the mark on three days in a row",
	SLOBurn:           "the budget of an objective is spent too fast over a long and a short window",
	CredentialFailure: "a device answers, but not to the credentials that it is asked with",
	ProberFault:       "an agent cannot look: the fault is its own, not the device's",
	NinewatchTrouble:  "ninewatch itself has a problem",
	AssetDate:         "the warranty, support or life of a device ends within 90 days, or has ended",
	SoftwarePolicy:    "a device runs software that no policy allows",
	RuleFired:         "the expression of a rule gave a result for as long as the rule asks",
}

// Explain explains incident id.
func (e *Engine) Explain(ctx context.Context, id int64) (Explanation, error) {
	i, err := one(e.deps.Read.QueryContext(ctx, selectIncidents+` WHERE id = ?`, id))
	if err != nil {
		return Explanation{}, fmt.Errorf("incident INC-%d: %w", id, err)
	}
	out := Explanation{Incident: i, Rule: rules[i.Kind]}
	if i.Rule != "" {
		out.Rule += ": " + i.Rule
	}
	if out.Inputs, err = e.Problems(ctx, id); err != nil {
		return out, err
	}
	if out.Told, err = manyTold(ctx, e.deps.Read, `WHERE incident = ? ORDER BY route, receiver, escalates`, id); err != nil {
		return out, err
	}
	if out.Waiting, err = e.waitingOf(ctx, id); err != nil {
		return out, err
	}
	book, now := e.deps.Book(), e.deps.Now().UnixMilli()
	e.mu.Lock()
	out.Mute = e.mute(&i, now)
	e.mu.Unlock()
	for _, r := range book.Routes {
		if ok, why := r.matches(&i, book); !ok {
			out.Not = append(out.Not, NotTold{r.Name, why})
		}
	}
	return out, nil
}

func (e *Engine) waitingOf(ctx context.Context, id int64) ([]Waiting, error) {
	rows, err := e.deps.Read.QueryContext(ctx, `SELECT receiver, route, type, due_ms FROM waiting_notices WHERE incident = ? ORDER BY id`, id)
	if err != nil {
		return nil, fmt.Errorf("read waiting notices: %w", err)
	}
	defer rows.Close()
	out := []Waiting{}
	for rows.Next() {
		var w Waiting
		if err := rows.Scan(&w.Receiver, &w.Route, &w.Type, &w.Due); err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, rows.Err()
}

// Preview says who would be told of incident i as it is now, as if nobody had been told of anything: the messages
// with the time at which they would go (Unix ms), and what keeps the others back.
func (e *Engine) Preview(i Incident) ([]Planned, []Told) {
	book, now := e.deps.Book(), e.deps.Now().UnixMilli()
	if i.Opened == 0 {
		i.Opened = now
	}
	e.mu.Lock()
	reason := e.mute(&i, now)
	e.mu.Unlock()
	sends, told := plan(&i, nil, book, func(*Incident) string { return reason }, now)
	var out []Planned
	for _, s := range sends {
		out = append(out, Planned{Message: Message{Receiver: s.told.Receiver, Route: s.told.Route, Items: []Item{{Event: s.kind, Incident: i}}}, Due: s.due})
	}
	var held []Told
	for _, t := range told {
		if t.Withheld != "" {
			held = append(held, t)
		}
	}
	return out, held
}

// Planned is a message that would be sent.
type Planned struct {
	Message
	Due int64
}

// Figures are what became of the incidents of a period. Durations are means, 0 where there is nothing to average.
type Figures struct {
	By       string // the site, kind, team or rule
	Opened   int
	Open     int
	Taken    int           // acknowledged
	Noise    int           // resolved without that anybody did anything
	Detect   time.Duration // MTTD: from the beginning to the detection
	Take     time.Duration // MTTA: from the detection to the acknowledgement
	Repair   time.Duration // MTTR: from the beginning to the end
	Between  time.Duration // MTBF: time without an incident, per incident
	lasted   time.Duration
	detected int
	ended    int
}
