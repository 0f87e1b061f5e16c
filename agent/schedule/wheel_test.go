package schedule

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPhase(t *testing.T) {
	f := func(key string, interval, want time.Duration) {
		t.Helper()
		if got := Phase(key, interval); got != want {
			t.Errorf("phase of %q in %s: got %s, want %s", key, interval, got, want)
		}
	}
	// Literal values: a change of the hash would move every poll of every installation.
	f("sw1.example.net", time.Second, 193*time.Millisecond)
	f("sw2.example.net", time.Second, 605*time.Millisecond)
	f("sw1.example.net", time.Minute, 11612*time.Millisecond)
	f("", time.Microsecond, 0)
}

// TestPhasesAreSpread counts how many of 10,000 similar keys fall into each tenth of the interval.
func TestPhasesAreSpread(t *testing.T) {
	var tenths [10]int
	for i := range 10_000 {
		tenths[Phase(fmt.Sprintf("sw%d.example.net", i), time.Second)/(100*time.Millisecond)]++
	}
	for i, n := range tenths {
		if n < 900 || n > 1100 {
			t.Errorf("keys in tenth %d: got %d, want about 1000", i, n)
		}
	}
}

// TestWheelIsTheSortedListOfSlots compares a wheel with all slots computed one by one.
func TestWheelIsTheSortedListOfSlots(t *testing.T) {
	type due struct {
		slot  int64
		index int
	}
	rapid.Check(t, func(t *rapid.T) {
		entries := make([]Entry, rapid.IntRange(0, 8).Draw(t, "entries"))
		for i := range entries {
			entries[i] = Entry{
				Key:      rapid.StringMatching(`[a-c]{1,3}`).Draw(t, "key"),
				Interval: time.Duration(rapid.Int64Range(1, 12).Draw(t, "interval")) * time.Millisecond,
			}
		}
		w := NewWheel(entries)
		for range rapid.IntRange(1, 3).Draw(t, "moves") {
			from := rapid.Int64Range(-50, 1e12).Draw(t, "from")
			to := from + rapid.Int64Range(0, 60).Draw(t, "length")
			w.MoveTo(from)
			var want, got []due
			for i, e := range entries {
				for s := SlotAfter(e.Key, e.Interval, from); s < to; s += e.Interval.Milliseconds() {
					want = append(want, due{s, i})
				}
			}
			for {
				s, ok := w.Peek()
				if !ok || s >= to {
					break
				}
				i, slot := w.Next()
				if slot != s {
					t.Fatalf("Peek said %d, Next %d", s, slot)
				}
				if len(got) > 0 && slot < got[len(got)-1].slot {
					t.Fatalf("slot %d after %d", slot, got[len(got)-1].slot)
				}
				got = append(got, due{slot, i})
			}
			order := func(a, b due) int { return int(a.slot-b.slot)*100 + a.index - b.index }
			slices.SortFunc(want, order)
			slices.SortFunc(got, order)
			if !slices.Equal(got, want) {
				t.Fatalf("from %d to %d: got %v, want %v", from, to, got, want)
			}
		}
	})
}

func TestSlotAfter(t *testing.T) {
	p := Phase("sw1.example.net", time.Minute).Milliseconds()
	f := func(from, want int64) {
		t.Helper()
		if got := SlotAfter("sw1.example.net", time.Minute, from); got != want {
			t.Errorf("from %d: got %d, want %d", from, got, want)
		}
	}
	f(0, p)
	f(p, p)
	f(p+1, p+60_000)
	f(p-60_000, p-60_000)
}

func TestWheelDoesNotAllocate(t *testing.T) {
	entries := make([]Entry, 100)
	for i := range entries {
		entries[i] = Entry{Key: fmt.Sprint(i), Interval: time.Duration(1+i%3) * time.Second}
	}
	w := NewWheel(entries)
	if n := testing.AllocsPerRun(1000, func() { w.Next() }); n != 0 {
		t.Errorf("allocations per Next: got %v, want 0", n)
	}
}
