package app

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/prometheus/storage"

	"ninewatch/collector/alert"
	"ninewatch/collector/api"
	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
	"ninewatch/collector/topology"
	"ninewatch/collector/uptime"
)

// How often the engines are asked for their findings.
const (
	agentsEvery   = 10 * time.Second
	burnsEvery    = 30 * time.Second
	booksEvery    = 5 * time.Minute
	troubleEvery  = 30 * time.Second
	topologyEvery = 5 * time.Second
)

// agentLost is how long nothing is heard of an agent until that is an incident; alert.Policy adds its own hold.
const agentLost = time.Minute

// buildAlert makes the incidents, which stand on all engines and on the webhooks.
func (a *App) buildAlert(events *api.Events) {
	a.books = &books{log: a.log.With("component", "collector/app"), inventory: a.inventory, topology: a.topology.View, began: time.Now()}
	a.books.book.Store(&alert.Book{})
	planned := &windows{engine: a.uptime, kept: map[string]string{}}
	a.alert = alert.New(alert.Deps{
		Log: a.log, Metrics: a.set, Read: a.db.Read(), Write: a.db.Write, Deliver: a.webhook.Deliver, Now: time.Now,
		Book: a.books.current, Planned: planned.at, Passed: a.passed, Sources: a.sources(),
		Changed: func(i alert.Incident) {
			a.webhook.Wake()
			events.Incident(i)
		},
	})
}

// passed tells what a device did while it did not answer, by its sysUpTime.
func (a *App) passed(o alert.Outage) (words string, known bool) {
	restart, known := a.uptime.Meanwhile(o.Device, o.From, o.To)
	if restart != 0 {
		return "was rebooted at " + inWords(restart), known
	}
	return fmt.Sprintf("ran on through the outage from %s to %s: by its uptime, it was not rebooted", inWords(o.From), inWords(o.To)), known
}

// sources is the list of what opens incidents beside the verdicts of the ledger, which the judge hands over
// itself. An engine is added here with a line.
func (a *App) sources() []alert.NamedSource {
	from := func(name string, every time.Duration, f alert.SourceFunc) alert.NamedSource {
		return alert.NamedSource{Name: name, Every: every, Source: a.onceReady(f)}
	}
	return []alert.NamedSource{
		from("agents", agentsEvery, a.agentFindings),
		from("objectives", burnsEvery, a.burnFindings),
		from("books", booksEvery, a.bookFindings),
		from("collector", troubleEvery, a.troubleFindings),
		from("redundancy", topologyEvery, a.redundancyFindings),
		from("capacity", booksEvery, a.capacityFindings),
		from("rules", rulesEvery, newRulesJudge(a).findings),
		from("looks", looksEvery, a.lookFindings),
		from("reboots", looksEvery, a.rebootFindings),
		from("ports", portsEvery, a.portsJudge().findings),
		from("paths", pathsEvery, a.pathsJudge().findings),
	}
}

// onceReady lets a source wait until all engines have read what is stored: before, they know of nothing, and what
// they do not say would be over.
func (a *App) onceReady(f alert.SourceFunc) alert.SourceFunc {
	return func(ctx context.Context) ([]alert.Finding, error) {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-a.started:
			return f(ctx)
		}
	}
}

func (a *App) portsJudge() *ports {
	a.ports = &ports{
		monitored: a.uptime.MonitoredNow, states: a.uptime.States, now: time.Now, touched: map[string]bool{}, known: map[string][]uptime.InterfaceNow{},
		network: func() *topology.Network { return a.topology.View().Network }, guarded: func() map[string]bool { return a.topology.View().Guarded() },
	}
	return a.ports
}

func (a *App) pathsJudge() *paths {
	return &paths{
		past: map[string]baseline{},
		log:  a.log.With("component", "collector/app"), inventory: a.inventory, states: a.uptime.States, book: a.books.current, now: time.Now,
		samples: func() storage.Queryable { return a.store.Queryable() }, engine: newQueryEngine(a.log),
		outage: func(device string, from, to int64) bool {
			line, err := a.uptime.Line(context.Background(), "device:"+device, from, to)
			return err != nil || slices.ContainsFunc(line, func(x uptime.Interval) bool { return x.State == uptime.Down || x.State == uptime.Unreachable })
		},
	}
}

// agentFindings tells of agents that are silent. Of a site with several agents, all of them silent is one finding.
func (a *App) agentFindings(ctx context.Context) ([]alert.Finding, error) {
	agents, err := a.auth.Agents(ctx)
	if err != nil {
		return nil, err
	}
	return silentAgents(agents, a.books.began.UnixMilli(), time.Now().UnixMilli()), nil
}

// silentAgents is what is said of agents at now (Unix ms) by a collector that runs since began: after its start,
// agents are given time to come, and nothing is known of them until then.
func silentAgents(agents []auth.Agent, began, now int64) []alert.Finding {
	state := alert.Down
	if now-began <= agentLost.Milliseconds() {
		state = alert.Unknown
	}
	bySite, silent := map[string]int{}, map[string][]alert.Finding{}
	for _, g := range agents {
		if g.Revoked != 0 || g.LastSeen == 0 {
			continue
		}
		bySite[g.Site]++
		if now-g.LastSeen > agentLost.Milliseconds() {
			silent[g.Site] = append(silent[g.Site], alert.Finding{
				Kind: alert.AgentLost, Site: g.Site, Object: g.ID, State: state, Since: g.LastSeen, Detected: now,
				Summary:  fmt.Sprintf("agent %s at %s is silent", cmp.Or(g.Hostname, g.ID), g.Site),
				Evidence: "last heard at " + inWords(g.LastSeen) + "; what it watches is unknown, not down",
			})
		}
	}
	var out []alert.Finding
	for _, site := range slices.Sorted(maps.Keys(silent)) {
		list := silent[site]
		all := len(list) > 1 && len(list) == bySite[site]
		if !all || state == alert.Unknown { // until it is known, what was told of each stays too
			out = append(out, list...)
		}
		if all {
			last := slices.MaxFunc(list, func(x, y alert.Finding) int { return cmp.Compare(x.Since, y.Since) })
			out = append(out, alert.Finding{
				Kind: alert.SiteSilent, Site: site, Object: site, State: state, Since: last.Since, Detected: now,
				Summary: fmt.Sprintf("all %d agents at %s are silent", len(list), site), Evidence: last.Evidence,
			})
		}
	}
	return out
}

// burnFindings tells of budgets that are spent too fast.
func (a *App) burnFindings(ctx context.Context) ([]alert.Finding, error) {
	burns, err := a.uptime.Burns(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]alert.Finding, 0, len(burns))
	for _, b := range burns {
		severity := alert.Minor
		if b.Severity == "page" {
			severity = alert.Critical
		}
		kind, name, _ := inventory.Scope(b.Scope).Split()
		f := alert.Finding{
			Kind: alert.SLOBurn, Site: b.Site, Object: b.Scope, Severity: severity, State: alert.Down, Since: b.Newest.From * 1000, Detected: b.At * 1000,
			Summary:  fmt.Sprintf("%s %s spends its budget %s times too fast", kind, name, b.Rate),
			Evidence: fmt.Sprintf("over %s and %s, for an objective of %s", time.Duration(b.Long)*time.Second, time.Duration(b.Short)*time.Second, b.Objective),
			Members:  b.Devices, Causes: b.Ports,
		}
		if b.Alone {
			f.Lapse = [2]int64{b.Newest.From * 1000, b.Newest.To * 1000}
		}
		out = append(out, f)
	}
	return out, nil
}

// incidentKinds are the findings of the inventory that are worth an incident; the others are listed only.
var incidentKinds = map[string]string{inventory.FindingAssetDate: alert.AssetDate, inventory.FindingSoftware: alert.SoftwarePolicy}

// bookFindings tells of assets and software.
func (a *App) bookFindings(ctx context.Context) ([]alert.Finding, error) {
	list, err := a.inventory.Findings(ctx)
	if err != nil {
		return nil, err
	}
	return ofBooks(list, time.Now()), nil
}

func ofBooks(list []inventory.Finding, now time.Time) []alert.Finding {
	out := make([]alert.Finding, 0, len(list))
	for _, f := range list {
		kind, told := incidentKinds[f.Kind]
		if !told {
			continue
		}
		since := f.Since
		if since.IsZero() {
			since = now
		}
		out = append(out, alert.Finding{
			Kind: kind, Site: f.Site, Device: f.Device, Object: f.Object, Severity: alert.Severity(f.Severity), State: alert.Down,
			Since: since.UnixMilli(), Summary: f.Summary,
		})
	}
	return out
}

// troubleFindings tells of the collector itself: receivers that are gone, calendars that cannot be read, no room for
// samples, certificates that end.
func (a *App) troubleFindings(ctx context.Context) ([]alert.Finding, error) {
	now := time.Now()
	gone, err := a.webhook.Gone(ctx)
	if err != nil {
		return nil, err
	}
	var out []alert.Finding
	for _, g := range gone {
		out = append(out, alert.Finding{
			Kind: alert.NinewatchTrouble, Object: "receiver " + g.Receiver, Severity: alert.Major, State: alert.Down, Since: g.Since,
			Summary:  fmt.Sprintf("the receiver %s wants no messages any more", g.Receiver),
			Evidence: "it answered 410 Gone: change its URL, or send it a test when it is back; what was for it are dead letters",
		})
	}
	unread, err := uptime.UnreadCalendars(ctx, a.db.Read())
	if err != nil {
		return nil, err
	}
	for _, u := range unread {
		out = append(out, alert.Finding{
			Kind: alert.NinewatchTrouble, Site: u.Site, Object: "calendar " + u.Name, Severity: alert.Minor, State: alert.Down, Since: u.At,
			Summary:  fmt.Sprintf("the calendar of the maintenance %s cannot be read", u.Name),
			Evidence: u.Problem + ": the windows that were read before stay; see whether its URL still opens",
		})
	}
	if a.store.Paused() {
		out = append(out, alert.Finding{
			Kind: alert.NinewatchTrouble, Object: "disk", Severity: alert.Critical, State: alert.Down, Since: now.UnixMilli(),
			Summary: "free disk of the collector is below the reserve", Evidence: "agents keep their data until there is room",
		})
	}
	if end, ok := certificateEnd(a.cfg.TLS.CertFile); ok && end.Sub(now) < 14*24*time.Hour {
		f := alert.Finding{
			Kind: alert.NinewatchTrouble, Object: "certificate", Severity: alert.Major, State: alert.Down, Since: end.Add(-14 * 24 * time.Hour).UnixMilli(),
			Summary:  "the certificate of the pages ends on " + end.UTC().Format(time.DateOnly),
			Evidence: "renew it and restart the collector: " + filepath.Base(a.cfg.TLS.CertFile),
		}
		if end.Before(now) {
			f.Severity = alert.Critical
		}
		out = append(out, f)
	}
	return out, nil
}

// redundancyFindings tells of redundancy that is lost. Where that cannot be told any more it neither begins nor ends.
func (a *App) redundancyFindings(ctx context.Context) ([]alert.Finding, error) {
	if v := a.topology.View(); v == nil {
		return nil, nil
	}
	list := a.topology.Findings(ctx)
	out := make([]alert.Finding, 0, len(list))
	for _, f := range list {
		evidence, state := "", alert.Down
		if len(f.Members) > 0 {
			evidence = "gone: " + strings.Join(f.Members, ", ")
		}
		if f.Class == topology.ClassUnknown {
			state = alert.Unknown
		}
		out = append(out, alert.Finding{
			Kind: alert.RedundancyLost, Site: f.Site, Object: f.Object, Severity: alert.Severity(f.Severity), State: state, Since: f.Since,
			Summary: f.Words, Evidence: evidence, Members: f.Devices, Causes: f.Causes,
		})
	}
	return out, nil
}

// capacityFindings tells of resources that are likely to be full before what would help arrives.
func (a *App) capacityFindings(ctx context.Context) ([]alert.Finding, error) {
	list, err := a.plan.Findings(ctx)
	if err != nil {
		return nil, err
	}
	now := time.Now().UnixMilli()
	out := make([]alert.Finding, 0, len(list))
	for _, f := range list {
		out = append(out, alert.Finding{
			Kind: alert.CapacityDate, Site: f.Site, Device: f.Device, Object: f.Resource, Severity: alert.Severity(f.Severity), State: alert.Down, Since: now, Summary: f.Summary,
		})
	}
	return out, nil
}

// windows keeps the answers about planned maintenance for a moment: they are asked for again and again.
type windows struct {
	engine *uptime.Engine

	mu   sync.Mutex
	slot int64
	kept map[string]string
}

// windowSlot is how long an answer holds, in ms.
const windowSlot = 5_000

// at says which maintenance a device is in, in words.
func (w *windows) at(site, device string, at int64) string {
	scope := "device:" + device
	if device == "" {
		scope = "site:" + site
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if slot := at / windowSlot; slot != w.slot {
		w.slot, w.kept = slot, map[string]string{}
	}
	words, ok := w.kept[scope]
	if !ok {
		if found, err := w.engine.Planned(scope, at/1000, at/1000+1); err == nil && len(found) > 0 {
			p := found[0]
			words = fmt.Sprintf("in the maintenance %q until %s", p.Name, time.Unix(p.To, 0).UTC().Format("2006-01-02 15:04 UTC"))
			if p.Reason != "" {
				words += ": " + p.Reason
			}
		}
		w.kept[scope] = words
	}
	return words
}

// certificateEnd is when the certificate in a file ends; false when there is none to read.
func certificateEnd(file string) (time.Time, bool) {
	if file == "" {
		return time.Time{}, false
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return time.Time{}, false
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return time.Time{}, false
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return time.Time{}, false
	}
	return c.NotAfter, true
}
