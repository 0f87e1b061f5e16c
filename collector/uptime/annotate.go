package uptime

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/inventory"
)

// ErrAnnotation means that an annotation cannot be made or withdrawn as asked.
var ErrAnnotation = errors.New("annotation refused")

// Annotation is what a person says of time that nobody saw: that a device, all devices of a site, or the far end of
// a circuit, was up or down. It replaces unknown seconds alone: evidence is stronger whenever it comes. It stays on
// record when it is withdrawn.
type Annotation struct {
	ID          int64
	Scope       string // device:NAME, site:NAME or circuit:NAME
	From, To    int64  // Unix s
	State       State  // Up or Down
	Reason, Who string
	Created     int64 // Unix ms
	Withdrawn   int64 // Unix ms; 0: it counts
	WithdrawnBy string
}

// mostReason bounds the text of an annotation, in bytes.
const mostReason = 2_000

// validate says what cannot be; now is in s.
func (a Annotation) validate(now int64) error {
	kind, _, _ := strings.Cut(a.Scope, ":")
	switch {
	case kind != inventory.KindDevice && kind != inventory.KindSite && kind != inventory.KindCircuit:
		return fmt.Errorf("%w: scope %q is none of device:NAME, site:NAME, circuit:NAME", ErrAnnotation, a.Scope)
	case a.State != Up && a.State != Down:
		return fmt.Errorf("%w: state %q is neither up nor down", ErrAnnotation, a.State)
	case a.From >= a.To:
		return fmt.Errorf("%w: from has to lie before to", ErrAnnotation)
	case a.To > now:
		return fmt.Errorf("%w: to lies in the future: say what was, not what will be", ErrAnnotation)
	case strings.TrimSpace(a.Reason) == "":
		return fmt.Errorf("%w: a reason is needed: it stands in every report of this time", ErrAnnotation)
	case len(a.Reason) > mostReason:
		return fmt.Errorf("%w: the reason has more than %d bytes", ErrAnnotation, mostReason)
	}
	return nil
}

// why is what intervals say that a tells of.
func (a Annotation) why() string { return "said by " + a.Who + ": " + a.Reason }

// covers tells whether a is about a target of the ledger.
func (a Annotation) covers(t target) bool {
	kind, name, _ := strings.Cut(a.Scope, ":")
	switch kind {
	case inventory.KindDevice:
		return name == t.name
	case inventory.KindSite:
		return name == t.site
	}
	return a.Scope == t.name // circuit:NAME, as its far end is called
}

// annotated is a line with what people say of its unknown time; the newer annotation counts.
func annotated(line []Interval, all []Annotation) []Interval {
	if len(all) == 0 || len(line) == 0 {
		return line
	}
	end := line[len(line)-1].To
	for i := len(all) - 1; i >= 0; i-- {
		a := all[i]
		for _, w := range during(line, Unknown).clip(Window{a.From, min(a.To, end)}) {
			line = overlay(line, Interval{From: w.From, To: w.To, State: a.State, Why: a.why()})
		}
	}
	return coalesce(line)
}

// annotationsOf are those that count for a target, the oldest first.
func (e *Engine) annotationsOf(d *device) []Annotation {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var out []Annotation
	for _, a := range e.annotations {
		if a.Withdrawn == 0 && a.covers(d.target) {
			out = append(out, a)
		}
	}
	return out
}

// Annotations lists what was said of a time, withdrawn or not, the newest first.
func (e *Engine) Annotations(from, to int64) []Annotation {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var out []Annotation
	for _, a := range e.annotations {
		if a.From < to && a.To > from {
			out = append(out, a)
		}
	}
	slices.Reverse(out)
	return out
}

// Annotate records what a person says, and has the ledger work out again what it touches: the difference becomes a
// revision. ID and Created are chosen here.
func (e *Engine) Annotate(ctx context.Context, a Annotation) (Annotation, error) {
	now := e.deps.Now()
	if err := a.validate(now.Unix()); err != nil {
		return a, err
	}
	e.mu.RLock()
	_, err := e.plan.subject(a.Scope)
	e.mu.RUnlock()
	if err != nil {
		return a, err
	}
	a.Created, a.Withdrawn, a.WithdrawnBy = now.UnixMilli(), 0, ""
	err = e.deps.Write(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) + 1 FROM ledger_annotations`).Scan(&a.ID); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO ledger_annotations (id, scope, from_s, to_s, state, reason, who, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			a.ID, a.Scope, a.From, a.To, string(a.State), a.Reason, a.Who, a.Created)
		return err
	})
	if err != nil {
		return a, fmt.Errorf("store annotation of %s: %w", a.Scope, err)
	}
	return a, e.said(ctx, a, "user:"+a.Who, "a person said what nobody saw: "+a.Reason)
}

// Withdraw takes an annotation back. What it said stays on record.
func (e *Engine) Withdraw(ctx context.Context, id int64, who string) (Annotation, error) {
	e.mu.RLock()
	i := slices.IndexFunc(e.annotations, func(a Annotation) bool { return a.ID == id })
	var a Annotation
	if i >= 0 {
		a = e.annotations[i]
	}
	e.mu.RUnlock()
	switch {
	case i < 0:
		return a, fmt.Errorf("annotation %d: %w", id, ErrUnknownScope)
	case a.Withdrawn > 0:
		return a, fmt.Errorf("%w: annotation %d was withdrawn already", ErrAnnotation, id)
	}
	a.Withdrawn, a.WithdrawnBy = e.deps.Now().UnixMilli(), who
	err := e.deps.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE ledger_annotations SET withdrawn_ms = ?, withdrawn_by = ? WHERE id = ? AND withdrawn_ms = 0`, a.Withdrawn, who, id)
		return err
	})
	if err != nil {
		return a, fmt.Errorf("withdraw annotation %d: %w", id, err)
	}
	return a, e.said(ctx, a, "user:"+who, fmt.Sprintf("annotation %d was withdrawn", id))
}

// said reads the annotations again, and notes what a changes.
func (e *Engine) said(ctx context.Context, a Annotation, who, why string) error {
	all, err := e.facts.annotations(ctx)
	if err != nil {
		return err
	}
	e.mu.Lock()
	e.annotations = all
	var touched []*device
	for _, d := range e.devices {
		if a.covers(d.target) {
			touched = append(touched, d)
		}
	}
	e.mu.Unlock()
	for _, d := range touched {
		d.mu.Lock()
		d.revise.from(a.From*1000, who, why)
		d.mu.Unlock()
	}
	e.cache.forget()
	return nil
}

// annotations reads all of them, the oldest first.
func (f facts) annotations(ctx context.Context) ([]Annotation, error) {
	rows, err := f.db.QueryContext(ctx, `SELECT id, scope, from_s, to_s, state, reason, who, created_ms, withdrawn_ms, withdrawn_by FROM ledger_annotations ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read annotations: %w", err)
	}
	defer rows.Close()
	var out []Annotation
	for rows.Next() {
		var a Annotation
		if err := rows.Scan(&a.ID, &a.Scope, &a.From, &a.To, &a.State, &a.Reason, &a.Who, &a.Created, &a.Withdrawn, &a.WithdrawnBy); err != nil {
			return nil, fmt.Errorf("read annotations: %w", err)
		}
		out = append(out, a)
	}
	return out, rows.Err()
}

// saidOf tells in an answer what of its period rests on words.
func (e *Engine) saidOf(targets map[string]bool, period Window, out *Answer) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for _, a := range e.annotations {
		if a.Withdrawn > 0 || a.From >= period.To || a.To <= period.From {
			continue
		}
		for name := range targets {
			if d := e.devices[name]; d != nil && a.covers(d.target) {
				out.Notes = append(out.Notes, fmt.Sprintf("What nobody saw of %s from %s to %s counts as %s, as %s said on %s: %s.",
					a.Scope, stamp(a.From), stamp(a.To), a.State, a.Who, time.UnixMilli(a.Created).UTC().Format(time.DateOnly), strings.TrimSuffix(a.Reason, ".")))
				break
			}
		}
	}
}
