package live

import (
	"net/netip"
	"testing"

	"ninewatch/collector/topology"
	"ninewatch/internal/telemetry"
)

func bgp(address string, as uint32, state string) telemetry.BGPPeer {
	return telemetry.BGPPeer{Peer: netip.MustParseAddr(address), RemoteAS: as, State: state, AdminStatus: "start"}
}

func ospf(id, state string) telemetry.OSPFNeighbor {
	return telemetry.OSPFNeighbor{RouterID: netip.MustParseAddr(id), Version: 2, State: state}
}

// TestSessionsAreGroups: two sessions to one provider stand in for each other; of OSPF a neighbour that is gone has no
// row any more; who never answered, or was shut, is no member.
func TestSessionsAreGroups(t *testing.T) {
	r := newRig(t)
	r.all()
	router := func(second string, admin string, neighbours ...telemetry.OSPFNeighbor) telemetry.DeviceFacts {
		f := edge(true)
		f.BGPPeers = []telemetry.BGPPeer{bgp("198.51.100.1", 64500, "established"), bgp("198.51.100.2", 64500, second), bgp("203.0.113.1", 64501, "established"), bgp("203.0.113.9", 64501, "connect")}
		f.BGPPeers[1].AdminStatus = admin
		f.OSPFNeighbors = neighbours
		return f
	}
	const provider, inside = "edge/BGP with AS 64500", "edge/OSPF"
	both := []telemetry.OSPFNeighbor{ospf("192.0.2.2", "full"), ospf("192.0.2.3", "full")}
	r.tell(router("established", "start", both...))
	r.class(provider, topology.Full)
	r.class(inside, topology.Full)
	for _, g := range r.s.View().Groups {
		if g.Name == "edge/BGP with AS 64501" {
			t.Errorf("a session that never came up is a member: %+v", g.Members)
		}
	}
	r.tell(router("idle", "start", both[:1]...))
	r.class(provider, topology.AtRisk)
	r.class(inside, topology.AtRisk)
	words := map[string]string{}
	for _, f := range r.s.Findings(t.Context()) {
		words[f.Object] = f.Words
	}
	if got, want := words[inside], "edge OSPF is at risk: 1 of 2 up, 1 needed; gone: OSPF 192.0.2.3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r.start() // it is remembered
	r.class(provider, topology.AtRisk)
	partial := router("established", "start", both[:1]...)
	partial.Partial = []string{"ospf_neighbors"}
	r.tell(partial) // not read to the end: it may be there
	r.class(inside, topology.Full)
	r.tell(router("idle", "stop", both...)) // shut on purpose
	for _, g := range r.s.View().Groups {
		if g.Name == provider {
			t.Errorf("a session that was shut is missed: %+v", g.Members)
		}
	}
}

// TestOneOfManySessions is no finding: nobody said that they stand in for each other.
func TestOneOfManySessions(t *testing.T) {
	r := newRig(t)
	f := edge(true)
	f.OSPFNeighbors = []telemetry.OSPFNeighbor{ospf("192.0.2.2", "full"), ospf("192.0.2.3", "full"), ospf("192.0.2.4", "twoWay")}
	r.tell(f)
	f.OSPFNeighbors = f.OSPFNeighbors[:2]
	r.tell(f)
	r.class("edge/OSPF", topology.Reduced)
	if got := r.s.Findings(t.Context()); len(got) != 0 {
		t.Errorf("findings: %+v", got)
	}
}
