package uptime

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/collector/inventory"
	"ninewatch/collector/state"
	"ninewatch/internal/telemetry"
)

// StatusCursor is the name of the status sink and of its cursor.
const StatusCursor = "interfaces"

// StatusDeps are the things a StatusSink uses but does not own. All are required.
type StatusDeps struct {
	Metrics *metrics.Set
	Read    *sql.DB
	Write   func(context.Context, func(*sql.Tx) error) error
	// OnChange is told, after the commit, of the devices of which an interface changed its state, or that sent a trap of
	// one or of their start, with when the first of that was (Unix ms).
	OnChange func(since map[string]int64)
}

// StatusSink stores what agents read of interfaces: when they read, and each change of what they read, in one
// transaction with its cursor. It is a sink of package feed, and is called from one goroutine.
//
// Polls may come late and again: a poll that is stored already is passed over, and one of the past makes
// rows of its own.
type StatusSink struct {
	deps    StatusDeps
	streams map[statusStream][]*statusRun // the runs that were written last
	changes *metrics.Counter
	polls   *metrics.Counter
}

type statusStream struct{ device, agent string }

// statusRun is a run of polls, with the newest status of each interface in it.
type statusRun struct {
	PollRun
	last   map[string]StatusChange
	octets map[string][2]uint64 // of interfaces whose ifOperStatus is unknown
}

// openRuns is how many runs of a stream are kept: that which grows, and that of a backlog.
const openRuns = 3

// changeJitter (ms) is how far two readings of the same ifLastChange may be apart as times.
const changeJitter = 2000

// NewStatusSink returns the sink "interfaces".
func NewStatusSink(deps StatusDeps) *StatusSink {
	return &StatusSink{
		deps: deps, streams: map[statusStream][]*statusRun{},
		changes: deps.Metrics.NewCounter(`ninewatch_collector_uptime_interface_changes_total`),
		polls:   deps.Metrics.NewCounter(`ninewatch_collector_uptime_interface_polls_total`),
	}
}

// Name implements feed.Sink.
func (s *StatusSink) Name() string { return StatusCursor }

// Cursor implements feed.Sink.
func (s *StatusSink) Cursor(ctx context.Context) (uint64, error) {
	var lsn uint64
	err := s.deps.Read.QueryRowContext(ctx, `SELECT lsn FROM cursors WHERE name = ?`, StatusCursor).Scan(&lsn)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return lsn, err
}

// Apply implements feed.Sink.
func (s *StatusSink) Apply(ctx context.Context, entries []telemetry.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	w := statusWriter{sink: s, ctx: ctx, every: map[string]int64{}, changed: map[string]int64{}}
	err := s.deps.Write(ctx, func(tx *sql.Tx) error {
		w.tx = tx
		for _, e := range entries {
			if e.Quarantine || e.Record.Frame == nil {
				continue
			}
			if err := w.frame(e, e.Record.Frame); err != nil {
				return fmt.Errorf("apply entry %d: %w", e.LSN, err)
			}
		}
		return state.SetCursor(tx, StatusCursor, entries[len(entries)-1].LSN)
	})
	if err != nil {
		s.streams = map[statusStream][]*statusRun{} // what is there again is in the store
		return err
	}
	if len(w.changed) > 0 {
		s.deps.OnChange(w.changed)
	}
	return nil
}

// statusWriter stores the polls of one batch within one transaction.
type statusWriter struct {
	sink    *StatusSink
	ctx     context.Context
	tx      *sql.Tx
	every   map[string]int64 // interval (ms) of SNMP by device; 0: not of the inventory
	changed map[string]int64 // by device: since when (ms)
}

// note remembers that something of a device changed at a time (ms).
func (w *statusWriter) note(device string, at int64) {
	if old, ok := w.changed[device]; !ok || at < old {
		w.changed[device] = at
	}
}

func (w *statusWriter) frame(e telemetry.Entry, f *telemetry.Frame) error {
	columns := newStatusColumns(f.Template)
	if len(columns.oper)+len(columns.trap) == 0 && columns.start < 0 {
		return nil
	}
	every, err := w.interval(e.Site, f.Device)
	if err != nil || every == 0 {
		return err
	}
	for _, p := range f.Polls {
		if err := w.traps(f.Device, p, e.Offset, columns.trap); err != nil {
			return err
		}
		if err := w.start(f.Device, p, e.Offset, columns.start); err != nil {
			return err
		}
		read := columns.read(p)
		if len(read) == 0 {
			continue
		}
		if err := w.poll(statusStream{f.Device, e.Agent}, p.Time+e.Offset, every, read); err != nil {
			return err
		}
	}
	return nil
}

// traps stores what traps say of links. A trap may come after the polls that saw the change, so that what stands in the
// ledger is told anew.
func (w *statusWriter) traps(device string, p telemetry.Poll, offset int64, column map[string]int) error {
	for key, i := range column {
		if i >= len(p.Values) || p.Values[i].Kind != telemetry.Uint || p.Values[i].Bits != statusUp && p.Values[i].Bits != statusDown {
			continue
		}
		if _, err := w.tx.ExecContext(w.ctx, `INSERT INTO interface_traps (device, if_key, time_ms, oper_status) VALUES (?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, device, key, p.Time+offset, int64(p.Values[i].Bits)); err != nil {
			return fmt.Errorf("store trap of %s/%s: %w", device, key, err)
		}
		w.note(device, p.Time+offset)
	}
	return nil
}

// start stores what a trap says of the start of a device.
func (w *statusWriter) start(device string, p telemetry.Poll, offset int64, i int) error {
	if i < 0 || i >= len(p.Values) || p.Values[i].Kind != telemetry.Uint || p.Values[i].Bits == 0 || p.Values[i].Bits >= uint64(len(startTraps)) {
		return nil
	}
	if _, err := w.tx.ExecContext(w.ctx, `INSERT INTO start_traps (device, time_ms, kind) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
		device, p.Time+offset, int64(p.Values[i].Bits)); err != nil {
		return fmt.Errorf("store trap of %s: %w", device, err)
	}
	w.note(device, p.Time+offset)
	return nil
}

// interval is how often a device of the sender's site is asked by SNMP; 0 for any other.
func (w *statusWriter) interval(site, device string) (int64, error) {
	if every, known := w.every[device]; known {
		return every, nil
	}
	var spec []byte
	err := w.tx.QueryRowContext(w.ctx, `SELECT spec FROM objects WHERE kind = ? AND name = ? AND site = ?`, inventory.KindDevice, device, site).Scan(&spec)
	if errors.Is(err, sql.ErrNoRows) {
		w.every[device] = 0
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look up device %q: %w", device, err)
	}
	d, err := decode[inventory.Device](inventory.KindDevice, device, spec)
	if err != nil {
		return 0, err
	}
	every := d.SNMPInterval().Milliseconds()
	if every <= 0 {
		every = inventory.DefaultSNMPInterval.Milliseconds()
	}
	w.every[device] = every
	return every, nil
}

// poll takes one reading of all interfaces of a device.
func (w *statusWriter) poll(k statusStream, at, every int64, read map[string]statusReading) error {
	run, err := w.run(k, at, every)
	if err != nil || run == nil {
		return err
	}
	w.sink.polls.Inc()
	previous := run.To
	if run.From == at {
		previous = 0
	}
	run.To = at
	if _, err := w.tx.ExecContext(w.ctx, `INSERT INTO interface_polls (device, agent, from_ms, to_ms, every_ms) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (device, agent, from_ms) DO UPDATE SET to_ms = max(to_ms, excluded.to_ms)`, k.device, k.agent, run.From, at, run.Every); err != nil {
		return fmt.Errorf("store interface poll of %q: %w", k.device, err)
	}
	for key := range run.last { // what is no longer read is not known
		if _, ok := read[key]; !ok {
			read[key] = statusReading{}
		}
	}
	for key, r := range read {
		if err := w.status(k, run, key, at, previous, r); err != nil {
			return err
		}
	}
	return nil
}

// run finds the run that a poll belongs to, or begins one. It is nil for a poll that is stored.
func (w *statusWriter) run(k statusStream, at, every int64) (*statusRun, error) {
	runs := w.sink.streams[k]
	for _, r := range runs {
		if r.From <= at && at <= r.To {
			return nil, nil
		}
		if r.goesOn(at, every) {
			return r, nil
		}
	}
	r := &statusRun{PollRun: PollRun{From: at, To: at, Every: every}, last: map[string]StatusChange{}, octets: map[string][2]uint64{}}
	var stored PollRun
	err := w.tx.QueryRowContext(w.ctx, `SELECT from_ms, to_ms, every_ms FROM interface_polls WHERE device = ? AND agent = ? AND from_ms <= ?
		ORDER BY from_ms DESC LIMIT 1`, k.device, k.agent, at).Scan(&stored.From, &stored.To, &stored.Every)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return nil, fmt.Errorf("read interface polls of %q: %w", k.device, err)
	case at <= stored.To:
		return nil, nil
	case stored.goesOn(at, every):
		r.PollRun = stored
		if err := w.load(k, r); err != nil {
			return nil, err
		}
	}
	w.sink.streams[k] = append(runs[max(0, len(runs)-openRuns+1):], r)
	return r, nil
}

// goesOn tells whether a poll at at is the next of r. Where one was left out a new run begins: the one between may
// still come, in the backlog.
func (r PollRun) goesOn(at, every int64) bool {
	return r.To < at && at-r.To <= r.Every*3/2 && r.Every == every
}

// load reads the newest status of each interface in a run that is stored.
func (w *statusWriter) load(k statusStream, r *statusRun) error {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT if_key, time_ms, previous_ms, admin_status, oper_status, moving, changed_ms FROM interface_changes
		WHERE device = ? AND agent = ? AND time_ms BETWEEN ? AND ? ORDER BY time_ms`, k.device, k.agent, r.From, r.To)
	if err != nil {
		return fmt.Errorf("read interfaces of %q: %w", k.device, err)
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		var c StatusChange
		if err := rows.Scan(&key, &c.At, &c.Previous, &c.Admin, &c.Oper, &c.Moving, &c.Changed); err != nil {
			return fmt.Errorf("read interfaces of %q: %w", k.device, err)
		}
		r.last[key] = c
	}
	return rows.Err()
}

// status stores what a poll read of one interface, where it differs from what the run said before.
func (w *statusWriter) status(k statusStream, run *statusRun, key string, at, previous int64, r statusReading) error {
	c := StatusChange{At: at, Previous: previous, Admin: r.admin, Oper: r.oper}
	if r.hasChange && r.hasUpTime && r.lastChange <= r.upTime { // some devices tell changes that are yet to come
		c.Changed = at - (int64(r.upTime)-int64(r.lastChange))*10
	}
	if r.oper == statusUnknown && r.hasOctets {
		before, ok := run.octets[key]
		c.Moving = ok && before != r.octets
		run.octets[key] = r.octets
	} else {
		delete(run.octets, key)
	}
	last, ok := run.last[key]
	if !ok {
		c.Previous = 0 // a new interface, or a new run
	}
	if d := c.Changed - last.Changed; ok && -changeJitter < d && d < changeJitter {
		c.Changed = last.Changed
	}
	if ok && c.Admin == last.Admin && c.Oper == last.Oper && c.Moving == last.Moving && c.Changed == last.Changed {
		return nil
	}
	run.last[key] = c
	w.sink.changes.Inc()
	before, _ := last.state()
	if now, _ := c.state(); now != before || !ok {
		at := c.At
		if c.Changed > c.Previous && c.Previous > 0 { // of a new run it may be that of years ago
			at = min(at, c.Changed)
		}
		w.note(k.device, at)
	}
	return storeChange(w.ctx, w.tx, k.device, key, k.agent, c)
}

// statusReading is what one poll read of one interface.
type statusReading struct {
	admin, oper          uint8
	lastChange, upTime   uint64
	hasChange, hasUpTime bool
	octets               [2]uint64
	hasOctets            bool
}

// statusColumns is where the values of interfaces stand in the polls of a frame.
type statusColumns struct {
	oper, admin, changed, in, out map[string]int
	trap                          map[string]int
	upTime, start                 int
}

func newStatusColumns(template []telemetry.Series) statusColumns {
	c := statusColumns{oper: map[string]int{}, admin: map[string]int{}, changed: map[string]int{}, in: map[string]int{}, out: map[string]int{}, trap: map[string]int{}, upTime: -1, start: -1}
	by := map[string]map[string]int{
		"ifOperStatus": c.oper, "ifAdminStatus": c.admin, "ifLastChange": c.changed,
		"ninewatch_link_trap": c.trap,
		"ifHCInOctets":        c.in, "ifHCOutOctets": c.out, "ifInOctets": c.in, "ifOutOctets": c.out,
	}
	for i, s := range template {
		switch s.Name {
		case "sysUpTime":
			c.upTime = i
		case "ninewatch_start_trap":
			c.start = i
		}
		column := by[s.Name]
		if column == nil {
			continue
		}
		for _, l := range s.Labels {
			if l.Name == "ifName" {
				column[l.Value] = i
			}
		}
	}
	return c
}

// read takes a poll apart; nothing comes of one that did not read a single status.
func (c statusColumns) read(p telemetry.Poll) map[string]statusReading {
	value := func(column map[string]int, key string) (uint64, bool) {
		i, ok := column[key]
		if !ok || i >= len(p.Values) || p.Values[i].Kind == telemetry.Absent || p.Values[i].Kind == telemetry.Stale {
			return 0, false
		}
		return p.Values[i].Bits, true
	}
	out := make(map[string]statusReading, len(c.oper))
	answered := false
	for key := range c.oper {
		var r statusReading
		if oper, ok := value(c.oper, key); ok && oper <= statusLowerLayerDown {
			r.oper, answered = uint8(oper), true
		}
		if admin, ok := value(c.admin, key); ok && admin <= statusTesting {
			r.admin = uint8(admin)
		}
		r.lastChange, r.hasChange = value(c.changed, key)
		in, hasIn := value(c.in, key)
		o, hasOut := value(c.out, key)
		r.octets, r.hasOctets = [2]uint64{in, o}, hasIn || hasOut
		if c.upTime >= 0 && c.upTime < len(p.Values) && p.Values[c.upTime].Kind == telemetry.Uint {
			r.upTime, r.hasUpTime = p.Values[c.upTime].Bits, true
		}
		out[key] = r
	}
	if !answered {
		return nil
	}
	return out
}
