package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
	"ninewatch/internal/telemetry"
)

type deviceView struct {
	Name         string   `json:"name"`
	DisplayName  string   `json:"display_name"`
	Site         string   `json:"site"`
	Address      string   `json:"address"`
	Role         string   `json:"role"`
	State        string   `json:"state"`
	Since        *string  `json:"since"`
	Why          string   `json:"why" doc:"the newest evidence"`
	RoundTrip    *float64 `json:"rtt_seconds"`
	Availability *string  `json:"availability" doc:"percent of the last 30 days, floored"`
	Demo         bool     `json:"demo"`
	Agent        string   `json:"agent"`
}

type deviceQuery struct {
	Paging
	Site  string `query:"site"`
	Q     string `query:"q" maxLength:"200" doc:"part of a name, address, role or tag"`
	State string `query:"state" enum:"up,degraded,down,unreachable,unknown,maintenance"`
	Sort  string `query:"sort" enum:"name,site,address,role,state,since,rtt,availability" default:"name"`
	Order string `query:"order" enum:"asc,desc" default:"asc" doc:"what is not known comes last in both"`
}

type deviceName struct {
	Name string `path:"name"`
}

type identity struct {
	Vendor      string `json:"vendor"`
	Model       string `json:"model"`
	Serial      string `json:"serial"`
	OS          string `json:"os"`
	Version     string `json:"version" doc:"of the software"`
	Profile     string `json:"profile" doc:"by which it is read"`
	SysObjectID string `json:"sys_object_id"`
	SysDescr    string `json:"sys_descr"`
	Location    string `json:"location"`
	Contact     string `json:"contact"`
	SysName     string `json:"sys_name"`
	Uptime      *int64 `json:"uptime_seconds"`
}

type deviceDetail struct {
	Name         string            `json:"name"`
	DisplayName  string            `json:"display_name"`
	Site         string            `json:"site"`
	Address      string            `json:"address"`
	Role         string            `json:"role"`
	State        string            `json:"state"`
	Since        *string           `json:"since"`
	Why          string            `json:"why"`
	RoundTrip    *float64          `json:"rtt_seconds"`
	Demo         bool              `json:"demo"`
	Agent        string            `json:"agent"`
	Answer       []phrase          `json:"answer" nullable:"false"`
	Identity     *identity         `json:"identity"`
	Interval     float64           `json:"interval_seconds" doc:"0: not polled by SNMP"`
	ICMPInterval float64           `json:"icmp_interval_seconds" doc:"0: not pinged"`
	Agents       []string          `json:"agents" nullable:"false"`
	Parents      []string          `json:"parents" nullable:"false" doc:"what it is reached through: of the inventory, else as topology shows it"`
	ParentsFrom  string            `json:"parents_from,omitempty" enum:"inventory,topology"`
	Availability *measured         `json:"availability"`
	Strip        []uptime.Day      `json:"strip" nullable:"false"`
	FactsAt      *string           `json:"facts_at"`
	Queries      map[string]string `json:"queries" doc:"PromQL behind the graphs"`
	Spec         anObject          `json:"spec" doc:"the device as it stands in a file"`
}

func (a *API) deviceRoutes() {
	get(a, "/devices", "list-devices", "The devices by name, with their states", viewer, a.listDevices)
	get(a, "/devices/{name}", "get-device", "A device, its state, identity and availability", viewer, a.getDevice)
	get(a, "/devices/{name}/interfaces", "list-interfaces", "The interfaces of a device, with their traffic", viewer, a.listInterfaces)
}

func (a *API) deviceView(d inventory.Device, verdict uptime.Verdict, roundTrips map[string]float64, agents []auth.Agent) deviceView {
	v := deviceView{
		Name: d.Name, DisplayName: cmp.Or(d.DisplayName, d.Name), Site: d.Site, Address: d.Address, Role: d.Role,
		State: verdict.State, Since: stampOrNull(verdict.Since), Why: verdict.Evidence, Demo: d.Source == inventory.SourceDemo,
	}
	// A round trip that was measured before the device fell silent says nothing of now.
	if s := uptime.State(verdict.State); s == uptime.Up || s == uptime.Degraded {
		if seconds, ok := roundTrips[d.Name]; ok {
			v.RoundTrip = &seconds
		}
	}
	if names := agentsFor(d, agents); len(names) > 0 {
		v.Agent = names[0]
	}
	return v
}

// agentsFor are the agents of the site of a device, those that were heard last first.
func agentsFor(d inventory.Device, agents []auth.Agent) []string {
	var at []auth.Agent
	for _, g := range agents {
		if g.Site == d.Site && g.Revoked == 0 {
			at = append(at, g)
		}
	}
	slices.SortStableFunc(at, func(x, y auth.Agent) int { return cmp.Compare(y.LastSeen/60_000, x.LastSeen/60_000) })
	return each(at, func(g auth.Agent) string { return g.ID })
}

func (a *API) getDevice(ctx context.Context, c caller, in *deviceName) (deviceDetail, error) {
	d, err := a.device(ctx, c, in.Name)
	if err != nil {
		return deviceDetail{}, err
	}
	site, err := a.site(ctx, c, d.Site)
	if err != nil {
		return deviceDetail{}, err
	}
	roundTrips, err := a.samples.roundTrips(ctx, []string{d.Name})
	if err != nil {
		return deviceDetail{}, err
	}
	agents, err := a.agentsOf(ctx, c, d.Site)
	if err != nil {
		return deviceDetail{}, err
	}
	verdict := verdictOf(a.verdicts(ctx, c), d.Name)
	v := a.deviceView(d, verdict, roundTrips, agents)
	out := deviceDetail{
		Name: v.Name, DisplayName: v.DisplayName, Site: v.Site, Address: v.Address, Role: v.Role, State: v.State, Since: v.Since, Why: v.Why,
		RoundTrip: v.RoundTrip, Demo: v.Demo, Agent: v.Agent,
		Interval: d.SNMPInterval().Seconds(), ICMPInterval: d.ICMPInterval().Seconds(),
		Agents: append([]string{}, agentsFor(d, agents)...), Queries: queriesOf(d),
	}
	if err := a.reachedThrough(ctx, c, d, &out); err != nil {
		return out, err
	}
	if err := a.measureDevice(ctx, &out, zone(site)); err != nil {
		return out, err
	}
	if err := a.identify(ctx, &out); err != nil {
		return out, err
	}
	out.Answer = a.answerOf(out, verdict, agents)
	o, err := a.deps.Inventory.Object(ctx, inventory.KindDevice, d.Name)
	if err != nil {
		return out, absent(err, inventory.ErrUnknown, inventory.KindDevice, d.Name)
	}
	out.Spec, _ = c.show(o)
	return out, nil
}

// reachedThrough adds the parents by which outages are judged, as far as c may see them.
func (a *API) reachedThrough(ctx context.Context, c caller, d inventory.Device, out *deviceDetail) error {
	known, err := a.deps.Inventory.Parents(ctx)
	if err != nil {
		return err
	}
	out.Parents = []string{}
	for _, parent := range known.Now(d.Name) {
		if _, err := a.device(ctx, c, parent); err == nil {
			out.Parents = append(out.Parents, parent)
		}
	}
	switch {
	case len(out.Parents) == 0:
	case len(d.Parents) > 0:
		out.ParentsFrom = "inventory"
	default:
		out.ParentsFrom = "topology"
	}
	return nil
}

// measureDevice adds the availability of 30 days and the strip.
func (a *API) measureDevice(ctx context.Context, out *deviceDetail, z *time.Location) error {
	m, err := a.lastDays(ctx, "device:"+out.Name, 30)
	if err != nil {
		return err
	}
	if m != nil {
		v := measuredOf(m)
		v.Budget, v.BudgetLeft = m.BudgetSeconds, m.BudgetLeftSeconds
		out.Availability = &v
	}
	out.Strip, err = a.strip(ctx, "device:"+out.Name, z)
	return err
}

// identify adds what the device said of itself.
func (a *API) identify(ctx context.Context, out *deviceDetail) error {
	facts, err := a.deps.Inventory.Facts(ctx, out.Name)
	if errors.Is(err, inventory.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	s := facts.System
	out.FactsAt = stampOrNull(facts.Seen)
	out.Identity = &identity{
		Vendor: vendor(s.SysObjectID), SysObjectID: s.SysObjectID, SysDescr: s.SysDescr, Location: s.SysLocation, Contact: s.SysContact, SysName: s.SysName,
	}
	parts, err := a.deps.Inventory.Parts(ctx, inventory.PartsFilter{Device: out.Name, List: inventory.ListIdentity, Present: true})
	if err != nil {
		return err
	}
	for _, p := range parts {
		var i telemetry.Identity
		if err := json.Unmarshal(p.Facts, &i); err != nil {
			return err
		}
		out.Identity.Model, out.Identity.Serial, out.Identity.OS, out.Identity.Version, out.Identity.Profile = i.Model, i.Serial, i.OS, i.Version, i.Profile
		out.Identity.Vendor = cmp.Or(i.Vendor, out.Identity.Vendor) // of the hardware, not of its SNMP agent
	}
	if s.SysUpTime > 0 && facts.Seen > 0 {
		seconds := int64(s.SysUpTime/100) + (a.deps.Now().UnixMilli()-facts.Seen)/1000
		out.Identity.Uptime = &seconds
	}
	return nil
}

func (a *API) answerOf(d deviceDetail, verdict uptime.Verdict, agents []auth.Agent) []phrase {
	f := deviceFacts{Name: d.DisplayName, State: uptime.State(d.State), Now: a.deps.Now(), RoundTrip: d.RoundTrip, Why: d.Why}
	if verdict.Since != 0 {
		f.Since = time.UnixMilli(verdict.Since)
	}
	if d.Availability != nil {
		f.Percent = d.Availability.Percent
	}
	for _, g := range agents {
		if g.ID == d.Agent && agentState(g, f.Now.UnixMilli()) != "reporting" {
			f.Silent = cmp.Or(g.Hostname, g.ID)
		}
	}
	return deviceAnswer(f)
}

// queriesOf are the queries behind the graphs of a device, to be opened elsewhere.
func queriesOf(d inventory.Device) map[string]string {
	name := quoted(d.Name)
	return map[string]string{
		"in":  `rate(ifHCInOctets{device=` + name + `}[5m]) * 8`,
		"out": `rate(ifHCOutOctets{device=` + name + `}[5m]) * 8`,
		"rtt": `ninewatch_icmp_rtt_seconds{device=` + name + `}`,
		"loss": `1 - increase(ninewatch_icmp_received_total{device=` + name + `}[5m]) / increase(ninewatch_icmp_sent_total{device=` +
			name + `}[5m])`,
		"state": `ninewatch_state{device=` + name + `} == 1`,
	}
}
