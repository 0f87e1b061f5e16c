package icmp

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// reported notes the slots and states of what a table reports, for each target.
type reported struct {
	slots  map[*target][]int64
	states map[*target][]state
	rtts   map[*target][]int64
}

func newReportedTable(timeout time.Duration) (*table, *reported) {
	r := &reported{slots: map[*target][]int64{}, states: map[*target][]state{}, rtts: map[*target][]int64{}}
	return newTable(timeout, func(p *probe) {
		r.slots[p.target] = append(r.slots[p.target], p.slot)
		r.states[p.target] = append(r.states[p.target], p.state)
		r.rtts[p.target] = append(r.rtts[p.target], int64(p.rtt))
	}), r
}

func TestTableReportsInOrder(t *testing.T) {
	tab, r := newReportedTable(time.Second)
	g := &target{}
	_, first := tab.add(g, shot{slot: 1}, reading{mono: 0}, 11)
	_, second := tab.add(g, shot{slot: 2}, reading{mono: int64(200 * time.Millisecond)}, 12)
	tab.reply(second, 5)
	if len(r.slots[g]) != 0 {
		t.Fatalf("reported %v before the first is decided", r.slots[g])
	}
	tab.expireUntil(int64(time.Second) - 1)
	if first.state != pending {
		t.Fatal("expired too early")
	}
	tab.expireUntil(int64(time.Second))
	if got := r.states[g]; len(got) != 2 || got[0] != lost || got[1] != replied {
		t.Errorf("got %v, want lost, replied", got)
	}
}

func TestTableFind(t *testing.T) {
	tab, _ := newReportedTable(time.Second)
	g := &target{}
	var last uint64
	for i := range 70_000 { // more than there are sequence numbers
		at := int64(i) * int64(10*time.Millisecond)
		n, p := tab.add(g, shot{slot: int64(i)}, reading{mono: at}, uint64(i)*3)
		p.checksum = uint16(i)
		tab.reply(p, 1)
		tab.expireUntil(at)
		last = n
	}
	f := func(what string, e echo, want bool) {
		t.Helper()
		if got := tab.find(e) != nil; got != want {
			t.Errorf("%s: got %t, want %t", what, got, want)
		}
	}
	nonce, sum := uint64(69_999)*3, uint16(69_999&0xffff)
	f("the last", echo{full: true, number: last, seq: uint16(last), nonce: nonce}, true)
	f("by its sequence number", echo{seq: uint16(last), checksum: sum}, true)
	f("with another checksum", echo{seq: uint16(last), checksum: sum + 1}, false)
	f("with another nonce", echo{full: true, number: last, seq: uint16(last), nonce: nonce + 1}, false)
	f("with another sequence number", echo{full: true, number: last, seq: uint16(last) + 1, nonce: nonce}, false)
	f("not sent yet", echo{full: true, number: last + 1, seq: uint16(last + 1)}, false)
	f("a future sequence number", echo{seq: uint16(last + 1)}, false)
	f("long forgotten", echo{full: true, number: 1, seq: 1, nonce: 0}, false)
	f("zero", echo{full: true}, false)
	if len(tab.ring) != minTable {
		t.Errorf("ring: got %d, want %d", len(tab.ring), minTable)
	}
}

func TestTableIsBounded(t *testing.T) {
	tab, r := newReportedTable(time.Second)
	g := &target{}
	for i := range maxTable + 10 {
		tab.add(g, shot{slot: int64(i)}, reading{mono: int64(i)}, 0)
	}
	if len(tab.ring) != maxTable || len(r.states[g]) != 10 || r.states[g][9] != fault {
		t.Errorf("ring of %d, reported %v; want %d and 10 faults", len(tab.ring), r.states[g], maxTable)
	}
}

func TestTableDoubts(t *testing.T) {
	tab, r := newReportedTable(time.Second)
	g := &target{}
	tab.add(g, shot{slot: 1}, reading{}, 0)
	tab.doubt()
	tab.add(g, shot{slot: 2}, reading{}, 0)
	tab.expireUntil(int64(time.Second))
	if got := r.states[g]; len(got) != 2 || got[0] != fault || got[1] != lost {
		t.Errorf("got %v, want fault, lost", got)
	}
}

// TestTableReportsEachProbeOnce drives a table at random.
func TestTableReportsEachProbeOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		timeout := time.Duration(rapid.Int64Range(1, 50).Draw(t, "timeout"))
		tab, r := newReportedTable(timeout)
		targets := []*target{{}, {}, {}}
		type sent struct {
			number, nonce uint64
			at            int64
		}
		var all []sent
		want := map[*target]int{}
		now := int64(0)
		for range rapid.IntRange(0, 200).Draw(t, "steps") {
			now += rapid.Int64Range(0, 10).Draw(t, "pass")
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0, 1:
				g := rapid.SampledFrom(targets).Draw(t, "target")
				want[g]++
				nonce := rapid.Uint64().Draw(t, "nonce")
				n, p := tab.add(g, shot{slot: int64(want[g])}, reading{mono: now}, nonce)
				all = append(all, sent{n, nonce, now})
				if rapid.IntRange(0, 9).Draw(t, "fault") == 0 {
					tab.fault(p, faultSendFailed)
				}
			case 2:
				if len(all) > 0 {
					s := rapid.SampledFrom(all).Draw(t, "reply to")
					p := tab.find(echo{full: true, number: s.number, seq: uint16(s.number), nonce: s.nonce})
					if p != nil && p.state == pending && now-s.at <= int64(timeout) {
						tab.reply(p, now-s.at)
					}
				}
			case 3:
				tab.expireUntil(now)
			}
			for _, g := range targets {
				for i, slot := range r.slots[g] {
					if slot != int64(i+1) {
						t.Fatalf("slots reported: %v", r.slots[g])
					}
				}
			}
			waiting := 0
			for _, g := range targets {
				waiting += want[g] - len(r.slots[g])
			}
			if tab.waiting > waiting || waiting > 0 && tab.waiting == 0 {
				t.Fatalf("waiting: got %d, %d are not reported", tab.waiting, waiting)
			}
			if d, ok := tab.deadline(); ok && d > now+int64(timeout) {
				t.Fatalf("deadline %d at %d", d, now)
			}
		}
		tab.expireUntil(now + int64(timeout))
		for _, g := range targets {
			if tab.waiting != 0 || len(r.slots[g]) != want[g] || g.oldest != 0 {
				t.Fatalf("reported %d of %d", len(r.slots[g]), want[g])
			}
			for i, s := range r.states[g] {
				if s == replied && r.rtts[g][i] > int64(timeout) {
					t.Fatalf("a reply after %d, timeout %d", r.rtts[g][i], timeout)
				}
			}
		}
	})
}
