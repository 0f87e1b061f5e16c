package alert

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// Deps are what an Engine uses but does not own. All are required.
type Deps struct {
	Log     *slog.Logger
	Metrics *metrics.Set
	Read    *sql.DB
	Write   func(context.Context, func(*sql.Tx) error) error
	// Notify queues what receivers are told of a change, in the transaction of the change.
	Notify  func(tx *sql.Tx, event string, i Incident) error
	Changed func(Incident) // told after the commit, for pages that are open
	Now     func() time.Time
}

// Engine keeps the incidents. Its methods may be called from several goroutines.
type Engine struct {
	deps     Deps
	log      *slog.Logger
	opened   *metrics.Counter
	resolved *metrics.Counter
}

// New returns an Engine over the state store.
func New(deps Deps) *Engine {
	e := &Engine{
		deps:     deps,
		log:      deps.Log.With("component", "collector/alert"),
		opened:   deps.Metrics.NewCounter(`ninewatch_collector_alert_incidents_opened_total`),
		resolved: deps.Metrics.NewCounter(`ninewatch_collector_alert_incidents_resolved_total`),
	}
	deps.Metrics.NewGauge(`ninewatch_collector_alert_incidents_open`, func() float64 {
		var n float64
		// A failed read leaves 0; the state store counts its own errors.
		_ = deps.Read.QueryRow(`SELECT count(*) FROM incidents WHERE status <> 'resolved'`).Scan(&n)
		return n
	})
	return e
}

// Errors of the actions of people.
var (
	ErrUnknownIncident = errors.New("unknown incident")
	ErrResolved        = errors.New("the incident is resolved already")
)

// Observe applies findings: it opens and resolves incidents. Repeating it changes nothing.
func (e *Engine) Observe(ctx context.Context, findings []Finding) error {
	for _, f := range findings {
		var change Change
		var ok bool
		err := e.deps.Write(ctx, func(tx *sql.Tx) error {
			open, err := openOf(tx, DeviceDown, f.Device)
			if err != nil {
				return err
			}
			if change, ok = Decide(open, f); !ok {
				return nil
			}
			return e.record(tx, &change)
		})
		if err != nil {
			return fmt.Errorf("incident of device %q: %w", f.Device, err)
		}
		if ok {
			e.tell(change)
		}
	}
	return nil
}

// Acknowledge says that who takes care of incident id.
func (e *Engine) Acknowledge(ctx context.Context, id int64, who string) (Incident, error) {
	return e.act(ctx, id, func(i *Incident) (Event, error) {
		if i.Status == Resolved {
			return Event{}, ErrResolved
		}
		i.Status, i.Owner, i.AcknowledgedAt = Acknowledged, who, e.deps.Now().UnixMilli()
		return Event{Type: EventAcknowledged, Who: who}, nil
	})
}

// Resolve ends incident id by the word of who. While its device is still down, the next finding opens a new one.
func (e *Engine) Resolve(ctx context.Context, id int64, who, text string) (Incident, error) {
	return e.act(ctx, id, func(i *Incident) (Event, error) {
		if i.Status == Resolved {
			return Event{}, ErrResolved
		}
		i.Status, i.Ended = Resolved, e.deps.Now().UnixMilli()
		return Event{Type: EventResolved, Who: who, Text: text}, nil
	})
}

// Comment adds text to the timeline of incident id.
func (e *Engine) Comment(ctx context.Context, id int64, who, text string) (Incident, error) {
	return e.act(ctx, id, func(*Incident) (Event, error) {
		return Event{Type: EventComment, Who: who, Text: text}, nil
	})
}

func (e *Engine) act(ctx context.Context, id int64, f func(*Incident) (Event, error)) (Incident, error) {
	var change Change
	err := e.deps.Write(ctx, func(tx *sql.Tx) error {
		i, err := one(tx.Query(selectIncidents+` WHERE id = ?`, id))
		if err != nil {
			return err
		}
		event, err := f(&i)
		if err != nil {
			return err
		}
		event.Time = e.deps.Now().UnixMilli()
		change = Change{i, event}
		return e.record(tx, &change)
	})
	if err != nil {
		return Incident{}, fmt.Errorf("incident INC-%d: %w", id, err)
	}
	e.tell(change)
	return change.Incident, nil
}

// record writes a change and what is to be notified of it. Comments are not notified.
func (e *Engine) record(tx *sql.Tx, c *Change) error {
	if err := save(tx, &c.Incident); err != nil {
		return err
	}
	if err := appendEvent(tx, c.Incident.ID, c.Event); err != nil {
		return err
	}
	if c.Event.Type == EventComment {
		return nil
	}
	return e.deps.Notify(tx, c.Event.Type, c.Incident)
}

func (e *Engine) tell(c Change) {
	switch c.Event.Type {
	case EventOpened:
		e.opened.Inc()
	case EventResolved:
		e.resolved.Inc()
	}
	e.log.Info("incident changed", "event", c.Event.Type, "incident", c.Incident.Name(), "site", c.Incident.Site, "device", c.Incident.Device, "summary", c.Incident.Summary)
	e.deps.Changed(c.Incident)
}
