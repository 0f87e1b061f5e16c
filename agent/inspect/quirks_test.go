package inspect

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/agent/profile"
)

// quirky is a device with two ports on which the quirks below are put: later lines replace earlier ones of the same name.
const quirky = `1.3.6.1.2.1.1.1.0|4|device
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.1
1.3.6.1.2.1.1.3.0|67|100000
1.3.6.1.2.1.1.5.0|4|sw-1
1.3.6.1.2.1.2.2.1.2.1|4|port one
1.3.6.1.2.1.2.2.1.2.2|4|port two
1.3.6.1.2.1.2.2.1.3.1|2|6
1.3.6.1.2.1.2.2.1.3.2|2|6
1.3.6.1.2.1.2.2.1.4.1|2|1500
1.3.6.1.2.1.2.2.1.5.1|66|1000000000
1.3.6.1.2.1.2.2.1.6.1|4x|020000000001
1.3.6.1.2.1.2.2.1.7.1|2|1
1.3.6.1.2.1.2.2.1.8.1|2|1
1.3.6.1.2.1.2.2.1.10.1|65|700
`

// first is what the quirks leave of the first port.
func first() Interface {
	return Interface{Index: 1, Key: "port one", Descr: "port one", Type: "ethernetCsmacd", SpeedBps: 1e9, AdminStatus: "up", OperStatus: "up",
		MAC: "02:00:00:00:00:01", MTU: 1500, Counters: map[string]uint64{"in_octets": 700}, CounterBits: 32}
}

func changed(change func(*Interface)) Interface {
	i := first()
	change(&i)
	return i
}

// TestQuirksOfPorts plays the quirks of ROBUSTNESS, section 4, that ports show, one at a time. Others have their tests
// elsewhere: engineTime beside sysUpTime and duplicate names in agent/snmp (cases 41, 44), ifLastChange beyond sysUpTime
// in collector/uptime, local ports of LLDP, LAGs of one MIB only and loops of containment in agent/facts, processors as
// text and makers that hide behind net-snmp's sysObjectID in agent/profile, counters that stand still in
// collector/capacity.
func TestQuirksOfPorts(t *testing.T) {
	f := func(quirk, lines string, want Interface) {
		t.Helper()
		r := inspectQuirk(t, lines)
		if len(r.Interfaces) == 0 {
			t.Fatalf("%s: no interface", quirk)
		}
		if diff := cmp.Diff(want, r.Interfaces[0]); diff != "" {
			t.Errorf("%s: -want +got\n%s", quirk, diff)
		}
	}
	f("none", "", first())
	f("NULL in columns of ifTable", "1.3.6.1.2.1.2.2.1.5.1|5|\n1.3.6.1.2.1.2.2.1.4.1|5|", changed(func(i *Interface) { i.SpeedBps, i.MTU = 0, 0 }))
	f("octets of 32 bits of an invalid type, those of 64 are good", "1.3.6.1.2.1.2.2.1.10.1|4|n/a\n1.3.6.1.2.1.31.1.1.1.6.1|70|5000000000",
		changed(func(i *Interface) { i.Counters["in_octets"], i.CounterBits = 5000000000, 64 }))
	f("64 bits stand at 0, 32 bits move", "1.3.6.1.2.1.31.1.1.1.6.1|70|0", first())
	f("32 bits stand at 0, 64 bits move", "1.3.6.1.2.1.2.2.1.10.1|65|0\n1.3.6.1.2.1.31.1.1.1.6.1|70|5000000000",
		changed(func(i *Interface) { i.Counters["in_octets"], i.CounterBits = 5000000000, 64 }))
	f("all ifDescr are empty", "1.3.6.1.2.1.2.2.1.2.1|4|\n1.3.6.1.2.1.2.2.1.2.2|4|", changed(func(i *Interface) { i.Key, i.Descr = "if1", "" }))
	f("ifOperStatus 0", "1.3.6.1.2.1.2.2.1.8.1|2|0", changed(func(i *Interface) { i.OperStatus = "" }))
	f("names padded with NUL", "1.3.6.1.2.1.2.2.1.2.1|4x|706f7274206f6e65000000", first())
	f("ifMtu without a limit", "1.3.6.1.2.1.2.2.1.4.1|2|2147483647", changed(func(i *Interface) { i.MTU = 2147483647 }))
	f("ifSpeed is a text", "1.3.6.1.2.1.2.2.1.5.1|4|1000000000", changed(func(i *Interface) { i.SpeedBps = 0 }))
	f("a MAC of 4 bytes", "1.3.6.1.2.1.2.2.1.6.1|4x|0a000001", changed(func(i *Interface) { i.MAC = "" }))
	f("a MAC of 8 bytes (EUI-64)", "1.3.6.1.2.1.2.2.1.6.1|4x|0200000000000001", changed(func(i *Interface) { i.MAC = "02:00:00:00:00:00:00:01" }))
	f("a MAC of 16 bytes", "1.3.6.1.2.1.2.2.1.6.1|4x|02000000000000000000000000000001", changed(func(i *Interface) { i.MAC = "" }))
	f("sysObjectID 1.3", "1.3.6.1.2.1.1.2.0|6|1.3", first())
	f("sysObjectID of net-snmp", "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.8072.3.2.10", first())
}

// TestQuirksOfIndexes: ifIndex may be 0 and beyond 2^28.
func TestQuirksOfIndexes(t *testing.T) {
	r := inspectQuirk(t, "1.3.6.1.2.1.2.2.1.2.0|4|null0\n1.3.6.1.2.1.2.2.1.2.436207616|4|mgmt0\n1.3.6.1.2.1.2.2.1.3.436207616|2|6")
	got := map[uint32]string{}
	for _, i := range r.Interfaces {
		got[i.Index] = i.Key
	}
	if diff := cmp.Diff(map[uint32]string{0: "null0", 1: "port one", 2: "port two", 436207616: "mgmt0"}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestQuirksOfStorage: rows of hrStorageTable that cannot be true have no usage made up for them.
func TestQuirksOfStorage(t *testing.T) {
	f := func(quirk, unit, size, used string, want []Storage) {
		t.Helper()
		row := func(column, value string) string { return "1.3.6.1.2.1.25.2.3.1." + column + ".1|" + value + "\n" }
		r := inspectQuirk(t, row("2", "6|1.3.6.1.2.1.25.2.1.4")+row("3", "4|/data")+row("4", "2|"+unit)+row("5", "2|"+size)+row("6", "2|"+used))
		if diff := cmp.Diff(want, r.Storage); diff != "" {
			t.Errorf("%s: -want +got\n%s", quirk, diff)
		}
	}
	number := func(n uint64) *uint64 { return &n }
	share := func(n float64) *float64 { return &n }
	f("none", "4096", "1000", "250", []Storage{{Name: "/data", UsedBytes: number(1024000), TotalBytes: number(4096000), UsagePercent: share(25)}})
	f("a size that is negative, as it has 2^31 units and more", "4096", "-2147483648", "1073741824",
		[]Storage{{Name: "/data", UsedBytes: number(4398046511104), TotalBytes: number(8796093022208), UsagePercent: share(50)}})
	f("units of 0 bytes: the share is known, the bytes are not", "0", "1000", "250", []Storage{{Name: "/data", UsagePercent: share(25)}})
	f("more used than there is: as told, and no share of it", "4096", "100", "250", []Storage{{Name: "/data", UsedBytes: number(1024000), TotalBytes: number(409600)}})
}

// TestSentinelIsNoReading: -1000000000 is how a sensor says that it has nothing to tell (RFC 3433).
func TestSentinelIsNoReading(t *testing.T) {
	r := inspectQuirk(t, `1.3.6.1.2.1.47.1.1.1.1.5.10|2|8
1.3.6.1.2.1.47.1.1.1.1.7.10|4|inlet
1.3.6.1.2.1.99.1.1.1.1.10|2|8
1.3.6.1.2.1.99.1.1.1.2.10|2|9
1.3.6.1.2.1.99.1.1.1.3.10|2|0
1.3.6.1.2.1.99.1.1.1.4.10|2|-1000000000
1.3.6.1.2.1.99.1.1.1.5.10|2|1
`)
	for _, s := range r.Sensors {
		if s.Value != nil {
			t.Errorf("%s reads %v", s.Name, *s.Value)
		}
	}
}

// TestQuirkOfCountersAtZero: IF-MIB of some makers stands at 0 while their own MIB counts. Their profile names the
// objects that count; what IF-MIB does count stays.
func TestQuirkOfCountersAtZero(t *testing.T) {
	const theirs = `
metrics:
  - MIB: QUIRKY-MIB
    table: {OID: 1.3.6.1.4.1.99999.7.1, name: quirkyPortTable}
    symbols:
      - {OID: 1.3.6.1.4.1.99999.7.1.1.4, name: ifHCInOctets}
      - {OID: 1.3.6.1.4.1.99999.7.1.1.5, name: ifOutOctets}
`
	const counting = `1.3.6.1.2.1.2.2.1.10.1|65|0
1.3.6.1.2.1.2.2.1.16.1|65|0
1.3.6.1.2.1.2.2.1.14.1|65|3
1.3.6.1.2.1.31.1.1.1.6.1|70|0
1.3.6.1.2.1.2.2.1.10.2|65|22
1.3.6.1.4.1.99999.7.1.1.4.1|70|5000000000
1.3.6.1.4.1.99999.7.1.1.4.2|70|6000000000
1.3.6.1.4.1.99999.7.1.1.5.1|65|77
1.3.6.1.4.1.99999.7.1.1.5.2|70|88
`
	r := inspectQuirk(t, counting, "sysobjectid: 1.3.6.1.4.1.99999.*"+theirs)
	if got, want := r.Interfaces[0].Counters, (map[string]uint64{"in_octets": 5000000000, "out_octets": 77, "in_errors": 3}); !cmp.Equal(got, want) {
		t.Errorf("a port at 0: got %v, want %v", got, want)
	}
	if got, want := r.Interfaces[1].Counters, (map[string]uint64{"in_octets": 22}); !cmp.Equal(got, want) || r.Interfaces[1].CounterBits != 32 {
		t.Errorf("a port that counts, and a counter of the wrong type: got %v, want %v", got, want)
	}
	byTag := strings.NewReplacer("99999.7.1.1.4.1|", "99999.7.1.1.4.3.9|", "99999.7.1.1.5.1|", "99999.7.1.1.5.3.9|").Replace(counting) + "1.3.6.1.4.1.99999.7.1.1.2.3.9|2|1\n"
	r = inspectQuirk(t, byTag, "sysobjectid: 1.3.6.1.4.1.99999.*"+theirs+"    metric_tags: [{tag: ifIndex, column: {OID: 1.3.6.1.4.1.99999.7.1.1.2, name: quirkyPortIfIndex}}]\n")
	if got, want := r.Interfaces[0].Counters, (map[string]uint64{"in_octets": 5000000000, "out_octets": 77, "in_errors": 3}); !cmp.Equal(got, want) {
		t.Errorf("rows with numbers of their own: got %v, want %v", got, want)
	}
	if r := inspectQuirk(t, counting); r.Interfaces[0].Counters["in_octets"] != 0 {
		t.Errorf("without a profile: got %v", r.Interfaces[0].Counters)
	}
}

// inspectQuirk is what inspect says of the quirky device with these lines, by profiles of the user.
func inspectQuirk(t *testing.T, lines string, profiles ...string) Result {
	t.Helper()
	rows := map[string]string{}
	var names []string
	for line := range strings.Lines(quirky + lines) {
		line = strings.TrimSuffix(line, "\n")
		name, _, _ := strings.Cut(line, "|")
		if _, again := rows[name]; !again {
			names = append(names, name)
		}
		rows[name] = line
	}
	var text strings.Builder
	for _, n := range names {
		text.WriteString(rows[n] + "\n")
	}
	o := options(serveText(t, text.String()), "json")
	o.Profiles = profile.NewLibrary()
	for _, p := range profiles {
		if problems := o.Profiles.Add("quirky.yaml", []byte(p)); len(problems) > 0 {
			t.Fatal(problems)
		}
	}
	_, stdout, stderr := run(t, o)
	if stdout == "" {
		t.Fatal(stderr)
	}
	return still(t, stdout)
}
