package discover

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"ninewatch/agent/allow"
	"ninewatch/agent/snmp"
	"ninewatch/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// network answers as a test says, and notes when it was asked.
type network struct {
	mu    sync.Mutex
	began time.Time
	pings []netip.Addr
	tries []string // address, community and second
	takes map[string]string
	deny  map[string]bool // answers to a wrong community: not this one
}

func (n *network) deps(save func(State) error) Deps {
	n.began = time.Now()
	return Deps{
		Ping: func(_ context.Context, a netip.Addr) (bool, time.Duration, error) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.pings = append(n.pings, a)
			return n.takes[a.String()] != "", 2 * time.Millisecond, nil
		},
		System: func(_ context.Context, a netip.AddrPort, c snmp.Credential) (telemetry.System, telemetry.Identity, error) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.tries = append(n.tries, fmt.Sprintf("%s %s at %d", a.Addr(), c.Community.Reveal(), int(time.Since(n.began).Seconds())))
			switch address := a.Addr().String(); {
			case n.takes[address] == c.Community.Reveal():
				return telemetry.System{SysName: "sw-" + address}, telemetry.Identity{Profile: "generic"}, nil
			case n.deny[address]:
				return telemetry.System{}, telemetry.Identity{}, &snmp.Error{Addr: address, Kind: snmp.Credentials, Err: errors.New("unknown user")}
			}
			return telemetry.System{}, telemetry.Identity{}, &snmp.Error{Kind: snmp.Timeout, Err: errors.New("no reply")}
		},
		Found:    func(Found) {},
		Progress: func(Progress) {},
		Save:     save,
	}
}

func config(ranges ...string) Config {
	cfg := DefaultConfig()
	for _, r := range ranges {
		cfg.Ranges = append(cfg.Ranges, netip.MustParsePrefix(r))
	}
	cfg.Allow, _ = allow.Parse([]string{"192.0.2.0/24"})
	for _, name := range []string{"first", "second", "third"} {
		cfg.Credentials = append(cfg.Credentials, Credential{name, snmp.Credential{Version: "2c", Community: "x"}})
	}
	cfg.Credentials[0].Community, cfg.Credentials[1].Community, cfg.Credentials[2].Community = "one", "two", "three"
	return cfg
}

func nothing(State) error { return nil }

// TestCredentialsInOrderAndInTheirTime: three a minute at one address, and none after the one that it takes.
func TestCredentialsInOrderAndInTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{takes: map[string]string{"192.0.2.1": "two"}, deny: map[string]bool{"192.0.2.2": true}}
		found, _, err := Scan(t.Context(), config("192.0.2.0/30"), State{}, n.deps(nothing))
		if err != nil {
			t.Fatal(err)
		}
		want := "192.0.2.1 one at 0, 192.0.2.2 one at 0, 192.0.2.1 two at 20, 192.0.2.2 two at 20, 192.0.2.2 three at 40"
		if got := strings.Join(n.tries, ", "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if len(n.pings) != 2 {
			t.Errorf("pings: got %v", n.pings)
		}
		rtt := 0.002
		wantFound := []Found{
			{Address: "192.0.2.1", ICMP: true, RTT: &rtt, SNMP: true, Credential: "second", Name: "sw-192.0.2.1", Profile: "generic"},
			{Address: "192.0.2.2", Refused: []string{"first", "second", "third"}},
		}
		if fmt.Sprint(found[1]) != fmt.Sprint(wantFound[1]) || len(found) != 2 || *found[0].RTT != rtt || found[0].Credential != "second" || found[0].Name != "sw-192.0.2.1" {
			t.Errorf("got %+v, want %+v", found, wantFound)
		}
	})
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := config("192.0.2.0/24")
		cfg.Rate, cfg.Credentials = 10, cfg.Credentials[:1]
		n := &network{}
		began := time.Now()
		if _, _, err := Scan(t.Context(), cfg, State{}, n.deps(nothing)); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d != 25400*time.Millisecond || len(n.tries) != 254 {
			t.Errorf("254 addresses at 10 a second: got %d in %s", len(n.tries), d)
		}
	})
}

// TestGoesOn: an interrupted scan and the one that goes on try each address once, but for the last few.
func TestGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := config("192.0.2.0/24")
		cfg.Credentials = cfg.Credentials[:1]
		n := &network{takes: map[string]string{"192.0.2.5": "one"}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var kept State
		found, _, err := Scan(ctx, cfg, State{}, n.deps(func(s State) error { kept = s; return nil }))
		if !errors.Is(err, context.DeadlineExceeded) || len(found) != 1 || kept.Next < 90 || kept.Next > 101 {
			t.Fatalf("got %d found, next %d, %v", len(found), kept.Next, err)
		}
		first := len(n.tries)
		found, _, err = Scan(t.Context(), cfg, kept, n.deps(nothing))
		if err != nil || len(found) != 1 || first+254-kept.Next != len(n.tries) {
			t.Errorf("got %d found, %d and %d tries, %v", len(found), first, len(n.tries)-first, err)
		}
		cfg.Port = 1161 // another question
		before := len(n.tries)
		if _, _, err := Scan(t.Context(), cfg, kept, n.deps(nothing)); err != nil || len(n.tries)-before != 254 {
			t.Errorf("another question: got %d tries, %v", len(n.tries)-before, err)
		}
	})
}

func TestOnlyWhatIsAllowed(t *testing.T) {
	n := &network{}
	cfg := config("198.51.100.0/24")
	_, _, err := Scan(t.Context(), cfg, State{}, n.deps(nothing))
	if want := "198.51.100.0/24: no address of it is on the list of what may be asked, add the range with --allow 198.51.100.0/24"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	cfg = config("192.0.2.254/31", "192.0.2.254/32")
	cfg.Credentials = nil
	if _, _, err := Scan(t.Context(), cfg, State{}, n.deps(nothing)); err != nil || len(n.tries) != 0 || len(n.pings) != 2 {
		t.Errorf("got %v, %v, %v", n.tries, n.pings, err)
	}
	cfg = config("2001:db8::/64")
	if _, _, err := Scan(t.Context(), cfg, State{}, n.deps(nothing)); err == nil || !strings.Contains(err.Error(), "more than 1048576 addresses") {
		t.Errorf("got %v", err)
	}
}

func TestParseRange(t *testing.T) {
	for text, want := range map[string]string{"192.0.2.7/24": "192.0.2.0/24", "192.0.2.7": "192.0.2.7/32", "2001:db8::1": "2001:db8::1/128", "::ffff:192.0.2.1": "192.0.2.1/32"} {
		if got, err := ParseRange(text); err != nil || got.String() != want {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
		}
	}
	if _, err := ParseRange("192.0.2"); err == nil {
		t.Error("192.0.2 is taken")
	}
}
