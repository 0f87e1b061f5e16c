package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"time"

	"ninewatch/collector/api"
	"ninewatch/collector/auth"
	"ninewatch/collector/feed"
	"ninewatch/collector/ingest"
	"ninewatch/collector/inventory"
	"ninewatch/collector/plan"
	"ninewatch/collector/state"
	"ninewatch/collector/store"
	"ninewatch/collector/uptime"
	"ninewatch/collector/webhook"
	"ninewatch/internal/telemetry"
)

// build makes the parts from the bottom up, in the order in which facts pass them.
func (a *App) build(ctx context.Context) (err error) {
	a.uptime, err = uptime.New(uptime.DefaultConfig(), uptime.Deps{Log: a.log, Metrics: a.set, DB: a.db.Read(), Write: a.db.Write, Now: time.Now, Samples: a.store})
	if err != nil {
		return err
	}
	if err := a.buildWebhook(ctx); err != nil {
		return err
	}
	events := api.NewEvents(a.set)
	if err := a.buildTopology(events); err != nil {
		return err
	}
	a.buildAlert(events)
	a.judge = &judge{
		log: a.log.With("component", "collector/app"), engine: a.uptime, incidents: a.alert, inventory: a.inventory, changed: events.State, touched: func(devices []string) { a.topology.Touch(devices); a.ports.touch(devices) },
		ports: events.Inventory, write: a.db.Write, reload: make(chan struct{}, 1),
	}
	a.calendars = &calendars{
		log: a.log.With("component", "collector/app"), client: webhook.NewClient(a.webhookAddresses), urls: a.uptime.Subscriptions,
		write: a.db.Write, changed: a.judge.again, again: a.inventory.Changed, now: time.Now,
	}
	noted := plan.NewSink(a.db.Read(), a.db.Write)
	a.plan, err = plan.New(plan.DefaultConfig(), plan.Deps{
		Log: a.log, Metrics: a.set, Now: time.Now, Read: a.db.Read(), Write: a.db.Write,
		Samples: a.store, Inventory: a.inventory, Facts: a.inventory, Sink: noted, Evaluate: a.evaluator(),
	})
	if err != nil {
		return err
	}
	a.feed, err = feed.New(feed.Deps{
		Log: a.log, Metrics: a.set, Journal: a.journal, Decode: ingest.DecodeEntry,
		Sinks: []feed.Sink{
			feed.NewStateSink(feed.StateDeps{DB: a.db, Metrics: a.set, OnRuns: a.judge.stored, OnKeys: a.inventory.Notify, OnScan: a.discoverer.again, OnFacts: a.topology.Facts}),
			feed.Resolved(a.db, a.store),
			feed.Resolved(a.db, uptime.NewStatusSink(uptime.StatusDeps{Metrics: a.set, Read: a.db.Read(), Write: a.db.Write, OnChange: a.judge.portsChanged})),
			feed.Resolved(a.db, a.topology.Sensing(noted)),
		},
	})
	if err != nil {
		return err
	}
	if err := a.buildIngest(events); err != nil {
		return err
	}
	return a.buildHTTP(events)
}

func (a *App) buildIngest(events *api.Events) (err error) {
	cfg := ingest.DefaultConfig()
	cfg.Listen = a.cfg.Listen.GRPC
	a.ingest, err = ingest.New(cfg, ingest.Deps{
		Log: a.log, Metrics: a.set, Journal: a.journal, Auth: a.auth,
		Seen: func(ctx context.Context) (ingest.Seen, error) { return ingest.LoadSeen(ctx, a.db.Read()) },
		Assign: func(ctx context.Context, agent, site string) (telemetry.Assignment, error) {
			return a.inventory.Assignment(ctx, agent, site, a.leases.holds(agent, site))
		},
		AssignChanged: a.inventory.Changed,
		DeviceSite:    a.places.site,
		OnContact: func(c auth.Contact) {
			a.judge.heard(c)
			if err := a.auth.RecordContact(context.Background(), c); err != nil {
				a.log.Error("sign of life not recorded", "component", "collector/app", "agent", c.Agent, "err", err)
			}
			events.Inventory() // agents come, go and fall silent
		},
		Pause: a.store.Paused,
		Now:   time.Now,
	})
	return err
}

func (a *App) setSamplesCursor(ctx context.Context, lsn uint64) error {
	return a.db.Write(ctx, func(tx *sql.Tx) error { return state.SetCursor(tx, "samples", lsn) })
}

func (a *App) buildWebhook(ctx context.Context) error {
	instance, err := a.db.Meta(ctx, state.MetaInstance)
	if err != nil {
		return err
	}
	allowed := make([]netip.Prefix, 0, len(a.cfg.Webhooks.AllowAddresses))
	for _, text := range a.cfg.Webhooks.AllowAddresses {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return fmt.Errorf("webhooks.allow_addresses: %w", err)
		}
		allowed = append(allowed, p)
	}
	a.webhookAddresses = allowed
	a.places.store = a.inventory
	a.leases = &leases{log: a.log, agents: a.auth.Agents, changed: a.inventory.Notify, now: time.Now, holders: map[string]string{}}
	a.janitor = &janitor{log: a.log.With("component", "collector/app"), write: a.db.Write, now: time.Now}
	a.discoverer = &discoverer{log: a.log.With("component", "collector/app"), discover: a.inventory.Discover, wake: make(chan struct{}, 1)}
	key, err := webhook.OpenCallbackKey(filepath.Join(a.cfg.DataDir, "callback.key"))
	if err != nil {
		return err
	}
	a.webhook = webhook.New(webhook.Config{Instance: instance, ExternalURL: a.externalURL(), Allow: allowed, CallbackKey: key}, webhook.Deps{
		Log: a.log, Metrics: a.set, Read: a.db.Read(), Write: a.db.Write, Shape: func(name string) webhook.Shape { return a.books.shape(name) }, Receiver: a.receiver, Now: time.Now,
	})
	return nil
}

// externalURL is what links in webhooks begin with.
func (a *App) externalURL() string {
	if a.cfg.ExternalURL != "" {
		return a.cfg.ExternalURL
	}
	return "http://" + a.cfg.Listen.HTTP
}

// receiver is where messages to a name go.
func (a *App) receiver(ctx context.Context, name string) (webhook.Receiver, error) {
	found, err := a.inventory.Receiver(ctx, name)
	if errors.Is(err, inventory.ErrUnknown) {
		return webhook.Receiver{}, webhook.ErrUnknownReceiver
	}
	if err != nil {
		return webhook.Receiver{}, err
	}
	return webhook.Receiver{
		Name: name, URL: found.Webhook.URL, Secret: found.Webhook.Secret, Previous: found.Webhook.PreviousSecret, Shape: shapeOf(found.Webhook),
	}, nil
}

// info are the info series: what may change of devices and interfaces, in labels.
func (a *App) info(ctx context.Context) ([]store.Info, error) {
	devices, err := a.inventory.Devices(ctx, inventory.Filter{})
	if err != nil {
		return nil, err
	}
	identities, err := a.inventory.Identities(ctx)
	if err != nil {
		return nil, err
	}
	var out []store.Info
	for _, d := range devices {
		facts, err := a.inventory.Facts(ctx, d.Name)
		if err != nil && !errors.Is(err, inventory.ErrUnknown) {
			return nil, err
		}
		out = append(out, deviceInfo(d, facts.System, identities[d.Name]))
		interfaces, err := a.inventory.Interfaces(ctx, d.Name)
		if err != nil {
			return nil, err
		}
		for _, i := range interfaces {
			out = append(out, interfaceInfo(d, i.Facts))
		}
	}
	return out, nil
}

func deviceInfo(d inventory.Device, system telemetry.System, is telemetry.Identity) store.Info {
	return store.Info{Identity: "device/" + d.Name, Labels: map[string]string{
		"__name__": "ninewatch_device_info", "site": d.Site, "device": d.Name, "role": d.Role, "address": d.Address,
		"sysName": system.SysName, "sysObjectID": system.SysObjectID,
		"vendor": is.Vendor, "os": is.OS, "model": is.Model, "version": is.Version, "profile": is.Profile,
	}}
}

func interfaceInfo(d inventory.Device, i telemetry.Interface) store.Info {
	return store.Info{Identity: "interface/" + d.Name + "/" + i.Key, Labels: map[string]string{
		"__name__": "ninewatch_interface_info", "site": d.Site, "device": d.Name, "ifName": i.Key,
		"ifIndex": fmt.Sprint(i.IfIndex), "ifAlias": i.IfAlias, "ifDescr": i.IfDescr, "ifType": fmt.Sprint(i.IfType), "speed": fmt.Sprint(i.SpeedBps),
	}}
}
