package discover

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"ninewatch/agent/snmp"
	"ninewatch/internal/order"
	"ninewatch/internal/telemetry"
)

// Found is an address that answers.
type Found struct {
	Address    string   `json:"address" yaml:"address"`
	ICMP       bool     `json:"icmp" yaml:"icmp"`
	RTT        *float64 `json:"rtt_seconds,omitempty" yaml:"rtt_seconds,omitempty"`
	SNMP       bool     `json:"snmp" yaml:"snmp"`
	Credential string   `json:"credential,omitempty" yaml:"credential,omitempty"` // name of the one that it took
	Refused    []string `json:"refused,omitempty" yaml:"refused,omitempty"`       // credentials to which it answered: not these

	Name        string `json:"name,omitempty" yaml:"name,omitempty"` // sysName
	SysObjectID string `json:"sys_object_id,omitempty" yaml:"sys_object_id,omitempty"`
	SysDescr    string `json:"sys_descr,omitempty" yaml:"sys_descr,omitempty"`
	Vendor      string `json:"vendor,omitempty" yaml:"vendor,omitempty"`
	Model       string `json:"model,omitempty" yaml:"model,omitempty"`
	Profile     string `json:"profile,omitempty" yaml:"profile,omitempty"`
}

// State is how far a scan has come. Its JSON holds no secret.
type State struct {
	Question string           `json:"question"`
	Next     int              `json:"next"` // tries before this one are done: credential by credential, address by address
	Found    map[string]Found `json:"found"`
}

// Progress is what a person wants to see of a scan.
type Progress struct {
	Done, All int // tries
	Answering int
}

// Deps are the things a scan uses but does not own. All are required. Found, Progress and Save are called one at a
// time, and hold up the scan.
type Deps struct {
	// Ping tells whether an address answers an echo. An error is a fault of this host.
	Ping func(ctx context.Context, a netip.Addr) (answers bool, rtt time.Duration, err error)
	// System reads the system group with a credential; what a device is, is read with it.
	System   func(ctx context.Context, a netip.AddrPort, c snmp.Credential) (telemetry.System, telemetry.Identity, error)
	Found    func(Found) // whenever more is known of an address
	Progress func(Progress)
	Save     func(State) error // now and then, and at the end
}

// saveEvery is how many tries may be made again after an interruption.
const saveEvery = 256

type scan struct {
	cfg   Config
	deps  Deps
	addrs []netip.Addr
	all   int

	mu     sync.Mutex
	state  State
	done   map[int]bool // beyond state.Next
	last   map[netip.Addr]time.Time
	resume time.Time // when the scan went on that was interrupted, be it with another question; zero: it was not
	fault  error     // of ICMP at this host
	saving error
}

// Scan asks every address and returns what answers, by address. With an error the result holds what was
// found so far. faults tells why this host cannot ping, when it cannot.
func Scan(ctx context.Context, cfg Config, from State, deps Deps) (found []Found, faults, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, nil, err
	}
	addrs, err := cfg.addresses()
	if err != nil {
		return nil, nil, err
	}
	s := &scan{cfg: cfg, deps: deps, addrs: addrs, all: len(addrs) * max(1, len(cfg.Credentials)), state: from, done: map[int]bool{}, last: map[netip.Addr]time.Time{}}
	if from.Question != "" {
		s.resume = time.Now()
	}
	if from.Question != cfg.question() {
		s.state = State{Question: cfg.question()}
	}
	if s.state.Found == nil {
		s.state.Found = map[string]Found{}
	}
	s.saving = deps.Save(s.state) // one that ends at once is known to have begun
	s.run(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saving = errors.Join(s.saving, deps.Save(s.state))
	s.progress()
	for _, f := range s.state.Found {
		found = append(found, f)
	}
	order.Sort(found, func(a, b Found) int {
		return netip.MustParseAddr(a.Address).Compare(netip.MustParseAddr(b.Address))
	})
	return found, s.fault, errors.Join(ctx.Err(), s.saving)
}

// run makes all tries that are left, at the rate of the scan.
func (s *scan) run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	slots := make(chan struct{}, s.cfg.Parallel)
	pause := time.Second / time.Duration(s.cfg.Rate)
	next := time.Now()
	for n := s.state.Next; n < s.all; n++ {
		a, c := s.addrs[n%len(s.addrs)], n/len(s.addrs)
		if c > 0 && s.known(a) {
			s.finish(n)
			continue
		}
		next = next.Add(pause)
		if !sleepUntil(ctx, next) || !sleepUntil(ctx, s.mayTry(a)) {
			return
		}
		s.tried(a)
		next = maxTime(next, time.Now().Add(-time.Second)) // a wait is not made good by a burst
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		wg.Go(func() {
			defer func() { <-slots }()
			s.try(ctx, a, c)
			if ctx.Err() == nil {
				s.finish(n)
			}
		})
	}
}

// mayTry is when the next credential may be tried at an address. What was tried before an interruption is not
// known to the second: it counts as tried when the scan went on.
func (s *scan) mayTry(a netip.Addr) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, tried := s.last[a]
	if !tried {
		last = s.resume
	}
	if last.IsZero() {
		return last
	}
	return last.Add(time.Minute / time.Duration(s.cfg.TriesPerMinute))
}

// tried begins the time to the next credential.
func (s *scan) tried(a netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last[a] = time.Now()
}

func (s *scan) known(a netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Found[a.String()].SNMP
}

// try asks one address with one credential, and at the first one by ICMP too.
func (s *scan) try(ctx context.Context, a netip.Addr, n int) {
	if n == 0 {
		s.ping(ctx, a)
	}
	if n >= len(s.cfg.Credentials) {
		return
	}
	c := s.cfg.Credentials[n]
	system, identity, err := s.deps.System(ctx, netip.AddrPortFrom(a, s.cfg.Port), c.Credential)
	kind := snmp.KindOf(err)
	if err != nil && kind != snmp.Credentials && kind != snmp.Engine && kind != snmp.Protocol {
		return // silence, or a fault of this host
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.state.Found[a.String()]
	f.Address = a.String()
	if err != nil {
		f.Refused = append(f.Refused, c.Name)
	} else {
		f.SNMP, f.Credential = true, c.Name
		f.Name, f.SysObjectID, f.SysDescr = system.SysName, system.SysObjectID, system.SysDescr
		f.Vendor, f.Model, f.Profile = identity.Vendor, identity.Model, identity.Profile
	}
	s.found(f)
}

// found keeps what is known of an address. s.mu is held.
func (s *scan) found(f Found) {
	s.state.Found[f.Address] = f
	s.deps.Found(f)
}

func (s *scan) ping(ctx context.Context, a netip.Addr) {
	answers, rtt, err := s.deps.Ping(ctx, a)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && ctx.Err() == nil && s.fault == nil {
		s.fault = fmt.Errorf("%s: %w", a, err)
	}
	if !answers {
		return
	}
	f := s.state.Found[a.String()]
	seconds := rtt.Seconds()
	f.Address, f.ICMP, f.RTT = a.String(), true, &seconds
	s.found(f)
}

// finish notes that a try is done. What is saved begins with the first that is not.
func (s *scan) finish(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done[n] = true
	for s.done[s.state.Next] {
		delete(s.done, s.state.Next)
		s.state.Next++
		if s.state.Next%saveEvery == 0 {
			s.saving = s.deps.Save(s.state)
		}
	}
	s.progress()
}

func (s *scan) progress() {
	s.deps.Progress(Progress{Done: s.state.Next + len(s.done), All: s.all, Answering: len(s.state.Found)})
}

// sleepUntil waits, and tells whether ctx goes on.
func sleepUntil(ctx context.Context, t time.Time) bool {
	d := time.Until(t)
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
