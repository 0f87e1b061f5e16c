package topology

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ninewatch/internal/telemetry"
)

// TestOrderDoesNotMatter: facts of different devices come in any order, and a store that was fed bit by bit
// holds the same network as one that was built at once.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var boxes []*box
		for i := range rapid.IntRange(1, 5).Draw(t, "devices") {
			boxes = append(boxes, newBox(fmt.Sprint("d", i), rapid.IntRange(1, 5).Draw(t, "mac"), "1", "2", "3"))
		}
		inv := Inventory{}
		far := append([]*box{newBox("x", 8), {mac: "00:00:00:00:00:00"}}, boxes...)
		for _, b := range boxes {
			inv.Devices = append(inv.Devices, Device{Name: b.Device, Site: "s"})
			for range rapid.IntRange(0, 4).Draw(t, "neighbors") {
				b.hears(rapid.SampledFrom([]string{"1", "2", "3", ""}).Draw(t, "port"), rapid.SampledFrom(far).Draw(t, "far"),
					rapid.SampledFrom([]string{"1", "2", "3", "nowhere", ""}).Draw(t, "far port"))
			}
		}
		var records []Record
		for _, b := range boxes {
			records = append(records, Merge(Record{}, b.DeviceFacts))
		}
		want := Build(inv, records)
		s := NewStore()
		s.SetInventory(inv)
		for _, b := range rapid.Permutation(boxes).Draw(t, "order") {
			s.Apply(b.DeviceFacts)
		}
		s.Network()
		s.Apply(boxes[0].DeviceFacts) // again
		if diff := cmp.Diff(want, s.Network(), cmp.AllowUnexported(Network{})); diff != "" {
			t.Fatal(diff)
		}
		for _, l := range want.Links {
			if want.linkAt(l.ID) < 0 || want.Links[want.linkAt(l.ID)].ID != l.ID {
				t.Fatalf("link %s is not found", l.ID)
			}
		}
	})
}

func TestInventoryForgets(t *testing.T) {
	a, b := newBox("a", 1, "1"), newBox("b", 2, "1")
	both(a, "1", b, "1")
	s := NewStore()
	s.SetInventory(Inventory{Devices: []Device{{Name: "a"}, {Name: "b"}}})
	s.Apply(a.DeviceFacts)
	s.Apply(b.DeviceFacts)
	s.SetInventory(Inventory{Devices: []Device{{Name: "a", Address: netip.MustParseAddr("192.0.2.1")}}})
	s.Apply(b.DeviceFacts) // not in the inventory any more
	wantLinks(t, s.Network(), "a/1--stub:02:00:00:00:00:02 lldp one_sided")
	if _, ok := s.Record("b"); ok {
		t.Error("b is remembered")
	}
	if r, ok := s.Record("a"); !ok || len(r.Heard) != 1 {
		t.Errorf("a: %+v", r)
	}
}

// bigNetwork is 5,000 devices of 24 ports and 8,000 links, each told by both ends.
func bigNetwork() (*Store, []*box) {
	boxes := make([]*box, 5000)
	inv := Inventory{}
	for i := range boxes {
		boxes[i] = newBox(fmt.Sprintf("d%04d", i), 0)
		boxes[i].mac = fmt.Sprintf("02:00:00:01:%02x:%02x", i>>8, i&255)
		boxes[i].LocalChassis.ID = boxes[i].mac
		inv.Devices = append(inv.Devices, Device{Name: boxes[i].Device, Site: fmt.Sprint("site", i%100), Weight: 1})
	}
	port := func(i int) string {
		b := boxes[i]
		n := len(b.Interfaces)
		name := fmt.Sprintf("Gi1/0/%d", n)
		b.Interfaces = append(b.Interfaces, telemetry.Interface{IfIndex: uint32(n + 1), Key: name, IfName: name, IfDescr: "Gigabit" + name, IfType: 6,
			IfPhysAddress: []byte{2, 0, byte(n >> 8), byte(n), byte(i >> 8), byte(i)}})
		return name
	}
	for l := range 8000 {
		i, k := 1+l%4999, 0
		if l >= 4999 {
			k = i / 3
		} else {
			k = i / 20
		}
		both(boxes[i], port(i), boxes[k], port(k))
	}
	s := NewStore()
	for i, b := range boxes {
		for len(b.Interfaces) < 24 {
			port(i)
		}
	}
	s.SetInventory(inv)
	for _, b := range boxes {
		s.Apply(b.DeviceFacts)
	}
	return s, boxes
}

func BenchmarkOneFactChanges(b *testing.B) {
	s, boxes := bigNetwork()
	n := s.Network()
	if len(n.Links) != 8000 {
		b.Fatalf("links: got %d, want 8000", len(n.Links))
	}
	at := 0
	for b.Loop() {
		at = (at + 1) % len(boxes)
		facts := boxes[at].DeviceFacts
		facts.Time++
		s.Apply(facts)
		impact, err := s.Network().Impact("d0000")
		if err != nil {
			b.Fatal(err)
		}
		impact.SinglePoints()
	}
}

// TestWhatWasKeptDoesNotMatter: devices come and go, are told anew with other neighbors, ports and identities, and links are
// written down and taken back. After each step the network is that of a store which knows nothing but what is, and the
// networks of before are as they were.
func TestWhatWasKeptDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"a", "b", "c", "d", "e"}
		inv, records := Inventory{}, map[string]Record{}
		s := NewStore()
		var past []*Network
		var texts []string
		fresh := func() *Network {
			var list []Record
			for _, d := range inv.Devices {
				if r, ok := records[d.Name]; ok {
					list = append(list, r)
				}
			}
			return Build(inv, list)
		}
		for step := range rapid.IntRange(1, 25).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0:
				inv.Devices = nil
				for _, name := range names {
					if rapid.IntRange(0, 4).Draw(t, "is there") > 0 {
						inv.Devices = append(inv.Devices, Device{Name: name, Site: rapid.SampledFrom([]string{"s", "t"}).Draw(t, "site")})
					} else {
						delete(records, name)
					}
				}
				inv.Links = nil
				if rapid.Bool().Draw(t, "written") {
					inv.Links = []Manual{{A: rapid.SampledFrom(names).Draw(t, "A") + "/1", B: rapid.SampledFrom([]string{"a/2", "x", "e.example.net", "y/1"}).Draw(t, "B")}}
				}
				s.SetInventory(inv)
			default:
				name := rapid.SampledFrom(names).Draw(t, "device")
				b := newBox(name, rapid.IntRange(1, 5).Draw(t, "mac"), []string{"1", "2", "3"}[:rapid.IntRange(1, 3).Draw(t, "ports")]...)
				b.Time += int64(step)
				for range rapid.IntRange(0, 3).Draw(t, "neighbors") {
					far := newBox(rapid.SampledFrom(append([]string{"x", ""}, names...)).Draw(t, "far"), rapid.IntRange(1, 6).Draw(t, "far mac"), "1", "2")
					b.hears(rapid.SampledFrom([]string{"1", "2", "3", ""}).Draw(t, "port"), far, rapid.SampledFrom([]string{"1", "2", "nowhere", ""}).Draw(t, "far port"))
				}
				if s.devices[name] != nil {
					s.Apply(b.DeviceFacts)
					records[name] = Merge(records[name], b.DeviceFacts)
				}
			}
			n := s.Network()
			if diff := cmp.Diff(fresh(), n, cmp.AllowUnexported(Network{})); diff != "" {
				t.Fatalf("step %d: %s", step, diff)
			}
			past, texts = append(past, n), append(texts, fmt.Sprintf("%+v", *n))
		}
		for i, n := range past {
			if now := fmt.Sprintf("%+v", *n); now != texts[i] {
				t.Fatalf("the network of step %d has changed:\nwas %s\nis  %s", i, texts[i], now)
			}
		}
	})
}
