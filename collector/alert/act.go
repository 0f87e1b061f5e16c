package alert

import (
	"context"
	"fmt"
)

// Acknowledge says that who takes care of incident id.
func (e *Engine) Acknowledge(ctx context.Context, id int64, who string) (Incident, error) {
	return e.act(ctx, id, func(w *World, i *Incident, now int64) error {
		if i.Status == Resolved {
			return ErrResolved
		}
		i.Owner = who
		if i.Status != Flapping {
			if i.Opened == 0 {
				i.Opened = now
			}
			i.Status = Acknowledged
		}
		i.AcknowledgedAt = now
		w.event(i, Event{Time: now, Type: EventAcknowledged, Who: who})
		return nil
	})
}

// Resolve ends incident id by the word of who. What is wrong with its objects opens it again only when it has
// been right in between.
func (e *Engine) Resolve(ctx context.Context, id int64, who, text string) (Incident, error) {
	return e.act(ctx, id, func(w *World, i *Incident, now int64) error {
		if i.Status == Resolved {
			return ErrResolved
		}
		i.Status, i.Ended, i.ByHand = Resolved, now, true
		w.event(i, Event{Time: now, Type: EventResolved, Who: who, Text: text})
		for _, p := range w.sorted(func(p *Problem) bool { return p.Incident == id && p.holds() }) {
			w.dismiss(p, id)
		}
		return nil
	})
}

// dismiss keeps p out of incidents until it is over. Its row in the incident stays, as history.
func (w *World) dismiss(p *Problem, id int64) {
	p.Dismissed, p.Incident, p.Loose = true, 0, 0
	w.touch(p)
}

// Comment adds text to the timeline of incident id.
func (e *Engine) Comment(ctx context.Context, id int64, who, text string) (Incident, error) {
	return e.act(ctx, id, func(w *World, i *Incident, now int64) error {
		w.event(i, Event{Time: now, Type: EventComment, Who: who, Text: text})
		return nil
	})
}

// Assign gives incident id to owner.
func (e *Engine) Assign(ctx context.Context, id int64, who, owner string) (Incident, error) {
	return e.act(ctx, id, func(w *World, i *Incident, now int64) error {
		if i.Status == Resolved {
			return ErrResolved
		}
		i.Owner = owner
		w.event(i, Event{Time: now, Type: EventComment, Who: who, Text: "assigned to " + owner})
		return nil
	})
}

func (e *Engine) act(ctx context.Context, id int64, f func(w *World, i *Incident, now int64) error) (Incident, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.load(ctx); err != nil {
		return Incident{}, err
	}
	var after Incident
	err := e.commit(ctx, func(w *World, now int64) (Outcome, error) {
		i := w.incidents[id]
		if i == nil { // of the past
			old, err := one(e.deps.Read.QueryContext(ctx, selectIncidents+` WHERE id = ?`, id))
			if err != nil {
				return Outcome{}, err
			}
			known, err := manyTold(ctx, e.deps.Read, `WHERE incident = ?`, id)
			if err != nil {
				return Outcome{}, err
			}
			i = &old
			w.incidents[id] = i
			e.remember(notices{told: known})
		}
		if err := f(w, i, now); err != nil {
			return Outcome{}, err
		}
		after = i.copy()
		return w.outcome(), nil
	})
	if err != nil {
		return Incident{}, fmt.Errorf("incident INC-%d: %w", id, err)
	}
	return after, nil
}
