package plan

import (
	"math"
	"testing"

	"ninewatch/collector/capacity"
	"ninewatch/collector/inventory"
)

func TestGrowthAddsMeansNotPercentiles(t *testing.T) {
	r := newRig(t)
	const days, perDay = 130, 288
	r.now = t0.AddDate(0, 0, days)
	level := func(d int) float64 { // 10 Mbit/s until day 39, 15 from day 102 on: 28 days each, 91 apart
		if d < 60 {
			return 10e6
		}
		return 15e6
	}
	rates := make([]float64, days*perDay)
	for i := range rates {
		rates[i] = level(i/perDay) * (1 + 0.5*math.Sin(2*math.Pi*float64(i)/perDay)) // its mean of a day is the level
	}
	if err := r.service.Import(t.Context(), []Import{{Series: "interface:sw1/Gi1", Capacity: 1e9, From: t0.UnixMilli(), Rates: [][]float64{rates}, Peaks: [][]float64{rates}}}); err != nil {
		t.Fatal(err)
	}
	if err := r.service.Forecast(t.Context(), Scope{}); err != nil {
		t.Fatal(err)
	}
	got, err := r.service.GrowthBy(t.Context(), r.service.Answers(Scope{}), "site")
	if err != nil || len(got) != 1 {
		t.Fatalf("got %+v, %v", got, err)
	}
	g := got[0]
	if g.Group != "lisbon" || g.Kind != KindCircuit || g.Counted != 1 || math.Abs(g.Now-15e6) > 1e3 || math.Abs(g.Before-10e6) > 1e3 || math.Abs(*g.Percent-50) > 0.1 {
		t.Errorf("got %+v, want 50 %% more", g)
	}
}

func TestGroupsOfGrowth(t *testing.T) {
	w := &world{devices: map[string]inventory.Device{"a": {Name: "a", Department: "sales", Tags: []string{"x", "y"}, Role: "access"}, "b": {Name: "b"}}}
	f := func(device, by string, want ...string) {
		t.Helper()
		got := w.groups(Outlook{Device: device, Site: "lisbon"}, by)
		if len(got) != len(want) || got[0] != want[0] || got[len(got)-1] != want[len(want)-1] {
			t.Errorf("%s by %s: got %q, want %q", device, by, got, want)
		}
	}
	f("a", "site", "lisbon")
	f("a", "department", "sales")
	f("a", "tag", "x", "y")
	f("a", "role", "access")
	f("b", "department", "")
	f("b", "tag", "")
	f("a", "kind", "")
	one, two := 1.0, 2.0
	g := Growth{}
	g.add(Outlook{Mean: &two, MeanBefore: &one})
	g.add(Outlook{Mean: &two}) // new: it has not grown, it was not there
	if g.All != 2 || g.Counted != 1 || g.Now != 2 || g.Before != 1 {
		t.Errorf("got %+v", g)
	}
}

func TestLevelsAreWeeksApart(t *testing.T) {
	p := past{first: capacity.Date{Year: 2026, Month: 1, Day: 1}}
	for i := range 119 {
		p.days = append(p.days, Feature{Lines: []capacity.Day{{Mean: float64(i)}}})
	}
	now, before := levels(p, 0, plus(p.first, 119))
	if now != 104.5 || before != 13.5 { // days 91 to 118, and 0 to 27
		t.Errorf("got %g and %g", now, before)
	}
	if _, before = levels(p, 0, plus(p.first, 104)); !math.IsNaN(before) {
		t.Errorf("13 of 28 days are no level: %g", before)
	}
}
