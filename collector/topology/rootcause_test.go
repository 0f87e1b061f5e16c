package topology

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestRootCausesHold checks what must be so of any situation.
func TestRootCausesHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.Map(rapid.IntRange(0, 7), func(n int) string { return fmt.Sprint("n", n) })
		s := Situation{
			Edges: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [2]string {
				return [2]string{name.Draw(t, "a"), name.Draw(t, "b")}
			}), 0, 12).Draw(t, "edges"),
			Vantages: rapid.SliceOfN(name, 0, 2).Draw(t, "vantages"),
			State:    rapid.MapOf(name, rapid.SampledFrom([]State{Up, Down, Unknown})).Draw(t, "state"),
		}
		got := RootCauses(s)
		var all []string
		for _, i := range got.Incidents {
			all = append(all, i.Nodes()...)
			if i.Orphan == touches(s, i.Nodes()) {
				t.Fatalf("%+v: orphan, and next to what is seen", i)
			}
			for _, x := range i.Suppressed {
				if touches(s, []string{x}) {
					t.Fatalf("%s is next to what is seen, and suppressed", x)
				}
			}
		}
		var down []string
		for n, state := range s.State {
			if state == Down {
				down = append(down, n)
			}
		}
		slices.Sort(all)
		slices.Sort(down)
		if !slices.Equal(all, down) { // every node that is down is in one incident, and no other is
			t.Fatalf("in incidents: %v, down: %v", all, down)
		}
	})
}

// touches tells whether one of the nodes is next to what is seen, by relaxation.
func touches(s Situation, nodes []string) bool {
	seen := map[string]bool{}
	for n, state := range s.State {
		seen[n] = seen[n] || state == Up
	}
	for _, v := range s.Vantages {
		seen[v] = true
	}
	for range 9 {
		for _, e := range s.Edges {
			if seen[e[0]] && s.State[e[1]] != Down {
				seen[e[1]] = true
			}
			if seen[e[1]] && s.State[e[0]] != Down {
				seen[e[0]] = true
			}
		}
	}
	for _, e := range s.Edges {
		if e[0] != e[1] && (slices.Contains(nodes, e[0]) && seen[e[1]] || slices.Contains(nodes, e[1]) && seen[e[0]]) {
			return true
		}
	}
	return false
}

func TestUpBehind(t *testing.T) {
	got := RootCauses(Situation{Edges: [][2]string{{"v", "a"}, {"a", "b"}, {"b", "c"}}, Vantages: []string{"v"},
		State: map[string]State{"v": Up, "a": Down, "b": Up, "c": Up}})
	if diff := cmp.Diff([]string{"b"}, got.UpBehind); diff != "" {
		t.Error(diff)
	}
}

func TestNarrow(t *testing.T) {
	two := Incident{Roots: []string{"c1", "c2"}, Suppressed: []string{"h1", "h2"}}
	f := func(i Incident, e Evidence, candidates []string, words string) {
		t.Helper()
		got := Narrow(i, e)
		if !slices.Equal(got.Candidates, candidates) || got.Words != words {
			t.Errorf("got %v, %q\nwant %v, %q", got.Candidates, got.Words, candidates, words)
		}
	}
	f(two, Evidence{}, []string{"c1", "c2"}, "one of c1 and c2 is the cause, or something that they share; 2 devices lie behind it")
	f(two, Evidence{Risks: []Risk{{Name: "A", Kind: "power_feed", Members: []string{"c1"}}, {Name: "B", Kind: "power_feed", Members: []string{"c2", "c1"}}}},
		[]string{"c1", "c2"}, "c1 and c2 share the power feed B: its failure explains all of them; 2 devices lie behind it")
	f(two, Evidence{Start: map[string]int64{"c1": 160, "c2": 100}, Skew: 30}, []string{"c2"},
		"c2 is the cause: of 2 candidates it went down first; 2 devices lie behind it")
	f(two, Evidence{Start: map[string]int64{"c1": 130, "c2": 100}, Skew: 30, Ports: map[string][]PortState{"c1": {PortDown}, "c2": {PortUp}}},
		[]string{"c1"}, "c1 is the cause: of 2 candidates it is where the neighbor's port went down too; "+
			"the ports toward it are down: the link or the device has no power; 2 devices lie behind it")
	f(two, Evidence{Rebooted: map[string]bool{"c2": true, "c1": false}}, []string{"c2"},
		"c2 is the cause: of 2 candidates it had restarted when it came back; 2 devices lie behind it")
	f(Incident{Roots: []string{"a"}, Suppressed: []string{"x"}}, Evidence{Ports: map[string][]PortState{"a": {PortUp, PortUp}}}, []string{"a"},
		"a is down; the ports toward it are up: the device hangs, or refuses to answer; x lies behind it")
	f(Incident{Roots: []string{"a", "b"}, Orphan: true}, Evidence{}, []string{"a", "b"},
		"a and b: next to nothing that is seen, so nothing explains it; check how it is connected")
}
