package icmp

import (
	"slices"
	"testing"
	"time"

	"ninewatch/agent/schedule"
)

// TestPaceOfTheDead: a dead target is probed in its own interval for five minutes, then every 30 s, from ten
// minutes on each minute, and after an hour every five; its first reply ends that.
func TestPaceOfTheDead(t *testing.T) {
	var p pace
	sent := map[int64]int64{} // slots in s, and the interval they were sent with in ms
	probe := func(second int64) bool {
		every, ok := p.take(time.Second, second*1000, second*int64(time.Second))
		if ok {
			sent[second] = every
		}
		return ok
	}
	for s := int64(1); s <= 2*3600; s++ {
		if probe(s) {
			p.dead(s * int64(time.Second))
		}
	}
	f := func(from, to, step int64) {
		t.Helper()
		for s := from; s < to; s++ {
			every, ok := sent[s]
			if want := (s-from)%step == 0; ok != want || ok && every != step*1000 {
				t.Fatalf("second %d: got a probe %t with interval %d ms, want one every %d s from %d on", s, ok, every, step, from)
			}
		}
	}
	f(1, 301, 1)
	f(301, 601, 30)
	f(601, 3601, 60)
	f(3601, 7200, 300)
	p.alive()
	for s := int64(7201); s < 7300; s++ {
		if !probe(s) || sent[s] != 1000 {
			t.Fatalf("second %d: not probed in its own interval after a reply", s)
		}
	}
}

func TestPaceKeepsToTheInterval(t *testing.T) {
	f := func(interval, dead, want time.Duration) {
		t.Helper()
		p := pace{deadSince: 1}
		if got := time.Duration(p.every(interval, int64(dead)+1)) * time.Millisecond; got != want {
			t.Errorf("interval %s, dead for %s: got %s, want %s", interval, dead, got, want)
		}
	}
	f(time.Second, 4*time.Minute, time.Second)
	f(time.Second, 5*time.Minute, 30*time.Second)
	f(7*time.Second, 5*time.Minute, 35*time.Second) // a multiple, so that its slots are regular ones
	f(2*time.Minute, 20*time.Minute, 2*time.Minute) // slower already
	f(10*time.Minute, 2*time.Hour, 10*time.Minute)
	f(100*time.Millisecond, time.Hour, 5*time.Minute)
}

// TestLooksMissTheRegularSlots: a run is named by its first slot, so that the two must never meet.
func TestLooksMissTheRegularSlots(t *testing.T) {
	for _, interval := range []time.Duration{time.Second, 800 * time.Millisecond, 401 * time.Millisecond, time.Minute} {
		phase, every := schedule.Phase("sw1", interval).Milliseconds(), interval.Milliseconds()
		for now := int64(1_000_000); now < 1_001_000; now++ {
			var p pace
			slot, ok := p.look("sw1", interval, now)
			if !ok || slot < now+400 || slot > now+400+looks {
				t.Fatalf("at %d: got %d, %t", now, slot, ok)
			}
			for i := range int64(looks) {
				if (slot+i*lookEvery-phase)%every == 0 {
					t.Fatalf("look %d at %d is a regular slot of interval %s", i, slot, interval)
				}
			}
		}
	}
	var p pace
	if _, ok := p.look("sw1", 400*time.Millisecond, 101_000); ok {
		t.Error("a look at what is probed as often anyhow")
	}
	p.look("sw1", time.Second, 101_000)
	if _, ok := p.look("sw1", time.Second, 110_999); ok {
		t.Error("a second look within ten seconds")
	}
	if _, ok := p.look("sw1", time.Second, 111_000); !ok {
		t.Error("no look after ten seconds")
	}
}

func TestLookQueueIsBounded(t *testing.T) {
	var q lookQueue
	var got []int64
	targets := []*target{{}, {}, {}}
	for i, g := range targets {
		g.looksLeft = 200
		q.push(due{g, int64(i)})
	}
	for {
		d, ok := q.peek()
		if !ok {
			break
		}
		got = append(got, d.slot)
		q.pop()
	}
	if len(got) != 600 || !slices.IsSorted(got) || cap(q.list) > 16 {
		t.Errorf("got %d slots, sorted %t, room for %d", len(got), slices.IsSorted(got), cap(q.list))
	}
}
