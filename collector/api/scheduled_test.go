package api

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ninewatch/collector/report"
	"ninewatch/collector/report/schedule"
	"ninewatch/collector/uptime"
)

// TestScheduledReports: every kind is made for a schedule, of the company and of a site.
func TestScheduledReports(t *testing.T) {
	w := newWorld(t)
	from, to := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	october := schedule.Period{Window: uptime.Window{From: from.Unix(), To: to.Unix()}, Name: "2026-10"}
	for _, kind := range []string{"sla", "capacity", "redundancy", "inventory"} {
		for _, scope := range []string{"company", "site:lisbon"} {
			made, err := w.api.MakeReport(t.Context(), schedule.Order{Kind: kind, Scope: scope, Period: october, Formats: []string{"html", "pdf"}})
			if err != nil {
				t.Errorf("%s of %s: %v", kind, scope, err)
				continue
			}
			d, _, err := report.Verify(made.Signed, w.api.deps.ReportKey.Public())
			if err != nil || d.Kind != kind || d.Scope != scope {
				t.Errorf("%s of %s: signed as %s of %s: %v", kind, scope, d.Kind, d.Scope, err)
			}
			wantFrom, wantName := "2026-10-01T00:00:00Z", "2026-10"
			if kind == "capacity" { // from the day on which it is made
				wantFrom, wantName = "2026-11-18", ""
			}
			if !strings.HasPrefix(d.Period.From, wantFrom) || d.Period.Name != wantName {
				t.Errorf("%s of %s: about %+v", kind, scope, d.Period)
			}
			names := []string{made.Files[0].Name, made.Files[1].Name}
			if want := []string{kind + "-" + scope + "-2026-10.html", kind + "-" + scope + "-2026-10.pdf"}; !slices.Equal(names, want) {
				t.Errorf("files: got %q, want %q", names, want)
			}
		}
	}
	if _, err := w.api.MakeReport(t.Context(), schedule.Order{Kind: "sales", Scope: "company", Period: october}); err == nil || !strings.Contains(err.Error(), "none of sla, capacity") {
		t.Errorf("a kind that there is not: %v", err)
	}
}
