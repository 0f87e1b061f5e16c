package app

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/alert"
	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
	"ninewatch/internal/telemetry"
)

// looksEvery is how often the evidence is asked for what is no outage; rebootTold is how long a reboot is news.
const (
	looksEvery = 10 * time.Second
	rebootTold = 15 * time.Minute
)

// probeNames are the probes as people call them.
var probeNames = map[telemetry.Probe]string{telemetry.ProbeICMP: "ICMP", telemetry.ProbeSNMP: "SNMP"}

// lookFindings tells of devices that answer, but not to their credentials, and of agents that cannot look.
func (a *App) lookFindings(ctx context.Context) ([]alert.Finding, error) {
	devices, err := a.inventory.Devices(ctx, inventory.Filter{})
	if err != nil {
		return nil, err
	}
	agents, err := a.auth.Agents(ctx)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, g := range agents {
		if g.Revoked == 0 {
			names[g.ID] = cmp.Or(g.Hostname, g.ID)
		}
	}
	credentials := map[string]string{}
	for _, d := range devices {
		credentials[d.Name] = d.Credential
	}
	looks := current(slices.DeleteFunc(a.uptime.Looks(), func(l uptime.Look) bool { return names[l.Agent] == "" }))
	now := time.Now().UnixMilli()
	return append(refused(looks, credentials, names, now), faults(looks, names, now)...), nil
}

// overtaken is how much newer the look of another agent is, where an agent does not watch a device any more.
const overtaken = 10 * time.Minute

// current leaves out what agents saw that do not watch a device any more: others have looked since.
func current(looks []uptime.Look) []uptime.Look {
	type key struct {
		device string
		probe  telemetry.Probe
	}
	newest := map[key]int64{}
	for _, l := range looks {
		k := key{l.Device, l.Probe}
		newest[k] = max(newest[k], l.To)
	}
	return slices.DeleteFunc(looks, func(l uptime.Look) bool {
		return newest[key{l.Device, l.Probe}]-l.To > max(overtaken.Milliseconds(), 3*l.Every)
	})
}

// fresh tells whether a look says something of now (Unix ms), or only of the past.
func fresh(l uptime.Look, now int64) bool { return now-l.To <= 2*l.Every+agentLost.Milliseconds() }

// refused is one finding for each device of which the credentials are wrong. While a device says nothing at all,
// neither is known.
func refused(looks []uptime.Look, credentials, agents map[string]string, now int64) []alert.Finding {
	by, answers := map[string][]uptime.Look{}, map[string]bool{}
	silent := map[string]bool{}
	for _, l := range looks {
		switch {
		case l.Probe != telemetry.ProbeSNMP || credentials[l.Device] == "":
		case l.Result == telemetry.Credentials && fresh(l, now):
			by[l.Device] = append(by[l.Device], l)
		case l.Result == telemetry.Fail || l.Result == telemetry.ProberFault || !fresh(l, now):
			silent[l.Device] = true
		default:
			answers[l.Device] = true
		}
	}
	out := make([]alert.Finding, 0, len(by))
	for _, device := range slices.Sorted(maps.Keys(silent)) {
		if !answers[device] && by[device] == nil {
			out = append(out, alert.Finding{Kind: alert.CredentialFailure, Device: device, Object: "SNMP", State: alert.Unknown})
		}
	}
	for _, device := range slices.Sorted(maps.Keys(by)) {
		list := by[device]
		first := slices.MinFunc(list, func(x, y uptime.Look) int { return cmp.Compare(x.Since, y.Since) })
		f := alert.Finding{
			Kind: alert.CredentialFailure, Site: first.Site, Device: device, Object: "SNMP", State: alert.Down, Since: first.Since,
			Summary:  fmt.Sprintf("%s does not accept the credential %q", device, credentials[device]),
			Evidence: fmt.Sprintf("SNMP answers, but not to it, since %s (agent %s)", inWords(first.Since), agents[first.Agent]),
		}
		if first.Reason != "" && first.Reason != "credentials" {
			f.More = append(f.More, "reason: "+first.Reason)
		}
		out = append(out, f)
	}
	return out
}

// faults is one finding for each agent and probe by which it cannot look: that is no fault of the devices.
func faults(looks []uptime.Look, agents map[string]string, now int64) []alert.Finding {
	type key struct {
		agent string
		probe telemetry.Probe
	}
	by, all := map[key][]uptime.Look{}, map[key]int{}
	for _, l := range looks {
		k := key{l.Agent, l.Probe}
		all[k]++
		if l.Result == telemetry.ProberFault {
			by[k] = append(by[k], l)
		}
	}
	var out []alert.Finding
	for k, list := range by {
		first := slices.MinFunc(list, func(x, y uptime.Look) int { return cmp.Compare(x.Since, y.Since) })
		devices := make([]string, len(list))
		for n, l := range list {
			devices[n] = l.Device
		}
		slices.Sort(devices)
		whom := "any device"
		if len(list) < all[k] {
			whom = fmt.Sprintf("%d of %d devices", len(list), all[k])
		}
		state := alert.Unknown
		if slices.ContainsFunc(list, func(l uptime.Look) bool { return fresh(l, now) }) {
			state = alert.Down
		}
		out = append(out, alert.Finding{
			Kind: alert.ProberFault, Site: first.Site, Object: k.agent + " " + probeNames[k.probe], State: state, Since: first.Since,
			Summary:  fmt.Sprintf("agent %s cannot ask %s by %s", agents[k.agent], whom, probeNames[k.probe]),
			Evidence: strings.TrimSuffix("the agent's own fault, since "+inWords(first.Since)+": "+first.Reason, ": "),
			More:     []string{"it says nothing about: " + listed(devices, 10)},
		})
	}
	slices.SortFunc(out, func(x, y alert.Finding) int { return cmp.Compare(x.Object, y.Object) })
	return out
}

// rebootFindings tells of devices that started anew without that anybody saw an outage.
func (a *App) rebootFindings(ctx context.Context) ([]alert.Finding, error) {
	now := time.Now()
	return reboots(a.uptime.Reboots(ctx, now.Add(-rebootTold).UnixMilli()), a.books.current()), nil
}

func reboots(found map[string]uptime.Restart, book *alert.Book) []alert.Finding {
	out := make([]alert.Finding, 0, len(found))
	for _, device := range slices.Sorted(maps.Keys(found)) {
		r := found[device]
		f := alert.Finding{
			Kind: alert.DeviceRebooted, Site: book.Devices[device].Site, Device: device, State: alert.Down, Since: r.At * 1000,
			Summary:  device + " has rebooted",
			Evidence: "sysUpTime began anew at " + inWords(r.At*1000) + "; no probe saw it down",
		}
		if r.Trap != "" {
			f.More = append(f.More, "it sent a "+r.Trap+" trap at "+inWords(r.Told))
		}
		out = append(out, f)
	}
	return out
}

func inWords(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05 UTC") }

// listed is a list of at most n names in words.
func listed(names []string, n int) string {
	if len(names) <= n {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:n], ", "), len(names)-n)
}
