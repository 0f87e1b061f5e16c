package uptime

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

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
	parents    *inventory.Parents
	problems   []string // what of the inventory cannot be used, for people
}

func newPlan() *plan {
	return &plan{
		devices: map[string]inventory.Device{}, sites: map[string]inventory.Site{}, services: map[string]inventory.Service{},
		circuits: map[string]inventory.Circuit{}, created: map[inventory.Scope]int64{}, calendars: map[string]*Calendar{},
		named: map[string]map[string]bool{}, subscribed: map[string]string{}, parents: &inventory.Parents{},
	}
}

// plan reads the inventory.
func (f facts) plan(ctx context.Context) (*plan, error) {
	feeds, err := f.feeds(ctx)
	if err != nil {
		return nil, err
	}
	parents, err := inventory.ReadParents(ctx, f.db)
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
	p.parents = parents
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

// Unread is a published calendar of maintenance that could not be read the last time.
type Unread struct {
	Name, Site string
	Problem    string
	At         int64 // ms
}

// UnreadCalendars lists them by name.
func UnreadCalendars(ctx context.Context, db *sql.DB) (out []Unread, err error) {
	rows, err := db.QueryContext(ctx, `SELECT f.name, o.site, f.problem, f.fetched_ms FROM maintenance_feeds f
		JOIN objects o ON o.kind = ? AND o.name = f.name WHERE f.problem <> '' ORDER BY f.name`, inventory.KindMaintenance)
	if err != nil {
		return nil, fmt.Errorf("read calendars of maintenance: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var u Unread
		if err := rows.Scan(&u.Name, &u.Site, &u.Problem, &u.At); err != nil {
			return nil, fmt.Errorf("read calendars of maintenance: %w", err)
		}
		out = append(out, u)
	}
	return out, rows.Err()
}
