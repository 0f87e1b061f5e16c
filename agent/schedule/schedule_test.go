package schedule

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder notes at which time since the start of the bubble a job ran.
type recorder struct {
	mu    sync.Mutex
	begin time.Time
	runs  map[string][]time.Duration
	slots map[string][]time.Time
}

func newRecorder() *recorder {
	return &recorder{begin: time.Now(), runs: map[string][]time.Duration{}, slots: map[string][]time.Time{}}
}

func (r *recorder) job(key string, interval, takes time.Duration) Job {
	return Job{Key: key, Interval: interval, Run: func(ctx context.Context, slot time.Time) {
		r.mu.Lock()
		r.runs[key] = append(r.runs[key], time.Since(r.begin))
		r.slots[key] = append(r.slots[key], slot)
		r.mu.Unlock()
		select {
		case <-time.After(takes):
		case <-ctx.Done():
		}
	}}
}

// of returns when key ran so far.
func (r *recorder) of(key string) []time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.runs[key])
}

func newTestScheduler(t *testing.T, cfg Config) *Scheduler {
	t.Helper()
	s, err := New(cfg, Deps{Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func startStop(t *testing.T, s *Scheduler) {
	t.Helper()
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func setJobs(t *testing.T, s *Scheduler, jobs ...Job) {
	t.Helper()
	if err := s.SetJobs(jobs); err != nil {
		t.Fatal(err)
	}
}

func TestSchedulerKeepsTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newTestScheduler(t, DefaultConfig()), newRecorder()
		setJobs(t, s, r.job("sw1", time.Minute, time.Second))
		startStop(t, s)
		time.Sleep(time.Hour)
		synctest.Wait()

		runs := r.of("sw1")
		if len(runs) < 59 || runs[0] != 0 {
			t.Fatalf("runs in an hour: got %d, first %v", len(runs), runs[:1])
		}
		phase := Phase("sw1", time.Minute)
		for i, at := range runs[1:] {
			if want := runs[1] + time.Duration(i)*time.Minute; at != want || at%time.Minute != phase {
				t.Errorf("run %d: got %s, want %s", i+1, at, want)
			}
			if got := r.slots["sw1"][i+1]; !got.Equal(r.begin.Add(at)) {
				t.Errorf("slot %d: got %s", i+1, got)
			}
		}
		if runs[1] < time.Minute {
			t.Errorf("second run after %s, less than an interval", runs[1])
		}
	})
}

func TestSchedulerOverrun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newTestScheduler(t, DefaultConfig()), newRecorder()
		setJobs(t, s, r.job("slow", time.Minute, 150*time.Second), r.job("other", time.Minute, 0))
		startStop(t, s)
		time.Sleep(31 * time.Minute)
		synctest.Wait()
		if got := len(r.of("slow")); got < 10 || got > 11 {
			t.Errorf("runs of 150 s in 31 minutes: got %d, want 10 or 11", got)
		}
		if got := len(r.of("other")); got < 30 {
			t.Errorf("runs of the other: got %d, want 30", got)
		}
		if got := s.m.skipped.Get(); got < 18 {
			t.Errorf("skipped slots: got %d, want about 20", got)
		}
	})
}

func TestSchedulerAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.File = filepath.Join(t.TempDir(), "last-runs")
		r := newRecorder()
		for range 20 { // restarts every 25 s
			s := newTestScheduler(t, cfg)
			if err := s.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			setJobs(t, s, r.job("sw1", time.Minute, 0), r.job("sw2", time.Minute, 0))
			time.Sleep(25 * time.Second)
			if err := s.Stop(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		for key, runs := range r.runs {
			if len(runs) < 7 {
				t.Errorf("%s: got %d runs in 500 s, want 8", key, len(runs))
			}
			for i := 1; i < len(runs); i++ {
				if gap := runs[i] - runs[i-1]; gap < time.Minute || gap >= 2*time.Minute {
					t.Errorf("%s: %s between two runs", key, gap)
				}
			}
		}
	})
}

func TestSchedulerTrigger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newTestScheduler(t, DefaultConfig()), newRecorder()
		setJobs(t, s, r.job("sw1", time.Hour, 0))
		startStop(t, s)
		time.Sleep(10 * time.Second)
		if !s.Trigger("sw1") || s.Trigger("nobody") {
			t.Error("trigger: want true for sw1, false for nobody")
		}
		synctest.Wait()
		if want := []time.Duration{0, 10 * time.Second}; !slices.Equal(r.of("sw1"), want) {
			t.Errorf("runs: got %v, want %v", r.of("sw1"), want)
		}
	})
}

func TestSchedulerStopEndsRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newTestScheduler(t, DefaultConfig()), newRecorder()
		if err := s.Stop(context.Background()); err != nil {
			t.Errorf("stop without start: %v", err)
		}
		setJobs(t, s, r.job("sw1", time.Hour, 24*time.Hour))
		startStop(t, s)
		synctest.Wait()
		if err := s.Stop(t.Context()); err != nil || time.Since(r.begin) != 0 {
			t.Errorf("stop took %s: %v", time.Since(r.begin), err)
		}
	})
}

// TestSchedulerFollowsASetClock moves the wall clock by a day under a running schedule.
func TestSchedulerFollowsASetClock(t *testing.T) {
	for _, step := range []time.Duration{24 * time.Hour, -24 * time.Hour, 300 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			s, r := newTestScheduler(t, DefaultConfig()), newRecorder()
			var shift atomic.Int64
			begin := time.Now()
			s.clock = func() (time.Time, time.Duration) {
				return time.Now().Round(0).Add(time.Duration(shift.Load())), time.Since(begin)
			}
			setJobs(t, s, r.job("sw1", time.Minute, 0))
			startStop(t, s)
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			shift.Store(int64(step))
			before := len(r.of("sw1"))
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			if got := len(r.of("sw1")) - before; got < 8 || got > 10 {
				t.Errorf("runs in 10 minutes after a step of %s: got %d, want about 10", step, got)
			}
		})
	}
}

func TestSetJobsRefuses(t *testing.T) {
	run := func(context.Context, time.Time) {}
	f := func(want string, jobs ...Job) {
		t.Helper()
		s := newTestScheduler(t, DefaultConfig())
		if err := s.SetJobs(jobs); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f(`job "": key and run are required`, Job{Interval: time.Second, Run: run})
	f(`job "a": key and run are required`, Job{Key: "a", Interval: time.Second})
	f(`job "a": interval 1µs is below 1ms`, Job{Key: "a", Interval: time.Microsecond, Run: run})
	f(`job "a" is there twice`, Job{Key: "a", Interval: time.Second, Run: run}, Job{Key: "a", Interval: time.Second, Run: run})
}

func TestNewRefuses(t *testing.T) {
	_, err := New(Config{}, Deps{})
	want := "max concurrent runs 0: at least 1 is needed\nschedule: Log and Metrics are required"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
