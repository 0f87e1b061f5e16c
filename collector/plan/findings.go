package plan

import (
	"context"
	"fmt"
)

// KindCapacityDate is the kind of a Finding.
const KindCapacityDate = "capacity_date"

// holdDays is how many evaluations in a row, one a day, it takes (analytics B.6).
const holdDays = 3

// Finding is a resource that is likely to be full before what would help arrives.
type Finding struct {
	Kind     string // KindCapacityDate
	Severity string // warning, critical
	Site     string
	Device   string
	Resource string
	Summary  string
	Outlook  Outlook
}

// Findings are those of today. They end when the chance falls below its mark, or the resource has gone.
func (s *Service) Findings(context.Context) ([]Finding, error) {
	var out []Finding
	for _, a := range s.Answers(Scope{}) {
		severity := ""
		switch {
		case a.Held.Critical >= holdDays:
			severity = "critical"
		case a.Held.Warning >= holdDays:
			severity = "warning"
		default:
			continue
		}
		out = append(out, Finding{KindCapacityDate, severity, a.Site, a.Device, a.Resource, summary(a), a})
	}
	return out, nil
}

func summary(a Outlook) string {
	if a.OverSince != nil && a.Minimum && a.Limit != nil {
		return fmt.Sprintf("%s has been below %g %s since %s", a.Title, *a.Limit, a.Unit, *a.OverSince)
	}
	if a.Minimum && a.Limit != nil {
		return fmt.Sprintf("%s is likely to fall below %g %s before what is ordered now arrives: order by %s", a.Title, *a.Limit, a.Unit, text(a.OrderBy))
	}
	if a.OverSince != nil {
		return fmt.Sprintf("%s has been over its limit of %g %% since %s", a.Title, a.LimitPercent, *a.OverSince)
	}
	return fmt.Sprintf("%s is likely to reach its limit of %g %% before what is ordered now arrives: order by %s", a.Title, a.LimitPercent, text(a.OrderBy))
}
