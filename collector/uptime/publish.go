package uptime

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// What is published of a device is its resolved timeline up to the time at which no evidence is awaited any
// more. It is stored, so that it shows when evidence that comes later changes it: each such change is a
// revision, with the seconds that it moved.

const (
	publishStep = 3600 // s: what has settled is published in steps of at least
	quietFor    = 15   // s without further late evidence, before what it changes is worked out
	waitAtMost  = 120  // s, and however much still comes
	verifyBack  = 8    // days that are held against the evidence at the first step after a start
	publishMost = 100  // devices in one step, so that nobody waits long
	nothing     = int64(math.MaxInt64)
)

// revise is what late evidence may have changed of what is published of a device.
type revise struct {
	since     int64 // ms: from here on; or nothing
	who, why  string
	first     int64 // ms: when it was noted first, and last
	last      int64
	published int64 // ms: up to where the device is published; 0: not known yet
}

// from notes that what is published from at (ms) on may no longer hold.
func (r *revise) from(at int64, who, why string) {
	if at >= r.since {
		return
	}
	r.since, r.who, r.why = at, who, why
	r.first = 0
}

// late notes evidence of the past.
func (r *revise) late(at int64, agent string) {
	if r.published == 0 || at < r.published {
		r.from(at, "agent:"+agent, "evidence came late")
		r.last = 0
	}
}

// Revision is one change of what was published.
type Revision struct {
	ID      int64            `json:"id"`
	Target  string           `json:"target"`
	Time    string           `json:"time"`
	From    string           `json:"from"`
	To      string           `json:"to"`
	Who     string           `json:"who"`
	Why     string           `json:"why"`
	Seconds map[string]int64 `json:"seconds"` // by state, what it gained or lost
}

// Publish brings what is published up to date, some devices at a time. It is called every second or so.
func (e *Engine) Publish(ctx context.Context) error {
	now := e.deps.Now().UnixMilli()
	e.mu.RLock()
	names := slices.Sorted(maps.Keys(e.devices))
	e.mu.RUnlock()
	done := 0
	for _, name := range names {
		d := e.device(name)
		if d == nil || done >= publishMost {
			continue
		}
		worked, err := e.publishOne(ctx, d, now)
		if err != nil {
			return err
		}
		if worked {
			done++
		}
	}
	return nil
}

// due tells whether d has something to publish, and what. d is locked.
func (r *revise) due(now, settled int64) bool {
	if r.published == 0 {
		return true
	}
	if r.since < nothing {
		if r.first == 0 {
			r.first = now
		}
		if r.last == 0 {
			r.last = now
		}
		return now-r.last >= quietFor*1000 || now-r.first >= waitAtMost*1000
	}
	return settled-r.published >= publishStep*1000
}

func (e *Engine) publishOne(ctx context.Context, d *device, now int64) (bool, error) {
	target := d.name
	d.mu.Lock()
	if d.tail == nil {
		d.mu.Unlock()
		return false, nil
	}
	settled := d.tail.settled(d.policy, e.asOf(d, now))
	due := d.revise.due(now, settled)
	r, first := d.revise, d.first
	d.mu.Unlock()
	if !due || first == math.MaxInt64 {
		return false, nil
	}
	head, err := e.head(ctx, target)
	if err != nil {
		return false, err
	}
	from := head
	switch {
	case head == 0: // nothing is published yet
		from = floorSecond(first)
	case r.published == 0:
		from = max(floorSecond(first), head-verifyBack*86_400)
		if r.since == nothing {
			r.who, r.why = "collector", "evidence came just before it stopped"
		}
	}
	if r.since < nothing {
		from = min(from, max(floorSecond(r.since), floorSecond(first)))
	}
	until := max(settled/1000, head)
	w, err := e.resolved(ctx, d.name, from)
	if err != nil {
		return false, err
	}
	if until = min(until, w.asOf); until > from {
		if err := e.publishLine(ctx, target, from, head, clip(w.line, from, until), r, now); err != nil {
			return false, err
		}
	}
	d.mu.Lock()
	d.revise.published = max(until, 1) * 1000
	if d.revise.since == r.since {
		d.revise.since, d.revise.first, d.revise.last = nothing, 0, 0
	}
	d.mu.Unlock()
	if r.since < nothing {
		e.reviseChildren(d.name, r)
	}
	return true, nil
}

// reviseChildren notes that a revision of a parent may explain outages of its children otherwise.
func (e *Engine) reviseChildren(name string, r revise) {
	for _, child := range e.children(name) {
		if c := e.device(child); c != nil && child != name {
			c.mu.Lock()
			if r.since < c.revise.published {
				c.revise.from(r.since-e.cfg.Policy.Skew*1000, r.who, "its parent "+name+" was revised")
			}
			c.mu.Unlock()
		}
	}
}

// head is up to when (s) a target is published.
func (e *Engine) head(ctx context.Context, target string) (int64, error) {
	var head int64
	err := e.deps.DB.QueryRowContext(ctx, `SELECT coalesce(max(to_s), 0) FROM ledger_intervals WHERE target = ?`, target).Scan(&head)
	if err != nil {
		return 0, fmt.Errorf("read what is published of %s: %w", target, err)
	}
	return head, nil
}

// published reads what is published of a target over [from, to) (s).
func (e *Engine) published(ctx context.Context, target string, from, to int64) ([]Interval, error) {
	rows, err := e.deps.DB.QueryContext(ctx, `SELECT from_s, to_s, state, why, uncertainty_s FROM ledger_intervals
		WHERE target = ? AND from_s < ? AND to_s > ? ORDER BY from_s`, target, to, from)
	if err != nil {
		return nil, fmt.Errorf("read what is published of %s: %w", target, err)
	}
	defer rows.Close()
	var out []Interval
	for rows.Next() {
		var x Interval
		if err := rows.Scan(&x.From, &x.To, &x.State, &x.Why, &x.Uncertainty); err != nil {
			return nil, fmt.Errorf("read what is published of %s: %w", target, err)
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// publishLine replaces what is published of a target from from (s) on, and tells what that changed before
// head.
func (e *Engine) publishLine(ctx context.Context, target string, from, head int64, line []Interval, r revise, now int64) error {
	old, err := e.published(ctx, target, from-1, math.MaxInt64)
	if err != nil {
		return err
	}
	until := line[len(line)-1].To
	if len(old) > 0 && old[0].From < from { // the part of the first row that stays
		line = slices.Concat([]Interval{{From: old[0].From, To: from, State: old[0].State, Why: old[0].Why, Uncertainty: old[0].Uncertainty}}, line)
		line = coalesce(line)
	}
	changed, moved := difference(old, line, from, min(head, until))
	if changed.From >= changed.To && until == head {
		return nil
	}
	return e.deps.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM ledger_intervals WHERE target = ? AND to_s >= ?`, target, from); err != nil {
			return fmt.Errorf("publish %s: %w", target, err)
		}
		for _, x := range line {
			if _, err := tx.ExecContext(ctx, `INSERT INTO ledger_intervals (target, from_s, to_s, state, why, uncertainty_s) VALUES (?, ?, ?, ?, ?, ?)`,
				target, x.From, x.To, x.State, x.Why, x.Uncertainty); err != nil {
				return fmt.Errorf("publish %s: %w", target, err)
			}
		}
		if changed.From >= changed.To {
			return nil
		}
		e.m.revisions.Inc()
		data, err := json.Marshal(moved)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO ledger_revisions (id, target, time_ms, from_s, to_s, who, why, moved)
			VALUES ((SELECT coalesce(max(id), 0) + 1 FROM ledger_revisions), ?, ?, ?, ?, ?, ?, ?)`,
			target, now, changed.From, changed.To, r.who, r.why, string(data))
		if err != nil {
			return fmt.Errorf("record revision of %s: %w", target, err)
		}
		return nil
	})
}

// difference is the window in which two timelines differ, within [from, to), and the seconds by state that
// the new one has more or less.
func difference(before, after []Interval, from, to int64) (Window, map[string]int64) {
	if from >= to {
		return Window{}, nil
	}
	a, b := byState(clip(before, from, to)), byState(clip(after, from, to))
	w := Window{to, from}
	moved := map[string]int64{}
	for i, j, at := 0, 0, from; at < to; {
		end := min(a[i].To, b[j].To)
		if a[i].State != b[j].State {
			w = Window{min(w.From, at), end}
			moved[string(a[i].State)] -= end - at
			moved[string(b[j].State)] += end - at
		}
		if a[i].To == end {
			i++
		}
		if b[j].To == end {
			j++
		}
		at = end
	}
	maps.DeleteFunc(moved, func(_ string, n int64) bool { return n == 0 })
	return w, moved
}

// Revisions lists the newest changes of what was published of a scope over [from, to) (s), newest first.
func (e *Engine) Revisions(ctx context.Context, scope string, from, to int64, limit int) ([]Revision, error) {
	targets, err := e.evidence(scope)
	if err != nil {
		return nil, err
	}
	query := `SELECT id, target, time_ms, from_s, to_s, who, why, moved FROM ledger_revisions WHERE from_s < ? AND to_s > ? ORDER BY id DESC`
	rows, err := e.deps.DB.QueryContext(ctx, query, to, from)
	if err != nil {
		return nil, fmt.Errorf("read revisions: %w", err)
	}
	defer rows.Close()
	out := []Revision{}
	for rows.Next() && len(out) < limit {
		var r Revision
		var at, a, b int64
		var moved string
		if err := rows.Scan(&r.ID, &r.Target, &at, &a, &b, &r.Who, &r.Why, &moved); err != nil {
			return nil, fmt.Errorf("read revisions: %w", err)
		}
		if !targets[r.Target] {
			continue
		}
		if !isProbe(r.Target) {
			r.Target = "device:" + r.Target
		}
		r.Time, r.From, r.To = time.UnixMilli(at).UTC().Format(time.RFC3339), stamp(a), stamp(b)
		if err := json.Unmarshal([]byte(moved), &r.Seconds); err != nil {
			return nil, fmt.Errorf("read revision %d: %w", r.ID, err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// revision is 1, and one more for each change of what was published of some devices over a period.
func (e *Engine) revision(ctx context.Context, targets map[string]bool, w Window) (int, error) {
	rows, err := e.deps.DB.QueryContext(ctx, `SELECT target, count(*) FROM ledger_revisions WHERE from_s < ? AND to_s > ? GROUP BY target`, w.To, w.From)
	if err != nil {
		return 0, fmt.Errorf("count revisions: %w", err)
	}
	defer rows.Close()
	total := 1
	for rows.Next() {
		var target string
		var n int
		if err := rows.Scan(&target, &n); err != nil {
			return 0, fmt.Errorf("count revisions: %w", err)
		}
		if targets[target] {
			total += n
		}
	}
	return total, rows.Err()
}

// Rebuild works out the ledger of all devices again from the facts, and publishes it. It tells the devices
// of which something changed.
func (e *Engine) Rebuild(ctx context.Context, progress func(done, all int)) ([]Revision, error) {
	e.mu.RLock()
	names := slices.Sorted(maps.Keys(e.devices))
	e.mu.RUnlock()
	var last int64
	if err := e.deps.DB.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM ledger_revisions`).Scan(&last); err != nil {
		return nil, fmt.Errorf("read revisions: %w", err)
	}
	for i, name := range names {
		if d := e.device(name); d != nil {
			if _, err := e.judge(ctx, []string{name}); err != nil {
				return nil, err
			}
			d.mu.Lock()
			d.revise = revise{since: 0, who: "rebuild", why: "the ledger was worked out again from its facts", published: 1, first: 1, last: 1}
			d.mu.Unlock()
			if _, err := e.publishOne(ctx, d, e.deps.Now().UnixMilli()); err != nil {
				return nil, err
			}
		}
		progress(i+1, len(names))
	}
	all, err := e.Revisions(ctx, "all", 0, math.MaxInt64, math.MaxInt)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(r Revision) bool { return r.ID <= last })
	slices.SortFunc(all, func(a, b Revision) int { return cmp.Compare(a.Target, b.Target) })
	return all, nil
}
