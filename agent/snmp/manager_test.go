package snmp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func manager(t *testing.T) *Manager {
	t.Helper()
	m := NewManager(nil)
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func (e *Manager) mustDial(t *testing.T, d Device) *Client {
	t.Helper()
	c, err := e.Dial(d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() }) //nolint:errcheck // a UDP socket
	return c
}

// numbered are names whose last number says which they are.
func numbered(n int) []oid.OID {
	out := make([]oid.OID, n)
	for i := range out {
		out[i] = tableRoot.Append(uint32(i))
	}
	return out
}

// counting answers each name with its last number.
func counting(good *snmpwire.Message) {
	for i, vb := range good.PDU.VarBinds {
		good.PDU.VarBinds[i].Uint = uint64(vb.OID[len(vb.OID)-1])
	}
}

// outcomeOf starts a run and waits for it.
func outcomeOf(c *Client, n int, budget time.Duration) (got []uint64, a Answer) {
	over := make(chan struct{})
	c.Start(NewBatch(numbered(n)), budget, func(answer *Answer) {
		for i := range n {
			if v := answer.Value(i); v.Type != 0 {
				got = append(got, v.Bits)
			}
		}
		a = *answer
		close(over)
	})
	<-over
	return got, a
}

// TestManyDevices: hundreds of requests at once are no goroutines, and each reply finds its device.
func TestManyDevices(t *testing.T) {
	const devices = 60
	m := manager(t)
	var clients []*Client
	for range devices {
		addr := device(t, func(_, good snmpwire.Message) [][]byte {
			time.Sleep(20 * time.Millisecond)
			counting(&good)
			return [][]byte{wire(good)}
		})
		clients = append(clients, m.mustDial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: 5 * time.Second}))
	}
	before := runtime.NumGoroutine()
	var wg sync.WaitGroup
	batch := NewBatch(numbered(120))
	for i, c := range clients {
		wg.Add(1)
		c.Start(batch, 0, func(a *Answer) {
			defer wg.Done()
			for n := range 120 {
				if v := a.Value(n); a.Err != nil || v.Type != snmpwire.Gauge32 || v.Bits != uint64(n) {
					t.Errorf("device %d, name %d: %+v, %v", i, n, v, a.Err)
					return
				}
			}
		})
	}
	if now := runtime.NumGoroutine(); now > before {
		t.Errorf("%d goroutines more for %d devices", now-before, devices)
	}
	wg.Wait()
}

// TestTwoInFlight: a device never has more than two requests to answer.
func TestTwoInFlight(t *testing.T) {
	var mu sync.Mutex
	var held [][]byte
	most := 0
	addr := device(t, func(_, good snmpwire.Message) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		counting(&good)
		held = append(held, wire(good))
		most = max(most, len(held))
		if len(held) < 2 {
			return nil // answered together with the next
		}
		out := held
		held = nil
		return out
	})
	c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: 2 * time.Second, Retries: 1})
	got, a := outcomeOf(c, 220, 0)
	mu.Lock()
	defer mu.Unlock()
	if a.Err != nil || len(got) != 220 || most != 2 || a.Requests != 4 {
		t.Errorf("got %d values, %v, at most %d in flight, %d requests", len(got), a.Err, most, a.Requests)
	}
}

// TestDeadDeviceIsAskedLittle: one name until it answers; then everything.
func TestDeadDeviceIsAskedLittle(t *testing.T) {
	var mu sync.Mutex
	var sizes []int
	dead := true
	addr := device(t, func(req, good snmpwire.Message) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		if sizes = append(sizes, len(req.PDU.VarBinds)); dead {
			return nil
		}
		counting(&good)
		return [][]byte{wire(good)}
	})
	c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: 500 * time.Millisecond, Retries: 1})
	poll := func(want string, values int, kind ErrKind) {
		t.Helper()
		mu.Lock()
		sizes = nil
		mu.Unlock()
		got, a := outcomeOf(c, 50, 0)
		mu.Lock()
		defer mu.Unlock()
		if fmt.Sprint(sizes) != want || len(got) != values || KindOf(a.Err) != kind {
			t.Errorf("asked for %v, want %s; got %d values, %v", sizes, want, len(got), a.Err)
		}
	}
	poll("[50 1]", 0, Timeout) // the last attempt of the first poll asks for little already
	poll("[1 1]", 0, Timeout)
	mu.Lock()
	dead = false
	mu.Unlock()
	poll("[1 37 12]", 50, "") // three quarters: what was lost is not asked for again at once
}

// TestTooBigIsLearnt: a limit is found, kept, and handed to the next Client.
func TestTooBigIsLearnt(t *testing.T) {
	var mu sync.Mutex
	refused := 0
	addr := device(t, func(req, good snmpwire.Message) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		if counting(&good); len(req.PDU.VarBinds) > 20 {
			good.PDU.ErrorStatus, good.PDU.VarBinds = snmpwire.TooBig, nil
			refused++
		}
		return [][]byte{wire(good)}
	})
	c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: 2 * time.Second})
	for range 20 {
		if got, a := outcomeOf(c, 100, 0); a.Err != nil || len(got) != 100 {
			t.Fatalf("got %d values, %v", len(got), a.Err)
		}
	}
	learnt := c.Learnt()
	if learnt.Names != 20 || learnt.Below != 21 || learnt.Single || learnt.Gap != 0 {
		t.Errorf("learnt %+v, want 20 names, 21 are too many", learnt)
	}
	mu.Lock()
	refused = 0
	mu.Unlock()
	again := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: 2 * time.Second, Learnt: learnt})
	got, a := outcomeOf(again, 100, 0)
	mu.Lock()
	defer mu.Unlock()
	if len(got) != 100 || a.Requests != 5 || refused != 0 {
		t.Errorf("after a restart: %d values in %d requests, %d too big; want 100 in 5", len(got), a.Requests, refused)
	}
}

// TestLargeRepliesGetLost: a device, or a way to it, that loses large datagrams is read nevertheless.
func TestLargeRepliesGetLost(t *testing.T) {
	addr := device(t, func(req, good snmpwire.Message) [][]byte {
		if counting(&good); len(req.PDU.VarBinds) > 12 {
			return nil
		}
		return [][]byte{wire(good)}
	})
	c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: 500 * time.Millisecond, Retries: 1})
	got, a := outcomeOf(c, 60, 0)
	if a.Err != nil || len(got) != 60 {
		t.Errorf("got %d values, %v", len(got), a.Err)
	}
}

func TestBudget(t *testing.T) { // 35
	addr := device(t, func(req, good snmpwire.Message) [][]byte {
		time.Sleep(100 * time.Millisecond)
		counting(&good)
		return [][]byte{wire(good)}
	})
	c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: 10 * time.Second})
	got, a := outcomeOf(c, 2000, time.Second)
	if len(got) == 0 || len(got) == 2000 || !errors.Is(a.Err, context.DeadlineExceeded) || KindOf(a.Err) != "" {
		t.Errorf("got %d values, %v", len(got), a.Err)
	}
}

func TestLateReply(t *testing.T) { // 22: a reply to the first attempt that comes after the second began
	addr := device(t, func(_, good snmpwire.Message) [][]byte {
		time.Sleep(900 * time.Millisecond)
		return [][]byte{wire(good)}
	})
	c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: 600 * time.Millisecond, Retries: 2})
	if got, err := c.Get(t.Context(), nameA); err != nil || got[0].Uint != 42 {
		t.Errorf("got %v, %v", got, err)
	}
}

// TestOneNameFails: the others of its request come, whatever the kind of failure.
func TestOneNameFails(t *testing.T) {
	addr := device(t, func(req, good snmpwire.Message) [][]byte {
		counting(&good)
		for i, vb := range req.PDU.VarBinds {
			if vb.OID[len(vb.OID)-1] == 33 {
				good.PDU.ErrorStatus, good.PDU.ErrorIndex, good.PDU.VarBinds = snmpwire.GenErr, int32(i+1), req.PDU.VarBinds
			}
		}
		return [][]byte{wire(good)}
	})
	c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: 2 * time.Second})
	var problem error
	over := make(chan struct{})
	c.Start(NewBatch(numbered(60)), 0, func(a *Answer) {
		defer close(over)
		problem = a.Problem(33)
		for i := range 60 {
			if v := a.Value(i); i != 33 && v.Bits != uint64(i) || i == 33 && v.Type != 0 {
				t.Errorf("name %d: %+v", i, v)
			}
		}
	})
	<-over
	if !errors.Is(problem, errStatus) || !strings.HasSuffix(fmt.Sprint(problem), "genErr") {
		t.Errorf("got %v", problem)
	}
}

// TestOctetsAreCopied: values that lie in a datagram are kept apart from it.
func TestOctetsAreCopied(t *testing.T) {
	addr := device(t, func(_, good snmpwire.Message) [][]byte {
		for i, vb := range good.PDU.VarBinds {
			n := vb.OID[len(vb.OID)-1]
			good.PDU.VarBinds[i] = snmpwire.VarBind{OID: vb.OID, Type: snmpwire.OctetString, Bytes: bytes.Repeat([]byte{byte('a' + n%26)}, int(n%7))}
			if n%5 == 0 {
				good.PDU.VarBinds[i] = snmpwire.VarBind{OID: vb.OID, Type: snmpwire.ObjectIdentifier, Object: oid.OID{1, 3, n}}
			}
		}
		return [][]byte{wire(good)}
	})
	c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: 2 * time.Second})
	names := numbered(100)
	got, err := c.Get(t.Context(), names...)
	if err != nil {
		t.Fatal(err)
	}
	for i, vb := range got {
		want := strings.Repeat(string(rune('a'+i%26)), i%7)
		if i%5 == 0 && !vb.Object.Equal(oid.OID{1, 3, uint32(i)}) || i%5 != 0 && string(vb.Bytes) != want {
			t.Errorf("name %d: %+v", i, vb)
		}
	}
}

func TestDialRefuses(t *testing.T) {
	m := manager(t)
	f := func(d Device, want string) {
		t.Helper()
		if _, err := m.Dial(d); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	f(Device{Name: "sw1", Credential: v2c("public")}, `device "sw1": address "invalid AddrPort" has no host or no port`)
	f(Device{Name: "sw1", Credential: v2c("public"), Addr: netip.MustParseAddrPort("[fe80::1]:161")},
		`device "sw1": link-local address fe80::1 needs the interface that it is at: fe80::1%eth0`)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Dial(Device{Addr: netip.MustParseAddrPort("192.0.2.1:161"), Credential: v2c("public")}); !errors.Is(err, errClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestTwins is case 52: two devices with one engine id are both read, and it is told in words.
func TestTwins(t *testing.T) {
	cred := user("someone", "SHA256", "AES")
	var log bytes.Buffer
	m := NewManager(slog.New(slog.NewTextHandler(&log, nil)))
	defer m.Close() //nolint:errcheck // UDP sockets
	for _, name := range []string{"left", "right"} {
		_, addr := startEngine(t, cred, engineA)
		c := m.mustDial(t, Device{Name: name, Addr: addr, Credential: cred, Timeout: time.Second})
		if got, err := c.Get(t.Context(), nameA); err != nil || got[0].Uint != 42 {
			t.Fatalf("%s: got %v, %v", name, got, err)
		}
		if want := map[string]string{"left": "", "right": "left"}[name]; c.Twin() != want {
			t.Errorf("%s: twin %q, want %q", name, c.Twin(), want)
		}
	}
	if !strings.Contains(log.String(), "two devices have the same SNMPv3 engine id") {
		t.Errorf("log: %s", log.String())
	}
}

// TestRandomEngineIDs is case 53: an engine with another id at each request is not followed for ever.
func TestRandomEngineIDs(t *testing.T) {
	cred := user("someone", "SHA", "AES")
	e, addr := startEngine(t, cred, engineA)
	n := 0
	e.set(func(e *engine) { e.shift = func() { n++; e.u.adopt([]byte(fmt.Sprintf("%s %d", engineA, n))) } }) //nolint:errcheck // a good id
	c := dial(t, Device{Addr: addr, Credential: cred, Timeout: time.Second, Retries: -1})
	var err error
	for range 10 {
		if _, err = c.Get(t.Context(), nameA); KindOf(err) != Engine {
			t.Fatalf("got %v, want an error of the engine", err)
		}
	}
	if !strings.Contains(err.Error(), "it is not followed for a while") || c.Counts().Engines > changesAtOnce {
		t.Errorf("got %v after %d changes", err, c.Counts().Engines)
	}
}
