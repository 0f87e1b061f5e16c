package plan

import (
	"context"
	"testing"
	"time"

	"ninewatch/collector/inventory"
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

// otherExpr is an inventory whose rules ask for something else.
type otherExpr struct{ Inventory }

func (o otherExpr) Capacity(ctx context.Context) ([]inventory.Capacity, error) {
	rules, err := o.Inventory.Capacity(ctx)
	for i := range rules {
		if rules[i].Expr != "" {
			rules[i].Expr += " * 2"
		}
	}
	return rules, err
}

// TestExpressionsThatChangeWhileOff: what an expression gives is computed for the whole time after the start, as of a
// new one, and an interrupted pass goes on.
func TestExpressionsThatChangeWhileOff(t *testing.T) {
	r := newRig(t)
	r.now = t0.AddDate(0, 0, 60).Add(4 * time.Hour)
	factor := 1.0
	r.answer = func(string, []string, time.Time) []Evaluated {
		return []Evaluated{{Site: "lisbon", Values: []float64{100 * factor}}}
	}
	for range 10 {
		if err := r.service.Evaluate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	deps := r.service.deps
	deps.Inventory = otherExpr{deps.Inventory}
	factor = 2
	for restart := range 10 { // each start computes some days and is then ended
		again, err := New(DefaultConfig(), deps.withMetrics())
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Evaluate(t.Context()); err != nil {
			t.Fatal(restart, err)
		}
	}
	p, err := r.service.past(t.Context(), "expression:leases/lisbon//", dateIn(r.now.UnixMilli(), time.UTC))
	if err != nil || len(p.days) < 60 {
		t.Fatalf("%d days, %v", len(p.days), err)
	}
	for i, d := range p.days[1:] {
		if d.Lines[0].P95 != 200 {
			t.Fatalf("day %d is %v, want what the new expression gives: 200", i+1, d.Lines[0].P95)
		}
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
