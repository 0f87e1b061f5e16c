package topology

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestHalfDiscovered: of a random network some devices are silent, some not discovered yet, and some not in the inventory:
// their links are heard by others, or by nobody. What is drawn as certain is so in the whole network.
func TestHalfDiscovered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(3, 8).Draw(t, "devices")
		const told, silent, undiscovered, foreign = 0, 1, 2, 3
		state, boxes, names := make([]int, count), make([]*box, count), make([]string, 2*count)
		for i := range names {
			names[i] = fmt.Sprint("p", i+1)
		}
		for i := range boxes {
			state[i] = rapid.IntRange(told, foreign).Draw(t, "state")
			boxes[i] = newBox(string(rune('a'+i)), i+1, names...)
		}
		state[0] = told // the core
		var links [][2]int
		ports := make([]int, count)
		for range rapid.IntRange(count-1, 2*count).Draw(t, "links") {
			a, b := rapid.IntRange(0, count-1).Draw(t, "a"), rapid.IntRange(0, count-1).Draw(t, "b")
			if a == b || state[a] == foreign && state[b] != told || state[b] == foreign && state[a] != told { // what is not in the inventory is heard
				continue
			}
			links = append(links, [2]int{a, b})
			pa, pb := names[ports[a]], names[ports[b]]
			ports[a]++
			ports[b]++
			for _, e := range [2]struct {
				at, far     int
				here, there string
			}{{a, b, pa, pb}, {b, a, pb, pa}} {
				if state[e.at] == told && state[e.far] != silent { // who is silent sends nothing either
					boxes[e.at].hears(e.here, boxes[e.far], e.there)
				}
			}
		}
		s, inv := NewStore(), Inventory{}
		for i, b := range boxes {
			if state[i] != foreign {
				inv.Devices = append(inv.Devices, Device{Name: b.Device, Passes: true})
			}
		}
		s.SetInventory(inv)
		for i, b := range boxes {
			if state[i] != foreign && state[i] != undiscovered {
				s.Apply(b.DeviceFacts)
			}
		}
		n := s.Network()
		impact, err := n.Impact("a")
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range impact.SinglePoints() {
			at, ok := n.Node(l.ID)
			if !l.Certain || l.Kind != "node" || !ok || n.Nodes[at].Kind != DeviceNode {
				continue
			}
			dead := int(l.ID[0] - 'a')
			for _, name := range impact.Lost(l) {
				if slices.Contains(reached(links, dead, count), int(name[0]-'a')) {
					t.Fatalf("%s, it says, and %s still reaches the core: states %v, links %v", l.Words, name, state, links)
				}
			}
		}
	})
}

// reached are the nodes that reach node 0 without one that is dead.
func reached(links [][2]int, dead, count int) []int {
	out := []int{0}
	for range count {
		for _, l := range links {
			for _, e := range [2][2]int{l, {l[1], l[0]}} {
				if e[0] != dead && e[1] != dead && slices.Contains(out, e[0]) && !slices.Contains(out, e[1]) {
					out = append(out, e[1])
				}
			}
		}
	}
	return out
}
