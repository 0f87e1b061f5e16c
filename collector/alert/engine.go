package alert

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/internal/lifecycle"
)

// Source is an engine that is asked every few seconds for all of its findings. What it no longer says is over.
type Source interface {
	Findings(ctx context.Context) ([]Finding, error)
}

// NamedSource is a Source with the kinds that it speaks of: it is the only one that does, or the only one for
// its objects.
type NamedSource struct {
	Name  string
	Every time.Duration
	Source
}

// SourceFunc makes a Source of a function.
type SourceFunc func(ctx context.Context) ([]Finding, error)

// Findings implements Source.
func (f SourceFunc) Findings(ctx context.Context) ([]Finding, error) { return f(ctx) }

// Message is what one receiver is told at once: mostly of one incident.
type Message struct {
	Receiver string
	Route    string
	Items    []Item
}

// Item is what happened to one incident.
type Item struct {
	Event    string // opened, updated, acknowledged, resolved
	Incident Incident
}

// Deps are what an Engine uses but does not own. All but Sources, Book, Planned and Passed are required.
type Deps struct {
	Log     *slog.Logger
	Metrics *metrics.Set
	Read    *sql.DB
	Write   func(context.Context, func(*sql.Tx) error) error
	// Deliver queues a message in the transaction of the change that it tells of.
	Deliver func(tx *sql.Tx, m Message) error
	Changed func(Incident) // told after the commit, for pages that are open, and to send what was queued
	// Book is what is known of the network and of whom to tell. It is called often and has to be quick; the
	// same pointer means that nothing changed.
	Book func() *Book
	// Planned is the maintenance of a device at a moment (Unix ms), in words; empty: none.
	Planned func(site, device string, at int64) string
	// Passed says in words what a device did while it did not answer, once that is known.
	Passed  func(Outage) (words string, known bool)
	Sources []NamedSource
	Now     func() time.Time
}

// Engine keeps the incidents. Its methods may be called from several goroutines.
type Engine struct {
	deps   Deps
	log    *slog.Logger
	m      engineMetrics
	awake  chan struct{}
	cancel context.CancelFunc
	wg     sync.WaitGroup

	inboxMu sync.Mutex
	inbox   []Finding

	mu      sync.Mutex // of what follows: one step after the other
	world   *World     // nil: to be read
	told    map[int64]map[toldKey]Told
	book    *Book
	silent  []Silence
	waiting int64 // when the next waiting notice is due; 0: none
	said    map[string]map[Key]Finding
}

// New returns an Engine over the state store that is not started.
func New(deps Deps) *Engine {
	if deps.Book == nil {
		empty := &Book{}
		deps.Book = func() *Book { return empty }
	}
	if deps.Planned == nil {
		deps.Planned = func(string, string, int64) string { return "" }
	}
	if deps.Passed == nil {
		deps.Passed = func(Outage) (string, bool) { return "", false }
	}
	return &Engine{
		deps: deps, log: deps.Log.With("component", "collector/alert"), m: newMetrics(deps.Metrics, deps.Read), awake: make(chan struct{}, 1),
		said: map[string]map[Key]Finding{},
	}
}

// Errors of the actions of people.
var (
	ErrUnknownIncident = errors.New("unknown incident")
	ErrResolved        = errors.New("the incident is resolved already")
)

// The pace of the loop: stepEvery between two steps that are asked for, lookEvery without being asked.
const (
	stepEvery = 100 * time.Millisecond
	lookEvery = 500 * time.Millisecond
	maxInbox  = 500_000 // findings; more devices than that nobody watches
)

// Start begins to judge in time, and to ask the sources.
func (e *Engine) Start(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	e.cancel = cancel
	e.wg.Go(func() { e.loop(ctx) })
	e.wg.Go(func() { e.learn(ctx) })
	for _, s := range e.deps.Sources {
		e.wg.Go(func() { e.ask(ctx, s) })
	}
	return nil
}

// Stop ends the loop.
func (e *Engine) Stop(ctx context.Context) error {
	if e.cancel == nil {
		return nil
	}
	e.cancel()
	return lifecycle.Wait(ctx, &e.wg, "incidents")
}

func (e *Engine) loop(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		if err := e.Step(ctx); err != nil && ctx.Err() == nil {
			e.log.Error("incidents not up to date, next try in a second", "err", err)
			sleep(ctx, time.Second)
		}
		sleep(ctx, stepEvery)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-e.awake:
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func (e *Engine) wake() {
	select {
	case e.awake <- struct{}{}:
	default:
	}
}

// Report hands findings over; the loop takes them with its next step, many at once.
func (e *Engine) Report(findings []Finding) {
	if len(findings) == 0 {
		return
	}
	e.inboxMu.Lock()
	if room := maxInbox - len(e.inbox); len(findings) > room {
		e.m.dropped.Add(len(findings) - max(0, room))
		findings = findings[:max(0, room)]
	}
	e.inbox = append(e.inbox, findings...)
	e.inboxMu.Unlock()
	e.wake()
}

// Observe is Report with a step: when it returns, what the findings change is stored. Repeating it changes nothing.
func (e *Engine) Observe(ctx context.Context, findings []Finding) error {
	e.Report(findings)
	return e.Step(ctx)
}

// Step takes what was reported, judges all that is open, and stores what changed with what is to be told of it,
// in one transaction. After an error all is read again, and what was reported is taken once more.
func (e *Engine) Step(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.load(ctx); err != nil {
		return err
	}
	e.inboxMu.Lock()
	in := e.inbox
	e.inbox = nil
	e.inboxMu.Unlock()
	err := e.commit(ctx, func(w *World, now int64) (Outcome, error) { return w.Step(in, e.book, now), nil })
	if err != nil {
		e.inboxMu.Lock()
		e.inbox = append(in, e.inbox...)
		e.inboxMu.Unlock()
	}
	return err
}

// commit changes the world and stores that. The world is thrown away when it cannot be stored.
func (e *Engine) commit(ctx context.Context, change func(w *World, now int64) (Outcome, error)) error {
	if book := e.deps.Book(); book != e.book && book != nil {
		e.book = book
		e.world.Touch()
	}
	now := e.deps.Now().UnixMilli()
	out, err := change(e.world, now)
	if err != nil {
		return err
	}
	n := e.notices(now)
	if len(out.Changes)+len(out.Problems)+len(out.Gone)+len(n.told)+len(n.sends) == 0 && !n.flush {
		return nil
	}
	var waiting int64
	err = e.deps.Write(ctx, func(tx *sql.Tx) error {
		if err := store(tx, out); err != nil {
			return err
		}
		var err error
		waiting, err = e.storeNotices(tx, n, now)
		return err
	})
	if err != nil {
		e.world = nil
		return fmt.Errorf("store incidents: %w", err)
	}
	e.waiting = waiting
	e.remember(n)
	for _, c := range out.Changes {
		e.tell(c)
	}
	if len(out.Changes) == 0 && len(n.sends) > 0 {
		e.deps.Changed(n.sends[0].incident)
	}
	return nil
}

// tell counts and logs what happened, and tells the pages.
func (e *Engine) tell(c Change) {
	for _, ev := range c.Events {
		switch ev.Type {
		case EventOpened:
			e.m.opened.Inc()
		case EventResolved:
			e.m.resolved.Inc()
		case EventComment, EventDetected, EventEvidence:
			continue
		}
		e.log.Info("incident changed", "event", ev.Type, "incident", c.Incident.Name(), "site", c.Incident.Site, "device", c.Incident.Device, "kind", c.Incident.Kind, "summary", c.Incident.Summary)
	}
	e.deps.Changed(c.Incident)
}

// ask asks a source again and again. What it said before and says no longer is over.
func (e *Engine) ask(ctx context.Context, s NamedSource) {
	for ctx.Err() == nil {
		if err := e.Poll(ctx, s); err != nil && ctx.Err() == nil {
			e.m.sourceErrors.Inc()
			e.log.Error("findings not read, next try soon", "source", s.Name, "err", err)
		}
		sleep(ctx, s.Every)
	}
}

// Poll asks a source once.
func (e *Engine) Poll(ctx context.Context, s NamedSource) error {
	list, err := s.Findings(ctx)
	if err != nil {
		return fmt.Errorf("findings of %s: %w", s.Name, err)
	}
	now := e.deps.Now().UnixMilli()
	said := make(map[Key]Finding, len(list))
	for n := range list {
		if k := list[n].key(); k.Kind == DeviceDown {
			return fmt.Errorf("findings of %s: %q is told as %s, which only the ledger may", s.Name, list[n].Summary, DeviceDown)
		}
		list[n].Labels = labelled(list[n].Labels, s.Name)
		if list[n].Detected == 0 {
			list[n].Detected = now
		}
		said[list[n].key()] = list[n]
	}
	before, err := e.saidBefore(ctx, s.Name)
	if err != nil {
		return err
	}
	for k, f := range before {
		if _, still := said[k]; !still {
			f.State, f.Since, f.Detected, f.Evidence, f.More = Up, now, now, "", nil
			list = append(list, f)
		}
	}
	e.mu.Lock()
	e.said[s.Name] = said
	e.mu.Unlock()
	e.Report(list)
	return nil
}

// sourceLabel is the label that says which source a problem is of, so that its end is seen after a restart too.
const sourceLabel = "source"

func labelled(in map[string]string, source string) map[string]string {
	out := make(map[string]string, len(in)+1)
	for k, v := range in {
		out[k] = v
	}
	out[sourceLabel] = source
	return out
}

// saidBefore is what a source said last: before the first time, what is stored of it.
func (e *Engine) saidBefore(ctx context.Context, source string) (map[Key]Finding, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if said, ok := e.said[source]; ok {
		return said, nil
	}
	if err := e.load(ctx); err != nil {
		return nil, err
	}
	said := map[Key]Finding{}
	for k, p := range e.world.problems {
		if p.holds() && p.Labels[sourceLabel] == source {
			said[k] = Finding{Kind: k.Kind, Device: k.Device, Object: k.Object, Site: p.Site, Role: p.Role}
		}
	}
	return said, nil
}
