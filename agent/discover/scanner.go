package discover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"ninewatch/agent/allow"
	"ninewatch/agent/snmp"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/telemetry"
)

// reportEvery is how fresh the collector's view of a scan is.
const reportEvery = 10 * time.Second

// ScannerDeps are the things a Scanner uses but does not own. All are required.
type ScannerDeps struct {
	Log    *slog.Logger
	Append func(...telemetry.Record) error // spool.Queue.Append
	Allow  allow.List
	Asks   interface { // Network in production
		Ping(ctx context.Context, a netip.Addr) (answers bool, rtt time.Duration, err error)
		System(ctx context.Context, a netip.AddrPort, c snmp.Credential) (telemetry.System, telemetry.Identity, error)
	}
	Dir string // keeps how far each scan is
	Now func() time.Time
}

// Scanner runs the scans of an assignment, one after the other, so that the rate and the pace of one are those of
// all. One that was interrupted goes on after a restart of the agent; one that is no longer assigned ends; one that asks
// something else now, as a credential was changed or deleted, begins anew.
type Scanner struct {
	deps   ScannerDeps
	log    *slog.Logger
	wake   chan struct{} // holds one when there may be something to do
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu       sync.Mutex
	assigned telemetry.Assignment
	ended    map[string]bool // of the assigned
	running  string          // empty: none is
	asks     []any           // what it asks
	callOff  context.CancelFunc
}

// NewScanner returns a Scanner that has not started.
func NewScanner(deps ScannerDeps) *Scanner {
	return &Scanner{deps: deps, log: deps.Log.With("component", "agent/discover"), wake: make(chan struct{}, 1), ended: map[string]bool{}}
}

// Start begins with the scans that are assigned.
func (s *Scanner) Start(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.wg.Go(func() {
		for {
			if scan, ctx, ok := s.next(ctx); ok {
				s.scan(ctx, scan)
				continue
			}
			select {
			case <-s.wake:
			case <-ctx.Done():
				return
			}
		}
	})
	return nil
}

// Stop interrupts the scan at work. It goes on when the agent is started again.
func (s *Scanner) Stop(ctx context.Context) error {
	if s.cancel == nil {
		return nil
	}
	s.cancel()
	return lifecycle.Wait(ctx, &s.wg, "a scan")
}

// Apply makes the scans of a those that are run, and forgets all others.
func (s *Scanner) Apply(a telemetry.Assignment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.assigned = a
	assigned := func(id string) bool {
		return slices.ContainsFunc(a.Scans, func(scan telemetry.Scan) bool { return scan.ID == id })
	}
	same := func(scan telemetry.Scan) bool {
		return scan.ID == s.running && reflect.DeepEqual(question(scan, a), s.asks)
	}
	if s.running != "" && !slices.ContainsFunc(a.Scans, same) {
		s.callOff()
	}
	for id := range s.ended {
		if !assigned(id) {
			delete(s.ended, id)
		}
	}
	files, _ := filepath.Glob(s.file("*")) // the pattern is ours
	for _, file := range files {
		if id := strings.TrimSuffix(filepath.Base(file), ".json"); id != s.running && !assigned(id) {
			os.Remove(file) //nolint:errcheck // the next assignment tries again
		}
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// question is what an assignment asks by a scan.
func question(scan telemetry.Scan, a telemetry.Assignment) []any {
	out := []any{scan}
	for _, name := range scan.Credentials {
		out = append(out, a.Credentials[name])
	}
	return out
}

func (s *Scanner) file(id string) string { return filepath.Join(s.deps.Dir, id+".json") }

// next is the first scan that has not ended, with a context that ends when it is called off.
func (s *Scanner) next(ctx context.Context) (telemetry.Scan, context.Context, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = ""
	if ctx.Err() != nil {
		return telemetry.Scan{}, ctx, false
	}
	for _, scan := range s.assigned.Scans {
		if !s.ended[scan.ID] {
			s.running, s.asks = scan.ID, question(scan, s.assigned)
			ctx, s.callOff = context.WithCancel(ctx)
			return scan, ctx, true
		}
	}
	return telemetry.Scan{}, ctx, false
}

// scan runs one to its end, or until ctx ends.
func (s *Scanner) scan(ctx context.Context, scan telemetry.Scan) {
	defer s.callOff() // its own: only next makes another
	r := &reporter{s: s, report: telemetry.ScanReport{ID: scan.ID, State: telemetry.ScanRunning}, pending: map[string]Found{}}
	cfg, err := s.config(scan)
	var fault error
	if err == nil {
		state := s.load(scan.ID)
		for _, f := range state.Found { // it may not have been told
			r.found(f)
		}
		s.log.Info("scanning", "scan", scan.ID, "ranges", strings.Join(scan.Ranges, " "), "tries_before", state.Next)
		_, fault, err = Scan(ctx, cfg, state, Deps{Ping: s.deps.Asks.Ping, System: s.deps.Asks.System, Found: r.found, Progress: r.progress,
			Save: func(state State) error { return s.save(scan.ID, state) }})
	}
	if ctx.Err() != nil {
		return
	}
	r.report.State = telemetry.ScanDone
	if fault != nil {
		r.report.Problem = fmt.Sprintf("nothing was pinged: %s", fault)
	}
	if err != nil {
		r.report.State, r.report.Problem = telemetry.ScanFailed, words(err)
	}
	for r.tell() != nil { // the log says why
		if !sleepUntil(ctx, time.Now().Add(reportEvery)) {
			return
		}
	}
	s.log.Info("scan ended", "scan", scan.ID, "state", r.report.State, "answering", r.report.Answering, "problem", r.report.Problem)
	s.mu.Lock()
	s.ended[scan.ID] = true
	s.mu.Unlock()
}

// words is an error for those who asked for the scan at the collector.
func words(err error) string {
	var refused notAllowed
	if errors.As(err, &refused) {
		return fmt.Sprintf("%s is outside of the allow-list of this agent, add it to allow in agent.yaml and start the agent again", refused.Prefix)
	}
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}

// config is what a scan asks.
func (s *Scanner) config(scan telemetry.Scan) (Config, error) {
	cfg := DefaultConfig()
	cfg.Allow = s.deps.Allow
	if scan.Port != 0 {
		cfg.Port = scan.Port
	}
	if scan.Rate != 0 {
		cfg.Rate = scan.Rate
	}
	if strings.Trim(scan.ID, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || len(scan.ID) > 64 {
		return cfg, fmt.Errorf("%q is no name of a scan, use a-z, 0-9 and dash", scan.ID)
	}
	for _, text := range scan.Ranges {
		r, err := ParseRange(text)
		if err != nil {
			return cfg, err
		}
		cfg.Ranges = append(cfg.Ranges, r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range scan.Credentials {
		c, ok := s.assigned.Credentials[name]
		if !ok {
			return cfg, fmt.Errorf("credential %q did not come along", name)
		}
		cfg.Credentials = append(cfg.Credentials, Credential{Name: name, Credential: snmp.CredentialFrom(c)})
	}
	return cfg, nil
}

// load is how far a scan is. Without a file that can be read it begins anew.
func (s *Scanner) load(id string) (state State) {
	data, err := os.ReadFile(s.file(id))
	if err != nil || json.Unmarshal(data, &state) != nil {
		return State{}
	}
	return state
}

func (s *Scanner) save(id string, state State) error {
	data, err := json.Marshal(state)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.deps.Dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(s.file(id)+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(s.file(id)+".new", s.file(id))
}

// reporter tells the collector of one scan. Scan calls it from one goroutine at a time.
type reporter struct {
	s       *Scanner
	report  telemetry.ScanReport
	told    time.Time
	pending map[string]Found // by address: what is not told yet
}

func (r *reporter) found(f Found) { r.pending[f.Address] = f }

func (r *reporter) progress(p Progress) {
	r.report.Done, r.report.All, r.report.Answering = uint64(p.Done), uint64(p.All), uint64(p.Answering)
	if time.Since(r.told) >= reportEvery {
		r.told = time.Now()
		r.tell() //nolint:errcheck // what is pending is told with the next
	}
}

// tell sends what is pending, in as many reports as it takes; the last one says the state.
func (r *reporter) tell() error {
	state := r.report.State
	for {
		report := r.report
		report.Time, report.State = r.s.deps.Now().UnixMilli(), telemetry.ScanRunning
		for _, f := range r.pending {
			if len(report.Found) < telemetry.MaxScanFound {
				report.Found = append(report.Found, telemetry.ScanFound{Address: f.Address, ICMP: f.ICMP, SNMP: f.SNMP, Credential: f.Credential,
					Name: f.Name, SysObjectID: f.SysObjectID, SysDescr: f.SysDescr, Vendor: f.Vendor, Model: f.Model, Profile: f.Profile})
			}
		}
		last := len(report.Found) == len(r.pending)
		if last {
			report.State = state
		}
		if err := r.s.deps.Append(telemetry.Record{Scan: &report}); err != nil {
			r.s.log.Error("report of a scan not stored, it is tried again", "scan", report.ID, "err", err)
			return err
		}
		for _, f := range report.Found {
			delete(r.pending, f.Address)
		}
		if last {
			return nil
		}
	}
}
