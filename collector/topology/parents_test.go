package topology

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// here gives all devices of a network a site.
func here(n *Network) *Network {
	for i := range n.Nodes {
		n.Nodes[i].Site = "lisbon"
	}
	return n
}

func wantParents(t *testing.T, name string, got map[string]Way, want map[string][]string) {
	t.Helper()
	flat := map[string][]string{}
	for device, w := range got {
		flat[device] = w.Parents
	}
	if d := cmp.Diff(want, flat); d != "" {
		t.Errorf("%s: %s", name, d)
	}
}

func TestParentsOfATree(t *testing.T) {
	core, a, b := newBox("core", 1, "p1", "p2"), newBox("a", 2, "up", "down"), newBox("b", 3, "up")
	both(core, "p1", a, "up")
	both(a, "down", b, "up")
	b.Time, a.Time = 5000, 7000
	n := here(built(nil, core, a, b))
	got := n.Parents([]string{"core"})
	wantParents(t, "tree", got, map[string][]string{"a": {"core"}, "b": {"a"}})
	if len(n.Parents(nil)) != 0 {
		t.Error("parents without a core")
	}
	if at, _ := n.Node("core"); n.Nodes[at].Site != "lisbon" {
		t.Fatal("no site")
	}
	at, _ := n.Node("core")
	n.Nodes[at].Site = "porto"
	wantParents(t, "the core is at another site, the agent is not", n.Parents([]string{"core"}), map[string][]string{})
}

func TestParentsOfTwoUplinks(t *testing.T) {
	core, d1, d2, acc := newBox("core", 1, "p1", "p2"), newBox("d1", 2, "up", "dn"), newBox("d2", 3, "up", "dn"), newBox("acc", 4, "u1", "u2")
	both(core, "p1", d1, "up")
	both(core, "p2", d2, "up")
	both(d1, "dn", acc, "u1")
	both(d2, "dn", acc, "u2")
	// To d1 there is a way by acc and d2: while that is open, the loss of the core explains nothing.
	wantParents(t, "a ring of four", here(built(nil, core, d1, d2, acc)).Parents([]string{"core"}),
		map[string][]string{"acc": {"d1", "d2"}, "d1": {"acc", "core"}, "d2": {"acc", "core"}})
}

func TestParentsOfAHalfDiscoveredNetwork(t *testing.T) {
	core, d1, d2, acc := newBox("core", 1, "p1"), newBox("d1", 2, "up", "dn"), newBox("d2", 3, "dn"), newBox("acc", 4, "u1", "u2")
	both(core, "p1", d1, "up")
	both(d1, "dn", acc, "u1")
	acc.hears("u2", d2, "dn")
	s := NewStore()
	s.SetInventory(Inventory{Devices: []Device{{Name: "core"}, {Name: "d1"}, {Name: "d2"}, {Name: "acc"}}})
	for _, b := range []*box{core, d1, acc} {
		s.Apply(b.DeviceFacts)
	}
	wantParents(t, "d2 may be a way too", here(s.Network()).Parents([]string{"core"}), map[string][]string{"acc": {"d1", "d2"}, "d1": {"core"}})

	silent := newBox("silent", 5, "u")
	core.hears("p2", silent, "u")
	wantParents(t, "who tells no neighbors may have others", here(built(nil, core, silent)).Parents([]string{"core"}), map[string][]string{})
}

// TestParentsLookThrough: a switch that nobody polls stands between.
func TestParentsLookThrough(t *testing.T) {
	core, stub, a := newBox("core", 1, "p1"), newBox("stub", 2, "x", "y"), newBox("a", 3, "up", "phone")
	core.hears("p1", stub, "x")
	a.hears("up", stub, "y").hears("phone", newBox("phone", 9, "p"), "p")
	wantParents(t, "stub", here(built(nil, core, a)).Parents([]string{"core"}), map[string][]string{"a": {"core"}})
}

// TestParentsModel: a parent is a neighbor that reaches the core without the device, by a search for each.
func TestParentsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(2, 9).Draw(t, "devices")
		n := &Network{number: map[string]int{}}
		for v := range size {
			n.Nodes = append(n.Nodes, Node{ID: string(rune('a' + v)), Kind: DeviceNode, Site: "s", Seen: 1})
			n.number[n.Nodes[v].ID] = v
		}
		joined := make([][]bool, size)
		for v := range joined {
			joined[v] = make([]bool, size)
		}
		for range rapid.IntRange(0, 16).Draw(t, "links") {
			a, b := rapid.IntRange(0, size-1).Draw(t, "a"), rapid.IntRange(0, size-1).Draw(t, "b")
			n.Links = append(n.Links, Link{A: End{Node: a}, B: End{Node: b}, Confidence: Confirmed, First: 1})
			joined[a][b], joined[b][a] = a != b, a != b
		}
		want := map[string][]string{}
		for v := 1; v < size; v++ { // the core is a
			var parents []string
			for x := range size {
				if joined[v][x] && reachesWithout(joined, x, v) {
					parents = append(parents, n.Nodes[x].ID)
				}
			}
			if len(parents) > 0 && len(parents) <= 8 {
				want[n.Nodes[v].ID] = parents
			}
		}
		got := map[string][]string{}
		for device, w := range n.Parents([]string{"a"}) {
			got[device] = w.Parents
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

func reachesWithout(joined [][]bool, from, without int) bool {
	seen := []int{from}
	for at := 0; at < len(seen); at++ {
		for x, yes := range joined[seen[at]] {
			if yes && x != without && !slices.Contains(seen, x) {
				seen = append(seen, x)
			}
		}
	}
	return slices.Contains(seen, 0)
}
