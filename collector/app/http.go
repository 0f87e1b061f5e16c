package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"time"

	"ninewatch/collector/api"
	"ninewatch/collector/promapi"
	"ninewatch/collector/report"
	"ninewatch/collector/store"
	"ninewatch/collector/ui"
	"ninewatch/internal/httpserver"
)

func (a *App) buildHTTP(events *api.Events) error {
	pages, err := ui.Handler()
	if err != nil {
		return err
	}
	key, err := report.OpenKey(filepath.Join(a.cfg.DataDir, "report.key"))
	if err != nil {
		return err
	}
	queryable := promapi.Derived(a.store.Queryable(), a.ledger)
	prom := promapi.New(promapi.Deps{
		Log: a.log, Metrics: a.set, Queryable: queryable, Sites: api.Sites, Lookback: store.LookbackDelta, Now: time.Now,
	})
	served, err := api.New(api.Deps{
		Log: a.log, Metrics: a.set, Now: time.Now,
		Auth: a.auth, Inventory: a.inventory, Uptime: a.uptime, Plan: a.plan, Incidents: a.alert, Deliveries: a.webhook, Topology: a.topology, Events: events, ReportKey: key,
		Queryable: queryable, Lookback: store.LookbackDelta, Prom: prom.Handler(), UI: pages, Ready: a.readiness,
		Demo: a.opts.Demo, RunningSince: time.Now(), ExternalURL: a.cfg.ExternalURL, AgentAddresses: a.agentAddresses,
	})
	if err != nil {
		return err
	}
	a.reports = a.scheduled(served)
	var secure func(net.Listener) net.Listener
	if a.cfg.TLS.CertFile != "" {
		certificate, err := tls.LoadX509KeyPair(a.cfg.TLS.CertFile, a.cfg.TLS.KeyFile)
		if err != nil {
			return fmt.Errorf("tls: %w", err)
		}
		config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
		secure = func(plain net.Listener) net.Listener { return tls.NewListener(plain, config) }
	}
	a.http = httpserver.New(a.cfg.Listen.HTTP, httpserver.Deps{Log: a.log, Handler: served.Handler(), Fatal: a.fatal, Secure: secure})
	return nil
}

// readiness tells why the collector cannot take data, in words for anybody.
func (a *App) readiness() error {
	select {
	case <-a.started:
	default:
		return errors.New("the collector is starting")
	}
	if a.store.Paused() {
		return errors.New("free disk is below the reserve: agents keep their data until there is room")
	}
	return nil
}

// ledger is the timeline of every device for the derived series ninewatch_state.
func (a *App) ledger(ctx context.Context, from, to int64) ([]promapi.StateInterval, error) {
	var out []promapi.StateInterval
	for _, v := range a.uptime.States(ctx) {
		line, err := a.uptime.Shown(ctx, v.Device, from/1000, to/1000+1)
		if err != nil {
			return nil, err
		}
		for _, i := range line {
			out = append(out, promapi.StateInterval{Site: v.Site, Device: v.Device, State: string(i.State), From: i.From * 1000, To: i.To * 1000})
		}
	}
	return out, nil
}

// agentAddresses is where agents of other hosts reach this collector: the address that the configuration
// names, or all of this host's when it listens on all.
func (a *App) agentAddresses() []string {
	address, ok := a.ingest.Addr().(*net.TCPAddr)
	if !ok {
		return nil
	}
	if !address.IP.IsUnspecified() {
		return []string{address.String()}
	}
	var out []string
	networks, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, n := range networks {
		if p, err := netip.ParsePrefix(n.String()); err == nil && p.Addr().IsGlobalUnicast() {
			out = append(out, netip.AddrPortFrom(p.Addr(), uint16(address.Port)).String())
		}
	}
	if len(out) == 0 {
		out = []string{fmt.Sprintf("127.0.0.1:%d", address.Port)}
	}
	return out
}
