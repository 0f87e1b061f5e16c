package schedule

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"ninewatch/collector/inventory"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/logging"
)

const (
	lookEvery = time.Minute
	// mostMissed is how many periods of a schedule are made at once, after a time in which the collector was off.
	mostMissed = 12
	// mostMessage bounds the signed report in a message; of a larger one the link has to do.
	mostMessage = 1 << 20
	// mostKept is how many files of a schedule stay in its folder: two years of daily reports in one form.
	mostKept = 750
)

// Order is a report that is wanted.
type Order struct {
	Kind, Scope string // sla; as in the API
	Period      Period
	Formats     []string // html, pdf, csv, json
}

// Made is what came of an order.
type Made struct {
	Title  string
	Signed []byte // JSON
	Files  []File
}

// File is a report in one form.
type File struct {
	Name string
	Body []byte
}

// Deps are the things a Service uses but does not own. All are required.
type Deps struct {
	Log       *slog.Logger
	Read      *sql.DB
	Write     func(context.Context, func(*sql.Tx) error) error
	Schedules func(context.Context) ([]inventory.Schedule, error)
	Make      func(context.Context, Order) (Made, error)
	// Queue has a receiver told in the transaction; Wake sends it after the commit.
	Queue func(tx *sql.Tx, receiver, kind string, body []byte) error
	Wake  func()
	Dir   string // where folders of schedules are made
	Link  string // where people reach the pages
	Now   func() time.Time
}

// Service makes reports when they are due.
type Service struct {
	deps   Deps
	log    *slog.Logger
	quiet  *logging.Quiet
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// New returns a Service that is not started.
func New(deps Deps) *Service {
	return &Service{deps: deps, log: deps.Log.With("component", "collector/report/schedule"), quiet: logging.NewQuiet(time.Hour)}
}

// Start begins to look for reports that are due.
func (s *Service) Start(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.wg.Go(func() { s.loop(ctx) })
	return nil
}

// Stop cuts off a report that is being made; it is made again after the next start.
func (s *Service) Stop(ctx context.Context) error {
	if s.cancel == nil {
		return nil
	}
	s.cancel()
	return lifecycle.Wait(ctx, &s.wg, "scheduled reports")
}

func (s *Service) loop(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		s.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// look makes what is due. What fails is tried again at the next look.
func (s *Service) look(ctx context.Context) {
	all, err := s.deps.Schedules(ctx)
	if err != nil {
		s.tell(ctx, "", err)
		return
	}
	for _, x := range all {
		if err := s.one(ctx, x); err != nil {
			s.tell(ctx, x.Name, err)
		}
	}
}

func (s *Service) tell(ctx context.Context, name string, err error) {
	if ctx.Err() != nil {
		return
	}
	if suppressed, ok := s.quiet.Allow(name); ok {
		s.log.Warn("a scheduled report was not made, next try in a minute", "schedule", name, "err", err, "suppressed", suppressed)
	}
}

// one makes the reports of one schedule that are due.
func (s *Service) one(ctx context.Context, x inventory.Schedule) error {
	zone, err := time.LoadLocation(x.TimeZone) // "" is UTC
	if err != nil {
		return fmt.Errorf("time zone %q: %w", x.TimeZone, err)
	}
	done, known, err := s.done(ctx, x.Name)
	if err != nil {
		return err
	}
	if !known { // it begins with the period that runs
		p, err := before(x.Period, zone, s.deps.Now().In(zone), 0)
		if err != nil {
			return err
		}
		return s.deps.Write(ctx, func(tx *sql.Tx) error { return s.settle(tx, x.Name, p, false) })
	}
	periods, err := Since(x.Period, zone, s.deps.Now(), done, mostMissed)
	if err != nil {
		return err
	}
	for _, p := range periods {
		if err := s.deliver(ctx, x, p); err != nil {
			return err
		}
	}
	return nil
}

// done is the beginning of the newest period that is dealt with.
func (s *Service) done(ctx context.Context, name string) (from int64, known bool, err error) {
	var at sql.NullInt64
	err = s.deps.Read.QueryRowContext(ctx, `SELECT max(from_s) FROM scheduled_reports WHERE schedule = ?`, name).Scan(&at)
	if err != nil {
		return 0, false, fmt.Errorf("read what is made of schedule %q: %w", name, err)
	}
	return at.Int64, at.Valid, nil
}

func (s *Service) settle(tx *sql.Tx, name string, p Period, made bool) error {
	_, err := tx.Exec(`INSERT INTO scheduled_reports (schedule, from_s, to_s, done_ms, made) VALUES (?, ?, ?, ?, ?)`,
		name, p.From, p.To, s.deps.Now().UnixMilli(), made)
	if err != nil {
		return fmt.Errorf("record a report of schedule %q: %w", name, err)
	}
	return nil
}

// message tells a receiver of a report.
type message struct {
	Version int           `json:"version"`
	Type    string        `json:"type"` // report
	Report  messageReport `json:"report"`
}

type messageReport struct {
	Schedule string          `json:"schedule"`
	Kind     string          `json:"kind"`
	Title    string          `json:"title"`
	Scope    string          `json:"scope"`
	From     string          `json:"from"`
	To       string          `json:"to"`
	URL      string          `json:"url"`
	Signed   json.RawMessage `json:"signed"` // null when it is too large for a message: take it from the URL
}

// deliver makes the reports of one period and hands them on.
func (s *Service) deliver(ctx context.Context, x inventory.Schedule, p Period) error {
	var bodies [][]byte
	var files []File
	for _, scope := range scopesOf(x) {
		made, err := s.deps.Make(ctx, Order{Kind: x.Report, Scope: scope, Period: p, Formats: formatsOf(x)})
		if err != nil {
			return fmt.Errorf("make report %s of %s: %w", x.Report, scope, err)
		}
		files = append(files, made.Files...)
		m := message{Version: 1, Type: "report", Report: messageReport{
			Schedule: x.Name, Kind: x.Report, Title: made.Title, Scope: scope, From: rfc3339(p.From), To: rfc3339(p.To), URL: s.link(x.Report, scope, p),
		}}
		if len(made.Signed) <= mostMessage {
			m.Report.Signed = made.Signed
		}
		body, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("write a message of report %s: %w", x.Report, err)
		}
		bodies = append(bodies, body)
	}
	if len(x.Receivers) == 0 {
		if err := s.keep(x.Name, files); err != nil {
			return err
		}
	}
	err := s.deps.Write(ctx, func(tx *sql.Tx) error {
		for _, receiver := range x.Receivers {
			for _, body := range bodies {
				if err := s.deps.Queue(tx, receiver, "report", body); err != nil {
					return err
				}
			}
		}
		return s.settle(tx, x.Name, p, true)
	})
	if err != nil {
		return err
	}
	s.deps.Wake()
	s.log.Info("scheduled report made", "schedule", x.Name, "from", rfc3339(p.From), "to", rfc3339(p.To), "receivers", len(x.Receivers))
	return nil
}

func rfc3339(second int64) string { return time.Unix(second, 0).UTC().Format(time.RFC3339) }

// scopesOf are the scopes of a schedule as the API has them.
func scopesOf(x inventory.Schedule) []string {
	var out []string
	for _, scope := range x.Scope {
		if text := string(scope); text != inventory.ScopeAll {
			out = append(out, text)
		}
	}
	if len(out) == 0 {
		return []string{"company"}
	}
	return out
}

func formatsOf(x inventory.Schedule) []string {
	switch {
	case len(x.Receivers) > 0:
		return nil // the message has it signed
	case len(x.Formats) == 0:
		return []string{"pdf"}
	}
	return x.Formats
}

// link is where people read the report.
func (s *Service) link(kind, scope string, p Period) string {
	return fmt.Sprintf("%s/api/v1/reports/%s?format=html&scope=%s&from=%s&to=%s", s.deps.Link, kind, scope, rfc3339(p.From), rfc3339(p.To))
}

// keep writes the files of a report into the folder of its schedule, each whole or not at all, and lets the oldest
// go.
func (s *Service) keep(name string, files []File) error {
	dir := filepath.Join(s.deps.Dir, plain(name))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keep report of schedule %q: %w", name, err)
	}
	for _, f := range files {
		path := filepath.Join(dir, plain(f.Name))
		if err := errors.Join(os.WriteFile(path+".new", f.Body, 0o600), os.Rename(path+".new", path)); err != nil {
			return fmt.Errorf("keep report of schedule %q: %w", name, err)
		}
	}
	return trim(dir)
}

// trim removes the oldest files beyond mostKept.
func trim(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) <= mostKept {
		return err
	}
	age := map[string]time.Time{}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			age[e.Name()] = info.ModTime()
		}
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return age[a.Name()].Compare(age[b.Name()]) })
	var errs []error
	for _, e := range entries[:len(entries)-mostKept] {
		errs = append(errs, os.Remove(filepath.Join(dir, e.Name())))
	}
	return errors.Join(errs...)
}

// plain is a name that is one step of a path, and says no more than that.
func plain(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == ':' || r < ' ' {
			return '-'
		}
		return r
	}, name)
	return strings.TrimLeft(name, ".")
}
