package topology

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSeverityOrder(t *testing.T) {
	order := []Class{Failed, SplitBrain, AtRisk, Reduced} // ANALYTICS C.2
	for i := range order[1:] {
		if order[i] <= order[i+1] || order[i].Severity() == order[i+1].Severity() {
			t.Errorf("%s is not above %s", order[i], order[i+1])
		}
	}
	if Full.Lost() || ClassUnknown.Lost() || Full.Severity() != "" {
		t.Error("full and unknown are no loss")
	}
}

// TestMost: the largest load that N-1 takes is the one with which the worst scenario is exactly at the limit.
func TestMost(t *testing.T) {
	g := Group{Mode: ECMP, Needed: 1, Members: []Member{{ID: "a", State: Up, Capacity: 10000}, {ID: "b", State: Up, Capacity: 10000}, {ID: "c", State: Up, Capacity: 2000}}}
	n1 := g.Survive(Load{Rate: 100, Limit: 0.9, Imbalance: 1})
	if n1.Most != 3600 { // two links are left, the small one carries half: 2 × 2000 × 0.9
		t.Errorf("got %v, want 3600", n1.Most)
	}
	if at := g.Survive(Load{Rate: 3600, Limit: 0.9}); !at.Holds {
		t.Error("does not hold at its largest load")
	}
	if above := g.Survive(Load{Rate: 3600.001, Limit: 0.9}); above.Holds {
		t.Error("holds above its largest load")
	}
	g.Members = g.Members[:1]
	if alone := g.Survive(Load{Rate: 0, Limit: 0.9}); alone.Holds || alone.Most != 0 || !math.IsInf(alone.Scenarios[0].Util, 1) {
		t.Errorf("one link: got %+v", alone)
	}
}

func TestTimelineAndAccount(t *testing.T) {
	members := [][]Stretch[State]{
		{{0, 1000, Up}},
		{{0, 100, Up}, {100, 300, Down}, {300, 900, Up}}, // nothing is known after 900
		{{0, 200, Up}, {200, 250, Down}, {250, 1000, Up}},
	}
	got := Timeline(members, 50, 1000, JudgeGroup(1, 3))
	want := []Stretch[Class]{{50, 100, Full}, {100, 200, Reduced}, {200, 250, AtRisk}, {250, 300, Reduced}, {300, 900, Full}, {900, 1000, ClassUnknown}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	a := Redundancy(got)
	if diff := cmp.Diff(Account{
		Seconds: [Failed + 1]int64{ClassUnknown: 100, Full: 650, Reduced: 150, AtRisk: 50}, Without: 200, Known: 850,
		Losses: []Stretch[Class]{{100, 300, AtRisk}}, Restored: 1, MTTR: 200,
	}, a); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if ratio, ok := a.Ratio(); !ok || math.Abs(ratio-650.0/850) > 1e-12 {
		t.Errorf("ratio: got %v", ratio)
	}
	// unknown in the midst of a loss neither ends it nor counts; one that lasts is not restored
	a = Redundancy([]Stretch[Class]{{0, 10, AtRisk}, {10, 20, ClassUnknown}, {20, 30, SplitBrain}, {30, 40, Full}, {40, 50, Failed}})
	if diff := cmp.Diff(Account{
		Seconds: [Failed + 1]int64{ClassUnknown: 10, Full: 10, AtRisk: 10, SplitBrain: 10, Failed: 10}, Without: 30, Known: 40,
		Losses: []Stretch[Class]{{0, 30, SplitBrain}, {40, 50, Failed}}, Restored: 1, MTTR: 30,
	}, a); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTimelineOfRoles(t *testing.T) {
	got := Timeline([][]Stretch[Role]{{{0, 30, Active}}, {{0, 10, Standby}, {10, 20, Active}, {20, 30, Idle}}}, 0, 40, ClassifyFHRP)
	want := []Stretch[Class]{{0, 10, Full}, {10, 20, SplitBrain}, {20, 30, AtRisk}, {30, 40, ClassUnknown}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
