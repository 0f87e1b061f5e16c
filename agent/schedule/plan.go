package schedule

import "slices"

// plan is the state of a schedule: which jobs there are, which are due, waiting and running. It has no clock
// and no goroutine; all times are Unix ms.
type plan struct {
	max     int
	wheel   *Wheel
	keys    []string // by index in the wheel
	tasks   map[string]*task
	queue   []*task // due, in the order in which they start
	long    []*task // the same, of jobs that may take minutes
	running int     // of both
	longs   int     // running of long
	skipped int     // slots that found their key still waiting or running
}

type task struct {
	job       Job
	long      bool // while it waits and runs: that of its job when it became due
	every     int64
	last      int64 // slot of the last scheduled run; 0: never
	slot      int64 // of the run that waits
	waiting   bool
	triggered bool // the run that waits is no scheduled one
	running   bool
	again     bool // triggered while running
	removed   bool
}

func newPlan(maxRunning int) *plan {
	return &plan{max: maxRunning, wheel: NewWheel(nil), tasks: map[string]*task{}}
}

// set replaces the jobs. last says when a key that is new here has run, in an earlier life of the agent.
func (p *plan) set(jobs []Job, now int64, last func(key string) int64) {
	p.due(now)
	keep := make(map[string]bool, len(jobs))
	entries := make([]Entry, len(jobs))
	p.keys = make([]string, len(jobs))
	for i, job := range jobs {
		keep[job.Key] = true
		p.keys[i] = job.Key
		entries[i] = Entry{job.Key, job.Interval}
		t := p.tasks[job.Key]
		isNew := t == nil
		if isNew {
			t = &task{last: last(job.Key)}
			if t.last > now { // the clock went back meanwhile
				t.last = 0
			}
			p.tasks[job.Key] = t
		}
		t.job, t.every, t.removed = job, millis(job.Interval), false
		if t.tooEarly(t.slot) && !t.triggered { // the interval has grown while the run waited
			p.dequeue(t)
		}
		if isNew && !t.tooEarly(now) {
			p.enqueue(t, now)
		}
	}
	for key, t := range p.tasks {
		if keep[key] {
			continue
		}
		p.dequeue(t)
		t.removed, t.again = true, false
		if !t.running {
			delete(p.tasks, key)
		}
	}
	p.wheel = NewWheel(entries)
	p.wheel.MoveTo(now + 1)
}

// due puts what is due by now into the queue.
func (p *plan) due(now int64) {
	for {
		slot, ok := p.wheel.Peek()
		if !ok || slot > now {
			return
		}
		i, _ := p.wheel.Next()
		t := p.tasks[p.keys[i]]
		switch {
		case t.tooEarly(slot):
		case t.running || t.waiting && !t.triggered:
			p.skipped++
		default:
			p.dequeue(t) // the scheduled run takes the place of a triggered one that has not begun
			p.enqueue(t, slot)
		}
	}
}

// tooEarly tells whether slot is less than an interval after the last scheduled run, which happens when that
// run was not in a slot: the first run of a key, or one before a restart or a change of the interval.
func (t *task) tooEarly(slot int64) bool { return t.last != 0 && slot-t.last < t.every }

// trigger makes key run next, and once more when it is running. It is false when there is no such key.
func (p *plan) trigger(key string, now int64) bool {
	t := p.tasks[key]
	if t == nil || t.removed {
		return false
	}
	switch {
	case t.running:
		t.again = true
	case t.waiting:
		queue := p.of(t)
		*queue = slices.DeleteFunc(*queue, func(q *task) bool { return q == t })
		*queue = slices.Insert(*queue, 0, t)
	default:
		t.waiting, t.triggered, t.slot, t.long = true, true, now, t.job.Long
		queue := p.of(t)
		*queue = slices.Insert(*queue, 0, t)
	}
	return true
}

// start returns the task that begins now, or nil.
func (p *plan) start() *task {
	queue := &p.queue
	if len(p.queue) == 0 && p.longs < max(1, p.max/4) {
		queue = &p.long
	}
	if p.running >= p.max || len(*queue) == 0 {
		return nil
	}
	t := (*queue)[0]
	*queue = slices.Delete(*queue, 0, 1)
	t.waiting, t.running = false, true
	p.running++
	if t.long {
		p.longs++
	}
	if !t.triggered {
		t.last = t.slot
	}
	return t
}

// done ends the run of t.
func (p *plan) done(t *task, now int64) {
	t.running = false
	p.running--
	if t.long {
		p.longs--
	}
	again := t.again
	t.again = false
	switch {
	case t.removed:
		delete(p.tasks, t.job.Key)
	case again:
		p.trigger(t.job.Key, now)
	}
}

// step follows a wall clock that moved by delta to now: what ran a minute ago still ran a minute ago.
func (p *plan) step(now, delta int64) {
	for _, t := range p.tasks {
		if t.last != 0 {
			t.last = max(1, t.last+delta)
		}
	}
	p.wheel.MoveTo(now)
}

// of is the queue that t waits in.
func (p *plan) of(t *task) *[]*task {
	if t.long {
		return &p.long
	}
	return &p.queue
}

func (p *plan) enqueue(t *task, slot int64) {
	t.waiting, t.triggered, t.slot, t.long = true, false, slot, t.job.Long
	queue := p.of(t)
	*queue = append(*queue, t)
}

func (p *plan) dequeue(t *task) {
	if t.waiting {
		t.waiting, t.triggered = false, false
		queue := p.of(t)
		*queue = slices.DeleteFunc(*queue, func(q *task) bool { return q == t })
	}
}
