package inventory

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"ninewatch/internal/telemetry"
)

// report has an agent of a site say how far a scan is.
func (f fixture) report(t *testing.T, site string, r telemetry.ScanReport) (ended bool) {
	t.Helper()
	err := f.db.Write(t.Context(), func(tx *sql.Tx) (err error) {
		ended, err = ApplyScan(t.Context(), tx, telemetry.Entry{Site: site, Agent: "a1", Offset: 5}, r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ended
}

func (f fixture) assigned(t *testing.T, site string, snmp bool) telemetry.Assignment {
	t.Helper()
	a, err := f.Assignment(t.Context(), "a1", site, snmp)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestScanOfAnAgent(t *testing.T) {
	f := open(t, t.TempDir())
	f.apply(t, discoveryCode, ApplyOptions{})
	before := f.assigned(t, "lisbon", true).N
	s, err := f.StartScan(t.Context(), "lisbon", telemetry.Scan{Ranges: []string{"192.0.2.0/24"}, Credentials: []string{"v2"}, Rate: 20}, "ana")
	if err != nil || s.Number != 1 || s.State != ScanWaiting {
		t.Fatalf("got %+v, %v", s, err)
	}
	a := f.assigned(t, "lisbon", true)
	want := telemetry.Scan{ID: "1", Ranges: []string{"192.0.2.0/24"}, Credentials: []string{"v2"}, Rate: 20}
	if len(a.Scans) != 1 || fmt.Sprint(a.Scans[0]) != fmt.Sprint(want) || a.Credentials["v2"].Community.Reveal() != "c4n4ry" || a.N <= before {
		t.Errorf("assignment: got %+v, %d after %d", a.Scans, a.N, before)
	}
	if len(f.assigned(t, "porto", true).Scans) != 0 || len(f.assigned(t, "lisbon", false).Scans) != 0 {
		t.Error("an agent of another site, or without the lease, is asked too")
	}
	running := telemetry.ScanReport{ID: "1", Time: 1000, State: telemetry.ScanRunning, Done: 100, All: 254, Answering: 2, Found: []telemetry.ScanFound{
		{Address: "192.0.2.1", ICMP: true}, {Address: "192.0.2.9", ICMP: true, SNMP: true, Credential: "v2", Name: "sw9", SysDescr: "Software, 12", Vendor: "cisco"}}}
	if f.report(t, "porto", running) || f.report(t, "lisbon", telemetry.ScanReport{ID: "x", Time: 1, State: telemetry.ScanDone}) || f.report(t, "lisbon", running) {
		t.Error("it has ended")
	}
	for range 2 {
		if err := f.Discover(t.Context()); err != nil {
			t.Fatal(err)
		}
		same(t, "proposals", f.proposals(t), []string{"1 proposed lisbon 192.0.2.9 sw9 [scan  ] "})
	}
	if s, err := f.Scan(t.Context(), 1); err != nil || s.State != "running" || s.Done != 100 || s.All != 254 || s.Answering != 2 || s.Agent != "a1" || s.Told != 1005 {
		t.Errorf("got %+v, %v", s, err)
	}
	if !f.report(t, "lisbon", telemetry.ScanReport{ID: "1", Time: 2000, State: telemetry.ScanDone, Done: 254, All: 254, Answering: 2}) {
		t.Error("it has not ended")
	}
	f.report(t, "lisbon", running) // comes again
	if s, err := f.Scan(t.Context(), 1); err != nil || s.State != "done" || s.Done != 254 {
		t.Errorf("at the end: got %+v, %v", s, err)
	}
	if a := f.assigned(t, "lisbon", true); len(a.Scans) != 0 || len(a.Credentials) != 0 {
		t.Errorf("after the end: got %+v", a)
	}
	if err := f.StopScan(t.Context(), 1, "ana"); !errors.Is(err, ErrDecided) {
		t.Errorf("stopped after the end: got %v", err)
	}
}

func TestScansThatCannotBe(t *testing.T) {
	f := open(t, t.TempDir())
	f.apply(t, discoveryCode, ApplyOptions{})
	check := func(want string, kind error, site string, s telemetry.Scan) {
		t.Helper()
		if _, err := f.StartScan(t.Context(), site, s, "ana"); !errors.Is(err, kind) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	one := []string{"192.0.2.0/24"}
	check("0 ranges are not between 1 and 64", ErrInvalid, "lisbon", telemetry.Scan{})
	check(`"192.0.2" is no range of addresses`, ErrInvalid, "lisbon", telemetry.Scan{Ranges: []string{"192.0.2"}})
	check("more than 1048576 addresses", ErrInvalid, "lisbon", telemetry.Scan{Ranges: []string{"10.0.0.0/12", "192.0.2.1"}})
	check("more than 1048576 addresses", ErrInvalid, "lisbon", telemetry.Scan{Ranges: []string{"2001:db8::/32"}})
	check("rate -1", ErrInvalid, "lisbon", telemetry.Scan{Ranges: one, Rate: -1})
	check("17 credentials", ErrInvalid, "lisbon", telemetry.Scan{Ranges: one, Credentials: make([]string, 17)})
	check("faro", ErrUnknown, "faro", telemetry.Scan{Ranges: one})
	check("v9", ErrUnknown, "lisbon", telemetry.Scan{Ranges: one, Credentials: []string{"v9"}})
	for range 10 {
		if _, err := f.StartScan(t.Context(), "lisbon", telemetry.Scan{Ranges: one}, "ana"); err != nil {
			t.Fatal(err)
		}
	}
	check(`10 scans of site "lisbon" have not ended`, ErrInvalid, "lisbon", telemetry.Scan{Ranges: one})
	if err := f.StopScan(t.Context(), 10, "ana"); err != nil {
		t.Fatal(err)
	}
	if all, err := f.Scans(t.Context()); err != nil || len(all) != 10 || all[0].State != ScanStopped || all[0].Problem != "stopped by ana" || len(f.assigned(t, "lisbon", true).Scans) != 9 {
		t.Errorf("got %+v, %v", all, err)
	}
}

// TestScanOfACredentialThatIsGone: a credential that is deleted, or has another name now, while a scan is at work is not
// tried any more. The scan goes on with the others, and says so.
func TestScanOfACredentialThatIsGone(t *testing.T) {
	f := open(t, t.TempDir())
	f.apply(t, discoveryCode, ApplyOptions{})
	f.apply(t, "credentials: [{name: other, snmp: {version: 2c, community: c4n4ry}}]\n", ApplyOptions{})
	if _, err := f.StartScan(t.Context(), "lisbon", telemetry.Scan{Ranges: []string{"192.0.2.0/24"}, Credentials: []string{"other", "v2"}}, "ana"); err != nil {
		t.Fatal(err)
	}
	f.report(t, "lisbon", telemetry.ScanReport{ID: "1", Time: 1000, State: telemetry.ScanRunning, Done: 100, All: 508})
	if s, err := f.Scan(t.Context(), 1); err != nil || s.Problem != "" {
		t.Errorf("before: got %+v, %v", s, err)
	}
	before := f.assigned(t, "lisbon", true).N
	if err := f.Delete(t.Context(), KindCredential, "other"); err != nil {
		t.Fatal(err)
	}
	if a := f.assigned(t, "lisbon", true); len(a.Scans) != 1 || fmt.Sprint(a.Scans[0].Credentials) != "[v2]" || a.N <= before {
		t.Errorf("the assignment: got %+v, %d after %d", a.Scans, a.N, before)
	}
	f.report(t, "lisbon", telemetry.ScanReport{ID: "1", Time: 2000, State: telemetry.ScanDone, Done: 254, All: 254})
	const want = `credential "other" was deleted while the scan was at work, and is not tried any more: scan again with what replaces it`
	if s, err := f.Scan(t.Context(), 1); err != nil || s.State != "done" || s.Problem != want {
		t.Errorf("at the end: got %+v, %v", s, err)
	}
	f.report(t, "lisbon", telemetry.ScanReport{ID: "1", Time: 1500, State: telemetry.ScanRunning, Found: []telemetry.ScanFound{{Address: "192.0.2.7", ICMP: true}}})
}

// TestScanKnowsMoreLater: an address that answered an echo first gets the name that it tells by SNMP, and the port of
// the scan.
func TestScanKnowsMoreLater(t *testing.T) {
	f := open(t, t.TempDir())
	f.apply(t, discoveryCode, ApplyOptions{})
	if _, err := f.StartScan(t.Context(), "lisbon", telemetry.Scan{Ranges: []string{"192.0.2.0/24"}, Credentials: []string{"v2"}, Port: 1161}, "ana"); err != nil {
		t.Fatal(err)
	}
	for i, found := range []telemetry.ScanFound{{Address: "192.0.2.9", ICMP: true}, {Address: "192.0.2.9", ICMP: true, SNMP: true, Credential: "v2", Name: "sw9", SysDescr: "Software"}} {
		f.report(t, "lisbon", telemetry.ScanReport{ID: "1", Time: int64(1000 + i), State: telemetry.ScanRunning, Found: []telemetry.ScanFound{found}})
		if err := f.Discover(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "proposals", f.proposals(t), []string{"1 proposed lisbon 192.0.2.9 sw9 [scan  , scan  ] "})
	d, err := f.Approve(t.Context(), 1, Device{Name: "sw-9"}, "ana")
	if err != nil || d.Name != "sw-9" || d.Port != 1161 || d.Credential != "v2" {
		t.Errorf("got %+v, %v", d, err)
	}
}
