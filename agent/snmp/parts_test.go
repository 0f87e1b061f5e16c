package snmp

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// TestBatchExpands: any part of a batch is the list of its names as they are encoded one by one.
func TestBatchExpands(t *testing.T) {
	number := rapid.OneOf(rapid.Uint32Range(0, 200), rapid.Uint32())
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) oid.OID {
			return append(oid.OID{1, 3, 6}, rapid.SliceOfN(number, 0, 125).Draw(t, "rest")...)
		}), 1, 100).Draw(t, "names")
		b := NewBatch(names)
		from := rapid.IntRange(0, len(names)-1).Draw(t, "from")
		count := rapid.IntRange(1, len(names)-from).Draw(t, "count")
		list, n := expand(nil, b.packed.Value(), span{int32(from), int32(count)})
		var want []byte
		for i := range int(n) {
			want = snmpwire.AppendNull(want, snmpwire.AppendOID(nil, names[from+i]))
		}
		if n < 1 || !bytes.Equal(list, want) || len(list) > maxList && n > 1 {
			t.Fatalf("%d of %d names from %d: got %x, want %x", n, count, from, list, want)
		}
		if i := rapid.IntRange(0, len(names)-1).Draw(t, "i"); !b.Name(i).Equal(names[i]) {
			t.Fatalf("name %d: got %s, want %s", i, b.Name(i), names[i])
		}
		if NewBatch(slices.Clone(names)) != b {
			t.Fatal("equal batches are not the same")
		}
	})
}

// TestWheel compares the wheel with a list of times.
func TestWheel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w wheel
		w.init(rapid.Int64Range(0, 5000).Draw(t, "start"))
		timers := make([]timer, 20)
		want := map[*timer]int64{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			at := &timers[rapid.IntRange(0, len(timers)-1).Draw(t, "timer")]
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				due := w.now + rapid.Int64Range(-5, 3000).Draw(t, "due")
				w.set(at, due)
				want[at] = max(due, w.now+1)
			case 1:
				w.stop(at)
				delete(want, at)
			case 2:
				now := w.now + rapid.Int64Range(0, 2500).Draw(t, "pass")
				got := map[*timer]bool{}
				w.advance(now, func(x *timer) { got[x] = true })
				for x, due := range want {
					if got[x] != (due <= now) {
						t.Fatalf("due at %d, now %d: handed out %t", due, now, got[x])
					}
					if got[x] {
						delete(want, x)
						delete(got, x)
					}
				}
				if len(got) > 0 || w.armed != len(want) {
					t.Fatalf("%d that nobody set, %d armed, want %d", len(got), w.armed, len(want))
				}
			}
		}
	})
}

func TestPace(t *testing.T) {
	p := newPace(Learnt{})
	p.lost(55)
	if p.names != 41 || p.gap != 10*time.Millisecond || !p.single {
		t.Errorf("after a loss: %+v", p)
	}
	for range 60 {
		p.answered(p.names, time.Millisecond, false)
	}
	if p.names != 55 || p.gap != 0 || p.single {
		t.Errorf("after 60 answers: %+v", p)
	}
	for range 40 {
		p.answered(55, 400*time.Millisecond, false)
	}
	if !p.single {
		t.Error("the round trip took 400 times as long, and nothing was learnt")
	}
	for range 100 {
		p.lost(1)
	}
	if p.gap != 500*time.Millisecond || p.names != 55 {
		t.Errorf("after 100 losses: %+v", p)
	}
	if got := newPace(Learnt{Names: 99, Rows: -1, Gap: time.Hour, Below: 70}); got.names != 55 || got.bulk != 25 || got.gap != 500*time.Millisecond || got.below != 0 {
		t.Errorf("of a damaged file: %+v", got)
	}
}

func TestMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "learnt")
	a, b := Learnt{Names: 20, Rows: 5, Gap: 1250 * time.Microsecond, Single: true, Below: 21}, Learnt{Single: true}
	m := NewMemory(path)
	if err := m.Open(); err != nil {
		t.Fatal(err)
	}
	for name, l := range map[string]Learnt{"sw 1": a, "sw2": b, "sw3": {}} {
		if err := m.Note(name, l); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	const want = "ninewatch learnt 1\n\"sw 1\" 20 5 1250000 true 21\n\"sw2\" 0 0 0 true 0\n"
	if err != nil || string(text) != want {
		t.Errorf("got %q, %v, want %q", text, err, want)
	}
	again := NewMemory(path)
	if err := again.Open(); err != nil || again.Of("sw 1") != a || again.Of("sw2") != b || again.Of("sw3") != (Learnt{}) {
		t.Errorf("read again: %v, %+v", err, again.known)
	}
	for n := range text { // cut anywhere, it costs no more than what is cut
		if err := os.WriteFile(path, text[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		cut := NewMemory(path)
		if err := cut.Open(); (err != nil) != (n < len(memoryHeader)) || len(cut.known) > 2 {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
	var none *Memory
	if none.Open() != nil || none.Note("x", a) != nil || none.Of("x") != (Learnt{}) || none.Close() != nil || NewMemory("") != nil {
		t.Error("no memory remembers")
	}
}
