package alert

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// passedEvery is how often it is asked what devices did while they did not answer, passedFor for how long after
// their return. Of one incident the newest passedKept answers are kept in words.
const (
	passedEvery = 10 * time.Second
	passedFor   = time.Hour
	passedKept  = 10
)

// Outage is a time (Unix ms) for which a device did not answer.
type Outage struct {
	Device   string
	From, To int64
}

// learn asks again and again what devices did while they did not answer: that shows with their first answers
// after it, when the incident is resolved already.
func (e *Engine) learn(ctx context.Context) {
	for ctx.Err() == nil {
		sleep(ctx, passedEvery)
		if err := e.Learn(ctx); err != nil && ctx.Err() == nil {
			e.log.Error("what devices did in their outages is not known, next try soon", "err", err)
		}
	}
}

// Learn adds to incidents what is known by now of the outages that they are made of. Nobody is told of it by
// itself.
func (e *Engine) Learn(ctx context.Context) error {
	from := e.deps.Now().Add(-passedFor).UnixMilli()
	list, err := problems(ctx, e.deps.Read, `WHERE kind = 'device_down' AND hidden = 0 AND incident IN
		(SELECT id FROM incidents WHERE kind = 'device_down' AND status <> 'flapping' AND (status <> 'resolved' OR ended_ms >= ?)) ORDER BY incident, device`, from)
	if err != nil {
		return err
	}
	for _, p := range list {
		if p.Cleared < from || p.Passed != "" {
			continue
		}
		words, known := e.deps.Passed(Outage{p.Device, p.Since, p.Cleared})
		if !known {
			continue
		}
		if err := e.passed(ctx, p, words); err != nil {
			return err
		}
	}
	return nil
}

// passed keeps in the incident of p what its device did.
func (e *Engine) passed(ctx context.Context, p Problem, words string) error {
	_, err := e.act(ctx, p.Incident, func(w *World, i *Incident, now int64) error {
		mine := w.problems[p.Key]
		switch {
		case mine == nil || mine.Incident != p.Incident:
			mine = &p // of an incident that is over
		case mine.Cleared != p.Cleared:
			return nil // it is down again
		}
		mine.Passed = words
		w.learnt = append(w.learnt, *mine)
		words = p.Device + " " + words
		i.Passed = append(i.Passed, words)
		i.Passed = slices.Clone(i.Passed[max(0, len(i.Passed)-passedKept):])
		i.Evidence = append(i.Evidence, words)
		i.Cause = strings.Join(slices.DeleteFunc([]string{i.Cause, words}, func(s string) bool { return s == "" }), "; ")
		w.event(i, Event{Time: now, Type: EventEvidence, Text: words})
		return nil
	})
	if err != nil {
		return fmt.Errorf("outage of %q: %w", p.Device, err)
	}
	return nil
}
