package watch

import (
	"net/netip"
	"testing"

	"ninewatch/internal/telemetry"
)

func TestAddresses(t *testing.T) {
	in := []telemetry.AssignedDevice{{Name: "a", Address: "192.0.2.1"}, {Name: "b", Address: "localhost"}, {Name: "c", Address: "not a name"}}
	got := addresses(in)
	if got[0].Address != "192.0.2.1" || got[2].Address != "not a name" || in[1].Address != "localhost" {
		t.Errorf("got %+v, and left %+v", got, in)
	}
	if a, err := netip.ParseAddr(got[1].Address); err != nil || !a.IsLoopback() {
		t.Errorf("localhost: got %q, want a loopback address", got[1].Address)
	}
}
