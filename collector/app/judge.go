package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"ninewatch/collector/alert"
	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/telemetry"
)

// refreshEvery is how soon a device whose agent fell silent is unknown.
const refreshEvery = time.Second

// judge keeps the verdicts of the ledger up to date and hands their changes on: to the incidents and to pages.
type judge struct {
	log       *slog.Logger
	engine    *uptime.Engine
	incidents *alert.Engine
	inventory *inventory.Store
	changed   func(uptime.Verdict) // tells the pages

	mu     sync.Mutex // one evaluation after the other: the incidents see changes in their order
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// Start judges all devices, so that incidents agree with what is stored, and then goes on.
func (j *judge) Start(ctx context.Context) error {
	verdicts, err := j.engine.Reload(ctx)
	if err != nil {
		return err
	}
	j.tell(ctx, verdicts)
	running, cancel := context.WithCancel(context.Background())
	j.cancel = cancel
	j.wg.Go(func() { j.loop(running) })
	return nil
}

func (j *judge) Stop(ctx context.Context) error {
	if j.cancel == nil {
		return nil
	}
	j.cancel()
	return lifecycle.Wait(ctx, &j.wg, "verdicts")
}

func (j *judge) loop(ctx context.Context) {
	ticker := time.NewTicker(refreshEvery)
	defer ticker.Stop()
	inventory := j.inventory.Changed()
	for {
		look := j.engine.Refresh
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-inventory:
			inventory = j.inventory.Changed()
			look = j.engine.Reload
		}
		j.evaluate(ctx, look)
	}
}

// stored takes entries that are in the state store now.
func (j *judge) stored(_ []string, entries []telemetry.Entry) {
	j.evaluate(context.Background(), func(ctx context.Context) ([]uptime.Verdict, error) {
		return j.engine.Observe(ctx, entries)
	})
}

func (j *judge) evaluate(ctx context.Context, look func(context.Context) ([]uptime.Verdict, error)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	verdicts, err := look(ctx)
	if err != nil {
		if ctx.Err() == nil {
			j.log.Error("verdicts not up to date, next try in a second", "err", err)
		}
		return
	}
	j.tell(ctx, verdicts)
}

func (j *judge) tell(ctx context.Context, verdicts []uptime.Verdict) {
	findings := make([]alert.Finding, 0, len(verdicts))
	for _, v := range verdicts {
		findings = append(findings, j.finding(ctx, v))
		j.changed(v)
	}
	if err := j.incidents.Observe(ctx, findings); err != nil {
		j.log.Error("incidents not up to date, they will be at the next change or start", "err", err)
	}
}

func (j *judge) finding(ctx context.Context, v uptime.Verdict) alert.Finding {
	f := alert.Finding{
		Site: v.Site, Device: v.Device, State: alert.State(v.State), Since: v.Since, UncertaintyMS: v.UncertaintyMS,
		Evidence: v.Evidence, Detected: v.Detected, Late: v.Late,
	}
	// A device that has just been removed has no role: its incident closes all the same.
	if d, err := j.inventory.Device(ctx, v.Device); err == nil {
		f.Role, f.Demo = d.Role, d.Source == inventory.SourceDemo
	}
	return f
}
