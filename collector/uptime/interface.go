package uptime

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// The values of ifAdminStatus and ifOperStatus (IF-MIB, RFC 2863).
const (
	statusUp             = 1
	statusDown           = 2
	statusTesting        = 3
	statusUnknown        = 4
	statusDormant        = 5
	statusNotPresent     = 6
	statusLowerLayerDown = 7
)

// PollRun is when an agent read the interfaces of a device, without a hole. Times are milliseconds.
type PollRun struct{ From, To, Every int64 }

// StatusChange is what an interface said from one poll on. It counts until the next one in the same run of
// polls. Times are milliseconds.
type StatusChange struct {
	At, Previous int64 // Previous: the poll before; 0 without one
	Admin, Oper  uint8 // Oper 0: the interface is gone, or was not answered for
	Moving       bool  // its octet counters advance
	Changed      int64 // ifLastChange as a time; 0: not known
}

// state is what a status means (A.2): what is switched off is out of agreed time, a standby works, and unknown
// works only where traffic shows it.
func (c StatusChange) state() (State, string) {
	switch {
	case c.Oper == 0:
		return Unknown, whyNoData
	case c.Admin == statusDown:
		return AdminDown, "ifAdminStatus down"
	case c.Admin == statusTesting, c.Oper == statusTesting:
		return Degraded, "testing"
	}
	switch c.Oper {
	case statusUp, statusDormant:
		return Up, ""
	case statusDown:
		return Down, "ifOperStatus down"
	case statusLowerLayerDown:
		return Down, "ifOperStatus lowerLayerDown"
	case statusNotPresent:
		return Down, "ifOperStatus notPresent"
	}
	if c.Moving {
		return Up, ""
	}
	return Unknown, whyNoData
}

// Flap is a change of state that polls missed: ifLastChange moved, and the status is the same again.
type Flap struct {
	At     int64 // Unix s: of the last change
	Within int64 // s: the longest that it may have been down
}

// LinkTrap is a linkUp or linkDown of an interface (RFC 2863) that an agent received.
type LinkTrap struct {
	At   int64 // ms
	Oper uint8 // statusUp or statusDown
}

const (
	// trapJitter (ms) is how long after the change a trap may come.
	trapJitter = 1000
	// trapEarly (ms) is how long before the status changes a trap may come: it is sent when the link is about to enter
	// another state (RFC 2863, section 5), and some devices answer from a table of some seconds ago. The poll that the
	// trap itself caused may still say what was.
	trapEarly = 5000
)

// begun dates a change to state, which polls saw, by the traps between them: the first of those that speak of it
// and are contradicted by none after them; else by one just before. A poll may be dated up to late ms before it was
// answered. Without such a trap at is 0.
func (c StatusChange) begun(state State, traps []LinkTrap, late int64) (at, unc int64) {
	if state != Up && state != Down && state != AdminDown {
		return 0, 0
	}
	for _, t := range traps {
		switch {
		case t.At <= c.Previous-trapEarly || t.At > c.At+late:
		case (t.Oper == statusUp) != (state == Up):
			at = 0
		case at == 0 || at <= c.Previous && t.At > c.Previous:
			at = min(t.At, c.At)
		}
	}
	if 0 < at && at <= c.Previous {
		return c.Previous + 1, c.Previous + 1 - at + trapJitter
	}
	return at, trapJitter
}

// interfaceSpans judges what one agent read of an interface, up to asOf (ms). The changes are those of this
// agent, the traps of any, in order. As with echoes, a poll vouches until the next one, and the newest until it is
// overdue. A change is dated by ifLastChange, else by a trap, else by the poll that saw it.
func interfaceSpans(polls []PollRun, changes []StatusChange, traps []LinkTrap, asOf, edge int64) []span {
	slices.SortFunc(polls, func(a, b PollRun) int { return cmp.Compare(a.From, b.From) })
	slices.SortFunc(changes, func(a, b StatusChange) int { return cmp.Compare(a.At, b.At) })
	var out []span
	k := 0
	for i, run := range polls {
		end := run.To + run.Every
		switch hold := run.Every * 5 / 2; {
		case i+1 < len(polls) && polls[i+1].From-run.To <= hold:
			end = polls[i+1].From
		case i+1 == len(polls) && edge > 0 && asOf <= run.To+max(edge, hold):
			end = asOf
		}
		end = min(end, asOf)
		for k < len(changes) && changes[k].At < run.From {
			k++
		}
		first := k
		for ; k < len(changes) && changes[k].At <= run.To; k++ {
			c := changes[k]
			state, why := c.state()
			x := span{from: c.At, to: end, state: state, why: why}
			if k > first && c.Previous > 0 {
				x.unc = c.At - c.Previous
				switch at, unc := c.begun(state, traps, run.Every/200); {
				case state == out[len(out)-1].state:
				case c.Previous < c.Changed && c.Changed <= c.At:
					x.from, x.unc, x.dated = c.Changed, 0, byChange
				case at > 0:
					x.from, x.unc, x.dated = at, min(x.unc, unc), byTrap
				}
			}
			if k > first || len(out) > 0 && out[len(out)-1].to > x.from {
				out[len(out)-1].to = min(out[len(out)-1].to, x.from)
			}
			out = append(out, x)
		}
	}
	joined := make([]span, 0, len(out))
	for _, x := range out {
		joined = appendSpan(joined, x)
	}
	return joined
}

// missedFlaps finds the changes that no poll saw: the same status before and after, ifLastChange between.
func missedFlaps(changes []StatusChange) []Flap {
	var out []Flap
	for i := 1; i < len(changes); i++ {
		a, b := changes[i-1], changes[i]
		if a.Oper == b.Oper && a.Admin == b.Admin && b.Oper != 0 && b.Previous > 0 && a.Changed != b.Changed &&
			b.Previous < b.Changed && b.Changed <= b.At {
			out = append(out, Flap{At: b.Changed / 1000, Within: (b.At - b.Previous + 999) / 1000})
		}
	}
	return out
}

// interfaceFacts is all that agents read of one interface.
type interfaceFacts struct {
	polls   map[string][]PollRun // by agent
	changes map[string][]StatusChange
	traps   []LinkTrap
}

// line is the timeline of the interface from its own evidence.
func (f interfaceFacts) line(asOf, edge int64) []Interval {
	var lists [][]span
	for agent, polls := range f.polls {
		lists = append(lists, interfaceSpans(polls, f.changes[agent], f.traps, asOf, edge))
	}
	return toSeconds(or(lists))
}

// behind takes away what an interface's own evidence says of the time in which its device says nothing: it is
// unknown then, never down.
func behind(line, device []Interval) []Interval {
	for _, x := range device {
		if x.State == Down || x.State == Unreachable || x.State == Unknown {
			line = overlay(line, Interval{From: x.From, To: x.To, State: Unknown, Why: cmp.Or(map[State]string{Unknown: x.Why}[x.State], whyDevice)})
		}
	}
	return line
}

// interfaceSince reads what agents read of an interface from at (ms) on; all is from the first evidence on.
func (f facts) interfaceSince(ctx context.Context, device, key string, at int64) (out interfaceFacts, first int64, err error) {
	out = interfaceFacts{polls: map[string][]PollRun{}, changes: map[string][]StatusChange{}}
	first = never
	if err := f.db.QueryRowContext(ctx, `SELECT coalesce(min(time_ms), ?) FROM interface_changes WHERE device = ? AND if_key = ?`,
		first, device, key).Scan(&first); err != nil {
		return out, first, fmt.Errorf("read interface %s/%s: %w", device, key, err)
	}
	if first == never {
		return out, first, nil
	}
	rows, err := f.db.QueryContext(ctx, `SELECT agent, from_ms, to_ms, every_ms FROM interface_polls WHERE device = ? AND to_ms >= ?`, device, max(at, first)-lead)
	if err != nil {
		return out, first, fmt.Errorf("read interface polls of %q: %w", device, err)
	}
	defer rows.Close()
	since := at
	for rows.Next() {
		var agent string
		var p PollRun
		if err := rows.Scan(&agent, &p.From, &p.To, &p.Every); err != nil {
			return out, first, fmt.Errorf("read interface polls of %q: %w", device, err)
		}
		since = min(since, p.From)
		out.polls[agent] = append(out.polls[agent], p)
	}
	if err := rows.Err(); err != nil {
		return out, first, err
	}
	if out.traps, err = f.linkTraps(ctx, device, key, since-trapEarly); err != nil {
		return out, first, err
	}
	return out, first, f.changes(ctx, device, key, since, never, out)
}

func (f facts) linkTraps(ctx context.Context, device, key string, since int64) (out []LinkTrap, err error) {
	rows, err := f.db.QueryContext(ctx, `SELECT time_ms, oper_status FROM interface_traps WHERE device = ? AND if_key = ? AND time_ms >= ?
		ORDER BY time_ms, oper_status`, device, key, since)
	if err != nil {
		return nil, fmt.Errorf("read traps of %s/%s: %w", device, key, err)
	}
	defer rows.Close()
	for rows.Next() {
		var t LinkTrap
		if err := rows.Scan(&t.At, &t.Oper); err != nil {
			return nil, fmt.Errorf("read traps of %s/%s: %w", device, key, err)
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

func (f facts) changes(ctx context.Context, device, key string, since, until int64, out interfaceFacts) error {
	rows, err := f.db.QueryContext(ctx, `SELECT agent, time_ms, previous_ms, admin_status, oper_status, moving, changed_ms
		FROM interface_changes WHERE device = ? AND if_key = ? AND time_ms BETWEEN ? AND ? ORDER BY agent, time_ms`, device, key, since, until)
	if err != nil {
		return fmt.Errorf("read interface %s/%s: %w", device, key, err)
	}
	defer rows.Close()
	for rows.Next() {
		var agent string
		var c StatusChange
		if err := rows.Scan(&agent, &c.At, &c.Previous, &c.Admin, &c.Oper, &c.Moving, &c.Changed); err != nil {
			return fmt.Errorf("read interface %s/%s: %w", device, key, err)
		}
		out.changes[agent] = append(out.changes[agent], c)
	}
	return rows.Err()
}
