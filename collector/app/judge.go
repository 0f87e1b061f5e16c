package app

import (
	"context"
	"database/sql"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"ninewatch/collector/alert"
	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/telemetry"
)

// refreshEvery is how soon a device whose agent fell silent is unknown; publishEvery is how often what late
// evidence changed is looked for, and that the collector runs is recorded.
const (
	refreshEvery = time.Second
	publishEvery = 10 * time.Second
)

// judge keeps the verdicts of the ledger up to date and hands their changes on: to the incidents and to pages.
type judge struct {
	log       *slog.Logger
	engine    *uptime.Engine
	incidents *alert.Engine
	inventory *inventory.Store
	changed   func(uptime.Verdict) // tells the pages
	ports     func()               // tells them that interfaces changed
	touched   func([]string)       // tells the topology which devices, or ports of them, changed
	write     func(context.Context, func(*sql.Tx) error) error
	reload    chan struct{} // what the ledger knows of the inventory has to be read again

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
	j.tell(verdicts)
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
	publish := time.NewTicker(publishEvery)
	defer publish.Stop()
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
		case <-j.reload:
			look = j.engine.Reload
		case <-publish.C:
			j.publish(ctx)
		}
		j.evaluate(ctx, look)
	}
}

// publish records that the collector runs, and brings what is published of the ledger up to date.
func (j *judge) publish(ctx context.Context) {
	now := time.Now().UnixMilli()
	err := j.write(ctx, func(tx *sql.Tx) error { return uptime.RecordContact(ctx, tx, uptime.CollectorAgent, "", now) })
	if err == nil {
		err = j.engine.Publish(ctx)
	}
	if err != nil && ctx.Err() == nil {
		j.log.Error("the ledger is not published up to date, next try in ten seconds", "err", err)
	}
}

// heard records a sign of life of an agent.
func (j *judge) heard(c auth.Contact) {
	err := j.write(context.Background(), func(tx *sql.Tx) error {
		return uptime.RecordContact(context.Background(), tx, c.Agent, c.BootID, c.Received)
	})
	if err != nil {
		j.log.Error("sign of life not recorded for the ledger", "agent", c.Agent, "err", err)
	}
}

// portsChanged takes the devices of which an interface changed its state or a trap came, and since when (Unix ms).
// What they tell of ports may date the outages of what lies behind these.
func (j *judge) portsChanged(since map[string]int64) {
	j.evaluate(context.Background(), func(ctx context.Context) ([]uptime.Verdict, error) {
		return j.engine.PortsChanged(ctx, since)
	})
	j.ports()
	j.touched(slices.Sorted(maps.Keys(since)))
}

// again lets the ledger read the inventory again.
func (j *judge) again() {
	select {
	case j.reload <- struct{}{}:
	default:
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
	j.tell(verdicts)
}

func (j *judge) tell(verdicts []uptime.Verdict) {
	findings := make([]alert.Finding, 0, len(verdicts))
	for _, v := range verdicts {
		findings = append(findings, finding(v))
		j.changed(v)
		j.touched([]string{v.Device})
	}
	j.incidents.Report(findings)
}

func finding(v uptime.Verdict) alert.Finding {
	return alert.Finding{
		Site: v.Site, Device: v.Device, State: alert.State(v.State), Since: v.Since, UncertaintyMS: v.UncertaintyMS,
		Evidence: v.Evidence, Detected: v.Detected, Late: v.Late,
	}
}
