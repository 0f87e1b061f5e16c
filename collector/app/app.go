package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/collector/alert"
	"ninewatch/collector/auth"
	"ninewatch/collector/config"
	"ninewatch/collector/feed"
	"ninewatch/collector/ingest"
	"ninewatch/collector/inventory"
	"ninewatch/collector/plan"
	"ninewatch/collector/state"
	"ninewatch/collector/store"
	"ninewatch/collector/topology/live"
	"ninewatch/collector/uptime"
	"ninewatch/collector/webhook"
	"ninewatch/internal/conf"
	"ninewatch/internal/datadir"
	"ninewatch/internal/httpserver"
	"ninewatch/internal/journal"
	"ninewatch/internal/lifecycle"
)

// outOfOrder is how late samples may come: longer than any spool keeps them by default.
const outOfOrder = 8 * 24 * time.Hour

// App is a whole collector. A test runs it in its own process.
type App struct {
	cfg   config.Config
	opts  Options
	log   *slog.Logger
	set   *metrics.Set
	fatal chan error

	db        *state.DB
	journal   *journal.Journal
	auth      *auth.Auth
	inventory *inventory.Store
	store     *store.Store
	uptime    *uptime.Engine
	plan      *plan.Service
	topology  *live.Service
	alert     *alert.Engine
	webhook   *webhook.Service
	feed      *feed.Feed
	ingest    *ingest.Service
	http      *httpserver.Server
	books     *books
	places    places
	judge     *judge
	ports     *ports
	calendars *calendars

	webhookAddresses []netip.Prefix // private ones that users' URLs may lead to
	janitor          *janitor
	discoverer       *discoverer
	parents          *parents
	leases           *leases
	reports          lifecycle.Part

	AdminPassword conf.Secret // of the account admin, when this start made it

	stop    context.CancelFunc
	running sync.WaitGroup
	ended   error
	started chan struct{}
}

// Options are what a program decides about a collector, not its configuration file.
type Options struct {
	Demo bool // what is watched is simulated, and labelled so
}

// Run runs a collector until ctx ends or a part of it cannot go on.
func Run(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	a, err := New(ctx, cfg, Options{}, log)
	if err != nil {
		return err
	}
	a.tellPassword()
	return a.run(ctx)
}

// New opens the stores of a collector and builds its parts; nothing runs yet. A folder that cannot be
// written, or a database of a newer version, is told at once.
func New(ctx context.Context, cfg config.Config, opts Options, log *slog.Logger) (*App, error) {
	a := &App{cfg: cfg, opts: opts, log: log, set: metrics.NewSet(), fatal: make(chan error, 8), started: make(chan struct{})}
	if err := datadir.Prepare("data_dir", cfg.DataDir); err != nil {
		return nil, err
	}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.close(ctx))
	}
	if err := a.build(ctx); err != nil {
		return nil, errors.Join(err, a.close(ctx))
	}
	return a, nil
}

// open opens what lies on disk.
func (a *App) open(ctx context.Context) (err error) {
	a.db, err = state.Open(ctx, state.Config{Path: filepath.Join(a.cfg.DataDir, "state.db")}, state.Deps{Log: a.log, Now: time.Now})
	if err != nil {
		return err
	}
	a.journal, err = journal.Open(journal.Options{Dir: filepath.Join(a.cfg.DataDir, "journal"), Now: time.Now, Log: a.log})
	if err != nil {
		return fmt.Errorf("open the ingest journal: %w", err)
	}
	a.inventory, err = inventory.Open(ctx, inventory.Config{KeyFile: filepath.Join(a.cfg.DataDir, "secrets.key")},
		inventory.Deps{DB: a.db, Log: a.log, Now: time.Now})
	if err != nil {
		return err
	}
	ca, err := auth.OpenCA(filepath.Join(a.cfg.DataDir, "ca"), time.Now)
	if err != nil {
		return err
	}
	a.auth, err = auth.New(auth.DefaultConfig(), auth.Deps{Log: a.log, Metrics: a.set, DB: a.db, CA: ca, Now: time.Now})
	if err != nil {
		return err
	}
	a.AdminPassword, _, err = a.auth.EnsureAdmin(ctx)
	if err != nil {
		return err
	}
	a.store, err = store.Open(store.Config{
		Dir: filepath.Join(a.cfg.DataDir, "samples"), Retention: a.cfg.Samples.Embedded.Retention, OutOfOrder: outOfOrder,
		ReserveBytes: int64(a.cfg.Samples.Embedded.ReserveDisk),
	}, store.Deps{
		Log: a.log, Metrics: a.set, Now: time.Now, Info: a.info,
		Cursor:    func(ctx context.Context) (uint64, error) { return a.db.Cursor(ctx, "samples") },
		SetCursor: a.setSamplesCursor,
	})
	return err
}

// close closes what open opened.
func (a *App) close(ctx context.Context) error {
	var errs []error
	if a.store != nil {
		errs = append(errs, a.store.Stop(ctx))
	}
	if a.journal != nil {
		errs = append(errs, a.journal.Close())
	}
	if a.db != nil {
		errs = append(errs, a.db.Close())
	}
	return errors.Join(errs...)
}

func (a *App) run(ctx context.Context) error {
	nothing := func(context.Context) error { return nil }
	return lifecycle.Run(ctx, a.fatal,
		lifecycle.Part{Name: "stores", Start: a.store.Start, Stop: a.close},
		lifecycle.Part{Name: "janitor", Start: a.janitor.Start, Stop: a.janitor.Stop},
		lifecycle.Part{Name: "webhooks", Start: a.webhook.Start, Stop: a.webhook.Stop},
		lifecycle.Part{Name: "book of incidents", Start: a.books.Start, Stop: a.books.Stop},
		lifecycle.Part{Name: "incidents", Start: a.alert.Start, Stop: a.alert.Stop},
		lifecycle.Part{Name: "verdicts", Start: a.judge.Start, Stop: a.judge.Stop},
		lifecycle.Part{Name: "topology", Start: a.topology.Start, Stop: a.topology.Stop},
		lifecycle.Part{Name: "parents", Start: a.parents.Start, Stop: a.parents.Stop},
		lifecycle.Part{Name: "published calendars", Start: a.calendars.Start, Stop: a.calendars.Stop},
		lifecycle.Part{Name: "leases", Start: a.leases.Start, Stop: a.leases.Stop},
		lifecycle.Part{Name: "capacity planning", Start: a.plan.Start, Stop: a.plan.Stop},
		lifecycle.Part{Name: "feed", Start: a.feed.Start, Stop: a.feed.Stop},
		lifecycle.Part{Name: "agents' service", Start: a.ingest.Start, Stop: a.ingest.Stop},
		lifecycle.Part{Name: "pages", Start: a.http.Start, Stop: a.http.Stop},
		lifecycle.Part{Name: "discovery", Start: a.discoverer.Start, Stop: a.discoverer.Stop},
		a.reports,
		lifecycle.Part{Name: "ready", Start: a.ready, Stop: nothing},
	)
}

func (a *App) ready(context.Context) error {
	close(a.started)
	a.log.Info("collector is ready", "component", "collector/app", "http", a.URL(), "grpc", a.ingest.Addr().String())
	return nil
}

// Start starts the collector in the background and waits until it is ready, or has ended.
func (a *App) Start() error {
	ctx, stop := context.WithCancel(context.Background())
	a.stop = stop
	ended := make(chan struct{})
	a.running.Go(func() {
		defer close(ended)
		a.ended = a.run(ctx)
	})
	select {
	case <-a.started:
		return nil
	case <-ended:
		return a.ended
	}
}

// Stop ends a collector that Start started, and returns what went wrong with it.
func (a *App) Stop(ctx context.Context) error {
	a.stop()
	if err := lifecycle.Wait(ctx, &a.running, "the collector's parts"); err != nil {
		return err
	}
	return a.ended
}

// URL is where people reach the pages of this collector, once it runs.
func (a *App) URL() string {
	if a.cfg.ExternalURL != "" {
		return a.cfg.ExternalURL
	}
	scheme := "http"
	if a.cfg.TLS.CertFile != "" {
		scheme = "https"
	}
	return scheme + "://" + a.http.Addr().String()
}

// GRPC is where agents reach this collector, once it runs.
func (a *App) GRPC() net.Addr { return a.ingest.Addr() }

// Auth, Inventory, Plan, Journal and Metrics are the parts that "up" works on beside the API; they belong to a.
func (a *App) Auth() *auth.Auth            { return a.auth }
func (a *App) Inventory() *inventory.Store { return a.inventory }
func (a *App) Plan() *plan.Service         { return a.plan }
func (a *App) Journal() *journal.Journal   { return a.journal }
func (a *App) Metrics() *metrics.Set       { return a.set }

// ImportPolls stores what agents read of interfaces in a past of which there are no samples.
func (a *App) ImportPolls(ctx context.Context, past []uptime.PastPolls) error {
	if err := a.db.Write(ctx, func(tx *sql.Tx) error { return uptime.StorePast(ctx, tx, past) }); err != nil {
		return err
	}
	since := map[string]int64{}
	for _, p := range past {
		since[p.Device] = 0
	}
	a.judge.portsChanged(since)
	return nil
}

// DataDir is where this collector keeps all it has.
func (a *App) DataDir() string { return a.cfg.DataDir }

// Fatal receives what a part cannot go on after.
func (a *App) Fatal() chan error { return a.fatal }

// tellPassword prints the first password once, where the operator of the first start sees it.
func (a *App) tellPassword() {
	if a.AdminPassword != "" {
		fmt.Fprintf(os.Stderr, "first start: sign in as admin with the one-time password %s and change it\n", a.AdminPassword.Reveal())
	}
}
