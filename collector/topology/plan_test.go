package topology

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pair is a site "hq" with the core, and a branch with two uplinks over two routers of the carrier's site.
func pair(t *testing.T) *Planner {
	t.Helper()
	core, w1, w2, br, leaf := newBox("core", 1, "1", "2"), newBox("w1", 2, "1", "2"), newBox("w2", 3, "1", "2"), newBox("br", 4, "1", "2", "3"), newBox("leaf", 5, "1")
	both(core, "1", w1, "1")
	both(core, "2", w2, "1")
	both(br, "1", w1, "2")
	both(br, "2", w2, "2")
	both(br, "3", leaf, "1")
	s := NewStore()
	s.SetInventory(Inventory{Devices: []Device{{Name: "core", Site: "hq"}, {Name: "w1", Site: "wan"}, {Name: "w2", Site: "wan"},
		{Name: "br", Site: "branch"}, {Name: "leaf", Site: "branch"}}})
	for _, b := range []*box{core, w1, w2, br, leaf} {
		s.Apply(b.DeviceFacts)
	}
	return &Planner{Network: s.Network(), Cores: []string{"core"}, Groups: []Group{
		{Name: "routers of wan", Kind: "fhrp", Needed: 1, Members: []Member{{ID: "w1", State: Up}, {ID: "w2", State: Up}}},
		{Name: "uplinks of branch", Mode: ActiveBackup, Needed: 1, Members: []Member{
			{ID: "br/1", State: Up, Capacity: 1000, Priority: 1}, {ID: "br/2", State: Up, Capacity: 100, Priority: 2}}},
	}}
}

func TestJudge(t *testing.T) {
	p := pair(t)
	f := func(w Window, refusals, warnings []string) {
		t.Helper()
		got, err := p.Judge(w)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Judgement{refusals, warnings}, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", w, diff)
		}
	}
	alone := "it leaves site branch with one way to the core, over br/2--w2/2; mend or wait for another way first"
	wan := "it leaves site wan with one way to the core, over core/2--w2/1; mend or wait for another way first" // w2 had w1 beside it
	f(Window{Work{Devices: []string{"w1"}}, 0, 100}, []string{alone, wan}, nil)
	f(Window{Work{Devices: []string{"leaf"}}, 0, 100}, nil, nil)
	f(Window{Work{Devices: []string{"br"}}, 0, 100}, nil, []string{"br is the only way of leaf to the core"})
	both := []string{
		"it takes all ways of br and leaf to the core; take them one after the other",
		"it takes w1 and w2 of routers of wan: 0 of the 1 needed would be left; take them one after the other",
	}
	f(Window{Work{Devices: []string{"w1", "w2"}}, 0, 100}, both, nil)

	p.Planned = []Window{{Work{Name: "CHG-7", Devices: []string{"w2"}}, 50, 150}}
	f(Window{Work{Devices: []string{"w1"}}, 0, 50}, []string{alone, wan}, nil) // ends as the other begins
	f(Window{Work{Devices: []string{"w1"}}, 0, 51}, []string{
		"it takes all ways of br and leaf to the core together with CHG-7; take them one after the other",
		"it takes w1 and w2 of routers of wan together with CHG-7: 0 of the 1 needed would be left; take them one after the other",
	}, nil)

	p.Planned = nil
	p.Loads = map[string]Load{"uplinks of branch": {Rate: 150, Limit: 0.8}}
	f(Window{Work{Links: []string{"br/1--w1/2"}}, 0, 100}, []string{alone,
		"without br/1 the rest of uplinks of branch would run at 150 %, above its limit of 80 %; choose a quieter time"}, nil)

	if _, err := p.Judge(Window{Work: Work{Name: "x", Devices: []string{"nobody"}}}); err == nil ||
		err.Error() != `window "x": "nobody" is neither a device nor a link of the topology: name one that is` {
		t.Error(err)
	}
}

// TestJudgeTheOutside: a site with its own core has two circuits over one router; another has one circuit.
func TestJudgeTheOutside(t *testing.T) {
	s := NewStore()
	s.SetInventory(Inventory{
		Devices: []Device{{Name: "core", Site: "hq"}, {Name: "edge", Site: "hq"}, {Name: "far", Site: "branch"}, {Name: "acc", Site: "branch"}},
		Links:   []Manual{{A: "core/1", B: "edge/1"}, {A: "edge/2", B: "circuit a"}, {A: "edge/3", B: "circuit b"}, {A: "far/1", B: "circuit c"}, {A: "far/2", B: "acc/1"}},
	})
	n := s.Network()
	for i := range n.Nodes {
		if n.Nodes[i].Kind == StubNode {
			n.Nodes[i].Site = map[string]string{"stub:circuit c": "branch"}[n.Nodes[i].ID]
			if n.Nodes[i].Site == "" {
				n.Nodes[i].Site = "hq"
			}
		}
	}
	p := &Planner{Network: n, Cores: []string{"core", "far"}, Exits: []string{"stub:circuit a", "stub:circuit b", "stub:circuit c"}}
	f := func(want Judgement, devices ...string) {
		t.Helper()
		got, err := p.Judge(Window{Work{Name: "w", Devices: devices}, 0, 100})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", devices, diff)
		}
	}
	f(Judgement{Refusals: []string{"it leaves site hq with one way to the outside, over edge/3--circuit b; mend or wait for another way first"}}, "stub:circuit a")
	f(Judgement{Refusals: []string{"it takes all ways of core and edge to the outside; take them one after the other"}}, "stub:circuit a", "stub:circuit b")
	f(Judgement{Warnings: []string{"edge is the only way of core to the outside"}}, "edge")
	f(Judgement{Warnings: []string{"circuit c is the only way of acc and far to the outside"}}, "stub:circuit c")
	f(Judgement{Warnings: []string{"far is the only way of acc to the core"}}, "far")
}

func TestPropose(t *testing.T) {
	p := pair(t)
	var profile Profile
	for h := range profile.Hours {
		profile.Hours[h] = 50
	}
	lisbon, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		t.Fatal(err)
	}
	profile.Zone = lisbon
	profile.Hours[6*24+3], profile.Hours[6*24+4] = 10, 20 // Sunday 03:00 to 05:00
	profile.Hours[5*24+3] = 15                            // Saturday 03:00
	from := time.Date(2026, 7, 6, 0, 0, 0, 0, time.UTC).Unix()
	work := Work{Name: "w", Devices: []string{"leaf"}}
	got, err := p.Propose(work, 3600, from, from+7*86400, profile, 2)
	if err != nil {
		t.Fatal(err)
	}
	sunday, saturday := time.Date(2026, 7, 12, 3, 0, 0, 0, lisbon).Unix(), time.Date(2026, 7, 11, 3, 0, 0, 0, lisbon).Unix()
	if diff := cmp.Diff([]Proposal{{Window{work, sunday, sunday + 3600}, 10}, {Window{work, saturday, saturday + 3600}, 15}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err = p.Propose(Work{Name: "w", Links: []string{"br/1--w1/2"}}, 3600, from, from+86400, profile, 2)
	if want := `work "w": no time is right: it leaves site branch with one way to the core, over br/2--w2/2; mend or wait for another way first`; err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if _, err := p.Propose(work, 7200, from, from+3600, profile, 1); err == nil {
		t.Error("two hours fit into one")
	}
}
