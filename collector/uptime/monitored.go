package uptime

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"ninewatch/collector/inventory"
	"ninewatch/internal/telemetry"
)

// InterfaceNow is what an interface says now.
type InterfaceNow struct {
	Device, Key, Site string
	Monitored         bool // a target of its own: others are only counted
	State             State
	Since             int64 // Unix ms
	AsOf              int64 // Unix ms: all evidence up to here has come
	Why               string
	Dated             string // names what dates Since, where it is not the polls
}

// leads is the interfaces that lead somewhere: members of a LAG and LAGs, and links to neighbours that are
// devices of the inventory or that forward for others.
func (f facts) leads(ctx context.Context, names map[string]bool, of some) (map[string]map[string]bool, error) {
	within, args := of.within(inventory.ListNeighbors, inventory.ListLAGs)
	rows, err := f.db.QueryContext(ctx, `SELECT device, list, facts FROM device_parts WHERE list IN (?, ?) AND until_ms IS NULL`+within, args...)
	if err != nil {
		return nil, fmt.Errorf("read neighbours: %w", err)
	}
	defer rows.Close()
	out := map[string]map[string]bool{}
	for rows.Next() {
		var device, list string
		var data []byte
		if err := rows.Scan(&device, &list, &data); err != nil {
			return nil, fmt.Errorf("read neighbours: %w", err)
		}
		if out[device] == nil {
			out[device] = map[string]bool{}
		}
		for _, key := range leading(list, data, names) {
			out[device][key] = true
		}
	}
	return out, rows.Err()
}

// some is a set of devices; nil: all.
type some map[string]bool

// mostNamed bounds the devices that a query names: of more, all are read.
const mostNamed = 500

// within narrows a query, behind its conditions with these arguments.
func (of some) within(args ...any) (string, []any) {
	if of == nil || len(of) > mostNamed {
		return "", args
	}
	for name := range of {
		args = append(args, name)
	}
	return " AND device IN (" + strings.TrimPrefix(strings.Repeat(", ?", len(of)), ", ") + ")", args
}

// namesFor is how long the names that devices give themselves are believed (ms), where they are asked for again and
// again. An inventory that changed is read at once.
const namesFor = 60_000

// knownNames is what the devices of a plan were called at a time.
type knownNames struct {
	mu    sync.Mutex
	of    *plan
	at    int64
	names map[string]bool
}

func (k *knownNames) get(ctx context.Context, f facts, p *plan, now int64) (map[string]bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of == p && now-k.at < namesFor {
		return k.names, nil
	}
	names, err := f.names(ctx, p)
	if err == nil {
		k.of, k.at, k.names = p, now, names
	}
	return names, err
}

// names is what the devices of the inventory are called: by it, and by themselves.
func (f facts) names(ctx context.Context, p *plan) (map[string]bool, error) {
	out := map[string]bool{}
	for name := range p.devices {
		out[short(name)] = true
	}
	rows, err := f.db.QueryContext(ctx, `SELECT system FROM device_facts WHERE until_ms IS NULL`)
	if err != nil {
		return nil, fmt.Errorf("read names of devices: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var data []byte
		if err := rows.Scan(&data); err != nil {
			return nil, fmt.Errorf("read names of devices: %w", err)
		}
		var s telemetry.System
		if json.Unmarshal(data, &s) == nil && s.SysName != "" {
			out[short(s.SysName)] = true
		}
	}
	return out, rows.Err()
}

// short is a host name without its domain.
func short(name string) string {
	first, _, _ := strings.Cut(strings.ToLower(name), ".")
	return first
}

func leading(list string, data []byte, names map[string]bool) []string {
	if list == inventory.ListLAGs {
		var lag telemetry.LAG
		if json.Unmarshal(data, &lag) != nil {
			return nil
		}
		keys := []string{lag.Key}
		for _, m := range lag.Members {
			keys = append(keys, m.Key)
		}
		return keys
	}
	var n telemetry.Neighbor
	if json.Unmarshal(data, &n) != nil {
		return nil
	}
	forwards := slices.Contains(n.Capabilities, "bridge") || slices.Contains(n.Capabilities, "router")
	phone := slices.Contains(n.Capabilities, "telephone") || slices.Contains(n.Capabilities, "stationOnly")
	if forwards && !phone || n.RemoteName != "" && names[short(n.RemoteName)] {
		return []string{n.LocalKey}
	}
	return nil
}

// Monitored lists the interfaces that are targets of their own, by device and key; of all sites where site
// is empty.
func (e *Engine) Monitored(ctx context.Context, site string) ([]InterfaceNow, error) {
	all, err := e.interfaces(ctx, nil, &knownNames{}, func(d inventory.Device) bool { return site == "" || d.Site == site })
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(i InterfaceNow) bool { return !i.Monitored }), nil
}

// Interfaces is what the interfaces of a device say now.
func (e *Engine) Interfaces(ctx context.Context, device string) ([]InterfaceNow, error) {
	all, err := e.interfaces(ctx, some{device: true}, &knownNames{}, func(d inventory.Device) bool { return d.Name == device })
	if err != nil {
		return nil, err
	}
	return all, e.say(ctx, all)
}

// MonitoredNow is what the interfaces of some devices say now that are targets of their own.
func (e *Engine) MonitoredNow(ctx context.Context, devices map[string]bool) ([]InterfaceNow, error) {
	all, err := e.interfaces(ctx, devices, &e.names, func(d inventory.Device) bool { return devices[d.Name] })
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(i InterfaceNow) bool { return !i.Monitored })
	return all, e.say(ctx, all)
}

// say fills in what interfaces say now.
func (e *Engine) say(ctx context.Context, all []InterfaceNow) error {
	now := floorSecond(e.deps.Now().UnixMilli())
	a := e.ask(ctx)
	for i := range all {
		x := &all[i]
		w, err := a.line("interface:"+x.Device+"/"+x.Key, now-86_400)
		if err != nil {
			return err
		}
		x.State, x.Since, x.AsOf = Unknown, w.asOf*1000, w.asOf*1000
		if n := len(w.line); n > 0 {
			last := w.line[n-1]
			x.State, x.Since, x.Why, x.Dated = last.State, last.From*1000, last.Why, last.Dated
		}
	}
	return nil
}

func (e *Engine) interfaces(ctx context.Context, of some, known *knownNames, keep func(inventory.Device) bool) ([]InterfaceNow, error) {
	e.mu.RLock()
	p := e.plan
	e.mu.RUnlock()
	names, err := known.get(ctx, e.facts, p, e.deps.Now().UnixMilli())
	if err != nil {
		return nil, err
	}
	leads, err := e.facts.leads(ctx, names, of)
	if err != nil {
		return nil, err
	}
	within, args := of.within()
	rows, err := e.deps.DB.QueryContext(ctx, `SELECT device, key FROM interfaces WHERE true`+within+` ORDER BY device, key`, args...)
	if err != nil {
		return nil, fmt.Errorf("read interfaces: %w", err)
	}
	defer rows.Close()
	var out []InterfaceNow
	for rows.Next() {
		var x InterfaceNow
		if err := rows.Scan(&x.Device, &x.Key); err != nil {
			return nil, fmt.Errorf("read interfaces: %w", err)
		}
		d, ok := p.devices[x.Device]
		if !ok || !keep(d) {
			continue
		}
		x.Site, x.State = d.Site, Unknown
		x.Monitored = p.monitored(x.Device, x.Key, leads[x.Device][x.Key])
		out = append(out, x)
	}
	return out, rows.Err()
}
