package schedule

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func never(string) int64 { return 0 }

// begun starts what may start and returns "key@slot" of it.
func begun(p *plan) (keys []string, slots []int64) {
	for t := p.start(); t != nil; t = p.start() {
		keys, slots = append(keys, t.job.Key), append(slots, t.slot)
	}
	return keys, slots
}

func finish(p *plan, key string, now int64) { p.done(p.tasks[key], now) }

func TestPlanRunsNewKeysAtOnce(t *testing.T) {
	p := newPlan(10)
	last := func(key string) int64 {
		return map[string]int64{"recent": 999_000, "old": 900_000, "future": 2_000_000}[key]
	}
	p.set([]Job{{Key: "never", Interval: time.Minute}, {Key: "recent", Interval: time.Minute},
		{Key: "old", Interval: time.Minute}, {Key: "future", Interval: time.Minute}}, 1_000_000, last)
	keys, slots := begun(p)
	if want := []string{"never", "old", "future"}; !slices.Equal(keys, want) {
		t.Errorf("at once: got %v, want %v", keys, want)
	}
	if want := []int64{1_000_000, 1_000_000, 1_000_000}; !slices.Equal(slots, want) {
		t.Errorf("slots: got %v, want %v", slots, want)
	}
}

func TestPlanSkipsWhileRunning(t *testing.T) {
	p := newPlan(10)
	p.set([]Job{{Key: "a", Interval: time.Second}}, 1_000, never)
	begun(p)
	p.due(6_000)
	if keys, _ := begun(p); keys != nil {
		t.Fatalf("started %v while running", keys)
	}
	// The slot in (1000, 2000] is less than an interval after the run at 1000: not one that was skipped.
	if p.skipped != 4 {
		t.Errorf("skipped slots: got %d, want 4", p.skipped)
	}
	finish(p, "a", 6_000)
	p.due(7_000)
	if keys, slots := begun(p); len(keys) != 1 || slots[0] != SlotAfter("a", time.Second, 6_001) {
		t.Errorf("after the overrun: got %v at %v, want a at %d", keys, slots, SlotAfter("a", time.Second, 6_001))
	}
}

func TestPlanLimitsRuns(t *testing.T) {
	p := newPlan(2)
	p.set([]Job{{Key: "a", Interval: time.Minute}, {Key: "b", Interval: time.Minute},
		{Key: "c", Interval: time.Minute}, {Key: "d", Interval: time.Minute}}, 0, never)
	if keys, _ := begun(p); !slices.Equal(keys, []string{"a", "b"}) {
		t.Fatalf("first: got %v, want a b", keys)
	}
	p.trigger("d", 10) // waits already: jumps the queue
	finish(p, "a", 20)
	if keys, slots := begun(p); !slices.Equal(keys, []string{"d"}) || slots[0] != 0 {
		t.Fatalf("second: got %v %v, want d with its slot 0", keys, slots)
	}
}

func TestPlanTrigger(t *testing.T) {
	p := newPlan(2)
	p.set([]Job{{Key: "a", Interval: time.Minute}}, 0, never)
	if p.trigger("nobody", 1) {
		t.Error("triggered a key that is not there")
	}
	begun(p)
	p.trigger("a", 10)
	p.trigger("a", 11)
	finish(p, "a", 20)
	if keys, slots := begun(p); !slices.Equal(keys, []string{"a"}) || slots[0] != 20 {
		t.Fatalf("after the run: got %v %v, want a at 20", keys, slots)
	}
	finish(p, "a", 30)
	if keys, _ := begun(p); keys != nil {
		t.Fatalf("two triggers during one run: got a second run %v", keys)
	}
	p.trigger("a", 40)
	begun(p)
	finish(p, "a", 50)
	if p.tasks["a"].last != 0+p.tasks["a"].slot-40 {
		t.Errorf("a triggered run moved the last scheduled run to %d", p.tasks["a"].last)
	}
}

func TestPlanForgetsRemovedKeys(t *testing.T) {
	p := newPlan(1)
	p.set([]Job{{Key: "a", Interval: time.Minute}, {Key: "b", Interval: time.Minute}}, 0, never)
	begun(p)
	a := p.tasks["a"]
	p.trigger("a", 1)
	p.set(nil, 5, never)
	if len(p.queue) != 0 {
		t.Errorf("queue after removal: got %d, want 0", len(p.queue))
	}
	p.done(a, 6)
	if len(p.tasks) != 0 || p.running != 0 {
		t.Errorf("left: %d tasks, %d running; want none", len(p.tasks), p.running)
	}
}

func TestPlanFollowsTheClock(t *testing.T) {
	f := func(delta int64) {
		t.Helper()
		p := newPlan(1)
		now := int64(1_000_000_000)
		p.set([]Job{{Key: "a", Interval: time.Minute}}, now, never)
		begun(p)
		finish(p, "a", now)
		now += 1_000 + delta
		p.step(now, delta)
		p.due(now)
		if keys, _ := begun(p); keys != nil {
			t.Errorf("step %d: ran at once", delta)
		}
		p.due(now + 120_000)
		if keys, _ := begun(p); len(keys) != 1 {
			t.Errorf("step %d: got %d runs within two minutes, want 1", delta, len(keys))
		}
	}
	f(3_600_000)
	f(-3_600_000)
	f(86_400_000 * 365)
}

// TestPlanKeepsItsPromises drives a plan at random, and looks at what it starts.
func TestPlanKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 3).Draw(t, "limit")
		p := newPlan(limit)
		names := []string{"a", "b", "c", "d"}
		now := int64(1_000_000)
		running := map[*task]bool{}
		lastSlot := map[string]int64{}
		every := map[string]int64{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now += rapid.Int64Range(0, 50).Draw(t, "pass")
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0:
				var jobs []Job
				every = map[string]int64{}
				for _, n := range names {
					if e := rapid.Int64Range(0, 40).Draw(t, "interval"); e > 0 {
						jobs = append(jobs, Job{Key: n, Interval: time.Duration(e) * time.Millisecond})
						every[n] = e
					}
				}
				p.set(jobs, now, func(key string) int64 { return lastSlot[key] })
			case 1:
				p.trigger(rapid.SampledFrom(names).Draw(t, "key"), now)
			case 2:
				for task := range running {
					p.done(task, now)
					delete(running, task)
					break
				}
			}
			p.due(now)
			for task := p.start(); task != nil; task = p.start() {
				key := task.job.Key
				if running[task] || every[key] == 0 {
					t.Fatalf("%s starts while it runs or is removed", key)
				}
				if task.slot > now {
					t.Fatalf("%s starts at %d, before its slot %d", key, now, task.slot)
				}
				if !task.triggered {
					if l := lastSlot[key]; l != 0 && task.slot-l < every[key] {
						t.Fatalf("%s: slot %d follows %d with interval %d", key, task.slot, l, every[key])
					}
					lastSlot[key] = task.slot
				}
				running[task] = true
			}
			if len(running) > limit || p.running != len(running) {
				t.Fatalf("running: %d, says %d, limit %d", len(running), p.running, limit)
			}
			if len(p.queue) > len(every) {
				t.Fatalf("queue of %d for %d keys", len(p.queue), len(every))
			}
		}
	})
}

// TestLongJobs: they take a quarter of the places at most, and short ones go before them.
func TestLongJobs(t *testing.T) {
	p := newPlan(8)
	var jobs []Job
	for i := range 10 {
		jobs = append(jobs, Job{Key: fmt.Sprintf("long%d", i), Interval: time.Hour, Long: true})
	}
	p.set(jobs, 1000, never)
	var long []*task
	for s := p.start(); s != nil; s = p.start() {
		long = append(long, s)
	}
	if len(long) != 2 {
		t.Fatalf("%d long jobs run at once, want a quarter of 8", len(long))
	}
	jobs = append(jobs, Job{Key: "short", Interval: time.Minute})
	p.set(jobs, 2000, never)
	if s := p.start(); s == nil || s.job.Key != "short" {
		t.Fatalf("got %+v, want the short job", s)
	}
	if s := p.start(); s != nil {
		t.Errorf("%s runs, want no third long job", s.job.Key)
	}
	p.done(long[0], 3000)
	if s := p.start(); s == nil || s.job.Key != "long2" {
		t.Errorf("got %+v, want the next long job", s)
	}
}
