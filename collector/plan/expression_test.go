package plan

import (
	"testing"
	"time"
)

// TestExpressionsAreResources: a pool of 200 addresses of which one more is leased each day.
func TestExpressionsAreResources(t *testing.T) {
	r := newRig(t)
	start := t0
	r.now = t0.AddDate(0, 0, 60).Add(4 * time.Hour)
	r.answer = func(expr string, sites []string, at time.Time) []Evaluated {
		if expr != "dhcp_leases" || len(sites) != 1 || sites[0] != "lisbon" {
			t.Errorf("asked %q of %q", expr, sites)
		}
		if at.Before(start) {
			return nil
		}
		days := at.Sub(start).Hours() / 24
		return []Evaluated{{Device: "sw1", Labels: `{pool="users"}`, Values: []float64{100 + days}}, {Site: "lisbon", Labels: "", Values: []float64{7 + days}}}
	}
	for range 10 {
		if err := r.service.Evaluate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	asked := r.queries
	if err := r.service.Evaluate(t.Context()); err != nil || r.queries != asked {
		t.Errorf("nothing is new, and %d queries more are asked, %v", r.queries-asked, err)
	}
	if err := r.service.Forecast(t.Context(), Scope{Site: "lisbon"}); err != nil {
		t.Fatal(err)
	}
	a, err := r.service.Detail(t.Context(), `expression:leases/lisbon/sw1/{pool="users"}`)
	if err != nil {
		t.Fatal(err)
	}
	if a.Kind != KindExpr || a.Site != "lisbon" || a.Device != "sw1" || *a.Limit != 180 || a.HistoryDays != 60 || a.Withheld != "" || a.FullOn.P50 == nil {
		t.Fatalf("got %+v", a)
	}
	// 159 at the end, limit 180: 21 days on.
	if full, _ := time.Parse(time.DateOnly, *a.FullOn.P50); full.Sub(r.now.AddDate(0, 0, 21)).Abs() > 4*24*time.Hour {
		t.Errorf("full on %s, want about %s", *a.FullOn.P50, r.now.AddDate(0, 0, 21).Format(time.DateOnly))
	}
	if _, err := r.service.Detail(t.Context(), "expression:leases/lisbon//"); err != nil {
		t.Error(err)
	}

	// A restart goes on where it was, and the next day the last eight are computed again, in which samples may have come late.
	again, err := New(DefaultConfig(), r.service.deps.withMetrics())
	if err != nil {
		t.Fatal(err)
	}
	r.queries = 0
	if err := again.Evaluate(t.Context()); err != nil || r.queries > 3 {
		t.Errorf("after a restart %d queries, %v", r.queries, err)
	}
	r.now, r.queries = r.now.Add(24*time.Hour), 0
	for range 3 {
		if err := again.Evaluate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if r.queries < 9 || r.queries > 11 {
		t.Errorf("the next day %d queries, want the last 8 days again", r.queries)
	}
}

func TestExpressionsThatGoAreForgotten(t *testing.T) {
	w, _ := ofRules()
	if _, ok := w.resource("expression:leases/lisbon/sw1/", 0); ok {
		t.Error("its rule has gone")
	}
	if _, ok := w.resource("expression:leases", 0); ok {
		t.Error("no such series is ever stored")
	}
}
