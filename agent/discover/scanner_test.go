package discover

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ninewatch/agent/allow"
	"ninewatch/agent/snmp"
	"ninewatch/internal/telemetry"
)

// asks answers a Scanner out of a network.
type asks struct{ deps Deps }

func (a asks) Ping(ctx context.Context, to netip.Addr) (bool, time.Duration, error) {
	return a.deps.Ping(ctx, to)
}

func (a asks) System(ctx context.Context, to netip.AddrPort, c snmp.Credential) (telemetry.System, telemetry.Identity, error) {
	return a.deps.System(ctx, to, c)
}

// agent is a Scanner, and what it appended.
type agent struct {
	*Scanner
	network *network
	full    atomic.Bool // the spool takes nothing
	reports []telemetry.ScanReport
}

func newAgent(dir string, n *network) *agent {
	a := &agent{network: n}
	list, _ := allow.Parse([]string{"192.0.2.0/24"})
	a.Scanner = NewScanner(ScannerDeps{Log: slog.New(slog.DiscardHandler), Allow: list, Asks: asks{n.deps(nil)}, Dir: dir, Now: time.Now,
		Append: func(records ...telemetry.Record) error {
			if a.full.Load() {
				return errors.New("no space")
			}
			a.reports = append(a.reports, *records[0].Scan)
			return nil
		}})
	a.Start(context.Background())
	return a
}

// assignment asks for scans, with the credentials that the others here know.
func assignment(scans ...telemetry.Scan) telemetry.Assignment {
	a := telemetry.Assignment{Scans: scans, Credentials: map[string]telemetry.Credential{}}
	for _, c := range config().Credentials {
		a.Credentials[c.Name] = telemetry.Credential(c.Credential)
	}
	return a
}

func (a *agent) last() telemetry.ScanReport { return a.reports[len(a.reports)-1] }

// told is all that was told of addresses: what came last of each.
func (a *agent) told() map[string]string {
	out := map[string]string{}
	for _, r := range a.reports {
		for _, f := range r.Found {
			out[f.Address] = f.Name + " " + f.Credential
		}
	}
	return out
}

func TestScannerTellsWhatItFinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAgent(t.TempDir(), &network{takes: map[string]string{"192.0.2.1": "two", "192.0.2.200": "one"}})
		defer a.Stop(context.Background())
		a.Apply(assignment(telemetry.Scan{ID: "7", Ranges: []string{"192.0.2.0/24"}, Credentials: []string{"first", "second"}, Rate: 10}))
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		end := a.last()
		if end.ID != "7" || end.State != telemetry.ScanDone || end.Problem != "" || end.Done != 508 || end.All != 508 || end.Answering != 2 {
			t.Errorf("at the end: got %+v", end)
		}
		if got := fmt.Sprint(a.told()); got != "map[192.0.2.1:sw-192.0.2.1 second 192.0.2.200:sw-192.0.2.200 first]" {
			t.Errorf("found: got %s", got)
		}
		if n := len(a.reports); n < 4 || n > 8 { // 253 tries at 10 a second, and 1 after the other
			t.Errorf("%d reports over 51 s", n)
		}
		tries := len(a.network.tries)
		a.Apply(assignment(telemetry.Scan{ID: "7", Ranges: []string{"192.0.2.0/24"}, Credentials: []string{"first", "second"}, Rate: 10}))
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if len(a.network.tries) != tries {
			t.Error("assigned again it begins again")
		}
	})
}

// TestScannerGoesOn: over a restart nothing is asked twice but for the last few, what was found is told, and no
// credential comes sooner than its time.
func TestScannerGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, n := t.TempDir(), &network{takes: map[string]string{"192.0.2.1": "one"}}
		scan := assignment(telemetry.Scan{ID: "7", Ranges: []string{"192.0.2.0/24"}, Credentials: []string{"first"}, Rate: 10})
		before := newAgent(dir, n)
		before.full.Store(true)
		before.Apply(scan)
		time.Sleep(5 * time.Second)
		if err := before.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		asked, stopped := len(n.tries), time.Now()
		if asked < 40 || asked > 60 {
			t.Fatalf("%d tries in 5 s", asked)
		}
		after := newAgent(dir, n)
		defer after.Stop(context.Background())
		began := n.began
		after.Apply(scan)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if got := len(n.tries); got > 256 || after.last().State != telemetry.ScanDone || after.told()["192.0.2.1"] != "sw-192.0.2.1 first" {
			t.Errorf("%d tries, %+v, %v", got, after.last(), after.told())
		}
		var address, community string
		var second int
		if _, err := fmt.Sscanf(strings.Replace(n.tries[asked], " at ", " ", 1), "%s %s %d", &address, &community, &second); err != nil {
			t.Fatal(err)
		}
		if first := began.Add(time.Duration(second) * time.Second); first.Sub(stopped) < 19*time.Second {
			t.Errorf("after a restart the first try comes %s later", first.Sub(stopped))
		}
		a := newAgent(dir, &network{}) // it has ended before: that is told again, and nothing is asked
		defer a.Stop(context.Background())
		a.Apply(scan)
		synctest.Wait()
		if len(a.network.tries) != 0 || a.last().State != telemetry.ScanDone || a.last().Done != 254 || a.told()["192.0.2.1"] == "" {
			t.Errorf("ended before: %d tries, %+v", len(a.network.tries), a.last())
		}
		a.Apply(assignment())
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
}

func TestScannerCalledOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAgent(t.TempDir(), &network{})
		defer a.Stop(context.Background())
		a.Apply(assignment(telemetry.Scan{ID: "7", Ranges: []string{"192.0.2.0/24"}, Rate: 1}, telemetry.Scan{ID: "8", Ranges: []string{"192.0.2.9"}}))
		time.Sleep(3500 * time.Millisecond)
		a.Apply(assignment(telemetry.Scan{ID: "8", Ranges: []string{"192.0.2.9"}}))
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(a.network.pings) != 4 || a.last().ID != "8" || a.last().State != telemetry.ScanDone {
			t.Errorf("got %v, %+v", a.network.pings, a.reports)
		}
	})
}

// TestScannerAsksSomethingElse: when a credential of the scan at work is deleted or changed, it is not tried any more. The
// scan begins anew with what it asks now, and tries nothing at an address sooner than it may.
func TestScannerAsksSomethingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAgent(t.TempDir(), &network{takes: map[string]string{"192.0.2.1": "two"}})
		defer a.Stop(context.Background())
		scan := telemetry.Scan{ID: "7", Ranges: []string{"192.0.2.0/28"}, Credentials: []string{"first", "second"}, Rate: 1}
		both := assignment(scan)
		a.Apply(both)
		time.Sleep(5500 * time.Millisecond)
		a.Apply(both) // the same again changes nothing
		synctest.Wait()
		before := len(a.network.tries)
		if before != 5 && before != 6 {
			t.Fatalf("%d tries in 5 s", before)
		}
		scan.Credentials = []string{"second"}
		a.Apply(assignment(scan))
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		after := a.network.tries[before:]
		if a.last().State != telemetry.ScanDone || a.last().All != 14 || a.told()["192.0.2.1"] != "sw-192.0.2.1 second" {
			t.Errorf("got %+v, %v", a.last(), a.told())
		}
		for _, try := range after { // 20 s after it was called off
			_, second, _ := strings.Cut(try, " two at ")
			if n, err := strconv.Atoi(second); err != nil || n < 25 {
				t.Errorf("a try of what it asks now: %s", try)
			}
		}
		if len(after) != 14 {
			t.Errorf("tries of what it asks now: %v", after)
		}
	})
}

func TestScannerSaysWhatIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAgent(t.TempDir(), &network{})
		defer a.Stop(context.Background())
		f := func(want string, scan telemetry.Scan) {
			t.Helper()
			a.Apply(assignment(scan))
			synctest.Wait()
			if got := a.last(); got.ID != scan.ID || got.State != telemetry.ScanFailed || !strings.Contains(got.Problem, want) {
				t.Errorf("got %+v, want %q", got, want)
			}
		}
		f("198.51.100.0/24 is outside of the allow-list of this agent, add it to allow in agent.yaml", telemetry.Scan{ID: "1", Ranges: []string{"198.51.100.0/24"}})
		f(`credential "fourth" did not come along`, telemetry.Scan{ID: "2", Ranges: []string{"192.0.2.0/24"}, Credentials: []string{"fourth"}})
		f(`"192.0.2" is no range of addresses`, telemetry.Scan{ID: "3", Ranges: []string{"192.0.2"}})
		f("no range of addresses", telemetry.Scan{ID: "4"})
		f(`"../x" is no name of a scan`, telemetry.Scan{ID: "../x", Ranges: []string{"192.0.2.0/24"}})
		f("rate 10001 is not between 1 and 10000", telemetry.Scan{ID: "5", Ranges: []string{"192.0.2.0/24"}, Rate: 10_001})
		if len(a.network.pings) != 0 {
			t.Errorf("asked: %v", a.network.pings)
		}
	})
}

// TestScannerWaitsForTheSpool: what could not be stored is told later.
func TestScannerWaitsForTheSpool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAgent(t.TempDir(), &network{takes: map[string]string{"192.0.2.1": "one"}})
		defer a.Stop(context.Background())
		a.full.Store(true)
		a.Apply(assignment(telemetry.Scan{ID: "7", Ranges: []string{"192.0.2.1"}}))
		time.Sleep(25 * time.Second)
		synctest.Wait()
		a.full.Store(false)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if len(a.reports) != 1 || a.last().State != telemetry.ScanDone || len(a.last().Found) != 1 {
			t.Errorf("got %+v", a.reports)
		}
	})
}
