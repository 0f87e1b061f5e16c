package watch

import (
	"context"
	"net/netip"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"ninewatch/agent/facts"
	"ninewatch/agent/profile"
	"ninewatch/agent/snmp"
	"ninewatch/internal/telemetry"
)

const (
	// rediscover is how often a device is read anew although nothing says that it changed.
	rediscover = time.Hour
	// rediscoverSoonest is how soon it is read again when something does. A device that always says so is read ever
	// more seldom, until it takes rediscover.
	rediscoverSoonest = time.Minute
	// discoveryBudget is what one discovery may take: a chassis with thousands of parts behind a slow line.
	discoveryBudget = 5 * time.Minute
	// sensorsEvery is how often sensors, processors and the like are polled; where the device itself is polled more
	// seldom, they are so too.
	sensorsEvery = time.Minute
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
	following  bool // followTraps runs

	hints chan struct{} // traps since followTraps looked
	known atomic.Pointer[[]telemetry.Interface]

	dialing sync.Mutex
	client  *snmp.Client // polls and discoveries share it

	mu      sync.Mutex // held over a poll of the interfaces: one at a time
	plan    *snmp.Plan
	changed string // why a discovery is due; empty: it is not

	sensing sync.Mutex // held over a poll of the sensors
	groups  []*profile.Group
	sensed  map[time.Duration]time.Time // slot of the last poll, by interval
	tick    atomic.Int64                // interval of the job of the sensors, in ns

	reading  sync.Mutex  // held over a discovery
	wanted   atomic.Bool // one was asked for that has not begun
	spacing  spacing
	spacings map[string]*spacing    // of readings of lists, between discoveries
	instead  []snmp.Instead         // what the profile has in place of counters of IF-MIB
	states   *facts.States          // what tells of a change between discoveries
	told     *telemetry.DeviceFacts // the facts that were sent last
	toldAt   time.Time
}

func (w *Watcher) newDevice(assigned telemetry.AssignedDevice, address netip.Addr) *device {
	d := &device{address: address, manager: w.manager, memory: w.memory, meter: w.meter, hints: make(chan struct{}, 1)}
	d.ctx, d.end = context.WithCancel(context.Background())
	d.allocated.Store(&assigned.Interfaces)
	d.assigned = assigned
	d.assigned.Interfaces = nil
	d.tick.Store(int64(d.sensorsInterval()))
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

// sensorsInterval is that of what the profile gives none.
func (d *device) sensorsInterval() time.Duration { return max(sensorsEvery, d.assigned.SNMPInterval) }

// session returns the open session, or opens one.
func (d *device) session() (*snmp.Client, error) {
	d.dialing.Lock()
	defer d.dialing.Unlock()
	if d.ctx.Err() != nil {
		return nil, d.ctx.Err()
	}
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

// close closes the session, after what is in flight; end has told it to come to its end.
func (d *device) close() {
	d.reading.Lock()
	defer d.reading.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sensing.Lock()
	defer d.sensing.Unlock()
	d.dialing.Lock()
	defer d.dialing.Unlock()
	if d.client != nil {
		d.client.Close()
		d.client = nil
	}
}

// knownInterfaces are the keys allocated so far: those of the last reading, else of the collector.
func (d *device) knownInterfaces() []telemetry.Interface {
	if known := d.known.Load(); known != nil && *known != nil {
		return *known
	}
	return *d.allocated.Load()
}
