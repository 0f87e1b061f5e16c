package watch

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ninewatch/agent/icmp"
	"ninewatch/internal/oid"
	"ninewatch/internal/snmptest"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestApplyWatchesWhatItCan(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	good := at(netip.MustParseAddrPort("127.0.0.1:161"))
	with := func(name string, change func(*telemetry.AssignedDevice)) telemetry.AssignedDevice {
		d := good
		d.Name = name
		change(&d)
		return d
	}
	const notFound = "no such host"
	r.names.lookup = func(context.Context, string, string) ([]netip.Addr, error) { return nil, errors.New(notFound) }
	twin := with("box", func(d *telemetry.AssignedDevice) { d.Address = "127.0.0.2" })
	got := r.Apply(assignment(good, twin,
		with("far", func(d *telemetry.AssignedDevice) { d.Address = "192.0.2.1" }),
		with("named", func(d *telemetry.AssignedDevice) { d.Address = "no such name" }),
		with("locked", func(d *telemetry.AssignedDevice) { d.Credential = "nobody" }),
		with("echo-only", func(d *telemetry.AssignedDevice) { d.Credential = "" }),
		with("snmp-only", func(d *telemetry.AssignedDevice) { d.ICMPInterval, d.Port = 0, 1161 }),
	))
	want := []string{
		`device "box": stands there twice, the first is watched`,
		`device "far": address 192.0.2.1 is outside of this agent's allow-list`,
		`device "named": name "no such name" is not found: ` + notFound + `; correct it, or enter the IP address (it is looked up again every minute)`,
		`device "locked": credential "nobody" is not part of the assignment`,
		`device "echo-only": address 127.0.0.1 is also that of device "box": both show the same host`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got problems\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var targets, jobs []string
	for _, target := range r.targets {
		targets = append(targets, target.Name+" "+target.Addr.String())
	}
	for _, j := range r.jobs {
		jobs = append(jobs, j.Key)
	}
	if want := []string{"box 127.0.0.1", "echo-only 127.0.0.1"}; !slices.Equal(targets, want) {
		t.Errorf("got targets %v, want %v", targets, want)
	}
	if want := []string{"snmp/box", "sensors/box", "inventory/box", "snmp/snmp-only", "sensors/snmp-only", "inventory/snmp-only"}; !slices.Equal(jobs, want) {
		t.Errorf("got jobs %v, want %v", jobs, want)
	}
	if r.Devices() != 3 {
		t.Errorf("got %d devices, want 3", r.Devices())
	}
}

func TestPoll(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	server := snmptest.Serve(t, recording(box), snmptest.Options{})
	r.assign(t, at(server.Addr))
	first := r.poll(t)
	var kinds []string
	for _, record := range first {
		switch {
		case record.Facts != nil:
			kinds = append(kinds, "facts")
			if f := record.Facts; f.Device != "box" || f.System.SysName != "box.example.net" || len(f.Interfaces) != 2 || f.Time != begin.UnixMilli() {
				t.Errorf("got facts %+v", f)
			}
		case record.Boot != nil:
			kinds = append(kinds, "boot")
			if want := (telemetry.Boot{Device: "box", Time: begin.UnixMilli(), Ticks: 500000}); *record.Boot != want {
				t.Errorf("got boot %+v, want %+v", *record.Boot, want)
			}
		case record.Frame != nil:
			kinds = append(kinds, "frame")
			if got := record.Frame.Polls[0].Time; got != begin.UnixMilli() {
				t.Errorf("frame of %d, want the slot %d", got, begin.UnixMilli())
			}
		default:
			kinds = append(kinds, "runs")
		}
	}
	if want := []string{"facts", "frame", "boot", "frame", "runs"}; !slices.Equal(kinds, want) {
		t.Errorf("got %v, want %v", kinds, want)
	}
	got := values(first)
	for name, want := range map[string]float64{
		"sysUpTime": 500000, "ifHCInOctets lan": 1000, "ifHCInOctets wan": 2000, "ifOperStatus lan": 1, "ifOperStatus wan": 2,
		"ninewatch_snmp_up": 1, "ninewatch_snmp_timeouts_total": 0, "ninewatch_snmp_requests_total": float64(server.Requests()),
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s: got %v, want %v", name, v, want)
		}
	}
	run := telemetry.Run{Device: "box", Probe: telemetry.ProbeSNMP, From: begin.UnixMilli(), To: begin.UnixMilli(), Every: 2000, Result: telemetry.OK}
	if got := runsOf(first, telemetry.ProbeSNMP); !slices.Equal(got, []telemetry.Run{run}) {
		t.Errorf("got runs %+v, want %+v", got, run)
	}

	r.pass(2 * time.Second)
	second := r.poll(t)
	run.To += 2000
	if got := runsOf(second, telemetry.ProbeSNMP); !slices.Equal(got, []telemetry.Run{run}) {
		t.Errorf("got runs %+v, want %+v", got, run)
	}
	if len(second) != 3 {
		t.Errorf("got %d records, want two frames and a run: nothing has changed", len(second))
	}
}

// TestKeysOfTheCollector: an interface that was renamed keeps the key that the collector knows.
func TestKeysOfTheCollector(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d := at(snmptest.Serve(t, recording(box), snmptest.Options{}).Addr)
	d.Interfaces = []telemetry.Interface{{IfIndex: 9, Key: "uplink", IfName: "wan", IfDescr: "wan"}}
	r.assign(t, d)
	got := values(r.poll(t))
	if got["ifHCInOctets uplink"] != 2000 || got["ifHCInOctets lan"] != 1000 {
		t.Errorf("got %v, want the counters of lan and of uplink", slices.Sorted(maps.Keys(got)))
	}
}

// TestSameDeviceKeepsItsSession: an assignment that differs in keys alone does not disturb the polls.
func TestSameDeviceKeepsItsSession(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d := at(snmptest.Serve(t, recording(box), snmptest.Options{}).Addr)
	r.assign(t, d)
	r.poll(t)
	before := r.devices["box"]
	d.Interfaces = []telemetry.Interface{{IfIndex: 1, Key: "lan", IfName: "lan"}}
	r.assign(t, d)
	if r.devices["box"] != before {
		t.Error("the device was replaced")
	}
	d.SNMPInterval = 3 * time.Second
	r.assign(t, d)
	if r.devices["box"] == before {
		t.Error("the device was kept, with another interval")
	}
	r.asking.Wait()
	if before.client != nil {
		t.Error("the session of the replaced device is open")
	}
}

func TestEvidence(t *testing.T) {
	t.Parallel()
	f := func(name string, d telemetry.AssignedDevice, want telemetry.Result, reason string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.assign(t, d)
			records := r.poll(t)
			got := runsOf(records, telemetry.ProbeSNMP)
			if len(got) != 1 || got[0].Result != want || got[0].Reason != reason || got[0].From != begin.UnixMilli() {
				t.Errorf("got runs %+v, want one of %s (%s)", got, want, reason)
			}
			if up, ok := values(records)["ninewatch_snmp_up"]; !ok || up != 0 {
				t.Errorf("ninewatch_snmp_up: got %v, %v, want 0", up, ok)
			}
			if len(records) != 2 {
				t.Errorf("got %d records, want one frame of the poll and one run", len(records))
			}
		})
	}
	f("silence", at(snmptest.Fake(t, func([]byte) [][]byte { return nil })), telemetry.Fail, "timeout")
	f("nobody listens", at(unused(t)), telemetry.Fail, "refused")
	v3 := at(snmptest.Fake(t, firmEngine))
	v3.Credential = "v3"
	f("wrong credentials", v3, telemetry.Credentials, "credentials")
	// A link-local address without its zone cannot be sent to, whatever the device does.
	f("prober fault", at(netip.MustParseAddrPort("[fe80::1]:161")), telemetry.ProberFault, "agent")
}

// TestAnswerToARetry: it shows that the device answered then, not in the slot.
func TestAnswerToARetry(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var n atomic.Int32
	answer := snmptest.Serve(t, recording(box), snmptest.Options{})
	d := at(snmptest.Fake(t, relay(t, answer.Addr, func() bool { return n.Add(1) > 1 })))
	r.assign(t, d)
	slot := r.clock()
	r.pass(700 * time.Millisecond)
	r.jobs[0].Run(t.Context(), slot)
	got := runsOf(r.told(), telemetry.ProbeSNMP)
	if len(got) != 1 || got[0].Result != telemetry.OK || got[0].From != slot.Add(700*time.Millisecond).UnixMilli() {
		t.Errorf("got %+v, want a run that begins 700 ms after the slot", got)
	}
}

// TestRemovedDevice: its poll ends at once and tells nothing, and Apply does not wait for it.
func TestRemovedDevice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	asked := make(chan struct{})
	var once sync.Once
	d := at(snmptest.Fake(t, func([]byte) [][]byte {
		once.Do(func() { close(asked) })
		return nil
	}))
	d.SNMPInterval = time.Hour // attempts of 2 s
	r.assign(t, d)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.jobs[0].Run(t.Context(), r.clock())
	}()
	within(t, "a request", asked)
	r.assign(t)
	select {
	case <-ended:
	case <-time.After(1500 * time.Millisecond):
		t.Error("the poll goes on")
	}
	within(t, "the end of the poll", ended)
	r.echo(icmp.Lost)
	if records := append(r.told(), r.recorder.Flush(r.clock().Add(time.Hour))...); len(records) > 0 {
		t.Errorf("got records of a removed device: %+v", records)
	}
}

func TestLooks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	server := snmptest.Serve(t, recording(box), snmptest.Options{})
	r.assign(t, at(server.Addr))
	look := func(what string, o icmp.Outcome, asked uint64, want ...telemetry.Result) {
		t.Helper()
		before := server.Requests() + server.Ignored()
		r.echo(o)
		var got []telemetry.Result
		for _, run := range runsOf(r.told(), telemetry.ProbeSNMP) {
			got = append(got, run.Result)
		}
		if n := server.Requests() + server.Ignored() - before; n != asked || !slices.Equal(got, want) {
			t.Errorf("%s: got %d requests and %v, want %d and %v", what, n, got, asked, want)
		}
	}
	look("a first reply", icmp.Reply, 0)
	look("a first loss", icmp.Lost, 1, telemetry.OK)
	look("another loss", icmp.Lost, 0)
	look("a fault in between", icmp.Fault, 0)
	look("the first reply after it", icmp.Reply, 1, telemetry.OK)
	look("another reply", icmp.Reply, 0)
	server.SetSilent(true)
	// The clock stands still: the second look has the same slot, and is no sample of its own.
	look("a loss in silence", icmp.Lost, 2, telemetry.Fail)
	server.SetSilent(false)
	look("recovery", icmp.Reply, 1, telemetry.OK)
	if got := r.m.bursts.Get(); got != 4 {
		t.Errorf("got %d bursts, want 4", got)
	}
}

func TestReachability(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	server := snmptest.Serve(t, recording(box), snmptest.Options{})
	d := at(server.Addr)
	d.Credential = "" // no looks
	r.assign(t, d)
	f := func(what string, want ...float64) {
		t.Helper()
		got := slices.Collect(maps.Values(values(r.reachability())))
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	f("not looked at yet")
	r.echo(icmp.Reply)
	f("a reply", 1)
	r.echo(icmp.Lost)
	f("a loss", 0)
	r.echo(icmp.Fault)
	f("a fault of the agent says nothing")
	saw := func(result telemetry.Result) { r.saw(r.devices["box"], result) }
	saw(telemetry.Fail)
	f("SNMP is silent", 0)
	saw(telemetry.Credentials)
	f("it answers, but not to us", 1)
	saw(telemetry.ProberFault)
	f("both cannot look")
	frame := telemetry.Frame{}
	saw(telemetry.OK)
	for _, record := range r.reachability() {
		frame = *record.Frame
	}
	if frame.Device != "box" || frame.Template[0].Name != "ninewatch_up" || !frame.Template[0].Vantage || frame.Polls[0].Time != r.clock().UnixMilli() {
		t.Errorf("got %+v", frame)
	}
}

// swapped is a device that changes under the eyes of its watcher.
type swapped struct {
	atomic.Pointer[snmptest.Recording]
}

func (s *swapped) Get(name oid.OID) snmpwire.VarBind  { return s.Load().Get(name) }
func (s *swapped) Next(name oid.OID) snmpwire.VarBind { return s.Load().Next(name) }

// TestRestartOfTheDevice: its uptime went back and it has another interface; both are told in the same poll.
func TestRestartOfTheDevice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var view swapped
	set := func(text string) {
		rec := recording(text)
		view.Store(&rec)
	}
	set(box)
	r.assign(t, at(snmptest.Serve(t, recording(""), snmptest.Options{View: &view}).Addr))
	r.poll(t)
	r.pass(2 * time.Second)
	set(strings.Replace(box, "|67|500000", "|67|150", 1) + "1.3.6.1.2.1.2.2.1.1.3|2|3\n1.3.6.1.2.1.2.2.1.2.3|4|new\n")
	boots, interfaces := []telemetry.Boot{}, 0
	for _, record := range r.poll(t) {
		if record.Boot != nil {
			boots = append(boots, *record.Boot)
		}
		if record.Facts != nil {
			interfaces = len(record.Facts.Interfaces)
		}
	}
	want := telemetry.Boot{Device: "box", Time: begin.Add(2 * time.Second).UnixMilli(), Ticks: 150, Previous: begin.UnixMilli(), PreviousTicks: 500000}
	if !slices.Equal(boots, []telemetry.Boot{want}) {
		t.Errorf("got boots %+v, want %+v", boots, want)
	}
	if interfaces != 3 {
		t.Errorf("got %d interfaces, want 3", interfaces)
	}
	if got := r.m.discoveries.Get(); got != 2 {
		t.Errorf("got %d discoveries, want 2", got)
	}
	r.pass(2 * time.Second)
	set(strings.Replace(box, "|67|500000", "|67|350", 1) + "1.3.6.1.2.1.2.2.1.1.3|2|3\n1.3.6.1.2.1.2.2.1.2.3|4|new\n")
	for _, record := range r.poll(t) {
		if record.Boot != nil {
			t.Errorf("got %+v again", record.Boot)
		}
	}
}

// TestStop: what was measured is kept, and a poll that the stop ended leaves no evidence.
func TestStop(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	asked := make(chan struct{})
	var once sync.Once
	d := at(snmptest.Fake(t, func([]byte) [][]byte {
		once.Do(func() { close(asked) })
		return nil
	}))
	d.SNMPInterval = time.Hour
	r.assign(t, d)
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 6 { // the last three are known of a run that grew, and told with a flush alone
		r.Echo(icmp.Result{Target: "box", Slot: r.clock(), Interval: time.Second, Outcome: icmp.Reply, RTT: time.Millisecond})
		r.pass(time.Second)
	}
	scheduled, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.jobs[0].Run(scheduled, r.clock())
	}()
	within(t, "a request", asked)
	stop()
	within(t, "the end of the poll", ended)
	r.Echo(icmp.Result{Target: "box", Slot: r.clock(), Interval: time.Second, Outcome: icmp.Lost, Reason: "timeout"}) // a look is in flight
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := runsOf(r.appended, telemetry.ProbeSNMP); len(got) > 0 {
		t.Errorf("got %+v, which nobody measured", got)
	}
	last := telemetry.Run{}
	for _, run := range runsOf(r.appended, telemetry.ProbeICMP) {
		if run.Result == telemetry.OK {
			last = run
		}
	}
	if want := begin.Add(5 * time.Second).UnixMilli(); last.To != want {
		t.Errorf("the run ends at %d, want %d", last.To, want)
	}
}

// TestWatermark: all that was told before is on disk when the watermark moves.
func TestWatermark(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.assign(t, at(unused(t)))
	if got := r.Watermark(); got != 0 {
		t.Errorf("got %d before the first flush, want 0", got)
	}
	r.echo(icmp.Reply)
	r.flush()
	if got, want := r.Watermark(), begin.UnixMilli(); got != want {
		t.Errorf("got %d, want %d: the time less that of an echo in flight", got, want)
	}
	if got := runsOf(r.appended, telemetry.ProbeICMP); len(got) != 1 || got[0].To != begin.UnixMilli() {
		t.Errorf("got runs on disk %+v, want the one of the echo", got)
	}
}

// TestDiskHangs: while nothing can be written, an assignment waits, and asking for numbers does not.
func TestDiskHangs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.assign(t, at(unused(t)))
	r.echo(icmp.Reply)
	r.told()
	r.echo(icmp.Reply)
	for len(r.out) < cap(r.out) {
		r.out <- nil
	}
	applied := make(chan struct{})
	go func() {
		defer close(applied)
		r.Apply(assignment()) // the open run of the device has to be told
	}()
	for r.Devices() > 0 {
		time.Sleep(time.Millisecond)
	}
	r.flush()
	within(t, "the assignment", applied)
}

func TestRecordsNotStored(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.refuse = errors.New("no space left on device")
	r.assign(t, at(unused(t)))
	r.echo(icmp.Reply)
	r.flush()
	var text bytes.Buffer
	r.set.WritePrometheus(&text)
	for _, want := range []string{"ninewatch_agent_watch_append_failures_total 1\n", "ninewatch_agent_watch_devices 1\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("metrics lack %q:\n%s", want, text.String())
		}
	}
}
