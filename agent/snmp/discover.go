package snmp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ninewatch/internal/telemetry"
)

// Discover reads what the device is and which interfaces it has, and makes the plan by which these are polled. known
// are the interfaces that have keys already; those that are ignored are told, but not polled (nil: all are). The
// caller stamps facts.Time. When nothing could be read the plan is nil, and the one error says why.
func Discover(ctx context.Context, s Session, name string, known []telemetry.Interface, ignored func(key string) bool) (telemetry.DeviceFacts, *Plan, []PartError) {
	r, err := Read(ctx, s, DefaultLimits())
	if err != nil {
		return telemetry.DeviceFacts{Device: name}, nil, []PartError{{"system", err}}
	}
	facts, plan := r.Facts(name, known, ignored)
	return facts, plan, r.Errors
}

// Facts allocates the keys and makes the plan. When the interfaces were not read wholly the rows known
// before stay, so that a timeout does not look like ports that were pulled out; Errors then says so.
func (r *Reading) Facts(name string, known []telemetry.Interface, ignored func(key string) bool) (telemetry.DeviceFacts, *Plan) {
	rows := r.Interfaces
	if !r.InterfacesWhole && len(known) > 0 {
		r.Errors = append(r.Errors, PartError{"ifTable", fmt.Errorf("%w: the %d interfaces known before are kept", ErrCut, len(known))})
		rows = assumed(known, r.Interfaces)
	}
	seen := make([]telemetry.Interface, len(rows))
	for i := range rows {
		seen[i] = rows[i].Interface
	}
	seen = telemetry.AllocateKeys(known, seen)
	for i := range rows {
		rows[i].Key = seen[i].Key
	}
	facts := telemetry.DeviceFacts{Device: name, System: r.System, Interfaces: seen}
	if !r.InterfacesWhole {
		facts.Partial = []string{"interfaces"}
	}
	p := newPlan(name, r, rows, ignored)
	if p.left > 0 {
		r.Errors = append(r.Errors, PartError{"plan", fmt.Errorf("%d series are too many for one device, %d are polled", p.left+len(p.template), len(p.template))})
	}
	return facts, p
}

// assumed are known rows as if they had been read: with the columns that most devices have.
func assumed(known []telemetry.Interface, read []InterfaceReading) []InterfaceReading {
	out := make([]InterfaceReading, len(known))
	for i, k := range known {
		out[i] = InterfaceReading{Interface: k, statuses: [2]bool{true, true}}
		j := slices.IndexFunc(read, func(r InterfaceReading) bool { return r.IfIndex == k.IfIndex })
		if j >= 0 {
			out[i].Wide, out[i].Narrow = read[j].Wide, read[j].Narrow
			continue
		}
		zero := uint64(0)
		for n, o := range ifCounters {
			if o.wide.at != nil {
				out[i].Wide[n] = &zero
			} else {
				out[i].Narrow[n] = &zero
			}
		}
	}
	return out
}

// ErrorsText is errs in one line, for logs.
func ErrorsText(errs []PartError) string {
	texts := make([]string, len(errs))
	for i, e := range errs {
		texts[i] = e.Error()
	}
	return strings.Join(texts, "; ")
}

// Unreadable is the error of a Discover that came to nothing, or nil.
func Unreadable(p *Plan, errs []PartError) error {
	if p != nil || len(errs) == 0 {
		return nil
	}
	return errors.Unwrap(errs[0])
}
