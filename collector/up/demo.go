package up

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"ninewatch/collector/app"
	"ninewatch/collector/auth"
	"ninewatch/collector/ingest"
	"ninewatch/collector/inventory"
	"ninewatch/collector/plan"
	"ninewatch/collector/simulate"
	"ninewatch/collector/uptime"
	"ninewatch/internal/conf"
	"ninewatch/internal/httpserver"
	"ninewatch/internal/telemetry"
)

// How much past a demo begins with.
const (
	demoDays       = 90
	demoSampleDays = 7
	demoSampleStep = 2 * time.Minute // two samples in any 5 minutes, from which rates are made
	demoBatch      = 500             // entries of the past that are journaled at once
)

// joinPatience is how long the past waits for the agents, in whose name it speaks.
const joinPatience = 20 * time.Second

// demo is a simulated network on loopback: live devices, a past, and a receiver of webhooks.
type demo struct {
	net      *simulate.Demo
	options  simulate.DemoOptions
	fleet    *simulate.Fleet
	receiver *httpserver.Server
	secret   conf.Secret
	fresh    bool // it has no past yet
	marker   string
}

// startDemo starts the simulated devices and the receiver, where the demo is wanted.
func (u *up) startDemo(ctx context.Context) error {
	if !u.o.Demo {
		return nil
	}
	d := &demo{marker: filepath.Join(u.folder(), "demo-since")}
	since, err := d.since()
	if err != nil {
		return err
	}
	d.options = simulate.DemoOptions{Since: since, Pulled: filepath.Join(u.folder(), "demo-pulled")}
	d.net = simulate.NewDemo(d.options)
	d.secret, err = keptSecret(filepath.Join(u.folder(), "demo-receiver-secret"))
	if err != nil {
		return err
	}
	d.fleet = d.net.Fleet(simulate.Deps{Log: u.log, Metrics: u.app.Metrics(), Now: time.Now})
	received := u.app.Metrics().NewCounter(`ninewatch_collector_demo_webhooks_received_total`)
	d.receiver = httpserver.New("127.0.0.1:0", httpserver.Deps{Log: u.log, Fatal: u.app.Fatal(), Handler: http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) {
			received.Inc()
			w.WriteHeader(http.StatusNoContent)
		})})
	if err := d.receiver.Start(ctx); err != nil {
		return err
	}
	u.demo = d
	return d.fleet.Start(ctx)
}

func (u *up) stopDemo(ctx context.Context) error {
	if u.demo == nil {
		return nil
	}
	return errors.Join(u.demo.fleet.Stop(ctx), u.demo.receiver.Stop(ctx))
}

// since is when the demo began: its counters go on from there at every start.
func (d *demo) since() (time.Time, error) {
	text, err := os.ReadFile(d.marker)
	if errors.Is(err, fs.ErrNotExist) {
		d.fresh = true
		return time.Now().UTC().Truncate(time.Second), nil
	}
	if err != nil {
		return time.Time{}, err
	}
	seconds, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s does not hold the start of the demo: delete the folder %s to begin anew", d.marker, filepath.Dir(d.marker))
	}
	return time.Unix(seconds, 0).UTC(), nil
}

func (d *demo) sites() []string {
	var out []string
	for _, s := range d.net.Sites() {
		out = append(out, s.Name)
	}
	return out
}

// seed puts the simulated network and the receiver into the inventory.
func (d *demo) seed(ctx context.Context, a *app.App) error {
	inv, problems := inventory.Parse(inventory.File{Name: "demo", Data: d.net.Inventory()})
	if err := problems.Err(); err != nil {
		return err
	}
	inv.Receivers = append(inv.Receivers, inventory.Receiver{Name: "demo-receiver", Webhook: &inventory.Webhook{
		URL: conf.Secret("http://" + d.receiver.Addr().String() + "/"), Secret: d.secret,
	}})
	if _, err := a.Inventory().Apply(ctx, inv, inventory.ApplyOptions{Source: inventory.SourceDemo}); err != nil {
		return fmt.Errorf("add the demo network to the inventory: %w", err)
	}
	return nil
}

// startPast journals the past of a demo that has none yet, in the name of the agents that go on with it.
func (u *up) startPast(ctx context.Context) error {
	d := u.demo
	if d == nil || !d.fresh {
		return nil
	}
	agents, err := u.waitForAgents(ctx)
	if err != nil {
		return err
	}
	d.options.Agents = agents
	past := simulate.NewDemo(d.options)
	j := &pastWriter{app: u.app}
	if err := past.History(demoDays, j.take); err != nil {
		return fmt.Errorf("make the past of the demo: %w", err)
	}
	if err := u.app.ImportPolls(ctx, pastPolls(past)); err != nil { // before the samples, which are too far apart to tell states
		return fmt.Errorf("make the past of the demo: %w", err)
	}
	if err := past.Samples(demoSampleDays, demoSampleStep, j.take); err != nil {
		return fmt.Errorf("make the past of the demo: %w", err)
	}
	if err := j.flush(ctx); err != nil {
		return err
	}
	if err := u.startPlan(ctx, past); err != nil {
		return err
	}
	return os.WriteFile(d.marker, []byte(strconv.FormatInt(d.options.Since.Unix(), 10)), 0o600)
}

// pastPolls is what was read of interfaces, in the words of the ledger.
func pastPolls(past *simulate.Demo) (out []uptime.PastPolls) {
	for _, p := range past.Polls(demoDays) {
		x := uptime.PastPolls{Device: p.Device, Agent: p.Agent, Changes: map[string][]uptime.StatusChange{}}
		for _, r := range p.Runs {
			x.Runs = append(x.Runs, uptime.PollRun{From: r.From, To: r.To, Every: r.Every})
		}
		for _, c := range p.Changes {
			x.Changes[c.Port] = append(x.Changes[c.Port], uptime.StatusChange{At: c.At, Previous: c.Previous, Admin: c.Admin, Oper: c.Oper})
		}
		out = append(out, x)
	}
	return out
}

// startPlan gives capacity planning its past, and forecasts from it.
func (u *up) startPlan(ctx context.Context, past *simulate.Demo) error {
	var list []plan.Import
	for _, f := range past.Features(demoDays) {
		list = append(list, plan.Import{Series: f.Name, Capacity: f.Capacity, Fine: f.Fine, From: f.From, Rates: f.Rates, Peaks: f.Peaks})
	}
	if err := u.app.Plan().Import(ctx, list); err != nil {
		return fmt.Errorf("make the past of the demo: %w", err)
	}
	return u.app.Plan().Forecast(ctx, plan.Scope{})
}

// waitForAgents returns the agent of each site of the demo; one that does not come in time is left out.
func (u *up) waitForAgents(ctx context.Context) (map[string]string, error) {
	deadline := time.Now().Add(joinPatience)
	for {
		known, err := u.app.Auth().Agents(ctx)
		if err != nil {
			return nil, err
		}
		out := agentOf(known, u.demo.sites())
		if len(out) == len(u.demo.sites()) || time.Now().After(deadline) {
			return out, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func agentOf(known []auth.Agent, sites []string) map[string]string {
	out := map[string]string{}
	for _, site := range sites {
		for _, a := range known {
			if a.Site == site && a.Revoked == 0 {
				out[site] = a.ID
			}
		}
	}
	return out
}

// pastWriter appends entries to the ingest journal, as an agent's backlog would be.
type pastWriter struct {
	app     *app.App
	pending [][]byte
}

func (p *pastWriter) take(e telemetry.Entry) error {
	b, err := ingest.EncodeEntry(&e)
	if err != nil {
		return err
	}
	p.pending = append(p.pending, b)
	if len(p.pending) >= demoBatch {
		return p.write()
	}
	return nil
}

func (p *pastWriter) write() error {
	_, err := p.app.Journal().Append(p.pending...)
	p.pending = p.pending[:0]
	return err
}

func (p *pastWriter) flush(ctx context.Context) error {
	if len(p.pending) > 0 {
		if err := p.write(); err != nil {
			return err
		}
	}
	return p.app.Journal().Sync(ctx)
}
