package up

import (
	"net/netip"
	"testing"
)

func TestGatewayOf(t *testing.T) {
	f := func(table string, want netip.Addr) {
		t.Helper()
		if got := gatewayOf(table); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	const head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
	f(head+"eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\neth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n",
		netip.MustParseAddr("192.168.1.1"))
	f(head, netip.Addr{})
	f(head+"eth0\t00000000\tXYZ\t0003\n", netip.Addr{})
	f("", netip.Addr{})
}

func TestNameOf(t *testing.T) {
	f := func(host, want string) {
		t.Helper()
		if got := nameOf(host); got != want {
			t.Errorf("%q: got %q, want %q", host, got, want)
		}
	}
	f("NOC-Host_1.example.net", "noc-host-1.example.net")
	f("---", "this-host")
	f("büro", "b-ro")
}
