package uplink

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"ninewatch/internal/telemetry"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

// TestWindowCountsBytes compares a window with a map of what is on the way.
func TestWindowCountsBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWindow(1000)
		model := map[recordID]int{}
		number := rapid.Uint64Range(1, 20)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			e := telemetry.Epoch{rapid.Byte().Draw(t, "epoch") % 2}
			first := number.Draw(t, "first")
			if rapid.Bool().Draw(t, "send") {
				size := rapid.IntRange(0, 400).Draw(t, "size")
				w.sent(recordID{e, first}, size)
				model[recordID{e, first}] = size
				continue
			}
			last := first + rapid.SampledFrom([]uint64{0, 1, 5, math.MaxUint64 - 30}).Draw(t, "more")
			w.acknowledged(e, []telemetry.Range{{First: first, Last: last}})
			for id := range model {
				if id.epoch == e && first <= id.seq && id.seq <= last {
					delete(model, id)
				}
			}
		}
		want := 0
		for _, size := range model {
			want += size
		}
		if w.bytes != want || len(w.sizes) != len(model) {
			t.Fatalf("got %d bytes of %d records, want %d of %d", w.bytes, len(w.sizes), want, len(model))
		}
		if room := w.room(8); (room == 0) != (want >= 1000) || room > 8 {
			t.Fatalf("%d bytes on the way, room %d", want, room)
		}
	})
}

func TestWindowHoldsNoMoreThanItsLimit(t *testing.T) {
	w := newWindow(100_000)
	sent := 0
	for seq := uint64(1); w.room(itemsAtOnce) > 0; seq++ {
		w.sent(recordID{seq: seq}, 30_000)
		sent += 30_000
	}
	if sent != 120_000 { // the last one begins within the window
		t.Errorf("sent %d bytes", sent)
	}
	// Small ones that follow large ones get many at a time again.
	w = newWindow(100_000)
	w.sent(recordID{seq: 1}, 50_000)
	if got := w.room(64); got != 1 {
		t.Errorf("room %d", got)
	}
	for seq := uint64(2); seq < 100; seq++ {
		w.sent(recordID{seq: seq}, 10)
	}
	if got := w.room(64); got != 64 {
		t.Errorf("room %d", got)
	}
}

func TestAssembly(t *testing.T) {
	chunk := func(term, n uint64, i, of uint32, devices ...string) *telemetryv1.AssignmentChunk {
		c := &telemetryv1.AssignmentChunk{Term: term, N: n, Chunk: i, Chunks: of}
		for _, d := range devices {
			c.Devices = append(c.Devices, &telemetryv1.Device{Name: d})
		}
		return c
	}
	var a assembly
	wait := func(c *telemetryv1.AssignmentChunk) {
		t.Helper()
		if whole, err := a.add(c); whole != nil || err != nil {
			t.Errorf("got %v, %v", whole, err)
		}
	}
	done := func(c *telemetryv1.AssignmentChunk, want ...string) {
		t.Helper()
		whole, err := a.add(c)
		if err != nil || !proto.Equal(whole, chunk(c.GetTerm(), c.GetN(), 0, 1, want...)) {
			t.Errorf("got %v, %v", whole, err)
		}
	}
	refused := func(want string, c *telemetryv1.AssignmentChunk) {
		t.Helper()
		if _, err := a.add(c); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	done(chunk(1, 1, 0, 1, "a"), "a")
	wait(chunk(1, 2, 0, 3, "a"))
	wait(chunk(1, 2, 1, 3, "b"))
	done(chunk(1, 2, 2, 3, "c"), "a", "b", "c")
	wait(chunk(1, 3, 0, 2, "old"))
	wait(chunk(1, 4, 0, 2, "new")) // takes the place of the unfinished one
	done(chunk(1, 4, 1, 2, "er"), "new", "er")
	refused("chunk 1 of assignment (1, 5) out of turn", chunk(1, 5, 1, 2))
	wait(chunk(1, 5, 0, 3))
	refused("chunk 2 of assignment (1, 5) out of turn", chunk(1, 5, 2, 3))
	wait(chunk(1, 5, 0, 3))
	refused("chunk 1 of assignment (1, 6) out of turn", chunk(1, 6, 1, 3))
	refused("assignment (1, 7) of 0 chunks", chunk(1, 7, 0, 0))
	refused("assignment (1, 7) of 10001 chunks", chunk(1, 7, 0, 10_001))
}

func TestAssignmentProblems(t *testing.T) {
	w := &telemetryv1.AssignmentChunk{Term: 1, N: 1, Credentials: []*telemetryv1.Credential{{Name: "c", Version: "2c", Community: "canary"}}}
	add := func(change func(*telemetryv1.Device)) {
		d := &telemetryv1.Device{Name: "sw1", Address: "192.0.2.1", Credential: "c", SnmpIntervalMs: 60_000, IcmpIntervalMs: 1000}
		change(d)
		w.Devices = append(w.Devices, d)
	}
	add(func(*telemetryv1.Device) {})
	add(func(d *telemetryv1.Device) { d.Name, d.Credential, d.SnmpIntervalMs = "ping-only", "", 0 })
	add(func(d *telemetryv1.Device) { d.Name = "" })
	add(func(d *telemetryv1.Device) { d.Address = "" })
	add(func(d *telemetryv1.Device) { d.Port = 65_536 })
	add(func(d *telemetryv1.Device) { d.Credential = "gone" })
	add(func(d *telemetryv1.Device) { d.SnmpIntervalMs = 0 })
	add(func(d *telemetryv1.Device) { d.SnmpIntervalMs = math.MaxInt64 })
	add(func(d *telemetryv1.Device) { d.IcmpIntervalMs = -1 })
	add(func(d *telemetryv1.Device) { d.Interfaces = []*telemetryv1.Interface{{Key: "a\x00"}} })
	a, problems := assignmentFromWire(w)
	if len(a.Devices) != 2 || a.Devices[1].Name != "ping-only" || a.Devices[0].SNMPInterval != time.Minute {
		t.Errorf("got %+v", a.Devices)
	}
	want := []string{
		`device "": has no name or no address`,
		`device "sw1": has no name or no address`,
		`device "sw1": has port 65536`,
		`device "sw1": its credential "gone" did not come along`,
		`device "sw1": SNMP interval of 0 ms`,
		`device "sw1": SNMP interval of 9223372036854775807 ms`,
		`device "sw1": ICMP interval of -1 ms`,
	}
	if len(problems) != len(want)+1 || !reflect.DeepEqual(problems[:len(want)], want) || !strings.Contains(problems[len(want)], "control character") {
		t.Errorf("got %q", problems)
	}
}

func TestRenewalIsDueAtHalfToSeventyPercent(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	f := func(serial int64, want time.Duration) {
		t.Helper()
		template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: begin, NotAfter: begin.Add(100 * time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		due, end := renewal(der)
		if got := due.Sub(begin).Round(time.Hour); got != want || !end.Equal(begin.Add(100*time.Hour)) {
			t.Errorf("serial %d: due after %s, ends %s", serial, got, end)
		}
	}
	f(256, 50*time.Hour)
	f(128, 60*time.Hour)
	f(255, 70*time.Hour)
}

func FuzzAssembly(f *testing.F) {
	b, err := proto.Marshal(&telemetryv1.AssignmentChunk{Term: 1, N: 1, Chunks: 2, Devices: []*telemetryv1.Device{{Name: "a", Address: "b"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b, b)
	f.Add([]byte{}, []byte{0x18, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var a assembly
		for _, b := range [][]byte{first, second} {
			c := &telemetryv1.AssignmentChunk{}
			if proto.Unmarshal(b, c) != nil {
				return
			}
			whole, err := a.add(c)
			if err != nil || whole == nil {
				continue
			}
			assignment, problems := assignmentFromWire(whole)
			if len(assignment.Devices)+len(problems) != len(whole.GetDevices()) {
				t.Fatalf("%d devices and %d problems of %d", len(assignment.Devices), len(problems), len(whole.GetDevices()))
			}
		}
	})
}

func TestConfigValidate(t *testing.T) {
	err := Config{}.Validate()
	want := "no StateDir\na Window that is not positive\na Heartbeat that is not positive\nMinBackoff has to be positive and at most MaxBackoff"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
