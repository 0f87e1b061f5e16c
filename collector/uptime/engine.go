package uptime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"ninewatch/internal/telemetry"
)

// ErrUnknownScope means that a scope names no device and no site of the inventory.
var ErrUnknownScope = errors.New("unknown scope")

// Engine keeps the verdict of every device. It has no goroutines: who owns it calls Observe with what was
// stored, and Refresh every second or so for what changes by the passing of time alone.
type Engine struct {
	cfg      Config
	deps     Deps
	facts    facts
	tailMost int // runs that a tail may hold before it is trimmed
	m        engineMetrics

	mu          sync.RWMutex
	devices     map[string]*device
	contacts    map[string]contact
	silences    map[string][][2]int64 // when agents were not heard (ms), the present silence left out
	plan        *plan
	childrenOf  map[string][]string // by parent
	annotations []Annotation        // the oldest first

	cache ledgerCache
	names knownNames // for MonitoredNow
}

// device is the working state of one device. Only one device is ever locked at a time.
type device struct {
	target // site, parents and confirm are guarded by Engine.mu; the rest never changes

	mu      sync.Mutex
	policy  Policy
	tail    *tail // nil: has to be read
	first   int64 // ms of the first evidence; MaxInt64 without
	history []Interval
	from    int64 // s: history covers [from, tail.exact)
	trimAt  int   // runs in the tail at which to trim again
	arrival arrival
	verdict Verdict
	judged  bool
	recheck int64 // ms: when the verdict may change without new facts
	revise  revise
	reread  bool                   // the tail was read from the store: what is observed next may be in it already
	said    map[question]testimony // by what dates its outages
}

// New returns an Engine that has read nothing yet.
func New(cfg Config, deps Deps) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("uptime: %w", err)
	}
	deps.Log = deps.Log.With("component", "collector/uptime")
	return &Engine{
		cfg: cfg, deps: deps, facts: facts{db: deps.DB, page: 256}, tailMost: 64, m: newEngineMetrics(deps.Metrics),
		devices: map[string]*device{}, contacts: map[string]contact{}, silences: map[string][][2]int64{}, plan: newPlan(),
	}, nil
}

// Reload reads the inventory again, and judges devices that are new or whose place changed.
func (e *Engine) Reload(ctx context.Context) ([]Verdict, error) {
	plan, err := e.facts.plan(ctx)
	if err != nil {
		return nil, err
	}
	for _, problem := range plan.problems {
		e.deps.Log.Warn("an object of the inventory is left out of the ledger", "problem", problem)
	}
	if err := e.hear(ctx); err != nil {
		return nil, err
	}
	annotations, err := e.facts.annotations(ctx)
	if err != nil {
		return nil, err
	}
	targets := plan.targets()
	var changed []string
	moved := map[*device]change{}
	e.mu.Lock()
	e.plan, e.childrenOf, e.annotations = plan, map[string][]string{}, annotations
	for name, t := range targets {
		for _, parent := range plan.parents.Ever(t.name) {
			e.childrenOf[parent] = append(e.childrenOf[parent], name)
		}
	}
	maps.DeleteFunc(e.devices, func(name string, _ *device) bool { _, ok := targets[name]; return !ok })
	for name, t := range targets {
		d, ok := e.devices[name]
		switch {
		case !ok:
			e.devices[name] = &device{target: t, policy: t.confirm.policy(e.cfg.Policy), revise: revise{since: nothing}}
			changed = append(changed, name)
		default:
			if c := d.target.changed(t); c.why != "" {
				d.site, d.parents, d.learned, d.ports, d.confirm = t.site, t.parents, t.learned, t.ports, t.confirm
				changed, moved[d] = append(changed, name), c
			}
		}
	}
	e.mu.Unlock()
	for d, c := range moved {
		d.moved(targets[d.name].confirm.policy(e.cfg.Policy), c)
	}
	e.cache.forget()
	return e.judge(ctx, changed)
}

// Observe takes entries that are stored by now, and returns the verdicts that changed. Only the devices in
// them are looked at, and of these only the runs in them are read.
func (e *Engine) Observe(ctx context.Context, entries []telemetry.Entry) ([]Verdict, error) {
	touched := map[string]map[streamKey]int64{}
	for _, en := range entries {
		if en.Quarantine {
			continue
		}
		for _, r := range en.Record.Runs {
			if touched[r.Device] == nil {
				touched[r.Device] = map[streamKey]int64{}
			}
			k := streamKey{r.Probe, en.Agent}
			from := min(r.From, r.From+en.Offset)
			if old, ok := touched[r.Device][k]; !ok || from < old {
				touched[r.Device][k] = from
			}
			e.arrived(r, en)
		}
		if b := en.Record.Boot; b != nil {
			if touched[b.Device] == nil {
				touched[b.Device] = map[streamKey]int64{}
			}
			e.booted(b.Device, min(b.Time, b.Previous)+en.Offset, "agent:"+en.Agent)
		}
	}
	var errs []error
	for name, streams := range touched {
		errs = append(errs, e.read(ctx, name, streams))
	}
	out, err := e.judge(ctx, slices.Collect(maps.Keys(touched)))
	return out, errors.Join(append(errs, err)...)
}

// arrived remembers how a run came.
func (e *Engine) arrived(r telemetry.Run, en telemetry.Entry) {
	d := e.device(r.Device)
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	at := r.To + en.Offset
	if en.Backlog {
		d.arrival.backlog = max(d.arrival.backlog, at)
		return
	}
	if d.arrival.live < at-e.cfg.Late.Milliseconds() {
		d.arrival.liveFirst = at
	}
	d.arrival.live = max(d.arrival.live, at)
}

// booted drops what is known of a device: a boot may explain time long ago.
func (e *Engine) booted(name string, from int64, who string) {
	if d := e.device(name); d != nil {
		d.mu.Lock()
		d.tail, d.history = nil, nil
		d.revise.from(from, who, "a restart of the device was read late")
		d.mu.Unlock()
	}
}

// read brings the tail of a device up to date by the runs of some streams.
func (e *Engine) read(ctx context.Context, name string, streams map[streamKey]int64) error {
	d := e.device(name)
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	defer func() { d.reread = false }()
	for k, from := range streams {
		if d.tail == nil {
			d.revise.late(from-lead, k.agent)
			continue // read in full when it is judged
		}
		runs, err := e.facts.runsSince(ctx, name, k, from)
		if err != nil {
			d.tail, d.history = nil, nil
			return err
		}
		first := int64(math.MaxInt64)
		for _, r := range runs {
			d.first = min(d.first, r.From)
			first = min(first, d.tail.put(k, r))
		}
		since := d.newSince(first, from)
		if d.tail.late(d.policy, first) {
			if since, err = e.sinceBoot(ctx, name, first, since); err != nil {
				return err
			}
			d.tail, d.history = nil, nil // late evidence: read again
		}
		if since != math.MaxInt64 {
			d.revise.late(since, k.agent)
		}
	}
	return nil
}

// newSince is from when on (ms) a run may have changed what was said: first is its first sample that was not
// known, from its start. d is locked.
func (d *device) newSince(first, from int64) int64 {
	if d.reread {
		first = min(first, from)
	}
	if first == math.MaxInt64 {
		return first
	}
	return first - d.tail.reach(d.policy)
}

// sinceBoot is since, or the reading before a restart that evidence of the time first (ms) may explain
// otherwise.
func (e *Engine) sinceBoot(ctx context.Context, name string, first, since int64) (int64, error) {
	boots, err := e.facts.boots(ctx, name, first)
	if err != nil {
		return since, err
	}
	for _, b := range boots {
		if b.Previous > 0 {
			since = min(since, b.Previous)
		}
	}
	return since, nil
}

// Touched reads all evidence of some devices again, and returns the verdicts that changed. Nothing is
// known of how the evidence came.
func (e *Engine) Touched(ctx context.Context, devices []string) ([]Verdict, error) {
	for _, name := range devices {
		e.booted(name, 0, "collector")
	}
	return e.judge(ctx, devices)
}

// Refresh reads the agents' signs of life, and judges what may have changed by the passing of time.
func (e *Engine) Refresh(ctx context.Context) ([]Verdict, error) {
	contacts, err := e.facts.contacts(ctx)
	if err != nil {
		return nil, err
	}
	now := e.deps.Now().UnixMilli()
	e.mu.Lock()
	back, first := returned(e.contacts, contacts), len(e.contacts) == 0 // all were judged without knowing up to when
	e.contacts = contacts
	all := slices.Collect(maps.Values(e.devices))
	e.mu.Unlock()
	if len(back) > 0 {
		if err := e.welcome(ctx, all, back); err != nil {
			return nil, err
		}
	}
	var due []string
	for _, d := range all {
		d.mu.Lock()
		if first || d.recheck <= now {
			due = append(due, d.name)
		}
		d.mu.Unlock()
	}
	return e.judge(ctx, due)
}

func (e *Engine) device(name string) *device {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.devices[name]
}

// States is the verdict of every device, by name.
func (e *Engine) States(context.Context) []Verdict {
	e.mu.RLock()
	all := slices.Collect(maps.Values(e.devices))
	e.mu.RUnlock()
	var out []Verdict
	for _, d := range all {
		d.mu.Lock()
		if d.judged && !isProbe(d.name) {
			out = append(out, d.verdict)
		}
		d.mu.Unlock()
	}
	slices.SortFunc(out, func(a, b Verdict) int { return cmp.Compare(a.Device, b.Device) })
	return out
}
