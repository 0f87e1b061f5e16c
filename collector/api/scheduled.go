package api

import (
	"context"
	"fmt"
	"time"

	"ninewatch/collector/auth"
	"ninewatch/collector/report/schedule"
)

// MakeReport makes a report for a schedule, which sees all: an administrator wrote it. A report of capacity looks
// ahead from the day on which it is made; the others tell of the period that ended.
func (a *API) MakeReport(ctx context.Context, o schedule.Order) (schedule.Made, error) {
	write := a.reportWriter(o.Kind)
	if write == nil {
		return schedule.Made{}, fmt.Errorf("report %q is none of sla, capacity, redundancy, inventory", o.Kind)
	}
	c := caller{auth.Principal{Name: "schedule", Roles: []auth.Role{{Role: "viewer", Sites: []string{auth.AnySite}}}}}
	in := &reportQuery{Kind: o.Kind, Scope: o.Scope, Span: Span{From: rfc3339(o.Period.From), To: rfc3339(o.Period.To)}}
	if o.Kind == "capacity" {
		in.Span = Span{} // a plan is made when a period ended, and is of the time ahead
	}
	d, err := write(ctx, c, in)
	if err != nil {
		return schedule.Made{}, err
	}
	if o.Kind != "capacity" {
		d.Period.Name = o.Period.Name
	}
	out := schedule.Made{Title: d.Title}
	if out.Signed, err = a.deps.ReportKey.Sign(d); err != nil {
		return out, err
	}
	for _, format := range o.Formats {
		in.Format = format
		f, err := a.render(d, in)
		if err != nil {
			return out, err
		}
		name := fmt.Sprintf("%s-%s-%s.%s", d.Kind, o.Scope, time.Unix(o.Period.From, 0).UTC().Format(time.DateOnly), format)
		if o.Period.Name != "" {
			name = fmt.Sprintf("%s-%s-%s.%s", d.Kind, o.Scope, o.Period.Name, format)
		}
		out.Files = append(out.Files, schedule.File{Name: name, Body: f.Body})
	}
	return out, nil
}

func rfc3339(second int64) string { return time.Unix(second, 0).UTC().Format(time.RFC3339) }
