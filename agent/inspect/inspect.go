package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	structure "ninewatch/agent/facts"
	"ninewatch/agent/profile"
	"ninewatch/agent/snmp"
	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

// Inspect makes one discovery and one poll of the target and prints it as json, yaml, table, csv (the
// interfaces) or snmprec (what was read, as a recording).
func Inspect(ctx context.Context, o Options, stdout, stderr io.Writer) int {
	if err := o.check("json", "table", "csv", "yaml", "snmprec"); err != nil {
		return usage(stderr, err)
	}
	host, port, err := split(o.Target)
	if err != nil {
		return usage(stderr, err)
	}
	ctx, cancel := context.WithTimeout(ctx, o.Budget)
	defer cancel()
	rec := recorder{}
	s, err := open(ctx, o, host, port, rec.observe)
	if err != nil {
		return nothing(stderr, o, err)
	}
	defer s.Close() //nolint:errcheck // a UDP socket
	result, err := inspect(ctx, o, s)
	if err != nil {
		return nothing(stderr, o, err)
	}
	if o.Output == "snmprec" {
		err = rec.write(stdout)
	} else {
		err = result.write(stdout, o.Output)
	}
	switch {
	case err != nil:
		return nothing(stderr, o, err)
	case len(result.Errors) > 0 && o.Output != "json":
		fmt.Fprintf(stderr, "%s: %d parts were not read wholly, the first is %s: %s\n", o.Target,
			len(result.Errors), result.Errors[0].Part, result.Errors[0].Error)
		return exitPart
	case len(result.Errors) > 0:
		return exitPart
	}
	return exitDone
}

func open(ctx context.Context, o Options, host string, port uint16, observe func([]snmpwire.VarBind)) (*snmp.Client, error) {
	addr, err := resolve(ctx, host, port)
	if err != nil {
		return nil, err
	}
	return snmp.Dial(ctx, snmp.Device{Name: o.Target, Addr: addr, Credential: o.Credential,
		Timeout: o.Timeout, Retries: o.Retries, Observe: observe})
}

func inspect(ctx context.Context, o Options, s snmp.Session) (*Result, error) {
	start := time.Now()
	r, err := snmp.Read(ctx, s, snmp.DefaultLimits())
	if err != nil {
		return nil, err
	}
	facts, plan := r.Facts(o.Target, nil, nil)
	result := resultOf(r, facts)
	library := o.Profiles
	if library == nil {
		library = profile.NewLibrary()
	}
	read, trouble := library.Read(ctx, s, profile.DefaultLimits(), r.System)
	result.addProfile(read, trouble)
	plan = plan.Instead(read.Instead, facts.Interfaces)
	_, missing := structure.Read(ctx, s, &facts, structure.Options{Open: o.openVLAN})
	result.addFacts(&facts, missing)
	groups, _ := read.Groups(o.Target, time.Minute)
	polls := []poller{plan}
	for _, g := range groups {
		polls = append(polls, g)
	}
	for _, p := range polls {
		result.poll(ctx, s, p)
	}
	result.Target = o.Target
	result.Requests = s.Counts().Requests
	result.DurationSeconds = float64(time.Since(start).Milliseconds()) / 1000
	return &result, nil
}

// poller is what a device is polled by in steady state.
type poller interface {
	Poll(ctx context.Context, s snmp.Session, at time.Time) (*telemetry.Frame, snmp.PollInfo, error)
}

// poll counts the samples of one poll.
func (r *Result) poll(ctx context.Context, s snmp.Session, p poller) {
	frame, info, err := p.Poll(ctx, s, time.Now())
	switch {
	case err != nil:
		r.Errors = append(r.Errors, PartError{"poll", err.Error()})
	case info.Invalid > 0:
		r.Errors = append(r.Errors, PartError{"poll", fmt.Sprintf("%d values cannot be used", info.Invalid)})
	}
	if frame != nil {
		r.Samples += frame.Samples()
	}
}

func (r *Result) write(w io.Writer, format string) error {
	switch format {
	case "table":
		return r.writeTable(w)
	case "csv":
		return r.writeCSV(w)
	}
	return writeTree(w, r, format)
}

func usage(stderr io.Writer, err error) int {
	fmt.Fprintln(stderr, oneLine(err))
	return exitUsage
}

// nothing prints why nothing was read: the address and the word are in an *snmp.Error.
func nothing(stderr io.Writer, o Options, err error) int {
	var known *snmp.Error
	switch {
	case errors.As(err, &known):
		fmt.Fprintln(stderr, oneLine(known))
	case errors.Is(err, context.DeadlineExceeded):
		fmt.Fprintf(stderr, "%s: timeout: no answer within %s\n", o.Target, o.Budget)
	case errors.Is(err, context.Canceled):
		fmt.Fprintf(stderr, "%s: interrupted\n", o.Target)
	default:
		fmt.Fprintf(stderr, "%s: %s\n", o.Target, oneLine(err))
	}
	return exitNothing
}

func oneLine(err error) string { return snmp.Text([]byte(err.Error())) }

// WalkLimits bounds the walk command: more than any table has, less than a device that never ends.
func WalkLimits() snmp.Limits { return snmp.Limits{Rows: 500_000, Bytes: 64 << 20} }

// Walk reads all that is below root, or root itself, and prints it as table (one object a line), json,
// yaml, csv or snmprec.
func Walk(ctx context.Context, o Options, root string, stdout, stderr io.Writer) int {
	if err := o.check("table", "json", "csv", "yaml", "snmprec"); err != nil {
		return usage(stderr, err)
	}
	name, err := oid.Parse(root)
	if err == nil && (len(name) < 2 || name[0] > 2) {
		err = fmt.Errorf("object identifier %q: it has at least two numbers, the first is 0, 1 or 2", root)
	}
	if err != nil {
		return usage(stderr, err)
	}
	host, port, err := split(o.Target)
	if err != nil {
		return usage(stderr, err)
	}
	ctx, cancel := context.WithTimeout(ctx, o.Budget)
	defer cancel()
	s, err := open(ctx, o, host, port, nil)
	if err != nil {
		return nothing(stderr, o, err)
	}
	defer s.Close() //nolint:errcheck // a UDP socket
	rows, err := walk(ctx, s, name)
	if len(rows) == 0 && err != nil {
		return nothing(stderr, o, err)
	}
	if len(rows) == 0 {
		return nothing(stderr, o, fmt.Errorf("the device has nothing at or below %s", name))
	}
	if writeErr := writeRows(stdout, rows, o.Output); writeErr != nil {
		return nothing(stderr, o, writeErr)
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %d rows, not all: %s\n", o.Target, len(rows), oneLine(err))
		return exitPart
	}
	return exitDone
}

// walk is what is below name; a name that is itself an instance is read alone.
func walk(ctx context.Context, s *snmp.Client, name oid.OID) ([]snmpwire.VarBind, error) {
	rows, err := s.Walk(ctx, name, WalkLimits())
	if len(rows) > 0 || err != nil {
		return rows, err
	}
	got, err := s.Get(ctx, name)
	if err != nil || got[0].Err != nil || got[0].Type >= snmpwire.NoSuchObject {
		return nil, err
	}
	return got, nil
}
