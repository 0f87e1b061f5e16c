package uptime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"ninewatch/collector/inventory"
)

// ledgerCache keeps the ledgers of many targets for a short time, so that lists of all of them are quick.
type ledgerCache struct {
	mu   sync.Mutex
	kept map[string]cachedLedger
}

type cachedLedger struct {
	*Ledger
	whole
	at int64 // ms
}

// cacheFor (ms) is how old a ledger of a list may be: as_of tells it.
const cacheFor = 30_000

func (c *ledgerCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = nil
}

func (c *ledgerCache) find(scope string, from, now int64) (cachedLedger, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.kept[scope]
	return l, ok && l.start <= from && now-l.at < cacheFor
}

func (c *ledgerCache) put(scope string, l cachedLedger) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept = map[string]cachedLedger{}
	}
	c.kept[scope] = l
}

// ledger is the ledger of a target, at most some seconds old.
func (a *asker) ledger(scope string, from int64) (cachedLedger, error) {
	now := a.e.deps.Now().UnixMilli()
	if l, ok := a.e.cache.find(scope, from, now); ok {
		return l, nil
	}
	w, err := a.line(scope, from)
	if err != nil {
		return cachedLedger{}, err
	}
	l := cachedLedger{NewLedger(w.line), w, now}
	a.e.cache.put(scope, l)
	return l, nil
}

// List measures many targets over one period, without the outages of each. A target of which nothing is
// known is left out.
func (e *Engine) List(ctx context.Context, scopes []string, from, to int64, objective string) ([]Answer, error) {
	a := e.ask(ctx)
	a.brief = true
	out := make([]Answer, 0, len(scopes))
	open := openTimes{}
	for _, x := range scopes {
		s, err := a.plan.subject(x)
		if errors.Is(err, ErrUnknownScope) {
			continue
		}
		l, err := a.ledger(x, from)
		if errors.Is(err, ErrUnknownScope) {
			continue
		}
		if err != nil {
			return nil, err
		}
		m, _, err := a.measure(s, l.Ledger, l.whole, Window{from, to}, objective, open)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// Scopes lists the targets of a kind, by name: device, site, service or circuit, or the interfaces that are
// watched.
func (e *Engine) Scopes(ctx context.Context, kind string) ([]string, error) {
	a := e.ask(ctx)
	var out []string
	add := func(name string) { out = append(out, kind+":"+name) }
	switch kind {
	case inventory.KindDevice:
		for n := range a.plan.devices {
			add(n)
		}
	case inventory.KindSite:
		for n := range a.plan.sites {
			add(n)
		}
	case inventory.KindService:
		for n := range a.plan.services {
			add(n)
		}
	case inventory.KindCircuit:
		for n := range a.plan.circuits {
			add(n)
		}
	case inventory.ScopeInterface:
		watched, err := e.Monitored(ctx, "")
		if err != nil {
			return nil, err
		}
		for _, i := range watched {
			add(i.Device + "/" + i.Key)
		}
	default:
		return nil, fmt.Errorf("kind %q: %w: want device, interface, site, service or circuit", kind, ErrUnknownScope)
	}
	slices.Sort(out)
	return out, nil
}

// Members lists the targets that a scope adds up, by name; a scope with a timeline of its own is its only one.
func (e *Engine) Members(ctx context.Context, scope string) ([]string, error) {
	scopes, _, err := e.ask(ctx).group(scope)
	return scopes, err
}

// Providers lists those who run circuits.
func (e *Engine) Providers() []string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var out []string
	for _, c := range e.plan.circuits {
		if c.Provider != "" && !slices.Contains(out, c.Provider) {
			out = append(out, c.Provider)
		}
	}
	slices.Sort(out)
	return out
}
