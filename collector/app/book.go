package app

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ninewatch/collector/alert"
	"ninewatch/collector/inventory"
	"ninewatch/collector/topology"
	"ninewatch/collector/topology/live"
	"ninewatch/collector/uptime"
	"ninewatch/collector/webhook"
	"ninewatch/internal/lifecycle"
)

// wiresEvery is how often the book takes up what the topology has learnt.
const wiresEvery = 10 * time.Second

// books keeps what incidents need to know of the inventory and of the topology at hand, as they ask for it within
// transactions of the state store.
type books struct {
	log       *slog.Logger
	inventory *inventory.Store
	topology  func() *live.View

	began     time.Time // agents that were silent before are given time to come
	book      atomic.Pointer[alert.Book]
	receivers atomic.Pointer[map[string]webhook.Shape]
	seen      *topology.Network
	cancel    context.CancelFunc
	wg        sync.WaitGroup
}

// Start reads the book once, and again whenever it may have changed.
func (b *books) Start(ctx context.Context) error {
	changed := b.inventory.Changed()
	if err := b.read(ctx); err != nil {
		return err
	}
	running, cancel := context.WithCancel(context.Background())
	b.cancel = cancel
	b.wg.Go(func() { b.loop(running, changed) })
	return nil
}

// Stop ends that.
func (b *books) Stop(ctx context.Context) error {
	if b.cancel == nil {
		return nil
	}
	b.cancel()
	return lifecycle.Wait(ctx, &b.wg, "book of incidents")
}

func (b *books) loop(ctx context.Context, changed <-chan struct{}) {
	ticker := time.NewTicker(wiresEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
			changed = b.inventory.Changed()
		case <-ticker.C:
			if v := b.topology(); v == nil || v.Network == b.seen {
				continue
			}
		}
		if err := b.read(ctx); err != nil && ctx.Err() == nil {
			b.log.Error("incidents go by the inventory of before, next try at its next change", "err", err)
		}
	}
}

// current is the newest book.
func (b *books) current() *alert.Book { return b.book.Load() }

// shape is how a receiver wants its messages.
func (b *books) shape(name string) webhook.Shape {
	if m := b.receivers.Load(); m != nil {
		return (*m)[name]
	}
	return webhook.Shape{}
}

func (b *books) read(ctx context.Context) error {
	book := &alert.Book{Devices: map[string]alert.Place{}, Sites: map[string]alert.SiteBook{}, Services: map[string][]string{}, Gates: map[string]bool{}}
	if err := b.places(ctx, book); err != nil {
		return err
	}
	if err := b.routing(ctx, book); err != nil {
		return err
	}
	b.wires(book)
	b.book.Store(book)
	return nil
}

func (b *books) places(ctx context.Context, book *alert.Book) error {
	devices, err := b.inventory.Devices(ctx, inventory.Filter{})
	if err != nil {
		return err
	}
	parents, err := b.inventory.Parents(ctx)
	if err != nil {
		return err
	}
	for _, d := range devices {
		book.Devices[d.Name] = alert.Place{
			Site: d.Site, Role: d.Role, Team: d.Owner, Tags: d.Tags, Parents: parents.Now(d.Name), Demo: d.Source == inventory.SourceDemo,
		}
	}
	sites, err := b.inventory.Sites(ctx)
	if err != nil {
		return err
	}
	for _, s := range sites {
		book.Sites[s.Name] = alert.SiteBook{Region: s.Region, Tags: s.Tags}
	}
	services, err := b.inventory.Services(ctx)
	if err != nil {
		return err
	}
	for _, s := range services {
		for _, device := range leaves(s.Needs) {
			if !slices.Contains(book.Services[device], s.Name) {
				book.Services[device] = append(book.Services[device], s.Name)
			}
		}
	}
	links, err := b.inventory.Links(ctx)
	if err != nil {
		return err
	}
	for _, l := range links {
		x, _ := l.A.Split()
		y, _ := l.B.Split()
		if !l.Absent && x != "" && y != "" {
			book.Edges = append(book.Edges, [2]string{x, y})
		}
	}
	risks, err := b.inventory.RiskGroups(ctx)
	if err != nil {
		return err
	}
	for _, r := range risks {
		risk := topology.Risk{Name: r.Name, Kind: r.Kind}
		for _, m := range r.Members {
			if kind, name, _ := m.Split(); kind == inventory.KindDevice {
				risk.Members = append(risk.Members, name)
			}
		}
		book.Risks = append(book.Risks, risk)
	}
	return nil
}

// leaves are the devices that a service stands on.
func leaves(n inventory.Needs) []string {
	var out []string
	if kind, name, _ := n.Scope.Split(); kind == inventory.KindDevice || kind == inventory.ScopeInterface {
		out = append(out, name)
	}
	of := slices.Concat(n.AnyOf, n.AllOf)
	if n.AtLeast != nil {
		of = append(of, n.AtLeast.Of...)
	}
	for _, m := range of {
		out = append(out, leaves(m)...)
	}
	return out
}

func (b *books) routing(ctx context.Context, book *alert.Book) error {
	receivers, err := b.inventory.Receivers(ctx)
	if err != nil {
		return err
	}
	shapes := map[string]webhook.Shape{}
	for _, r := range receivers {
		book.Receivers = append(book.Receivers, alert.ReceiverBook{Name: r.Name, Sites: r.Sites})
		if r.Webhook != nil {
			shapes[r.Name] = shapeOf(r.Webhook)
		}
	}
	calendars, err := b.inventory.Calendars(ctx)
	if err != nil {
		return err
	}
	routes, err := b.inventory.Routes(ctx)
	if err != nil {
		return err
	}
	for _, r := range routes {
		route := alert.Route{Route: r}
		if n := slices.IndexFunc(calendars, func(c inventory.Calendar) bool { return c.Name == r.Calendar }); n >= 0 {
			open, err := uptime.NextOpen(calendars[n])
			if err != nil {
				return err
			}
			route.Open = func(at int64) int64 { return max(at, open(at/1000)*1000) }
		}
		book.Routes = append(book.Routes, route)
	}
	b.receivers.Store(&shapes)
	return nil
}

func shapeOf(w *inventory.Webhook) webhook.Shape {
	return webhook.Shape{Format: w.Format, Template: w.Template, ContentType: w.ContentType}
}

// wires takes what the topology knows: users by device, links that somebody heard of, also such as are not heard any more, and the
// devices that all others have to reach.
func (b *books) wires(book *alert.Book) {
	v := b.topology()
	if v == nil || v.Network == nil {
		return
	}
	b.seen = v.Network
	for _, n := range v.Network.Nodes {
		if place, ok := book.Devices[n.ID]; ok {
			place.Users = n.Weight
			book.Devices[n.ID] = place
		}
	}
	for _, l := range v.Network.Links {
		if l.Confidence >= topology.OneSided {
			book.Edges = append(book.Edges, [2]string{v.Network.Nodes[l.A.Node].ID, v.Network.Nodes[l.B.Node].ID})
		}
	}
	for _, name := range v.Cores {
		book.Gates[name] = true
	}
}
