package facts

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ninewatch/agent/snmp"
	"ninewatch/internal/snmptest"
	"ninewatch/internal/telemetry"
	"ninewatch/internal/testkit"
)

// expectation is the part of an expect.json that this package is about (README.md beside the recordings).
type expectation struct {
	Device     struct{ OS string }
	Interfaces []struct {
		IfIndex uint32 `json:"if_index"`
		Lag     uint32 `json:"lag"`
	}
	Neighbours []struct {
		Protocol       string
		LocalIfIndex   uint32 `json:"local_if_index"`
		RemoteName     string `json:"remote_name"`
		RemotePort     string `json:"remote_port"`
		RemotePlatform string `json:"remote_platform"`
		Recorded       bool   `json:"name_in_recording"`
	}
	BGPPeers []struct {
		Peer        string
		RemoteAS    uint32 `json:"remote_as"`
		LocalAS     uint32 `json:"local_as"`
		State       string
		Admin       string
		LocalAddr   string `json:"local_addr"`
		Established uint64 `json:"established_seconds"`
		InUpdates   uint64 `json:"in_updates"`
		OutUpdates  uint64 `json:"out_updates"`
	} `json:"bgp_peers"`
	OSPF []struct {
		IP       string
		RouterID string `json:"router_id"`
		State    string
		Priority uint32
		Events   uint64
	} `json:"ospf_neighbours"`
	Inventory []map[string]any
	IPv4      []expectedAddress `json:"ipv4_addresses"`
	IPv6      []expectedAddress `json:"ipv6_addresses"`
	VLANs     []struct {
		VLAN uint32
		Name string
	}
	STP []struct {
		VLAN                          *uint32
		BridgeAddress, DesignatedRoot string
		RootCost, RootPort, Priority  uint32
		TopChanges                    uint64
	}
	Stack [][2]uint32 `json:"interface_stack"`
}

type expectedAddress struct {
	Address   string
	PrefixLen *int32 `json:"prefix_len"`
	IfIndex   uint32 `json:"if_index"`
}

// scores counts, by category, what agrees.
type scores struct {
	t          *testing.T
	good       map[string]int
	all        map[string]int
	deliberate map[string]int // by reason
}

// is counts a statement. A reason, where there is one, says why this package differs on purpose.
func (s *scores) is(category string, agrees bool, reason, format string, args ...any) {
	if !agrees && reason != "" {
		s.deliberate[category+": "+reason]++
		return
	}
	s.all[category]++
	if agrees {
		s.good[category]++
		return
	}
	s.t.Logf("%s: %s", category, fmt.Sprintf(format, args...))
}

// floors are the least shares of the issue.
var floors = map[string]float64{"lag": 0.95, "neighbour": 0.95, "bgp": 0.95, "ospf": 0.95, "inventory": 0.95, "inventory.field": 0.99,
	"address": 0.99, "vlan": 0.95, "stp": 0.95, "stack": 0.99}

func TestScoreOfRecordings(t *testing.T) {
	dir := testkit.Shared(t, "devices")
	files, err := filepath.Glob(filepath.Join(dir, "*.expect.json"))
	if err != nil || len(files) < 60 {
		t.Fatalf("got %d expectations, %v", len(files), err)
	}
	s := &scores{good: map[string]int{}, all: map[string]int{}, deliberate: map[string]int{}}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".expect.json"), func(t *testing.T) {
			s.t = t
			s.device(file)
		})
	}
	for _, reason := range slices.Sorted(maps.Keys(s.deliberate)) {
		t.Logf("%5d on purpose, %s", s.deliberate[reason], reason)
	}
	for _, category := range slices.Sorted(maps.Keys(s.all)) {
		share := float64(s.good[category]) / float64(s.all[category])
		t.Logf("%-16s %5d of %5d  %.1f %%", category, s.good[category], s.all[category], share*100)
		if share < floors[category] {
			t.Errorf("%s: %.3f is less than %.3f", category, share, floors[category])
		}
	}
}

func (s *scores) device(file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	var want expectation
	if err := json.Unmarshal(data, &want); err != nil {
		s.t.Fatal(err)
	}
	base := strings.TrimSuffix(file, ".expect.json")
	got, errs := playSession(s.t, &session{Recording: snmptest.LoadRecording(s.t, base+".snmprec")}, Options{Open: vlans(s.t, base)})
	for _, e := range errs {
		s.t.Logf("part: %v", e)
	}
	s.lags(got, want)
	s.neighbours(got, want)
	s.routing(got, want)
	s.inventory(got, want)
	s.network(got, want)
}

// vlans opens the recordings of a device in its other contexts.
func vlans(t *testing.T, base string) func(context.Context, uint32) (snmp.Session, error) {
	return func(_ context.Context, vlan uint32) (snmp.Session, error) {
		path := fmt.Sprintf("%s@%d.snmprec", base, vlan)
		if _, err := os.Stat(path); err != nil {
			return nil, &snmp.Error{Kind: snmp.Timeout, Err: err}
		}
		return &session{Recording: snmptest.LoadRecording(t, path)}, nil
	}
}

func (s *scores) lags(got telemetry.DeviceFacts, want expectation) {
	of := map[uint32]uint32{}
	for _, l := range got.LAGs {
		for _, m := range l.Members {
			of[m.IfIndex] = l.IfIndex
		}
	}
	for _, w := range want.Interfaces {
		if w.Lag != 0 {
			s.is("lag", of[w.IfIndex] == w.Lag, "", "%d is member of %d, want %d", w.IfIndex, of[w.IfIndex], w.Lag)
			delete(of, w.IfIndex)
		}
	}
	if len(of) > 0 && len(want.Interfaces) > 0 {
		s.t.Logf("lag: %d members that are not expected: %v", len(of), of)
	}
	for _, w := range want.Stack {
		s.is("stack", slices.Contains(got.Stack, telemetry.StackPair{Upper: w[0], Lower: w[1]}) || len(got.Stack) == 0 && of[w[1]] == w[0], "", "pair %v", w)
	}
}

// behind is what the other system writes behind a port: the chassis id.
var behind = regexp.MustCompile(` \([0-9a-f]*\)$`)

func (s *scores) neighbours(got telemetry.DeviceFacts, want expectation) {
	for _, w := range want.Neighbours {
		if !w.Recorded {
			s.t.Logf("neighbour %s: not in the recording", w.RemoteName)
			continue
		}
		port := folded(behind.ReplaceAllString(w.RemotePort, ""))
		s.is("neighbour", slices.ContainsFunc(got.Neighbors, func(n telemetry.Neighbor) bool {
			return n.Protocol == w.Protocol && n.LocalIfIndex == w.LocalIfIndex && folded(n.RemoteName) == folded(w.RemoteName) &&
				folded(n.RemotePortID) == port && (w.RemotePlatform == "" || folded(n.RemotePlatform) == folded(w.RemotePlatform))
		}), "", "want %+v, got %+v", w, onPort(got.Neighbors, w.LocalIfIndex))
	}
	if n := len(got.Neighbors) - len(want.Neighbours); n > 0 {
		s.t.Logf("neighbour: %d more than expected: %+v", n, got.Neighbors)
	}
}

func onPort(list []telemetry.Neighbor, ifIndex uint32) (out []telemetry.Neighbor) {
	for _, n := range list {
		if n.LocalIfIndex == ifIndex {
			out = append(out, n)
		}
	}
	return out
}

func (s *scores) routing(got telemetry.DeviceFacts, want expectation) {
	for _, w := range want.BGPPeers {
		peer := netip.MustParseAddr(w.Peer)
		i := slices.IndexFunc(got.BGPPeers, func(p telemetry.BGPPeer) bool { return p.Peer == peer })
		if i < 0 {
			s.is("bgp", false, "", "no %s", peer)
			continue
		}
		p := got.BGPPeers[i]
		local := netip.MustParseAddr(w.LocalAddr)
		s.is("bgp", p.RemoteAS == w.RemoteAS && p.State == w.State && p.LocalAS == w.LocalAS && p.UptimeSeconds == w.Established &&
			p.InUpdates == w.InUpdates && p.OutUpdates == w.OutUpdates && (p.LocalAddress == local || local.IsUnspecified()) &&
			(p.AdminStatus == w.Admin), bgpReason(p, w.Admin), "got %+v, want %+v", p, w)
	}
	if n := len(got.BGPPeers) - len(want.BGPPeers); n > 0 {
		s.t.Logf("bgp: %d more than expected", n)
	}
	for _, w := range want.OSPF {
		want := telemetry.OSPFNeighbor{Version: 2, Address: netip.MustParseAddr(w.IP), RouterID: netip.MustParseAddr(w.RouterID),
			State: w.State, Priority: w.Priority, Events: w.Events}
		s.is("ospf", slices.Contains(got.OSPFNeighbors, want), "", "want %+v, got %+v", want, got.OSPFNeighbors)
	}
}

func bgpReason(p telemetry.BGPPeer, admin string) string {
	if admin == "receiveKeepAlive" && p.State == "established" {
		return "tBgpPeerNgOperLastEvent is no administrative status; when the session was established is not in TIMETRA-BGP-MIB"
	}
	return ""
}

func inventoryReason(c telemetry.Component, field string, wanted any) string {
	switch {
	case field == "contained_in" && wanted == float64(c.Index):
		return "a part that is contained in itself stands at the top"
	case wanted == ".":
		return "a text of one NUL is empty"
	}
	return ""
}

func folded(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`"'\`, r) {
			return -1
		}
		return r
	}, strings.ToLower(s))
	return strings.Join(strings.Fields(s), " ")
}

func (s *scores) inventory(got telemetry.DeviceFacts, want expectation) {
	at := map[uint32]telemetry.Component{}
	for _, c := range got.Components {
		at[c.Index] = c
	}
	for _, w := range want.Inventory {
		category := "inventory"
		if w["source"] == "other" {
			category = "inventory of vendors"
		}
		c, ok := at[uint32(w["index"].(float64))]
		s.is(category, ok, "", "no %v", w)
		if !ok {
			continue
		}
		for field, value := range map[string]any{"class": c.Class, "name": c.Name, "descr": c.Descr, "model": c.Model, "serial": c.Serial,
			"hardware_rev": c.HardwareRev, "firmware_rev": c.FirmwareRev, "software_rev": c.SoftwareRev, "manufacturer": c.Manufacturer,
			"alias": c.Alias, "asset_id": c.AssetID, "contained_in": float64(c.ParentIndex), "position": float64(c.Position), "fru": c.FRU, "if_index": float64(c.IfIndex)} {
			if wanted, ok := w[field]; ok && wanted != nil {
				s.is(category+".field", folded(fmt.Sprint(value)) == folded(fmt.Sprint(wanted)), inventoryReason(c, field, wanted), "%d %s: got %v, want %v", c.Index, field, value, wanted)
			}
		}
	}
}

func (s *scores) network(got telemetry.DeviceFacts, want expectation) {
	for _, w := range slices.Concat(want.IPv4, want.IPv6) {
		addr, err := netip.ParseAddr(w.Address)
		if err != nil {
			continue
		}
		i := slices.IndexFunc(got.Addresses, func(a telemetry.Address) bool { return a.Address == addr && a.IfIndex == w.IfIndex })
		reason := ""
		if i >= 0 && got.Addresses[i].PrefixLength < 0 {
			reason = "the device does not tell the prefix length; the other system says 0, or what the class of the address was"
		}
		s.is("address", i >= 0 && (w.PrefixLen == nil || got.Addresses[i].PrefixLength == *w.PrefixLen), reason, "want %+v, got %v", w, got.Addresses)
	}
	for _, w := range want.VLANs {
		i := slices.IndexFunc(got.VLANs, func(v telemetry.VLAN) bool { return v.ID == w.VLAN })
		s.is("vlan", i >= 0 && (got.VLANs[i].Name == "" || folded(got.VLANs[i].Name) == folded(w.Name)), "", "want %+v, got %+v", w, got.VLANs)
	}
	for _, w := range want.STP {
		instance := uint32(0)
		if w.VLAN != nil {
			instance = *w.VLAN
		}
		i := slices.IndexFunc(got.STP, func(t telemetry.STPInstance) bool { return t.Instance == instance })
		if i < 0 {
			s.is("stp", false, "", "no instance %d", instance)
			continue
		}
		t := got.STP[i]
		t.Ports = nil
		s.is("stp", t.RootCost == w.RootCost && t.RootPort == w.RootPort && t.Priority == w.Priority && t.TopologyChanges == w.TopChanges &&
			(w.DesignatedRoot == "" || fmt.Sprintf("%x", []byte(t.Root)) == w.DesignatedRoot), "", "want %+v, got %+v", w, t)
	}
}
