package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/agent/allow"
	"ninewatch/agent/config"
	"ninewatch/agent/discover"
	"ninewatch/agent/icmp"
	"ninewatch/agent/profile"
	"ninewatch/agent/schedule"
	"ninewatch/agent/spool"
	"ninewatch/agent/status"
	"ninewatch/agent/trap"
	"ninewatch/agent/uplink"
	"ninewatch/agent/watch"
	"ninewatch/internal/datadir"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/telemetry"
	"ninewatch/internal/version"
)

// App is a whole agent. A test runs it in its own process.
type App struct {
	cfg   config.Config
	log   *slog.Logger
	set   *metrics.Set
	fatal chan error

	queue     *spool.Queue
	prober    *icmp.Prober
	scheduler *schedule.Scheduler
	watcher   *watch.Watcher
	traps     *trap.Receiver
	scanner   *discover.Scanner
	uplink    *uplink.Uplink // nil: no collector, only local devices
	status    *status.Server

	stop    context.CancelFunc
	running sync.WaitGroup
	ended   error
}

// Run runs an agent until ctx ends or a part of it cannot go on.
func Run(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	a, err := New(cfg, log)
	if err != nil {
		return err
	}
	return a.run(ctx)
}

// New builds an agent that is not started. It opens the spool, so that a folder which cannot be written is
// told at once.
func New(cfg config.Config, log *slog.Logger) (*App, error) {
	a := &App{cfg: cfg, log: log, set: metrics.NewSet(), fatal: make(chan error, 8)}
	if err := datadir.Prepare("state_dir", cfg.StateDir); err != nil {
		return nil, err
	}
	list, err := allow.Parse(cfg.Allow)
	if err != nil {
		return nil, err
	}
	a.queue, err = spool.Open(spool.Config{
		Dir: filepath.Join(cfg.StateDir, "spool"), MaxSize: int64(cfg.Spool.MaxSize), MaxAge: cfg.Spool.MaxAge,
	}, spool.Deps{Log: log, Metrics: a.set, Now: time.Now})
	if err != nil {
		return nil, fmt.Errorf("open the spool: %w", err)
	}
	profiles, err := cfg.Library()
	if err == nil {
		err = a.build(list, profiles)
	}
	if err != nil {
		return nil, errors.Join(err, a.queue.Close(context.Background()))
	}
	return a, nil
}

// build makes the parts from the bottom up.
func (a *App) build(list allow.List, profiles *profile.Library) (err error) {
	a.prober, err = icmp.New(icmp.DefaultConfig(), icmp.Deps{Log: a.log, Metrics: a.set, Report: func(r icmp.Result) { a.watcher.Echo(r) }})
	if err != nil {
		return err
	}
	jobs := schedule.DefaultConfig()
	jobs.File = filepath.Join(a.cfg.StateDir, "last-runs")
	a.scheduler, err = schedule.New(jobs, schedule.Deps{Log: a.log, Metrics: a.set})
	if err != nil {
		return err
	}
	a.watcher = watch.New(watch.Deps{
		Log: a.log, Metrics: a.set, Append: a.queue.Append, Prober: a.prober, Scheduler: a.scheduler, Allow: list, Profiles: profiles, Now: time.Now,
		Checkpoint: filepath.Join(a.cfg.StateDir, "open-runs"),
		Learnt:     filepath.Join(a.cfg.StateDir, "learnt"),
	})
	a.scanner = discover.NewScanner(discover.ScannerDeps{
		Log: a.log, Append: a.queue.Append, Allow: list, Dir: filepath.Join(a.cfg.StateDir, "scans"), Now: time.Now,
		Asks: discover.Network{Profiles: profiles, Timeout: discover.DefaultConfig().Timeout, Budget: 30 * time.Second},
	})
	traps := trap.DefaultConfig()
	traps.Listen = a.cfg.Traps.Listen
	a.traps, err = trap.New(traps, trap.Deps{Log: a.log, Metrics: a.set, Senders: a.watcher.Senders, Take: a.watcher.Trap})
	if err != nil {
		return err
	}
	a.status = status.New(a.cfg.Listen, a.pages(), a.fatal)
	return a.buildUplink()
}

func (a *App) buildUplink() error {
	enrolled, err := uplink.Enrolled(a.cfg.StateDir)
	if err != nil {
		return err
	}
	if !enrolled && a.cfg.Join.TokenFile == "" {
		if len(a.cfg.Local.Devices) > 0 {
			return nil
		}
		return fmt.Errorf("%w, or name its file as join.token_file in the configuration", uplink.ErrNotEnrolled)
	}
	cfg := uplink.DefaultConfig()
	cfg.StateDir, cfg.Addresses, cfg.Version = a.cfg.StateDir, a.cfg.Collectors, version.String()
	a.uplink, err = uplink.New(cfg, uplink.Deps{
		Log: a.log, Metrics: a.set, Queue: a.queue, OnAssignment: a.assigned, Heartbeat: a.heartbeat, Now: time.Now,
	})
	return err
}

// assigned puts an assignment of the collector to work.
func (a *App) assigned(to telemetry.Assignment) (problems []string) {
	a.scanner.Apply(to)
	return a.watcher.Apply(to)
}

// heartbeat is what the agent says of itself to the collector.
func (a *App) heartbeat() telemetry.Heartbeat {
	account := a.queue.Account()
	return telemetry.Heartbeat{
		Time: time.Now().UnixMilli(), Watermark: a.watcher.Watermark(),
		SpoolRecords: account.Records, SpoolBytes: account.Bytes,
		Produced: account.Produced, Acknowledged: account.Acknowledged, Queued: account.Queued, Dropped: account.Dropped,
		Devices: uint32(a.watcher.Devices()), Problems: a.watcher.Problems(),
	}
}

func (a *App) run(ctx context.Context) error {
	parts := []lifecycle.Part{
		{Name: "spool", Start: nothing, Stop: a.queue.Close},
		{Name: "/metrics", Start: a.status.Start, Stop: a.status.Stop},
		{Name: "records", Start: a.watcher.Start, Stop: a.watcher.Stop},
		{Name: "ICMP", Start: a.startICMP, Stop: a.prober.Stop},
		{Name: "schedule", Start: a.scheduler.Start, Stop: a.scheduler.Stop},
		{Name: "traps", Start: a.traps.Start, Stop: a.traps.Stop},
		{Name: "local devices", Start: a.applyLocal, Stop: nothing},
	}
	if a.uplink != nil {
		parts = append(parts, lifecycle.Part{Name: "scans", Start: a.scanner.Start, Stop: a.scanner.Stop})
		parts = append(parts, lifecycle.Part{Name: "uplink", Start: a.startUplink, Stop: a.uplink.Stop})
	}
	return lifecycle.Run(ctx, a.fatal, parts...)
}

// startICMP goes on without the right to send echoes: what is asked by SNMP is measured all the same, and the
// targets of echoes are prober faults, not losses.
func (a *App) startICMP(ctx context.Context) error {
	err := a.prober.Start(ctx)
	if errors.Is(err, icmp.ErrNotPermitted) {
		a.log.Warn("no echoes will be sent", "component", "agent/app", "err", err)
		return nil
	}
	return err
}

func (a *App) applyLocal(context.Context) error {
	if len(a.cfg.Local.Devices) == 0 {
		return nil
	}
	for _, problem := range a.watcher.Apply(a.cfg.Local.Assignment()) {
		a.log.Warn("local device not watched", "component", "agent/app", "problem", problem)
	}
	return nil
}

func nothing(context.Context) error { return nil }

// Start starts the agent in the background; Stop ends it.
func (a *App) Start() {
	ctx, stop := context.WithCancel(context.Background())
	a.stop = stop
	a.running.Go(func() { a.ended = a.run(ctx) })
}

// Stop ends an agent that Start started, and returns what went wrong with it.
func (a *App) Stop(ctx context.Context) error {
	a.stop()
	if err := lifecycle.Wait(ctx, &a.running, "the agent's parts"); err != nil {
		return err
	}
	return a.ended
}

// Account is the agent's bookkeeping of samples.
func (a *App) Account() spool.Account { return a.queue.Account() }

// Addr is where /metrics is served, once the agent runs.
func (a *App) Addr() net.Addr { return a.status.Addr() }
