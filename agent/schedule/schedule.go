package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"ninewatch/internal/lifecycle"
	"ninewatch/internal/logging"
)

const (
	// clockStep is how far the wall clock may move against the monotonic one before it counts as a step: NTP
	// slews what is smaller than 0.128 s, and half a second late or early does not hurt a poll.
	clockStep = 500 * time.Millisecond
	// longestWait bounds the time after which a step is seen.
	longestWait = 10 * time.Second
)

// Job is something that runs once in every interval.
type Job struct {
	Key      string
	Interval time.Duration
	// Long runs may take minutes: of these at most a quarter of Config.MaxConcurrent go on at the same time, so
	// that short ones never wait for them.
	Long bool
	// Run gets the time for which it was scheduled, in whole ms. Its ctx ends with Stop.
	Run func(ctx context.Context, slot time.Time)
}

// Scheduler runs jobs. See the package comment for its promises.
type Scheduler struct {
	log   *slog.Logger
	m     schedulerMetrics
	quiet *logging.Quiet
	path  string
	clock func() (wall time.Time, mono time.Duration)

	mu      sync.Mutex
	plan    *plan
	last    *lastRuns
	pending *[]Job    // set before Start
	wall    time.Time // both clocks when they were last compared
	mono    time.Duration

	wake   chan struct{}
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// New returns a Scheduler that is not started.
func New(cfg Config, deps Deps) (*Scheduler, error) {
	if err := errors.Join(cfg.Validate(), deps.validate()); err != nil {
		return nil, err
	}
	s := &Scheduler{
		log:   deps.Log.With("component", "agent/schedule"),
		quiet: logging.NewQuiet(time.Minute),
		path:  cfg.File,
		clock: newClock(),
		plan:  newPlan(cfg.MaxConcurrent),
		wake:  make(chan struct{}, 1),
	}
	s.m = newMetrics(deps.Metrics, s)
	return s, nil
}

// Start reads the file of last runs and begins. A file that cannot be read or written is logged, no error:
// the agent then measures without remembering.
func (s *Scheduler) Start(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		return errors.New("schedule: started twice")
	}
	s.wall, s.mono = s.clock()
	var err error
	if s.last, err = openLastRuns(s.path, s.wall.UnixMilli()); err != nil {
		s.fileError(err)
	}
	if s.pending != nil {
		s.plan.set(*s.pending, s.wall.UnixMilli(), s.last.last)
		s.pending = nil
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.wg.Go(s.loop)
	return nil
}

// Stop begins nothing more, ends the ctx of the runs, and waits for them until ctx is done.
func (s *Scheduler) Stop(ctx context.Context) error {
	s.mu.Lock()
	cancel := s.cancel
	s.mu.Unlock()
	if cancel == nil {
		return nil
	}
	cancel()
	return lifecycle.Wait(ctx, &s.wg, "scheduled runs")
}

// SetJobs replaces all jobs. Keys that stay keep their phase, and what is running goes on; a key that is new
// and did not run within its interval runs at once. It refuses a list with an empty or double key, an
// interval below 1 ms or no Run, and then leaves everything as it is.
func (s *Scheduler) SetJobs(jobs []Job) error {
	seen := make(map[string]bool, len(jobs))
	for _, j := range jobs {
		switch {
		case j.Key == "" || j.Run == nil:
			return fmt.Errorf("job %q: key and run are required", j.Key)
		case j.Interval < time.Millisecond:
			return fmt.Errorf("job %q: interval %s is below 1ms", j.Key, j.Interval)
		case seen[j.Key]:
			return fmt.Errorf("job %q is there twice", j.Key)
		}
		seen[j.Key] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel == nil {
		s.pending = &jobs
		return nil
	}
	now := s.followClock()
	s.plan.set(jobs, now.UnixMilli(), s.last.last)
	s.kick()
	return nil
}

// Trigger runs key as soon as a place is free, before what waits for its slot; when key is running, once more
// after that. Its slots stay. It is false when there is no such job.
func (s *Scheduler) Trigger(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, _ := s.clock()
	if !s.plan.trigger(key, now.UnixMilli()) {
		return false
	}
	s.m.triggers.Inc()
	s.kick()
	return true
}

func (s *Scheduler) loop() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-s.ctx.Done():
			s.mu.Lock()
			s.last.close()
			s.mu.Unlock()
			return
		case <-timer.C:
		case <-s.wake:
		}
		timer.Reset(s.turn())
	}
}

// turn starts all that is due and returns for how long there is nothing to do.
func (s *Scheduler) turn() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return longestWait
	}
	now := s.followClock()
	s.plan.due(now.UnixMilli())
	s.m.skipped.Add(s.plan.skipped)
	s.plan.skipped = 0
	var begin []*task
	for t := s.plan.start(); t != nil; t = s.plan.start() {
		if !t.triggered {
			s.last.note(t.job.Key, t.slot)
		}
		begin = append(begin, t)
	}
	if err := s.last.write(now.UnixMilli()); err != nil {
		s.fileError(err)
	}
	for _, t := range begin {
		s.run(t)
	}
	slot, ok := s.plan.wheel.Peek()
	if !ok {
		return longestWait
	}
	return min(longestWait, max(0, time.UnixMilli(slot).Sub(now)))
}

func (s *Scheduler) run(t *task) {
	job, slot := t.job, time.UnixMilli(t.slot).UTC()
	s.m.runs.Inc()
	s.wg.Go(func() {
		job.Run(s.ctx, slot)
		s.mu.Lock()
		defer s.mu.Unlock()
		now, _ := s.clock()
		s.plan.done(t, now.UnixMilli())
		s.kick()
	})
}

// followClock returns the wall clock's time, and moves the plan along when that clock was set.
func (s *Scheduler) followClock() time.Time {
	wall, mono := s.clock()
	delta := wall.Sub(s.wall) - (mono - s.mono)
	if delta.Abs() > clockStep {
		s.wall, s.mono = wall, mono
		s.plan.step(wall.UnixMilli(), delta.Milliseconds())
		s.m.steps.Inc()
		s.log.Info("wall clock was set, slots follow it", "step", delta.String())
	}
	return wall
}

// newClock returns a reader of the wall clock and of the monotonic clock.
func newClock() func() (time.Time, time.Duration) {
	begin := time.Now()
	return func() (time.Time, time.Duration) {
		now := time.Now()
		return now.Round(0), now.Sub(begin)
	}
}

func (s *Scheduler) fileError(err error) {
	s.m.fileErrors.Inc()
	if suppressed, ok := s.quiet.Allow("file"); ok {
		s.log.Warn("last runs are not remembered, a restart may poll too early", "err", err, "suppressed", suppressed)
	}
}

func (s *Scheduler) kick() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

type counts struct{ running, waiting int }

func (s *Scheduler) counts() counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return counts{s.plan.running, len(s.plan.queue) + len(s.plan.long)}
}
