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

// TestReportMembers: the company's report goes by site, region, provider and service, as far as the reader sees these.
func TestReportMembers(t *testing.T) {
	w := newWorld(t)
	for _, scope := range []string{"region:south", "region:north", "provider:Example Telecom", "service:mail"} {
		w.ledger.answers[scope] = measuredAs("99.8000")
	}
	for _, scope := range []string{"site:lisbon", "region:south@lisbon", "provider:Example Telecom@lisbon"} {
		w.ledger.answers[scope] = measuredAs("99.7000")
	}
	f := func(role, scope string, want ...string) {
		t.Helper()
		code, text := w.ask(role, "GET", "/api/v1/reports/sla?period=2026-10&scope="+scope, "")
		d, _, err := report.Verify([]byte(text), nil)
		if code != 200 || err != nil {
			t.Fatalf("%s: got %d, %v: %s", scope, code, err, text)
		}
		var got []string
		for _, s := range d.Sections {
			for _, x := range s.Strips {
				got = append(got, "strip "+x.Name)
			}
			if s.Table != nil && (s.Key == "targets" || s.Key == "regions" || s.Key == "providers" || s.Key == "services") {
				for _, row := range s.Table.Rows {
					got = append(got, s.Key+" "+row[0].Text)
				}
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s of %s: got %q, want %q", scope, role, got, want)
		}
	}
	f("all", "company", "providers Example Telecom", "regions north", "regions south", "services mail", "strip lisbon", "strip porto", "targets Lisbon", "targets Porto")
	f("viewer", "company", "providers Example Telecom", "regions south") // a service of all sites is not theirs to see
}
