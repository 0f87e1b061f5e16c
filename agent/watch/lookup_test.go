package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ninewatch/agent/icmp"
	"ninewatch/internal/telemetry"
)

// zone answers for names, and can be changed by a test.
type zone struct {
	mu    sync.Mutex
	addrs map[string][]netip.Addr
}

func (z *zone) set(name string, addrs ...string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.addrs[name] = nil
	for _, a := range addrs {
		z.addrs[name] = append(z.addrs[name], netip.MustParseAddr(a))
	}
}

func (z *zone) lookup(_ context.Context, network, name string) ([]netip.Addr, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if network != "ip" || len(z.addrs[name]) == 0 {
		return nil, errors.New("no such host")
	}
	return slices.Clone(z.addrs[name]), nil
}

// TestNames: names that are not found, that have many addresses, and that change.
func TestNames(t *testing.T) {
	r := newRig(t)
	var log bytes.Buffer
	r.log = slog.New(slog.NewTextHandler(&log, nil))
	z := &zone{addrs: map[string][]netip.Addr{}}
	r.names.lookup = z.lookup
	z.set("one.example.net", "127.0.0.1")
	z.set("many.example.net", "::1", "127.0.0.9", "127.0.0.3")
	echo := func(name, address string) telemetry.AssignedDevice {
		return telemetry.AssignedDevice{Name: name, Address: address, ICMPInterval: 1e9}
	}
	a := telemetry.Assignment{
		Devices: []telemetry.AssignedDevice{echo("one", "one.example.net"), echo("many", "many.example.net"), echo("gone", "gone.example.net")},
		Targets: []telemetry.Target{{Name: "isp", Kind: telemetry.TargetCircuit, Address: "late.example.net"}},
	}
	want := []string{
		`device "many": name "many.example.net" has 3 addresses, 127.0.0.3 is watched: enter that of the one you mean`,
		`device "gone": name "gone.example.net" is not found: no such host; correct it, or enter the IP address (it is looked up again every minute)`,
		`circuit "isp": name "late.example.net" is not found: no such host; correct it, or enter the IP address (it is looked up again every minute)`,
	}
	if got := r.Apply(a); !slices.Equal(got, want) {
		t.Errorf("got problems\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	probed := func(want ...string) {
		t.Helper()
		var got []string
		for _, target := range r.targets {
			got = append(got, target.Name+" "+target.Addr.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("got probes %q, want %q", got, want)
		}
	}
	probed("one 127.0.0.1", "many 127.0.0.3")

	// Another order of the same answer is no change, and neither is a server that does not answer.
	z.set("many.example.net", "127.0.0.3", "127.0.0.1")
	z.set("one.example.net")
	r.lookAgain()
	probed("one 127.0.0.1", "many 127.0.0.3")
	if strings.Contains(log.String(), "another address") {
		t.Errorf("got log %s, want none of another address", log.String())
	}
	want[0] = strings.Replace(want[0], "3 addresses", "2 addresses", 1)

	if got := r.Problems(); !slices.Equal(got, want) {
		t.Errorf("got problems %q, want %q", got, want)
	}

	z.set("one.example.net", "127.0.0.5")
	z.set("late.example.net", "127.0.0.7")
	r.lookAgain()
	probed("one 127.0.0.5", "many 127.0.0.3", "circuit:isp 127.0.0.7")
	for _, part := range []string{"name=one.example.net before=127.0.0.1 addr=127.0.0.5", "name=late.example.net"} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("log lacks %q:\n%s", part, log.String())
		}
	}
	if got := r.Problems(); !slices.Equal(got, want[:2]) {
		t.Errorf("got problems %q, want %q", got, want[:2])
	}
}

// TestProblemsAreBounded: what is told in each heartbeat is, and says what it leaves out.
func TestProblemsAreBounded(t *testing.T) {
	r := newRig(t)
	var a telemetry.Assignment
	for i := range 60 {
		a.Devices = append(a.Devices, telemetry.AssignedDevice{Name: fmt.Sprint("sw", i), Address: "224.0.0.1", ICMPInterval: 1e9})
	}
	if got := r.Apply(a); len(got) != 60 {
		t.Errorf("got %d problems, want 60", len(got))
	}
	got := r.Problems()
	if len(got) != 50 || got[0] != `device "sw0": address 224.0.0.1 is not that of one host` || got[49] != "and 11 more, see the log of the collector" {
		t.Errorf("got %d problems: %q", len(got), got)
	}
}

func TestLookUpOfThisHost(t *testing.T) {
	n := newNames()
	n.refresh(t.Context(), []string{"localhost", ""})
	if addr, _, err := n.address("localhost"); err != nil || !addr.IsLoopback() {
		t.Errorf("localhost: got %s, %v", addr, err)
	}
	if _, _, err := n.address(""); err == nil {
		t.Error("an empty name has an address")
	}
}

// TestAddressesThatAreOdd: each gets one line, and the rest goes on.
func TestAddressesThatAreOdd(t *testing.T) {
	o := own{netip.MustParsePrefix("192.0.2.7/24"), netip.MustParsePrefix("127.0.0.1/8"), netip.MustParsePrefix("198.51.100.1/31"), netip.MustParsePrefix("2001:db8::7/64")}
	refused := func(addr, want string) {
		t.Helper()
		got := ""
		if err := o.refuse(netip.MustParseAddr(addr)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", addr, got, want)
		}
	}
	refused("192.0.2.255", "address 192.0.2.255 is the broadcast address of 192.0.2.0/24, not that of one host")
	refused("255.255.255.255", "address 255.255.255.255 is not that of one host")
	refused("224.0.0.1", "address 224.0.0.1 is not that of one host")
	refused("ff02::1", "address ff02::1 is not that of one host")
	refused("0.0.0.0", "address 0.0.0.0 is not that of one host")
	refused("192.0.2.254", "")
	refused("198.51.100.1", "") // a network of two hosts has no broadcast address (RFC 3021)
	refused("198.51.100.255", "")
	noted := func(addr, want string) {
		t.Helper()
		if got := o.note(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: got %q, want %q", addr, got, want)
		}
	}
	noted("192.0.2.7", "address 192.0.2.7 is that of the agent's own host: it answers as long as the agent runs")
	noted("2001:db8::7", "address 2001:db8::7 is that of the agent's own host: it answers as long as the agent runs")
	noted("127.0.0.1", "")
	noted("192.0.2.8", "")
	noted("2001:db8::8", "")

	// No IPv6 but what every host has: it is said of each address, and the others go on.
	o = own{netip.MustParsePrefix("192.0.2.7/24"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("fe80::7/64")}
	const none = " is of IPv6, of which the agent's own host has none: until it has, nothing is sent; or enter an IPv4 address"
	noted("2001:db8::8", "address 2001:db8::8"+none)
	noted("fd00::8", "address fd00::8"+none)
	noted("192.0.2.8", "")
	noted("::1", "")
}

// TestTargets: a circuit is probed as it says, and its evidence carries its own name.
func TestTargets(t *testing.T) {
	r := newRig(t)
	device := telemetry.AssignedDevice{Name: "lis-r1", Address: "127.0.0.1", ICMPInterval: 1e9}
	a := telemetry.Assignment{
		Devices: []telemetry.AssignedDevice{device},
		Targets: []telemetry.Target{
			{Name: "mpls-1", Kind: telemetry.TargetCircuit, Device: "lis-r1", Address: "127.0.0.2", Payload: 1472, DSCP: 46, DontFragment: true},
			{Name: "dns", Kind: telemetry.TargetReference, Address: "127.0.0.3", Interval: 10e9},
			{Name: "dns", Kind: telemetry.TargetReference, Address: "127.0.0.4"},
		},
	}
	if got, want := r.Apply(a), []string{`reference "dns": stands there twice, the first is watched`}; !slices.Equal(got, want) {
		t.Errorf("got problems %q, want %q", got, want)
	}
	want := []icmp.Target{
		{Name: "lis-r1", Addr: netip.MustParseAddr("127.0.0.1"), Interval: 1e9},
		{Name: "circuit:mpls-1", Addr: netip.MustParseAddr("127.0.0.2"), Interval: 1e9, Payload: 1472, DSCP: 46, DontFragment: true},
		{Name: "reference:dns", Addr: netip.MustParseAddr("127.0.0.3"), Interval: 10e9},
	}
	if !slices.Equal(r.Watcher.deps.Prober.(*fakeProber).targets, want) {
		t.Errorf("got %+v, want %+v", r.targets, want)
	}
	for i := range int64(3) {
		r.Echo(icmp.Result{Target: "circuit:mpls-1", Slot: begin.Add(time.Duration(i) * time.Second), Interval: 1e9, Outcome: icmp.Reply, RTT: 1e6})
		r.Echo(icmp.Result{Target: "reference:dns", Slot: begin.Add(time.Duration(i) * 10 * time.Second), Interval: 10e9, Outcome: icmp.Reply, RTT: 1e6})
	}
	var runs, frames []string
	for _, rec := range append(r.told(), r.recorder.Close(begin.Add(60e9))...) {
		for _, run := range rec.Runs {
			runs = append(runs, run.Device)
		}
		if rec.Frame != nil {
			l := rec.Frame.Template[0].Labels
			frames = append(frames, rec.Frame.Device+" "+l[0].Name+"="+l[0].Value)
		}
	}
	slices.Sort(runs)
	slices.Sort(frames)
	if got, want := slices.Compact(runs), []string{"circuit:mpls-1", "reference:dns"}; !slices.Equal(got, want) {
		t.Errorf("runs of %q, want %q", got, want)
	}
	if want := []string{"lis-r1 circuit=mpls-1", "reference:dns reference=dns"}; !slices.Equal(frames, want) {
		t.Errorf("frames of %q, want %q", frames, want)
	}
}

// TestRouterTellsWhy: what an ICMP error says, and who sent it, is in the evidence of a lost echo.
func TestRouterTellsWhy(t *testing.T) {
	r := newRig(t)
	r.Apply(telemetry.Assignment{Devices: []telemetry.AssignedDevice{{Name: "edge", Address: "127.0.0.1", ICMPInterval: 1e9}}})
	r.Echo(icmp.Result{
		Target: "edge", Slot: begin, Interval: 1e9, Outcome: icmp.Lost, Reason: icmp.ReasonProhibited, Hop: netip.MustParseAddr("2001:db8::7"),
	})
	runs := runsOf(r.told(), telemetry.ProbeICMP)
	if len(runs) != 1 || runs[0].Result != telemetry.Fail || runs[0].Reason != "prohibited from 2001:db8::7" {
		t.Errorf("got runs %+v, want one that failed, prohibited from 2001:db8::7", runs)
	}
}

// TestLooksAround: a first loss has the target and what leads to it looked at, a return what it led to.
func TestLooksAround(t *testing.T) {
	r := newRig(t)
	core := telemetry.AssignedDevice{Name: "core", Address: "127.0.0.1", ICMPInterval: 1e9}
	edge := telemetry.AssignedDevice{Name: "edge", Address: "127.0.0.2", ICMPInterval: 1e9, Parents: []string{"core", "not watched"}}
	r.Apply(telemetry.Assignment{
		Devices: []telemetry.AssignedDevice{core, edge},
		Targets: []telemetry.Target{{Name: "mpls-1", Kind: telemetry.TargetCircuit, Device: "edge", Address: "127.0.0.3"}},
	})
	slot := begin
	echo := func(name string, o icmp.Outcome, want ...string) {
		t.Helper()
		r.looks = nil
		slot = slot.Add(1e9)
		r.Echo(icmp.Result{Target: name, Slot: slot, Interval: 1e9, Outcome: o})
		var got []string
		for _, l := range r.looks {
			got = append(got, l...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s %s: got looks at %q, want %q", name, o, got, want)
		}
	}
	for _, name := range []string{"core", "edge", "circuit:mpls-1"} {
		echo(name, icmp.Reply)
	}
	echo("circuit:mpls-1", icmp.Lost, "circuit:mpls-1", "edge")
	echo("edge", icmp.Lost, "edge", "core", "not watched")
	echo("edge", icmp.Lost)
	echo("core", icmp.Lost, "core")
	echo("core", icmp.Reply, "core", "edge")
	echo("edge", icmp.Fault)
	echo("edge", icmp.Reply, "edge", "circuit:mpls-1")
	r.asking.Wait()
}
