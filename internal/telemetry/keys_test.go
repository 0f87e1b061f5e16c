package telemetry

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func mac(last byte) net.HardwareAddr { return net.HardwareAddr{2, 0, 0, 0, 0, last} }

func TestAllocateKeys(t *testing.T) {
	f := func(what string, known, seen []Interface, want ...string) {
		t.Helper()
		var got []string
		for _, i := range AllocateKeys(known, seen) {
			got = append(got, i.Key)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	f("nothing", nil, nil)
	f("ifName, else ifDescr, else the index", nil, []Interface{
		{IfIndex: 1, IfName: "Gi1", IfDescr: "GigabitEthernet1"}, {IfIndex: 2, IfDescr: "eth0"}, {IfIndex: 3}},
		"Gi1", "eth0", "if3")
	f("a duplicate name gets its index, the lowest keeps the name", nil,
		[]Interface{{IfIndex: 9, IfName: "eth"}, {IfIndex: 2, IfName: "eth"}, {IfIndex: 4, IfDescr: "eth"}},
		"eth#9", "eth", "eth#4")
	f("follows ifName through renumbering", []Interface{
		{IfIndex: 1, IfName: "a", Key: "a"}, {IfIndex: 2, IfName: "b", Key: "b"}},
		[]Interface{{IfIndex: 1, IfName: "b"}, {IfIndex: 2, IfName: "a"}, {IfIndex: 3, IfName: "c"}},
		"b", "a", "c")
	f("follows the MAC address when the name changes", []Interface{
		{IfIndex: 1, IfName: "eth0", IfPhysAddress: mac(1), IfType: 6, Key: "eth0"}},
		[]Interface{{IfIndex: 7, IfName: "ens1", IfPhysAddress: mac(1), IfType: 6}}, "eth0")
	f("an address that others share says nothing", []Interface{
		{IfIndex: 1, IfName: "eth0", IfPhysAddress: mac(1), Key: "eth0"},
		{IfIndex: 2, IfName: "eth0.10", IfPhysAddress: mac(1), Key: "eth0.10"}},
		[]Interface{{IfIndex: 1, IfName: "eth0", IfPhysAddress: mac(1)}, {IfIndex: 3, IfName: "eth0.20", IfPhysAddress: mac(1)}},
		"eth0", "eth0.20")
	f("a bridge with the address of a vanished port is another interface", []Interface{
		{IfIndex: 1, IfName: "eth0", IfPhysAddress: mac(1), IfType: 6, Key: "eth0"}},
		[]Interface{{IfIndex: 2, IfName: "br0", IfPhysAddress: mac(1), IfType: 209}}, "br0")
	f("the zero address says nothing", []Interface{
		{IfIndex: 1, IfName: "a", IfPhysAddress: make(net.HardwareAddr, 6), Key: "a"}},
		[]Interface{{IfIndex: 2, IfName: "b", IfPhysAddress: make(net.HardwareAddr, 6)}}, "b")
	f("follows ifDescr when there is no name", []Interface{
		{IfIndex: 1, IfName: "Gi1", IfDescr: "GigabitEthernet1", Key: "Gi1"}},
		[]Interface{{IfIndex: 5, IfDescr: "GigabitEthernet1"}}, "Gi1")
	f("ifDescr with another MAC address is another interface", []Interface{
		{IfIndex: 1, IfDescr: "NIC", IfPhysAddress: mac(1), Key: "NIC"}},
		[]Interface{{IfIndex: 5, IfDescr: "NIC", IfPhysAddress: mac(2)}}, "NIC#5")
	f("a row without any text is known by its index", []Interface{{IfIndex: 3, Key: "if3"}},
		[]Interface{{IfIndex: 3, IfName: "Gi3"}}, "if3")
	f("another name at a known index is another interface", []Interface{{IfIndex: 3, IfName: "a", Key: "a"}},
		[]Interface{{IfIndex: 3, IfName: "b"}}, "b")
	f("duplicates are told apart by the MAC address", []Interface{
		{IfIndex: 1, IfName: "eth", IfPhysAddress: mac(1), Key: "eth"},
		{IfIndex: 2, IfName: "eth", IfPhysAddress: mac(2), Key: "eth#2"}},
		[]Interface{{IfIndex: 1, IfName: "eth", IfPhysAddress: mac(2)}, {IfIndex: 2, IfName: "eth", IfPhysAddress: mac(1)}},
		"eth#2", "eth")
	f("duplicates that all moved keep their order", []Interface{
		{IfIndex: 1, IfName: "eth", Key: "eth"}, {IfIndex: 2, IfName: "eth", Key: "eth#2"}},
		[]Interface{{IfIndex: 12, IfName: "eth"}, {IfIndex: 11, IfName: "eth"}}, "eth#2", "eth")
	f("one of several duplicates is new when the others stand still", []Interface{
		{IfIndex: 1, IfName: "eth", Key: "eth"}, {IfIndex: 2, IfName: "eth", Key: "eth#2"}},
		[]Interface{{IfIndex: 1, IfName: "eth"}, {IfIndex: 3, IfName: "eth"}}, "eth", "eth#3")
	f("a key that vanished is not given again", []Interface{
		{IfIndex: 4, IfName: "p", Key: "p"}, {IfIndex: 5, IfName: "q", Key: "p#5"}},
		[]Interface{{IfIndex: 4, IfName: "q"}, {IfIndex: 5, IfDescr: "p", IfName: "p"}, {IfIndex: 6, IfDescr: "p"}},
		"p#5", "p", "p#6")
	f("name and index both used before", []Interface{
		{IfIndex: 1, IfName: "x", Key: "p"}, {IfIndex: 2, IfName: "y", Key: "p#9"}},
		[]Interface{{IfIndex: 9, IfName: "p"}}, "p#9.2")
	f("rows without a key are not known", []Interface{{IfIndex: 1, IfName: "a"}}, []Interface{{IfIndex: 1, IfName: "a"}}, "a")
}

// drawInterfaces makes rows with distinct indexes whose few texts and addresses collide often.
func drawInterfaces(t *rapid.T, label string) []Interface {
	indexes := rapid.SliceOfNDistinct(rapid.Uint32Range(1, 12), 0, 8, rapid.ID).Draw(t, label)
	out := make([]Interface, len(indexes))
	for i, index := range indexes {
		out[i] = Interface{
			IfIndex: index,
			IfName:  rapid.SampledFrom([]string{"", "a", "b", "c", "d"}).Draw(t, "name"),
			IfDescr: rapid.SampledFrom([]string{"", "a", "x", "y"}).Draw(t, "descr"),
			IfType:  rapid.SampledFrom([]uint32{0, 6, 6, 53}).Draw(t, "type"),
		}
		if last := rapid.IntRange(0, 5).Draw(t, "mac"); last > 0 {
			out[i].IfPhysAddress = mac(byte(last))
		}
	}
	return out
}

// remember is what a keeper of keys does: the newest row of each key.
func remember(known, seen []Interface) []Interface {
	byKey := map[string]Interface{}
	for _, i := range known {
		byKey[i.Key] = i
	}
	for _, i := range seen {
		byKey[i.Key] = i
	}
	return slices.Collect(maps.Values(byKey))
}

func keysByIndex(in []Interface) map[uint32]string {
	out := map[uint32]string{}
	for _, i := range in {
		out[i.IfIndex] = i.Key
	}
	return out
}

func TestAllocateKeysHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var known []Interface
		for range rapid.IntRange(1, 5).Draw(t, "rounds") {
			seen := drawInterfaces(t, "indexes")
			got := AllocateKeys(known, seen)
			used := map[string]bool{}
			for n, i := range got {
				if i.Key == "" || used[i.Key] {
					t.Fatalf("key %q is empty or given twice: %v", i.Key, got)
				}
				used[i.Key] = true
				if i.IfIndex != seen[n].IfIndex {
					t.Fatalf("row %d: got index %d, want %d", n, i.IfIndex, seen[n].IfIndex)
				}
				for _, k := range known {
					if k.Key == i.Key && !related(k, i) {
						t.Fatalf("key of %+v was given to %+v, which has nothing in common", k, i)
					}
				}
			}
			permuted := AllocateKeys(shuffle(t, known), shuffle(t, seen))
			if !maps.Equal(keysByIndex(permuted), keysByIndex(got)) {
				t.Fatalf("order matters: got %v, want %v", keysByIndex(permuted), keysByIndex(got))
			}
			known = remember(known, got)
			if again := AllocateKeys(known, seen); !maps.Equal(keysByIndex(again), keysByIndex(got)) {
				t.Fatalf("the same rows again: got %v, want %v", keysByIndex(again), keysByIndex(got))
			}
		}
	})
}

func related(a, b Interface) bool {
	return a.IfName != "" && a.IfName == b.IfName || usableMAC(&a) != "" && usableMAC(&a) == usableMAC(&b) ||
		a.IfDescr != "" && a.IfDescr == b.IfDescr || a.IfIndex == b.IfIndex
}

func shuffle(t *rapid.T, in []Interface) []Interface {
	return rapid.Permutation(in).Draw(t, "order")
}

func TestAllocateKeysFollowsNamesThroughRenumbering(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		seen := make([]Interface, n)
		for i := range seen {
			seen[i] = Interface{IfIndex: uint32(i + 1), IfName: fmt.Sprintf("Gi0/%d", i)}
		}
		known := AllocateKeys(nil, seen)
		for i, at := range rapid.Permutation(slices.Collect(func(yield func(int) bool) {
			for i := range n {
				if !yield(i) {
					return
				}
			}
		})).Draw(t, "places") {
			seen[i].IfIndex = uint32(at + rapid.IntRange(1, 2).Draw(t, "shift")*100)
		}
		for i, got := range AllocateKeys(known, seen) {
			if want := fmt.Sprintf("Gi0/%d", i); got.Key != want {
				t.Fatalf("got %q, want %q", got.Key, want)
			}
		}
	})
}
