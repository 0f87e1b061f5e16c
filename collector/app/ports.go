package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"ninewatch/collector/alert"
	"ninewatch/collector/topology"
	"ninewatch/collector/uptime"
)

// How often ports are judged: those of devices that changed at once, all others now and then.
const (
	portsEvery = 5 * time.Second
	portsSweep = 5 * time.Minute
)

// ports judges the interfaces that are targets of their own: what is wrong with one, or with the link that it is an
// end of.
type ports struct {
	monitored func(ctx context.Context, devices map[string]bool) ([]uptime.InterfaceNow, error)
	states    func(context.Context) []uptime.Verdict
	network   func() *topology.Network
	guarded   func() map[string]bool // ports (device/key) whose failure is told as a loss of redundancy
	now       func() time.Time

	mu      sync.Mutex
	touched map[string]bool
	swept   time.Time
	known   map[string][]uptime.InterfaceNow // by device
}

// touch takes devices of which an interface, or the device itself, changed.
func (p *ports) touch(devices []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range devices {
		p.touched[d] = true
	}
}

// findings is one for each link, or interface without a known link, that is down. A link that others stand in for is
// told by the redundancy that is lost with it: one failure is one incident.
func (p *ports) findings(ctx context.Context) ([]alert.Finding, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	devices := p.touched
	if p.now().Sub(p.swept) >= portsSweep {
		devices = map[string]bool{}
		for _, v := range p.states(ctx) {
			devices[v.Device] = true
		}
	}
	if len(devices) > 0 {
		if err := p.look(ctx, devices); err != nil {
			return nil, err
		}
	}
	guarded := p.guarded()
	var all []uptime.InterfaceNow
	for _, list := range p.known {
		for _, i := range list {
			if !guarded[i.Device+"/"+i.Key] {
				all = append(all, i)
			}
		}
	}
	return ofPorts(all, p.network()), nil
}

// look judges the ports of some devices; at a sweep, these are all there are.
func (p *ports) look(ctx context.Context, devices map[string]bool) error {
	list, err := p.monitored(ctx, devices)
	if err != nil {
		return err
	}
	if p.now().Sub(p.swept) >= portsSweep {
		p.known, p.swept = map[string][]uptime.InterfaceNow{}, p.now()
	}
	for d := range devices {
		delete(p.known, d)
	}
	for _, i := range list {
		if p.now().UnixMilli()-i.AsOf > agentLost.Milliseconds() {
			i.State = uptime.Unknown // what its agent delivers now is of the past
		}
		p.known[i.Device] = append(p.known[i.Device], i)
	}
	p.touched = map[string]bool{}
	return nil
}

// port names an interface.
type port struct{ device, key string }

func (p port) less(o port) bool { return p.device < o.device || p.device == o.device && p.key < o.key }

// ofPorts makes findings of interfaces. Both ends of a link are one: its first end by name stands for it, whichever
// says that it is down. The outage of the device at the other end explains it, and a LAG that is down its members.
// An interface that nobody can read says nothing.
func ofPorts(all []uptime.InterfaceNow, n *topology.Network) []alert.Finding {
	sites, down := map[string]string{}, map[port]bool{}
	for _, i := range all {
		sites[i.Device] = i.Site
		down[port{i.Device, i.Key}] = i.State == uptime.Down
	}
	slices.SortFunc(all, func(a, b uptime.InterfaceNow) int {
		return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Key, b.Key))
	})
	far, found := farEnds(n), map[port]*alert.Finding{}
	var order []port
	for _, i := range all {
		own := port{i.Device, i.Key}
		end := far[own]
		if i.State != uptime.Down && i.State != uptime.Unknown || end.lag != "" && down[port{i.Device, end.lag}] {
			continue
		}
		name := own
		if end.linked() && end.port.less(own) && sites[end.device] != "" {
			name = end.port
		}
		f := found[name]
		if f == nil {
			f = &alert.Finding{Kind: alert.InterfaceDown, Site: sites[name.device], Device: name.device, Object: name.key, State: alert.Unknown}
			found[name], order = f, append(order, name)
		}
		if i.State == uptime.Down {
			portDown(f, i, end)
		}
	}
	out := make([]alert.Finding, 0, len(order))
	for _, name := range order {
		out = append(out, *found[name])
	}
	return out
}

// portDown says in f that an end of its link is down.
func portDown(f *alert.Finding, i uptime.InterfaceNow, end farEnd) {
	if f.State != alert.Down || i.Since < f.Since {
		f.Since = i.Since
	}
	f.State = alert.Down
	said := fmt.Sprintf("%s %s says %s since %s", i.Device, i.Key, i.Why, inWords(i.Since))
	if i.Dated != "" {
		said += ", dated by " + i.Dated
	}
	if f.Evidence == "" {
		f.Evidence = said
	} else {
		f.More = append(f.More, said)
	}
	f.Summary = fmt.Sprintf("%s of %s is down", f.Object, f.Device)
	f.Causes = []string{i.Device + "/" + i.Key}
	if !end.linked() {
		return
	}
	x, y := port{i.Device, i.Key}, end.port
	if y.less(x) {
		x, y = y, x
	}
	f.Summary = fmt.Sprintf("the link %s is down", linkWords(x, y))
	f.Members = []string{x.device, y.device}
	f.Causes = []string{x.device + "/" + x.key, y.device + "/" + y.key}
}

func linkWords(x, y port) string {
	return strings.TrimSpace(x.device+" "+x.key) + " to " + strings.TrimSpace(y.device+" "+y.key)
}

// farEnd is what lies at the other end of a port, and the LAG that the port belongs to.
type farEnd struct {
	port
	lag string
}

func (e farEnd) linked() bool { return e.device != "" }

// farEnds are those of all ports of which the link to another device is known.
func farEnds(n *topology.Network) map[port]farEnd {
	out := map[port]farEnd{}
	if n == nil {
		return out
	}
	put := func(at, far topology.End) {
		x, y := n.Nodes[at.Node], n.Nodes[far.Node]
		if x.Kind != topology.DeviceNode || at.Port == "" {
			return
		}
		e := farEnd{lag: at.LAG}
		if y.Kind == topology.DeviceNode {
			e.port = port{y.ID, far.Port}
		}
		out[port{x.ID, at.Port}] = e
	}
	for _, l := range n.Links {
		if l.Confidence >= topology.OneSided {
			put(l.A, l.B)
			put(l.B, l.A)
		}
	}
	return out
}
