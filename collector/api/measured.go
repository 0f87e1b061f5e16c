package api

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
)

const (
	measuredFor  = 5 * time.Minute // for which an answer stands; the bounds of a period that has not ended are whole ones of it
	measuredMost = 5_000           // answers that are kept
)

// measuredCache keeps what was measured of circuits for some minutes: a month of samples of one takes 10 ms and more
// of CPU to read, and the page asks for all of them every other minute. One request measures at a time, so that a
// thousand circuits do not take all processors, and the next finds what it left.
type measuredCache struct {
	measure measure
	now     func() time.Time
	turn    chan struct{} // holds one

	mu   sync.Mutex
	kept map[measuredKey]measuredAnswer
}

// measuredKey has what a circuit is and was promised, so that another contract is judged at once.
type measuredKey struct {
	scope, spec string
	from, to    int64
}

type measuredAnswer struct {
	at      time.Time
	promise *uptime.Promise
	quality *uptime.Quality
}

type measure func(ctx context.Context, scope string, from, to int64) (*uptime.Promise, *uptime.Quality, error)

func newMeasured(m measure, now func() time.Time) *measuredCache {
	return &measuredCache{measure: m, now: now, turn: make(chan struct{}, 1), kept: map[measuredKey]measuredAnswer{}}
}

// begin waits for the turn of a request; the caller ends it.
func (c *measuredCache) begin(ctx context.Context) (end func(), err error) {
	select {
	case c.turn <- struct{}{}:
		return func() { <-c.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// of is what was measured of a scope, in a request that has its turn.
func (c *measuredCache) of(ctx context.Context, scope, spec string, from, to int64) (*uptime.Promise, *uptime.Quality, error) {
	now, step := c.now(), int64(measuredFor/time.Second)
	if to > now.Unix()-step {
		from, to = from-from%step, to-to%step
	}
	key := measuredKey{scope, spec, from, to}
	c.mu.Lock()
	found, ok := c.kept[key]
	c.mu.Unlock()
	if ok && now.Sub(found.at) < measuredFor {
		return found.promise, found.quality, nil
	}
	promise, quality, err := c.measure(ctx, scope, from, to)
	if err != nil {
		return nil, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= measuredMost {
		for k, a := range c.kept {
			if now.Sub(a.at) >= measuredFor {
				delete(c.kept, k)
			}
		}
		if len(c.kept) >= measuredMost {
			clear(c.kept)
		}
	}
	c.kept[key] = measuredAnswer{now, promise, quality}
	return promise, quality, nil
}

// measureCircuits adds the contract and what was measured to answers of circuits.
func (a *API) measureCircuits(ctx context.Context, items []uptime.Answer, from, to int64) error {
	objects, err := a.deps.Inventory.Objects(ctx, inventory.KindCircuit)
	if err != nil {
		return err
	}
	specs := map[string]json.RawMessage{}
	for _, o := range objects {
		specs[inventory.KindCircuit+":"+o.Name] = o.Spec
	}
	end, err := a.measured.begin(ctx)
	if err != nil {
		return fmt.Errorf("wait for another request that measures circuits: %w", err)
	}
	defer end()
	for i := range items {
		scope := items[i].Scope
		if items[i].Contract, items[i].Quality, err = a.measured.of(ctx, scope, string(specs[scope]), from, to); err != nil {
			return err
		}
	}
	return nil
}
