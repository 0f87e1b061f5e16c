package inventory

import (
	"database/sql"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ninewatch/internal/conf"
	"ninewatch/internal/telemetry"
)

// say stores facts and tells whether agents have to hear of it.
func (f fixture) say(t *testing.T, at, offset int64, name string, interfaces ...telemetry.Interface) (keysChanged bool) {
	t.Helper()
	err := f.db.Write(t.Context(), func(tx *sql.Tx) (err error) {
		keysChanged, err = ApplyFacts(t.Context(), tx, telemetry.Entry{Offset: offset},
			telemetry.DeviceFacts{Device: "sw1", Time: at, System: telemetry.System{SysName: name, SysUpTime: uint64(at)}, Interfaces: interfaces})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return keysChanged
}

func TestFactsAreARowAChange(t *testing.T) {
	fx := open(t, t.TempDir())
	f := func(at int64, name string, want ...string) {
		t.Helper()
		fx.say(t, at, 0, name)
		same(t, fmt.Sprintf("after %s at %d", name, at), fx.texts(t, `SELECT json_extract(system, '$.sys_name') || ' ' || from_ms || '-' || seen_ms || '-' ||
			coalesce(until_ms, '') FROM device_facts ORDER BY from_ms`), want)
	}
	f(100, "a", "a 100-100-")
	f(200, "a", "a 100-200-")
	f(200, "a", "a 100-200-") // again
	f(300, "b", "a 100-200-300", "b 300-300-")
	f(250, "a", "a 100-250-300", "b 300-300-")                                // late, and extends what was
	f(280, "b", "a 100-250-280", "b 280-300-")                                // late, and it was b earlier than known
	f(260, "c", "a 100-250-260", "c 260-260-280", "b 280-300-")               // late and new
	f(150, "x", "a 100-250-260", "c 260-260-280", "b 280-300-")               // late, against what is known of that time
	f(50, "z", "z 50-50-100", "a 100-250-260", "c 260-260-280", "b 280-300-") // before all
	facts, err := fx.Facts(t.Context(), "sw1")
	if err != nil || facts.System.SysName != "b" || facts.From != 280 || facts.Seen != 300 || facts.System.SysUpTime != 300 {
		t.Errorf("newest: got %+v, %v", facts, err)
	}
	if _, err := fx.Facts(t.Context(), "other"); err == nil {
		t.Error("facts of a device that said nothing")
	}
}

func TestFactsAreOnTheCollectorsClock(t *testing.T) {
	f := open(t, t.TempDir())
	f.say(t, 1000, -300, "a", telemetry.Interface{IfIndex: 1})
	facts, err := f.Facts(t.Context(), "sw1")
	if err != nil || facts.Seen != 700 {
		t.Errorf("got %+v, %v; want 700", facts, err)
	}
	if i, err := f.Interfaces(t.Context(), "sw1"); err != nil || i[0].LastSeen != 700 || i[0].Facts.Key != "if1" {
		t.Errorf("got %+v, %v", i, err)
	}
}

func TestKeysStayThroughRenumbering(t *testing.T) {
	fx := open(t, t.TempDir())
	a, b := net.HardwareAddr{2, 0, 0, 0, 0, 1}, net.HardwareAddr{2, 0, 0, 0, 0, 2}
	row := func(index uint32, name, alias string, mac net.HardwareAddr) telemetry.Interface {
		return telemetry.Interface{IfIndex: index, IfName: name, IfAlias: alias, IfPhysAddress: mac}
	}
	f := func(at int64, changed bool, rows []telemetry.Interface, want ...string) {
		t.Helper()
		if got := fx.say(t, at, 0, "a", rows...); got != changed {
			t.Errorf("at %d: keys changed: got %t, want %t", at, got, changed)
		}
		interfaces, err := fx.Interfaces(t.Context(), "sw1")
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, i := range interfaces {
			got = append(got, fmt.Sprintf("%d %s %s %d-%d", i.Facts.IfIndex, i.Facts.Key, i.Facts.IfAlias, i.FirstSeen, i.LastSeen))
		}
		same(t, fmt.Sprint("at ", at), got, want)
	}
	f(10, true, []telemetry.Interface{row(1, "Gi1", "x", a), row(2, "Gi2", "", b)}, "1 Gi1 x 10-10", "2 Gi2  10-10")
	f(20, false, []telemetry.Interface{row(1, "Gi1", "y", a), row(2, "Gi2", "", b)}, "1 Gi1 y 10-20", "2 Gi2  10-20")
	f(20, false, []telemetry.Interface{row(1, "Gi1", "y", a), row(2, "Gi2", "", b)}, "1 Gi1 y 10-20", "2 Gi2  10-20")
	f(30, true, []telemetry.Interface{row(2, "Gi1", "y", a), row(1, "Gi2", "", b)}, "1 Gi2  10-30", "2 Gi1 y 10-30")                         // renumbered
	f(40, true, []telemetry.Interface{row(2, "Gi1/0/1", "y", a)}, "1 Gi2  10-30", "2 Gi1 y 10-40")                                           // renamed, the other vanished
	f(15, false, []telemetry.Interface{row(1, "Gi1", "old", a)}, "1 Gi2  10-30", "2 Gi1 y 10-40")                                            // late: what is newer stays
	f(50, false, nil, "1 Gi2  10-30", "2 Gi1 y 10-40")                                                                                       // a table that was not read
	f(60, true, []telemetry.Interface{row(2, "Gi1/0/1", "y", a), row(3, "Gi1", "", nil)}, "1 Gi2  10-30", "2 Gi1 y 10-60", "3 Gi1#3  60-60") // a key is never given twice
}

func TestAssignmentRisesWithItsContentOnly(t *testing.T) {
	fx := open(t, t.TempDir())
	fx.apply(t, base, ApplyOptions{})
	f := func(agent, site string, term, n uint64, devices int) telemetry.Assignment {
		t.Helper()
		a, err := fx.Assignment(t.Context(), agent, site, true)
		if err != nil {
			t.Fatal(err)
		}
		if a.Term != term || a.N != n || len(a.Devices) != devices {
			t.Errorf("%s of %s: got (%d, %d) with %d devices; want (%d, %d) with %d", agent, site, a.Term, a.N, len(a.Devices), term, n, devices)
		}
		return a
	}
	a := f("a1", "lisbon", 1, 1, 2)
	same(t, "device", a.Devices[0], telemetry.AssignedDevice{Name: "lis-access-1", Address: "sw1.example.net", Credential: "v2",
		SNMPInterval: time.Minute, Parents: []string{"lis-edge-1"}})
	if got := a.Credentials["v3"]; len(a.Credentials) != 2 || got.AuthPassphrase.Reveal() != "canary-auth-pass" || got.AuthProtocol != "SHA256" {
		t.Errorf("credentials: got %+v", a.Credentials)
	}
	f("a1", "lisbon", 1, 1, 2)
	f("o1", "porto", 1, 1, 1)
	fx.apply(t, "devices: [{name: opo-2, site: porto, address: 192.0.2.77}]", ApplyOptions{})
	f("a1", "lisbon", 1, 1, 2) // another site
	f("o1", "porto", 1, 2, 2)
	fx.apply(t, "credentials: [{name: v2, snmp: {community: another}}]", ApplyOptions{})
	a = f("a1", "lisbon", 1, 2, 2)
	if got := a.Credentials["v2"].Community; got != conf.Secret("another") {
		t.Error("the new community is not assigned")
	}
	fx.exec(t, `INSERT INTO interfaces VALUES ('lis-edge-1', 'Gi1', 1, '{"if_index":1,"key":"Gi1","if_name":"Gi1","if_oper_status":1}', 1, 2)`)
	a = f("a1", "lisbon", 1, 3, 2)
	same(t, "interfaces", a.Devices[1].Interfaces, []telemetry.Interface{{IfIndex: 1, Key: "Gi1", IfName: "Gi1"}})
	fx.exec(t, `UPDATE interfaces SET facts = '{"if_index":1,"key":"Gi1","if_name":"Gi1","if_oper_status":2}'`)
	f("a1", "lisbon", 1, 3, 2) // a port went down: nothing that an agent needs
	fx.exec(t, `UPDATE meta SET value = '2' WHERE key = 'term'`)
	f("a1", "lisbon", 2, 1, 2) // restored
	f("new", "nowhere", 2, 1, 0)
}

// TestPlanReachesWhatIsWanted: a plan that is carried out leaves nothing to do, whatever was there before.
func TestPlanReachesWhatIsWanted(t *testing.T) {
	draw := func(t *rapid.T, label string) Inventory {
		inv := Inventory{Sites: []Site{{Name: "s0"}, {Name: "s1"}}}
		for i := range rapid.IntRange(0, 5).Draw(t, label) {
			inv.Devices = append(inv.Devices, Device{
				Name: fmt.Sprint("d", i+rapid.IntRange(0, 1).Draw(t, "shift")*10),
				Site: rapid.SampledFrom([]string{"s0", "s1"}).Draw(t, "site"), Address: "192.0.2.1",
				Role: rapid.SampledFrom([]string{"", "core"}).Draw(t, "role"),
				Tags: rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y, z"}), 0, 2).Draw(t, "tags"),
			})
		}
		return inv
	}
	rapid.Check(t, func(t *rapid.T) {
		before, after := draw(t, "before"), draw(t, "after")
		stored := before.objects()
		for i := range stored {
			stored[i].source = rapid.SampledFrom([]string{SourceApply, SourceUp}).Draw(t, "source")
		}
		wanted := after.objects()
		prune := rapid.Bool().Draw(t, "prune")
		p := makePlan(stored, wanted, after, ApplyOptions{Prune: prune}, nil, time.Time{})
		if len(p.problems) > 0 {
			t.Fatal(p.problems)
		}
		rows := map[id]object{}
		for _, o := range stored {
			rows[o.id] = o
		}
		for _, gone := range p.deletes {
			if rows[gone].source != SourceApply || !prune {
				t.Fatalf("%v of %s is deleted, prune %t", gone, rows[gone].source, prune)
			}
			delete(rows, gone)
		}
		for _, o := range p.puts {
			rows[o.id] = o
		}
		var now []object
		for _, o := range rows {
			now = append(now, o)
		}
		again := makePlan(now, wanted, after, ApplyOptions{Prune: prune}, nil, time.Time{})
		if len(again.puts)+len(again.deletes)+len(again.renames) > 0 {
			t.Fatalf("a second time: %+v", again.changes)
		}
		for _, w := range wanted {
			if rows[w.id].spec != w.spec {
				t.Fatalf("%s: got %s, want %s", w.name, rows[w.id].spec, w.spec)
			}
		}
	})
}

// TestAssignmentWithoutTheLease: the other agent of a site pings all devices and gets no secret.
func TestAssignmentWithoutTheLease(t *testing.T) {
	fx := open(t, t.TempDir())
	fx.apply(t, `
sites: [{name: lisbon}]
credentials: [{name: access, snmp: {version: 2c, community: c4n4ry}}]
devices: [{name: sw1, site: lisbon, address: 192.0.2.1, port: 1161, credential: access}]
circuits: [{name: wan-a, device: sw1, target: 198.51.100.9, probe: {interval: 5s, dscp: 46}}, {name: dark, device: sw1}]
`, ApplyOptions{})
	with, err := fx.Assignment(t.Context(), "a1", "lisbon", true)
	if err != nil {
		t.Fatal(err)
	}
	without, err := fx.Assignment(t.Context(), "a1", "lisbon", false)
	if err != nil {
		t.Fatal(err)
	}
	if len(with.Credentials) != 1 || with.Devices[0].SNMPInterval != DefaultSNMPInterval {
		t.Errorf("with the lease: got %+v", with)
	}
	same(t, "targets", with.Targets, []telemetry.Target{{Name: "wan-a", Kind: telemetry.TargetCircuit, Device: "sw1", Address: "198.51.100.9", Interval: 5 * time.Second, DSCP: 46}})
	d := without.Devices[0]
	if len(without.Credentials) != 0 || d.Credential != "" || d.SNMPInterval != 0 || d.ICMPInterval != DefaultICMPInterval || without.N != with.N+1 {
		t.Errorf("without it: got %+v", without)
	}
}

// TestReferences: the agents of a site are assigned its references, whatever devices it has; those of other sites not.
func TestReferences(t *testing.T) {
	fx := open(t, t.TempDir())
	fx.apply(t, `
sites:
  - {name: lisbon, references: [{name: dns, address: resolver.example.net}, {name: peer, address: 192.0.2.9, interval: 10s}]}
  - {name: porto, references: [{name: dns, address: 192.0.2.53}]}
`, ApplyOptions{})
	a, err := fx.Assignment(t.Context(), "a1", "lisbon", false)
	want := []telemetry.Target{
		{Name: "dns", Kind: telemetry.TargetReference, Address: "resolver.example.net"},
		{Name: "peer", Kind: telemetry.TargetReference, Address: "192.0.2.9", Interval: 10 * time.Second},
	}
	if err != nil || !slices.Equal(a.Targets, want) {
		t.Errorf("got %+v, %v; want %+v", a.Targets, err, want)
	}
	before := a.N
	fx.apply(t, "sites: [{name: lisbon, references: [{name: dns, address: 192.0.2.8}]}]", ApplyOptions{})
	if a, err = fx.Assignment(t.Context(), "a1", "lisbon", false); err != nil || len(a.Targets) != 1 || a.Targets[0].Address != "192.0.2.8" || a.N != before+1 {
		t.Errorf("after a change: got %+v, %v", a, err)
	}
	_, problems := Parse(File{Name: "i.yaml", Data: []byte("sites:\n  - {name: x, references: [{name: A b, address: 192.0.2.1}, {name: dns}, {name: dns, address: 'no address'}, {name: q, address: 192.0.2.2, interval: 1ms}]}\n")})
	wantProblems := []string{
		`references[0].name: "A b" is not a name, use a-z, 0-9, dot and dash, at most 128 characters, and begin with a letter or digit`,
		"references[1].address: a reference needs an IP address or a host name",
		`references[2].name: "dns" is the name of another reference of this site`,
		"references[3].interval: 1ms is not between 100ms and 1h",
	}
	text := fmt.Sprint(problems.Err())
	for _, want := range wantProblems {
		if !strings.Contains(text, want) {
			t.Errorf("problems lack %q:\n%s", want, text)
		}
	}
}
