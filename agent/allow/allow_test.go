package allow

import (
	"net/netip"
	"strings"
	"testing"
)

func TestPermits(t *testing.T) {
	f := func(items []string, addr string, want bool) {
		t.Helper()
		l, err := Parse(items)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Permits(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%v permits %s: got %t, want %t", items, addr, got, want)
		}
	}
	f(nil, "192.168.1.1", false)
	f([]string{"private"}, "192.168.1.1", true)
	f([]string{"private"}, "::ffff:10.0.0.1", true)
	f([]string{"private"}, "fd00::1", true)
	f([]string{"private"}, "127.9.0.1", true)
	f([]string{"private"}, "203.0.113.1", false)
	f([]string{"private"}, "169.254.169.254", false)
	f([]string{"private"}, "224.0.0.1", false)
	f([]string{"connected"}, "127.0.0.1", true) // lo has 127.0.0.1/8
	f([]string{"connected"}, "203.0.113.1", false)
	f([]string{"198.51.100.7/24"}, "198.51.100.200", true)
	f([]string{"2001:db8::/32"}, "2001:db8::5", true)
	f([]string{"0.0.0.0/0"}, "0.0.0.0", false)
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	_, err := Parse([]string{"private", "10.0.0.0"})
	if err == nil || !strings.Contains(err.Error(), `"10.0.0.0" is neither private, connected nor a range such as 192.0.2.0/24`) {
		t.Errorf("got %v", err)
	}
}
