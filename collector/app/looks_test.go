package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/collector/alert"
	"ninewatch/collector/auth"
	"ninewatch/collector/topology"
	"ninewatch/collector/uptime"
	"ninewatch/internal/telemetry"
)

const lookNow = 1_790_000_000_000

// said is what findings come to, a line each.
func said(list []alert.Finding) []string {
	out := []string{}
	for _, f := range list {
		out = append(out, fmt.Sprintf("%s %s|%s|%s %s", f.Kind, f.Site, f.Device, f.Object, f.State))
	}
	return out
}

func snmpLook(device, agent string, result telemetry.Result, ago int64) uptime.Look {
	return uptime.Look{
		Device: device, Site: "porto", Probe: telemetry.ProbeSNMP, Agent: agent, Result: result, Reason: "wrong digest", Since: lookNow - 600_000, To: lookNow - ago, Every: 60_000,
	}
}

// TestWrongCredentialsAreNoOutage: the finding holds on fresh evidence only, and silence says nothing of it.
func TestWrongCredentialsAreNoOutage(t *testing.T) {
	f := func(want []string, looks ...uptime.Look) {
		t.Helper()
		credentials := map[string]string{"sw1": "v3", "sw2": ""}
		if diff := cmp.Diff(want, said(refused(current(looks), credentials, map[string]string{"a": "probe"}, lookNow))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	holds, unknown := []string{"credential_failure porto|sw1|SNMP down"}, []string{"credential_failure |sw1|SNMP unknown"}
	f(holds, snmpLook("sw1", "a", telemetry.Credentials, 1000))
	f([]string{}, snmpLook("sw1", "a", telemetry.OK, 1000))
	f([]string{}, snmpLook("sw2", "a", telemetry.Credentials, 1000)) // it has none any more
	f(unknown, snmpLook("sw1", "a", telemetry.Fail, 1000))
	f(unknown, snmpLook("sw1", "a", telemetry.ProberFault, 1000))
	f(unknown, snmpLook("sw1", "a", telemetry.Credentials, 3_600_000))                                           // from a spool, or its agent is silent
	f([]string{}, snmpLook("sw1", "a", telemetry.Credentials, 3_600_000), snmpLook("sw1", "b", telemetry.OK, 0)) // another agent took over
	f(holds, snmpLook("sw1", "a", telemetry.Credentials, 1000), snmpLook("sw1", "b", telemetry.OK, 2000))
	got := refused([]uptime.Look{snmpLook("sw1", "a", telemetry.Credentials, 1000)}, map[string]string{"sw1": "v3"}, map[string]string{"a": "probe"}, lookNow)[0]
	if want := `sw1 does not accept the credential "v3"`; got.Summary != want || got.Since != lookNow-600_000 {
		t.Errorf("got %+v", got)
	}
}

// TestFaultOfTheAgent: what an agent cannot do is one finding of the agent, not one for each device.
func TestFaultOfTheAgent(t *testing.T) {
	looks := []uptime.Look{snmpLook("sw3", "a", telemetry.OK, 0)}
	for _, d := range []string{"sw1", "sw2"} {
		l := snmpLook(d, "a", telemetry.ProberFault, 1000)
		l.Reason = "operation not permitted"
		looks = append(looks, l)
	}
	got := faults(looks, map[string]string{"a": "probe"}, lookNow)
	if diff := cmp.Diff([]string{"prober_fault porto||a SNMP down"}, said(got)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if want := "agent probe cannot ask 2 of 3 devices by SNMP"; got[0].Summary != want {
		t.Errorf("got %q, want %q", got[0].Summary, want)
	}
	if got := faults(looks, map[string]string{"a": "probe"}, lookNow+3_600_000); got[0].State != alert.Unknown {
		t.Errorf("a silent agent: got %s, want unknown", got[0].State)
	}
}

func TestReboots(t *testing.T) {
	book := &alert.Book{Devices: map[string]alert.Place{"sw1": {Site: "porto"}}}
	got := reboots(map[string]uptime.Restart{"sw1": {At: 1_790_000_000, Kind: uptime.Reboot}}, book)
	if diff := cmp.Diff([]string{"device_rebooted porto|sw1| down"}, said(got)); diff != "" || got[0].Since != 1_790_000_000_000 || len(got[0].More) > 0 {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got = reboots(map[string]uptime.Restart{"sw1": {At: 1_790_000_000, Kind: uptime.Reboot, Trap: "coldStart", Told: 1_790_000_003_000}}, book)
	if diff := cmp.Diff([]string{"it sent a coldStart trap at 2026-09-21 14:13:23 UTC"}, got[0].More); diff != "" {
		t.Errorf("with its trap (-want +got):\n%s", diff)
	}
}

// TestSilentAgents: after a start of the collector nothing is known of agents that had no time to come.
func TestSilentAgents(t *testing.T) {
	old := int64(lookNow - 3_600_000)
	agents := []auth.Agent{{ID: "a", Site: "porto", LastSeen: old}, {ID: "b", Site: "porto", LastSeen: old}, {ID: "c", Site: "faro", LastSeen: lookNow}, {ID: "d", Site: "faro", LastSeen: old}, {ID: "e", Site: "faro", LastSeen: old, Revoked: 1}}
	if diff := cmp.Diff([]string{"agent_lost faro||d down", "site_silent porto||porto down"}, said(silentAgents(agents, old, lookNow))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want := []string{"agent_lost faro||d unknown", "agent_lost porto||a unknown", "agent_lost porto||b unknown", "site_silent porto||porto unknown"}
	if diff := cmp.Diff(want, said(silentAgents(agents, lookNow-5000, lookNow))); diff != "" {
		t.Errorf("just started (-want +got):\n%s", diff)
	}
}

// TestPorts: both ends of a link are one finding, that names the same end whichever is seen first.
func TestPorts(t *testing.T) {
	n := topology.Build(topology.Inventory{
		Devices: []topology.Device{{Name: "sw1"}, {Name: "sw2"}}, Links: []topology.Manual{{A: "sw1/Gi1", B: "sw2/Gi9"}},
	}, nil)
	if len(n.Links) != 1 {
		t.Fatalf("the network of the test has %d links", len(n.Links))
	}
	is := func(device, key string, s uptime.State) uptime.InterfaceNow {
		return uptime.InterfaceNow{Device: device, Key: key, Site: "porto", State: s, Since: lookNow, Why: "ifOperStatus down"}
	}
	f := func(want []string, all ...uptime.InterfaceNow) {
		t.Helper()
		if diff := cmp.Diff(want, said(ofPorts(all, n))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	link := []string{"interface_down porto|sw1|Gi1 down"}
	f(link, is("sw2", "Gi9", uptime.Down), is("sw1", "Gi1", uptime.Down))
	f(link, is("sw2", "Gi9", uptime.Down), is("sw1", "Gi1", uptime.Up))
	f(link, is("sw2", "Gi9", uptime.Up), is("sw1", "Gi1", uptime.Down))
	f(link, is("sw2", "Gi9", uptime.Unknown), is("sw1", "Gi1", uptime.Down))
	f([]string{"interface_down porto|sw1|Gi1 unknown"}, is("sw2", "Gi9", uptime.Unknown), is("sw1", "Gi1", uptime.Up))
	f([]string{}, is("sw2", "Gi9", uptime.AdminDown), is("sw1", "Gi1", uptime.Up))
	f([]string{"interface_down porto|sw2|Gi7 down"}, is("sw2", "Gi7", uptime.Down), is("sw1", "Gi1", uptime.Up))
	trapped := is("sw2", "Gi9", uptime.Down)
	trapped.Dated = "a linkDown trap"
	if got := ofPorts([]uptime.InterfaceNow{trapped}, n)[0].Evidence; !strings.HasSuffix(got, " UTC, dated by a linkDown trap") {
		t.Errorf("got evidence %q, want it to say what dates it", got)
	}
	got := ofPorts([]uptime.InterfaceNow{is("sw2", "Gi9", uptime.Down), is("sw1", "Gi1", uptime.Unknown)}, n)[0]
	if diff := cmp.Diff([]string{"sw1", "sw2"}, got.Members); diff != "" || got.Summary != "the link sw1 Gi1 to sw2 Gi9 is down" {
		t.Errorf("got %q of %v", got.Summary, got.Members)
	}
}
