package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"ninewatch/agent/snmp"
	"ninewatch/internal/conf"
	"ninewatch/internal/snmpwire"
)

// frame is what a poll yields: numbers on their way to a queue.
type frame struct {
	device int
	values []uint64
}

// ours polls a fleet with package snmp: decode, checks of types, and a queue to somebody else.
type ours struct {
	f       fleet
	manager *snmp.Manager
	clients []*snmp.Client
	batches []snmp.Batch
	types   []snmpwire.Type
	queue   chan *frame
	pool    sync.Pool

	mu       sync.Mutex
	began    []time.Time
	varBinds uint64
	failed   int
	times    []float64
}

func runOurs(arg []byte) error {
	o := &ours{manager: snmp.NewManager(nil), queue: make(chan *frame, 1024)}
	if err := json.Unmarshal(arg, &o.f); err != nil {
		return err
	}
	if err := o.open(); err != nil {
		return err
	}
	defer o.manager.Close() //nolint:errcheck // ends with the process
	o.pool.New = func() any { return &frame{values: make([]uint64, len(o.types))} }
	var sum uint64
	go func() {
		for f := range o.queue {
			for _, v := range f.values {
				sum += v
			}
			o.pool.Put(f)
		}
	}()
	o.cycle() // engines, buffers
	o.varBinds, o.failed, o.times = 0, 0, o.times[:0]
	debug.FreeOSMemory() // what was needed to begin is not measured
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := usage(), time.Now()
	longest := 0.0
	for first := true; first || time.Since(start).Seconds() < o.f.Seconds; first = false {
		longest = max(longest, o.cycle())
	}
	r := Report{VarBinds: float64(o.varBinds), CPU: usage() - cpu, Wall: time.Since(start).Seconds(), Failed: float64(o.failed), Cycle: longest}
	runtime.ReadMemStats(&after)
	r.Allocs, r.RSS = float64(after.Mallocs-before.Mallocs), resident()
	if o.f.Dead > 0 {
		r.Times = o.times
	}
	if r.Times == nil && o.f.Timeout > 0 {
		r.Times = o.times
	}
	return report(r)
}

func (o *ours) open() error {
	addrs, err := o.f.addresses()
	if err != nil {
		return err
	}
	credential := snmp.Credential{Version: "2c", Community: community}
	if u := secureUser; o.f.V3 {
		credential = snmp.Credential{Version: "3", Username: u.Name, AuthProtocol: u.AuthProtocol, AuthPassphrase: conf.Secret(u.AuthPassphrase),
			PrivProtocol: u.PrivProtocol, PrivPassphrase: conf.Secret(u.PrivPassphrase)}
	}
	names := o.f.names()
	o.types = append(o.types, snmpwire.TimeTicks)
	for i := range columns {
		t := snmpwire.Counter32
		switch {
		case i == 0:
			t = snmpwire.Integer
		case i == len(columns)-1:
			t = snmpwire.TimeTicks
		case i >= 5:
			t = snmpwire.Counter64
		}
		for range o.f.Interfaces {
			o.types = append(o.types, t)
		}
	}
	for i, addr := range addrs {
		c, err := o.manager.Dial(snmp.Device{Name: fmt.Sprint(i), Addr: addr, Credential: credential, Timeout: o.f.Timeout, Retries: o.f.Retries})
		if err != nil {
			return err
		}
		o.clients = append(o.clients, c)
		own := names
		if at, other := i%len(names), 1+i/len(names); o.f.Distinct { // as if no two devices had the same interfaces
			own = append(append(own[:0:0], names[at:]...), names[:at]...)
			own[0], own[other] = own[other], own[0]
		}
		o.batches = append(o.batches, snmp.NewBatch(own))
	}
	o.began = make([]time.Time, len(o.clients))
	return nil
}

// cycle polls every device once, and returns how long that took in seconds.
func (o *ours) cycle() float64 {
	var wg sync.WaitGroup
	wg.Add(len(o.clients))
	start := time.Now()
	for i, c := range o.clients {
		if o.f.Timeout > 0 {
			o.began[i] = time.Now()
		}
		c.Start(o.batches[i], 0, func(a *snmp.Answer) {
			o.take(i, a)
			wg.Done()
		})
	}
	wg.Wait()
	return time.Since(start).Seconds()
}

func (o *ours) take(device int, a *snmp.Answer) {
	f := o.pool.Get().(*frame)
	f.device = device
	good := uint64(0)
	if a.Heard {
		for i, t := range o.types {
			v := a.Value(i)
			if v.Type == t || o.f.Distinct && v.Type != 0 {
				f.values[i] = v.Bits
				good++
			} else {
				f.values[i] = 0
			}
		}
	}
	o.mu.Lock()
	o.varBinds += good
	if a.Err != nil || good != uint64(len(o.types)) {
		o.failed++
	} else if o.f.Timeout > 0 {
		o.times = append(o.times, time.Since(o.began[device]).Seconds())
	}
	o.mu.Unlock()
	o.queue <- f
}
