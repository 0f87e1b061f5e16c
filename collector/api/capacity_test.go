package api

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ninewatch/collector/plan"
	"ninewatch/collector/report"
	"ninewatch/collector/store"
)

type noSamples struct{}

func (noSamples) Read(context.Context, string, string, []string, int64, int64, func(store.Samples)) error {
	return nil
}
func (noSamples) Cursor(context.Context) (uint64, error) { return 0, nil }

// growing is one line at each site: 90 days, with working days above weekends, that grow by 2 Mbit/s a day from
// 400 Mbit/s to 580 of 1,000.
func (w *world) growing() {
	const days, perDay = 90, 288
	from := time.UnixMilli(t0).UTC().AddDate(0, 0, -days).Truncate(24 * time.Hour)
	for _, device := range []string{"lis-sw-1", "opo-sw-1"} {
		rates := make([]float64, days*perDay)
		for i := range rates {
			d := i / perDay
			weekend := 0.0
			if day := from.AddDate(0, 0, d).Weekday(); day == time.Saturday || day == time.Sunday {
				weekend = 100e6
			}
			rates[i] = 400e6 + 2e6*float64(d) - weekend + 5e6*math.Sin(float64(d*d)) - 50e6*float64(i%perDay)/perDay
		}
		half := make([]float64, len(rates))
		for i, v := range rates {
			half[i] = v / 4
		}
		if err := w.plan.Import(w.t.Context(), []plan.Import{{Series: "interface:" + device + "/Gi1", Capacity: 1e9, From: from.UnixMilli(),
			Rates: [][]float64{rates, half}, Peaks: [][]float64{rates, half}}}); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := w.plan.Forecast(w.t.Context(), plan.Scope{}); err != nil {
		w.t.Fatal(err)
	}
}

func TestCapacity(t *testing.T) {
	w := newWorld(t)
	w.growing()
	got := read[capacityPage](w, "viewer", "/api/v1/capacity?scope=company")
	if len(got.Items) != 1 || got.Items[0].Resource != "interface:lis-sw-1/Gi1" {
		t.Fatalf("a viewer of Lisbon sees %+v", got.Items)
	}
	a := got.Items[0]
	if a.Withheld != "" || a.Direction != "in" || *a.Limit != 800e6 || a.LeadDays != 30 {
		t.Errorf("the line that grows: %+v", a)
	}
	// 580 Mbit/s at the end, 220 below the limit, 2 a day: 110 days from 18 Nov 2026 is 8 Mar 2027. A 7-day median
	// of a week with its weekend lies on a working day.
	full, err := time.Parse(time.DateOnly, *a.FullOn.P50)
	if want := time.Date(2027, 3, 8, 0, 0, 0, 0, time.UTC); err != nil || full.Sub(want).Abs() > 15*24*time.Hour {
		t.Errorf("full on %s, want about %s", *a.FullOn.P50, want.Format(time.DateOnly))
	}
	first, _ := time.Parse(time.DateOnly, *a.FullOn.P10)
	if by, _ := time.Parse(time.DateOnly, *a.OrderBy); first.Sub(by) != 30*24*time.Hour {
		t.Errorf("order by %s, want 30 days before %s", *a.OrderBy, *a.FullOn.P10)
	}
	if !strings.HasPrefix(got.Answer[0].Text, "Nothing has to be ordered in the next two weeks") {
		t.Errorf("answer: %+v", got.Answer)
	}

	same := read[plan.Outlook](w, "viewer", "/api/v1/capacity/what-if?resource=interface:lis-sw-1/Gi1")
	if *same.OrderBy != *a.OrderBy {
		t.Errorf("without another assumption: %s, want %s", *same.OrderBy, *a.OrderBy)
	}
	larger := read[plan.Outlook](w, "viewer", "/api/v1/capacity/what-if?resource=interface:lis-sw-1/Gi1&capacity=10000000000")
	if larger.OrderBy != nil || larger.FullOn.P10 != nil {
		t.Errorf("ten times the capacity fills up on %v", larger.FullOn)
	}
	more := read[plan.Outlook](w, "viewer", "/api/v1/capacity/what-if?resource=interface:lis-sw-1/Gi1&load=150")
	if more.OverSince == nil || !more.Overdue {
		t.Errorf("with half as much more it is over: %+v", more)
	}
}

func TestBillIsThatOfItsBuckets(t *testing.T) {
	w := newWorld(t)
	w.growing()
	b := read[plan.Bill](w, "viewer", "/api/v1/capacity/bill?resource=interface:lis-sw-1/Gi1&month=2026-10")
	// October in Lisbon has 31 days and an hour: 8940 buckets, rank ceil(0.95 * 8940).
	if b.In.N != 8940 || b.In.Missing != 0 || b.In.Rank != 8493 || b.In.Discarded != 447 || !b.Complete {
		t.Errorf("got %+v", b.In)
	}
	if b.Value == nil || *b.Value != *b.In.Value {
		t.Errorf("the larger direction is billed: %v, want %v", b.Value, b.In.Value)
	}
	_, body := w.ask("viewer", http.MethodGet, "/api/v1/capacity/bill.csv?resource=interface:lis-sw-1/Gi1&month=2026-10", "")
	if n := strings.Count(body, "\n"); n != 8941 {
		t.Errorf("the buckets have %d lines, want 8941 with the head", n)
	}
}

func TestHoursGrowthAndUpgrades(t *testing.T) {
	w := newWorld(t)
	w.growing()
	h := read[plan.HourlyForecast](w, "viewer", "/api/v1/capacity/hourly?resource=interface:lis-sw-1/Gi1")
	if len(h.Hours) != 14*24 || len(h.Past) != 7*24 || h.Unit != "bit/s" || h.MadeAt == "" {
		t.Errorf("got %d hours ahead and %d of the past, made at %q", len(h.Hours), len(h.Past), h.MadeAt)
	}
	if anew := read[plan.HourlyForecast](w, "viewer", "/api/v1/capacity/hourly?resource=interface:lis-sw-1/Gi1&anew=true"); len(anew.Hours) != 14*24 {
		t.Errorf("anew: got %d hours ahead", len(anew.Hours))
	}
	g := read[growthAnswer](w, "viewer", "/api/v1/capacity/growth?by=site")
	// 90 days: there is no level 91 days before the last.
	if len(g.Items) != 1 || g.Items[0].Group != "lisbon" || g.Items[0].All != 1 || g.Items[0].Counted != 0 || g.Items[0].OrderBy == nil {
		t.Errorf("a viewer of Lisbon sees %+v", g.Items)
	}
	u := read[upgradesAnswer](w, "viewer", "/api/v1/capacity/upgrades?resource=interface:lis-sw-1/Gi1")
	if len(u.Items) != 5 || u.Items[1].Capacity != 2e9 || u.Items[4].FullOn.P50 != nil {
		t.Errorf("got %+v", u.Items)
	}
	q := read[plan.LineQuality](w, "viewer", "/api/v1/capacity/quality?resource=interface:lis-sw-1/Gi1")
	if q.SpeedSuspect || q.In.Errors != nil || q.Out.Discards != nil { // there are no samples of the last day
		t.Errorf("got %+v", q)
	}
	for _, path := range []string{"hourly?resource=", "quality?resource=", "upgrades?resource=", "what-if?resource=interface:lis-sw-1/Gi1&plus="} {
		if status, body := w.ask("viewer", http.MethodGet, "/api/v1/capacity/"+path+"interface:opo-sw-1/Gi1", ""); status != http.StatusNotFound {
			t.Errorf("%s: a viewer of Lisbon is answered %d %s of Porto", path, status, body)
		}
	}
	csv := "/api/v1/reports/capacity?scope=site:lisbon&format=csv&table=upgrades"
	if status, body := w.ask("viewer", http.MethodGet, csv, ""); status != http.StatusOK || !strings.Contains(body, "interface:lis-sw-1/Gi1,2000000000,2,") {
		t.Errorf("the sizes in the report: %d %s", status, body)
	}
	both := read[plan.Outlook](w, "viewall", "/api/v1/capacity/what-if?resource=interface:lis-sw-1/Gi1&plus=interface:opo-sw-1/Gi1&plus_percent=50")
	for _, bad := range []string{"load=NaN", "growth=nan", "capacity=Inf", "capacity=1e300", "limit=NaN", "plus_percent=NaN", "lead=NaN"} {
		name, _, _ := strings.Cut(bad, "=")
		if status, body := w.ask("viewer", http.MethodGet, "/api/v1/capacity/what-if?resource=interface:lis-sw-1/Gi1&"+bad, ""); status != http.StatusBadRequest || !strings.Contains(body, name+" is ") {
			t.Errorf("%s: %d %s", bad, status, body)
		}
	}
	if both.OverSince == nil { // 580 and half of as much are above 800
		t.Errorf("half of Porto on top: %v of %v", *both.P95, *both.Limit)
	}
	if status, body := w.ask("admin", http.MethodGet, "/api/v1/capacity/what-if?resource=interface:lis-sw-1/Gi1&plus=interface:lis-sw-1/Gi1", ""); status != http.StatusBadRequest || !strings.Contains(body, "do not add up") {
		t.Errorf("on top of itself: %d %s", status, body)
	}
}

// TestReportOfAPeriod: the period that is asked for is told, and what is due is due in it.
func TestReportOfAPeriod(t *testing.T) {
	w := newWorld(t)
	w.growing()
	a := read[capacityPage](w, "viewer", "/api/v1/capacity?scope=site:lisbon").Items[0]
	zone, err := time.LoadLocation("Europe/Lisbon")
	if err != nil || a.OrderBy == nil {
		t.Fatal(err, a.OrderBy)
	}
	order, err := time.ParseInLocation(time.DateOnly, *a.OrderBy, zone)
	if err != nil {
		t.Fatal(err)
	}
	f := func(want string, from, to time.Time) {
		t.Helper()
		d := read[struct{ Report report.Document }](w, "viewer", fmt.Sprintf("/api/v1/reports/capacity?scope=site:lisbon&format=json&from=%s&to=%s", from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339))).Report
		if d.Period.From != from.UTC().Format(time.RFC3339) || d.Period.To != to.UTC().Format(time.RFC3339) {
			t.Errorf("asked for %s to %s, got %+v", from, to, d.Period)
		}
		i := slices.IndexFunc(d.Figures, func(x report.Figure) bool { return x.Label == "To order in the period" })
		if i < 0 || d.Figures[i].Value != want {
			t.Errorf("%s to %s: got %+v, want %s to order", from, to, d.Figures, want)
		}
	}
	f("1", order.AddDate(0, 0, -5), order.AddDate(0, 0, 5))
	f("1", order, order.AddDate(0, 0, 1))
	f("0", order.AddDate(0, 0, -5), order)
	f("0", order.AddDate(0, 0, 1), order.AddDate(0, 0, 9))
	for _, bad := range []string{"from=yesterday&to=2026-12-01T00:00:00Z", "from=2026-12-02T00:00:00Z&to=2026-12-01T00:00:00Z", "from=2026-12-02T00:00:00Z"} {
		if status, body := w.ask("viewer", http.MethodGet, "/api/v1/reports/capacity?scope=site:lisbon&"+bad, ""); status != http.StatusBadRequest && status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", bad, status, body)
		}
	}
}
