package watch

import (
	"context"
	"net/netip"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"ninewatch/agent/snmp"
	"ninewatch/internal/telemetry"
)

const (
	// rediscover is how often a device is read anew although nothing says that it changed.
	rediscover = time.Hour
	// lookTimeout is that of the one request which tells whether a device answers at all.
	lookTimeout = time.Second
)

// device is what is known of one device between its polls.
type device struct {
	assigned   telemetry.AssignedDevice // without its Interfaces
	address    netip.Addr
	credential telemetry.Credential
	manager    *snmp.Manager
	memory     *snmp.Memory
	meter      *snmp.Meter
	allocated  atomic.Pointer[[]telemetry.Interface] // keys that the collector has allocated
	ctx        context.Context                       // ends with end
	end        context.CancelFunc

	// Guarded by Watcher.mu: the last result of each kind of probe, 0 when there is none.
	echo, snmp telemetry.Result
	lost       bool // the last echo that was sent did not come back

	mu       sync.Mutex // held over a poll: one at a time
	client   *snmp.Client
	plan     *snmp.Plan
	known    []telemetry.Interface
	read     time.Time              // of the last discovery
	told     *telemetry.DeviceFacts // the facts that were sent last
	toldAt   time.Time
	requests uint64 // counted in the series ninewatch_snmp_requests_total, over sessions
	timeouts uint64
	retries  uint64
}

func (w *Watcher) newDevice(assigned telemetry.AssignedDevice, address netip.Addr) *device {
	d := &device{address: address, manager: w.manager, memory: w.memory, meter: w.meter}
	d.ctx, d.end = context.WithCancel(context.Background())
	d.allocated.Store(&assigned.Interfaces)
	d.assigned = assigned
	d.assigned.Interfaces = nil
	return d
}

// up tells whether the device answered anything when it was last looked at; Watcher.mu is held.
func (d *device) up() (up, known bool) {
	answered := func(r telemetry.Result) bool { return r == telemetry.OK || r == telemetry.Credentials }
	looked := func(r telemetry.Result) bool { return r != 0 && r != telemetry.ProberFault }
	return answered(d.echo) || answered(d.snmp), looked(d.echo) || looked(d.snmp)
}

// same tells whether d and other are polled in the same way, so that the session can go on.
func (d *device) same(other *device) bool {
	return reflect.DeepEqual(d.assigned, other.assigned) && d.address == other.address && d.credential == other.credential
}

// session returns the open session, or opens one.
func (d *device) session() (*snmp.Client, error) {
	if d.client != nil {
		return d.client, nil
	}
	// Three attempts fit into the time of a poll, however short its interval is.
	timeout := min(snmp.DefaultTimeout, max(d.assigned.SNMPInterval/5, 500*time.Millisecond))
	client, err := d.manager.Dial(d.target(timeout, snmp.DefaultRetries))
	if err != nil {
		return nil, err
	}
	d.client = client
	return client, nil
}

func (d *device) target(timeout time.Duration, retries int) snmp.Device {
	port := d.assigned.Port
	if port == 0 {
		port = 161
	}
	return snmp.Device{
		Name: d.assigned.Name, Addr: netip.AddrPortFrom(d.address, port),
		Credential: snmp.CredentialFrom(d.credential), Timeout: timeout, Retries: retries, Meter: d.meter, Learnt: d.memory.Of(d.assigned.Name),
	}
}

// close closes the session, after a poll in flight; end has told it to come to its end.
func (d *device) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.client != nil {
		d.client.Close()
		d.client = nil
	}
}

// knownInterfaces are the keys allocated so far: those of the last reading, else of the collector.
func (d *device) knownInterfaces() []telemetry.Interface {
	if d.known != nil {
		return d.known
	}
	return *d.allocated.Load()
}
