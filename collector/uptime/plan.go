package uptime

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/inventory"
)

// plan is the inventory as the ledger needs it. It never changes once it is made.
type plan struct {
	devices    map[string]inventory.Device
	sites      map[string]inventory.Site
	services   map[string]inventory.Service
	circuits   map[string]inventory.Circuit
	created    map[inventory.Scope]int64 // Unix ms
	calendars  map[string]*Calendar
	schedules  []schedule
	named      map[string]map[string]bool // interface keys that something names, by device
	subscribed map[string]string          // URLs of published calendars, by the name of the maintenance
	problems   []string                   // what of the inventory cannot be used, for people
}

func newPlan() *plan {
	return &plan{
		devices: map[string]inventory.Device{}, sites: map[string]inventory.Site{}, services: map[string]inventory.Service{},
		circuits: map[string]inventory.Circuit{}, created: map[inventory.Scope]int64{}, calendars: map[string]*Calendar{},
		named: map[string]map[string]bool{}, subscribed: map[string]string{},
	}
}

// plan reads the inventory.
func (f facts) plan(ctx context.Context) (*plan, error) {
	feeds, err := f.feeds(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := f.db.QueryContext(ctx, `SELECT kind, name, site, spec, created_ms, updated_ms FROM objects
		WHERE kind IN ('site', 'device', 'service', 'circuit', 'calendar', 'maintenance', 'link') ORDER BY kind, name`)
	if err != nil {
		return nil, fmt.Errorf("read the inventory: %w", err)
	}
	defer rows.Close()
	p := newPlan()
	for rows.Next() {
		var kind, name, site string
		var spec []byte
		var created, updated int64
		if err := rows.Scan(&kind, &name, &site, &spec, &created, &updated); err != nil {
			return nil, fmt.Errorf("read the inventory: %w", err)
		}
		p.created[inventory.Scope(kind+":"+name)] = created
		if err := p.add(kind, name, site, spec, updated/1000, feeds[name]); err != nil {
			p.problems = append(p.problems, err.Error())
		}
	}
	return p, rows.Err()
}

// feeds is the published calendars by the name of the maintenance that subscribes to them.
func (f facts) feeds(ctx context.Context) (map[string]string, error) {
	rows, err := f.db.QueryContext(ctx, `SELECT name, body FROM maintenance_feeds`)
	if err != nil {
		return nil, fmt.Errorf("read published calendars: %w", err)
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var name, body string
		if err := rows.Scan(&name, &body); err != nil {
			return nil, fmt.Errorf("read published calendars: %w", err)
		}
		out[name] = body
	}
	return out, rows.Err()
}

// add reads one object. One that cannot be used is left out: the others still count.
func (p *plan) add(kind, name, site string, spec []byte, updated int64, feed string) error {
	switch kind {
	case inventory.KindSite:
		return into(p.sites, kind, name, spec)
	case inventory.KindDevice:
		d, err := decode[inventory.Device](kind, name, spec)
		d.Name, d.Site = name, site // also of one that cannot be read: its evidence counts
		p.devices[name] = d
		return err
	case inventory.KindService:
		err := into(p.services, kind, name, spec)
		p.nameNeeds(p.services[name].Needs)
		return err
	case inventory.KindCircuit:
		err := into(p.circuits, kind, name, spec)
		p.nameInterface(p.circuits[name].Device, p.circuits[name].Interface)
		return err
	case inventory.KindCalendar:
		c, err := decode[inventory.Calendar](kind, name, spec)
		if err != nil {
			return err
		}
		p.calendars[name], err = newCalendar(c)
		return err
	case inventory.KindMaintenance:
		m, err := decode[inventory.Maintenance](kind, name, spec)
		if err != nil {
			return err
		}
		if m.ICal != "" {
			p.subscribed[name] = m.ICal
		}
		s, err := newSchedule(m, updated, feed)
		if err == nil || s.events != nil { // a calendar may be readable in part
			p.schedules = append(p.schedules, s)
		}
		return err
	}
	l, err := decode[inventory.Link](kind, name, spec)
	if !l.Absent {
		p.nameInterface(l.A.Split())
		p.nameInterface(l.B.Split())
	}
	return err
}

func decode[T any](kind, name string, spec []byte) (v T, err error) {
	if err := json.Unmarshal(spec, &v); err != nil {
		return v, fmt.Errorf("%s %q cannot be read: %w", kind, name, err)
	}
	return v, nil
}

func into[T any](m map[string]T, kind, name string, spec []byte) error {
	v, err := decode[T](kind, name, spec)
	if err == nil {
		m[name] = v
	}
	return err
}

func (p *plan) nameInterface(device, key string) {
	if device == "" || key == "" {
		return
	}
	if p.named[device] == nil {
		p.named[device] = map[string]bool{}
	}
	p.named[device][key] = true
}

func (p *plan) nameNeeds(n inventory.Needs) {
	if kind, device, key := n.Scope.Split(); kind == inventory.ScopeInterface {
		p.nameInterface(device, key)
	}
	members, _ := members(n)
	for _, m := range members {
		p.nameNeeds(m)
	}
}

// members takes a node of an expression apart: k of its members have to be up.
func members(n inventory.Needs) (of []inventory.Needs, k int) {
	switch {
	case len(n.AnyOf) > 0:
		return n.AnyOf, 1
	case len(n.AllOf) > 0:
		return n.AllOf, len(n.AllOf)
	case n.AtLeast != nil:
		return n.AtLeast.Of, n.AtLeast.Count
	}
	return nil, 0
}

// monitored tells whether an interface is watched as a target of its own: it is named by the inventory, or
// leads somewhere that is known; and it is not ignored.
func (p *plan) monitored(device, key string, leads bool) bool {
	choice := p.devices[device].Interfaces
	if matches(choice.Monitor, key) {
		return true
	}
	return (leads || p.named[device][key]) && !matches(choice.Ignore, key)
}

// matches tells whether one of the patterns is key, or stands for it as patterns of the shell do. In a key
// a slash is a letter as any other.
func matches(patterns []string, key string) bool {
	flat := func(s string) string { return strings.ReplaceAll(s, "/", "\x00") }
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(flat(p), flat(key))
		return ok && err == nil || p == key
	})
}

// subject is a target that has a timeline of its own.
type subject struct {
	scope      inventory.Scope
	kind, name string
	rest       string // behind the slash of an interface or path
	site       string
	around     map[inventory.Scope]bool // the scopes that it lies in
	calendar   string
	created    int64 // s; MaxInt64 where only evidence tells
	// unreachableCounts: what cannot be reached does not work, whoever is at fault.
	unreachableCounts bool
	objective         string // percent; empty: none is agreed
}

// subject finds a target by its scope.
func (p *plan) subject(scope string) (subject, error) {
	s := subject{scope: inventory.Scope(scope), created: never, around: map[inventory.Scope]bool{}}
	s.kind, s.name, s.rest = s.scope.Split()
	unknown := fmt.Errorf("scope %q: %w", scope, ErrUnknownScope)
	switch s.kind {
	case inventory.KindDevice, inventory.ScopeInterface:
		d, ok := p.devices[s.name]
		if !ok || s.kind == inventory.ScopeInterface && s.rest == "" {
			return s, unknown
		}
		p.around(&s, d)
		s.created = p.created[inventory.Scope("device:"+s.name)] / 1000
	case inventory.ScopePath:
		d, ok := p.devices[s.rest]
		if !ok || s.name == "" {
			return s, unknown
		}
		p.around(&s, d)
		s.unreachableCounts = true
	case inventory.KindSite:
		if _, ok := p.sites[s.name]; !ok {
			return s, unknown
		}
		p.inSite(&s, s.name)
		s.created, s.unreachableCounts = p.created[s.scope]/1000, true
	case inventory.KindService:
		v, ok := p.services[s.name]
		if !ok {
			return s, unknown
		}
		p.inSite(&s, v.Site)
		if v.Objective.Calendar != "" {
			s.calendar = v.Objective.Calendar
		}
		s.created, s.unreachableCounts, s.objective = p.created[s.scope]/1000, true, string(v.Objective.Availability)
	case inventory.KindCircuit:
		v, ok := p.circuits[s.name]
		if !ok {
			return s, unknown
		}
		p.inSite(&s, p.circuitSite(v))
		s.around[inventory.Scope("provider:"+v.Provider)] = true
		s.calendar = v.Contract.Calendar // the provider's hours, not those of the site
		s.created, s.unreachableCounts, s.objective = p.created[s.scope]/1000, true, string(v.Contract.Availability)
	case kindAgent:
		s.around[inventory.ScopeAll] = true
	default:
		return s, unknown
	}
	s.around[s.scope] = true
	return s, nil
}

const (
	kindAgent = "agent"
	never     = int64(1) << 62
)

func (p *plan) circuitSite(c inventory.Circuit) string {
	if c.Site != "" {
		return c.Site
	}
	return p.devices[c.Device].Site
}

// inSite puts s into a site, its region, and all.
func (p *plan) inSite(s *subject, site string) {
	s.site = site
	s.around[inventory.ScopeAll] = true
	if v, ok := p.sites[site]; ok {
		s.around[inventory.Scope("site:"+site)] = true
		s.calendar = v.Calendar
		if v.Region != "" {
			s.around[inventory.Scope("region:"+v.Region)] = true
		}
	}
}

// around puts s into all that a device lies in.
func (p *plan) around(s *subject, d inventory.Device) {
	p.inSite(s, d.Site)
	s.around[inventory.Scope("device:"+d.Name)] = true
	if d.Role != "" {
		s.around[inventory.Scope("role:"+d.Role)] = true
	}
	for _, t := range d.Tags {
		s.around[inventory.Scope("tag:"+t)] = true
	}
}

// planned is the maintenance of a target over a period: its own, and that of all that it lies in.
func (p *plan) planned(s subject, period Window) []Planned {
	var out []Planned
	for i := range p.schedules {
		if slices.ContainsFunc(p.schedules[i].scopes, func(x inventory.Scope) bool { return s.around[x] }) {
			out = append(out, p.schedules[i].planned(period)...)
		}
	}
	return out
}

// zone is that of a site.
func (p *plan) zone(site string) *time.Location {
	if z, err := time.LoadLocation(p.sites[site].TimeZone); err == nil {
		return z
	}
	return time.UTC
}

// expression is what a service or a site is made of, over scopes of targets with evidence of their own.
func (p *plan) expression(s subject) (Expr, error) {
	if s.kind == inventory.KindSite {
		return p.siteExpression(s.name)
	}
	return p.needs(p.services[s.name].Needs, []string{s.name})
}

// errNothing means that a service or site has nothing that it could be judged by.
var errNothing = fmt.Errorf("%w: it consists of nothing that is watched", ErrUnknownScope)

func (p *plan) needs(n inventory.Needs, path []string) (Expr, error) {
	if n.Scope != "" {
		return p.leaf(n.Scope, path)
	}
	of, k := members(n)
	if len(of) == 0 || k < 1 || k > len(of) {
		return Expr{}, fmt.Errorf("service %q: %w: want any_of, all_of, or at_least with a count from 1 to the number of its members", path[0], errNothing)
	}
	out := Expr{K: k}
	for _, m := range of {
		x, err := p.needs(m, path)
		if err != nil {
			return out, err
		}
		out.Of = append(out.Of, x)
	}
	return out, nil
}

func (p *plan) leaf(scope inventory.Scope, path []string) (Expr, error) {
	kind, name, _ := scope.Split()
	switch kind {
	case inventory.KindService:
		if slices.Contains(path, name) {
			return Expr{}, fmt.Errorf("service %q contains itself: take %s out of the circle", name, strings.Join(append(path, name), " > "))
		}
		v, ok := p.services[name]
		if !ok {
			return Expr{}, fmt.Errorf("service %q needs %s: %w", path[0], scope, ErrUnknownScope)
		}
		return p.needs(v.Needs, append(slices.Clone(path), name))
	case inventory.KindSite:
		return p.siteExpression(name)
	}
	return Expr{Target: string(scope)}, nil
}

// siteExpression is what reaches a site: any of its devices of role edge, else core, else of those that have
// no parent in it.
func (p *plan) siteExpression(site string) (Expr, error) {
	var edge, core, roots []Expr
	for name, d := range p.devices {
		if d.Site != site {
			continue
		}
		x := Expr{Target: "device:" + name}
		inside := func(parent string) bool { return p.devices[parent].Site == site && parent != name }
		switch {
		case d.Role == "edge":
			edge = append(edge, x)
		case d.Role == "core":
			core = append(core, x)
		}
		if !slices.ContainsFunc(d.Parents, inside) {
			roots = append(roots, x)
		}
	}
	for _, list := range [][]Expr{edge, core, roots} {
		if len(list) > 0 {
			slices.SortFunc(list, func(a, b Expr) int { return strings.Compare(a.Target, b.Target) })
			return Expr{K: 1, Of: list}, nil
		}
	}
	return Expr{}, fmt.Errorf("site %q: %w: it has no devices", site, errNothing)
}

// Subscriptions is the URLs of the calendars that maintenance subscribes to, by its name.
func (e *Engine) Subscriptions() map[string]string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.plan.subscribed
}

// StoreCalendar keeps what was read of a published calendar. With a problem, what was read before stays.
func StoreCalendar(ctx context.Context, tx *sql.Tx, name, url, body, problem string, now int64) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO maintenance_feeds (name, url, fetched_ms, body, problem) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET fetched_ms = excluded.fetched_ms, problem = excluded.problem,
			body = CASE WHEN excluded.problem = '' OR url <> excluded.url THEN excluded.body ELSE body END, url = excluded.url`,
		name, url, now, body, problem)
	if err != nil {
		return fmt.Errorf("store calendar of maintenance %q: %w", name, err)
	}
	return nil
}
