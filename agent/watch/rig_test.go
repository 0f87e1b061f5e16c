package watch

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/agent/allow"
	"ninewatch/agent/icmp"
	"ninewatch/agent/profile"
	"ninewatch/agent/schedule"
	"ninewatch/internal/record"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/telemetry"
)

// box is a device with two interfaces; its uptime can be changed by a test.
const box = `1.3.6.1.2.1.1.1.0|4|A box
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.8072
1.3.6.1.2.1.1.3.0|67|500000
1.3.6.1.2.1.1.5.0|4|box.example.net
1.3.6.1.2.1.2.1.0|2|2
1.3.6.1.2.1.2.2.1.1.1|2|1
1.3.6.1.2.1.2.2.1.1.2|2|2
1.3.6.1.2.1.2.2.1.2.1|4|lan
1.3.6.1.2.1.2.2.1.2.2|4|wan
1.3.6.1.2.1.2.2.1.8.1|2|1
1.3.6.1.2.1.2.2.1.8.2|2|2
1.3.6.1.2.1.31.1.1.1.1.1|4|lan
1.3.6.1.2.1.31.1.1.1.1.2|4|wan
1.3.6.1.2.1.31.1.1.1.6.1|70|1000
1.3.6.1.2.1.31.1.1.1.6.2|70|2000
`

func recording(text string) snmpagent.Recording { return snmpagent.ParseRecording([]byte(text)) }

// begin is when the tests' clock stands first: a whole minute.
var begin = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// rig is a Watcher between a prober and a scheduler that do nothing of their own, and a spool in memory.
type rig struct {
	*Watcher
	set *metrics.Set

	mu       sync.Mutex
	now      time.Time
	targets  []icmp.Target
	jobs     []schedule.Job
	wanted   []string   // keys that were triggered
	looks    [][]string // names that the prober was to look at
	refuse   error      // of Append
	appended []telemetry.Record
	t        *testing.T
}

func newRig(t *testing.T) *rig {
	t.Helper()
	list, err := allow.Parse([]string{"127.0.0.0/8", "fe80::/10"})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{now: begin, set: metrics.NewSet(), t: t}
	r.Watcher = New(Deps{
		Log: slog.New(slog.DiscardHandler), Metrics: r.set, Append: r.append, Prober: (*fakeProber)(r), Scheduler: (*fakeScheduler)(r), Allow: list, Profiles: profile.NewLibrary(),
		Now: r.clock, Checkpoint: filepath.Join(t.TempDir(), "open-runs"),
	})
	t.Cleanup(func() { r.manager.Close() })
	return r
}

func (r *rig) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

func (r *rig) append(records ...telemetry.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.appended = append(r.appended, records...)
	return r.refuse
}

type fakeProber rig

func (f *fakeProber) SetTargets(targets []icmp.Target) error {
	f.targets = targets
	return nil
}

func (f *fakeProber) Look(names ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looks = append(f.looks, names)
}

type fakeScheduler rig

func (f *fakeScheduler) SetJobs(jobs []schedule.Job) error {
	f.jobs = jobs
	return nil
}

func (f *fakeScheduler) Trigger(key string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wanted = append(f.wanted, key)
	return true
}

// assign applies devices with the credential "public", and fails the test when one of them is refused.
func (r *rig) assign(t *testing.T, devices ...telemetry.AssignedDevice) {
	t.Helper()
	if problems := r.Apply(assignment(devices...)); len(problems) > 0 {
		t.Fatal(problems)
	}
}

func assignment(devices ...telemetry.AssignedDevice) telemetry.Assignment {
	return telemetry.Assignment{Devices: devices, Credentials: map[string]telemetry.Credential{
		"public": {Version: "2c", Community: "public"},
		"v3":     {Version: "3", Username: "someone", AuthProtocol: "SHA256", AuthPassphrase: "not the right one"},
	}}
}

// at is a device at addr, polled so often that its attempts time out after 500 ms.
func at(addr netip.AddrPort) telemetry.AssignedDevice {
	return telemetry.AssignedDevice{
		Name: "box", Address: addr.Addr().String(), Port: addr.Port(), Credential: "public",
		SNMPInterval: 2 * time.Second, ICMPInterval: time.Second,
	}
}

// poll makes a discovery of the only device when one is due, and polls its interfaces in a slot, at the tests' clock;
// when that shows that the device has changed, it makes another.
func (r *rig) poll(t *testing.T) []telemetry.Record {
	t.Helper()
	if len(r.jobs) != 3 {
		t.Fatalf("got %d jobs, want 3", len(r.jobs))
	}
	if d := r.devices["box"]; d.plan == nil {
		r.run(t, inventoryKey("box"))
	}
	r.run(t, pollKey("box"))
	if r.devices["box"].wanted.Load() {
		r.run(t, inventoryKey("box"))
	}
	return r.told()
}

// run runs a job at the tests' clock.
func (r *rig) run(t *testing.T, key string) {
	t.Helper()
	i := slices.IndexFunc(r.jobs, func(j schedule.Job) bool { return j.Key == key })
	if i < 0 {
		t.Fatalf("there is no job %s", key)
	}
	r.jobs[i].Run(t.Context(), r.clock())
}

// told are the records that wait for the disk; nothing else takes them in a rig that was not started. Each has
// to be one that the spool takes.
func (r *rig) told() (records []telemetry.Record) {
	r.t.Helper()
	for range len(r.out) {
		records = append(records, <-r.out...)
	}
	for i := range records {
		x := records[i]
		x.Epoch, x.Seq = telemetry.Epoch{1}, 1
		if _, err := record.Encode(&x); err != nil {
			r.t.Errorf("the spool refuses a record: %v", err)
		}
	}
	return records
}

func (r *rig) echo(o icmp.Outcome) {
	result := icmp.Result{Target: "box", Slot: r.clock(), Interval: time.Second, Outcome: o}
	switch o {
	case icmp.Reply:
		result.RTT = time.Millisecond
	case icmp.Lost:
		result.Reason = icmp.ReasonTimeout
	case icmp.Fault:
		result.Reason = icmp.ReasonNoRoute
	}
	r.Echo(result)
	r.asking.Wait()
	r.pass(time.Second)
}

func runsOf(records []telemetry.Record, probe telemetry.Probe) (runs []telemetry.Run) {
	for _, r := range records {
		for _, run := range r.Runs {
			if run.Probe == probe {
				runs = append(runs, run)
			}
		}
	}
	return runs
}

// values are those of all frames, by name and, where it has one, the value of the first label.
func values(records []telemetry.Record) map[string]float64 {
	out := map[string]float64{}
	for _, r := range records {
		if r.Frame == nil {
			continue
		}
		for _, p := range r.Frame.Polls {
			for i, v := range p.Values {
				s := r.Frame.Template[i]
				name := s.Name
				if len(s.Labels) > 0 {
					name += " " + s.Labels[0].Value
				}
				if v.Kind != telemetry.Absent {
					out[name] = v.Float64()
				}
			}
		}
	}
	return out
}

// unused is an address on loopback where nobody listens.
func unused(t *testing.T) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// firmEngine answers SNMPv3 requests with reports alone: its id first, then that the digest is wrong.
func firmEngine(request []byte) [][]byte {
	id := messageID(request)
	if id == nil {
		return nil
	}
	engine := []byte("\x80\x00\x1f\x88\x04engine")
	counter := byte(5) // usmStatsWrongDigests
	if engineID(request) != string(engine) {
		counter = 4 // usmStatsUnknownEngineIDs
	}
	name := tlv(6, []byte{0x2b, 6, 1, 6, 3, 15, 1, 1, counter, 0})
	pdu := tlv(0xa8, number(1), number(0), number(0), tlv(0x30, tlv(0x30, name, tlv(0x41, []byte{1}))))
	return [][]byte{tlv(0x30, number(3),
		tlv(0x30, tlv(2, id), []byte{2, 3, 0, 0xff, 0xe3}, tlv(4, []byte{0}), number(3)),
		tlv(4, tlv(0x30, tlv(4, engine), number(1), number(100), tlv(4), tlv(4), tlv(4))),
		tlv(0x30, tlv(4, engine), tlv(4), pdu))}
}

func tlv(tag byte, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	if len(body) < 128 {
		return append([]byte{tag, byte(len(body))}, body...)
	}
	return append([]byte{tag, 0x81, byte(len(body))}, body...)
}

func number(n byte) []byte { return []byte{2, 1, n} }

// cut takes one element off b; its length has one or two octets, or three with the first 0x82.
func cut(b []byte) (body, rest []byte, err error) {
	if len(b) < 4 {
		return nil, nil, errors.New("too short")
	}
	n, head := int(b[1]), 2
	switch b[1] {
	case 0x81:
		n, head = int(b[2]), 3
	case 0x82:
		n, head = int(b[2])<<8|int(b[3]), 4
	}
	if len(b) < head+n {
		return nil, nil, errors.New("too short")
	}
	return b[head : head+n], b[head+n:], nil
}

// messageID is msgID of an SNMPv3 message.
func messageID(b []byte) []byte {
	body, _, err := cut(b)
	if err != nil || len(body) < 3 || body[2] != 3 {
		return nil
	}
	header, _, err := cut(body[3:])
	if err != nil {
		return nil
	}
	id, _, err := cut(header)
	if err != nil {
		return nil
	}
	return id
}

// engineID is the engine id in the security parameters of an SNMPv3 message, empty where there is none.
func engineID(b []byte) string {
	body, _, err := cut(b)
	if err != nil || len(body) < 3 {
		return ""
	}
	_, rest, err := cut(body[3:])
	if err != nil {
		return ""
	}
	for range 3 { // the string of octets, the sequence in it, the first of its elements
		if rest, _, err = cut(rest); err != nil {
			return ""
		}
	}
	return string(rest)
}

func within(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	select {
	case <-done:
	case <-ctx.Done():
		t.Fatalf("waited for %s in vain", what)
	}
}

// relay hands requests on to an agent when pass allows it.
func relay(t *testing.T, to netip.AddrPort, pass func() bool) func([]byte) [][]byte {
	t.Helper()
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return func(request []byte) [][]byte {
		if !pass() {
			return nil
		}
		answer := make([]byte, 1<<16)
		if _, err := conn.Write(request); err != nil {
			return nil
		}
		n, err := conn.Read(answer)
		if err != nil {
			return nil
		}
		return [][]byte{answer[:n]}
	}
}
