package simulate

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// shown is what a machine says at a time: the texts or numbers below an object, by index.
func shown(d *Demo, device, object string, at time.Time) map[string]string {
	n := slices.IndexFunc(d.machines, func(m *machine) bool { return m.name == device })
	v, name, out := view{d.machines[n], at}, oid.MustParse(object), map[string]string{}
	for vb := v.Next(name); vb.Type != snmpwire.EndOfMibView && vb.OID.HasPrefix(name); vb = v.Next(vb.OID) {
		text := fmt.Sprint(vb.Int)
		switch vb.Type {
		case snmpwire.OctetString, snmpwire.IPAddress:
			text = fmt.Sprintf("%x", vb.Bytes)
		case snmpwire.Counter64, snmpwire.TimeTicks:
			text = fmt.Sprint(vb.Uint)
		}
		out[vb.OID[len(name):].String()] = text
	}
	return out
}

const (
	ifOperStatus  = "1.3.6.1.2.1.2.2.1.8"
	ifHCInOctets  = "1.3.6.1.2.1.31.1.1.1.6"
	lldpRemPortID = "1.0.8802.1.1.2.1.4.1.1.7"
	actorState    = "1.2.840.10006.300.43.1.2.1.1.21"
	entName       = "1.3.6.1.2.1.47.1.1.1.1.7"
	entStateOper  = "1.3.6.1.2.1.131.1.1.1.3"
	vrrpOper      = "1.3.6.1.2.1.68.1.3.1.3"
)

func pullAt(t *testing.T, d *Demo, at time.Time, list ...string) {
	t.Helper()
	if err := d.pull(list, at); err != nil {
		t.Fatal(err)
	}
}

// TestPullACable: both ends go down and hear each other no more, the aggregate stays up with what is left, and the
// counters stand still and then go on.
func TestPullACable(t *testing.T) {
	d, at := testDemo(), noon.Add(time.Minute)
	heard := len(shown(d, "lis-core-2", lldpRemPortID, at))
	pullAt(t, d, at, "lis-core-1/te1/3")
	const te13, po1 = "3", "9"
	for _, device := range []string{"lis-core-1", "lis-core-2"} {
		status := shown(d, device, ifOperStatus, at)
		if status[te13] != "2" || status[po1] != "1" {
			t.Errorf("%s: te1/3 is %s, po1 is %s; want down (2), up (1)", device, status[te13], status[po1])
		}
		if state := shown(d, device, actorState, at)[te13]; state != "a0" { // active, aggregation: not in sync
			t.Errorf("%s: actor state of te1/3 %s", device, state)
		}
	}
	if got := len(shown(d, "lis-core-2", lldpRemPortID, at)); got != heard-1 {
		t.Errorf("lis-core-2 hears %d neighbours, want %d", got, heard-1)
	}
	before, later := shown(d, "lis-core-1", ifHCInOctets, at), shown(d, "lis-core-1", ifHCInOctets, at.Add(time.Hour))
	if before[te13] != later[te13] || before["2"] == later["2"] {
		t.Errorf("octets of te1/3 %s, then %s; of te1/2 %s, then %s", before[te13], later[te13], before["2"], later["2"])
	}
	pullAt(t, d, at.Add(time.Hour))
	if again := shown(d, "lis-core-1", ifHCInOctets, at.Add(time.Hour)); again[te13] != before[te13] {
		t.Errorf("octets of te1/3 after the mend: %s, want %s", again[te13], before[te13])
	}
	if status := shown(d, "lis-core-2", ifOperStatus, at); status[te13] != "1" {
		t.Errorf("te1/3 after the mend: %v", status)
	}
	pullAt(t, d, at, "lis-core-1/te1/2", "lis-core-2/te1/3")
	if status := shown(d, "lis-core-1", ifOperStatus, at); status[po1] != "2" {
		t.Errorf("po1 without a member: %v", status)
	}
}

func TestPullASupply(t *testing.T) {
	d := testDemo()
	pullAt(t, d, noon, "lis-core-1/Power supply 2")
	for _, v := range shown(d, "lis-core-1", entName, noon) {
		if v == fmt.Sprintf("%x", "Power supply 2") {
			t.Error("it is still listed")
		}
	}
	const entLastChangeTime = "1.3.6.1.2.1.47.1.4.1"
	if before, after := shown(testDemo(), "lis-core-1", entLastChangeTime, noon)["0"], shown(d, "lis-core-1", entLastChangeTime, noon)["0"]; before != "0" || after == "0" {
		t.Errorf("entLastChangeTime %q before, %q after", before, after)
	}
	if got := len(shown(d, "lis-core-1", entStateOper, noon)); got != 5 { // the chassis, a supply, three fans
		t.Errorf("%d parts have a state, want 5", got)
	}
}

// TestPullARouter: the far ends of its cables go down, and the other takes its place.
func TestPullARouter(t *testing.T) {
	d := testDemo()
	state := func(device string) string {
		for _, s := range shown(d, device, vrrpOper, noon) {
			return s
		}
		return "none"
	}
	if state("lis-core-1") != "3" || state("lis-core-2") != "2" {
		t.Fatalf("at first %s and %s, want master (3) and backup (2)", state("lis-core-1"), state("lis-core-2"))
	}
	pullAt(t, d, noon, "lis-core-1")
	if state("lis-core-2") != "3" {
		t.Errorf("lis-core-2 is %s without the other, want master (3)", state("lis-core-2"))
	}
	if status := shown(d, "lis-acc-1", ifOperStatus, noon); status["1"] != "2" || status["2"] != "1" {
		t.Errorf("uplinks of lis-acc-1: %v", status)
	}
	pullAt(t, d, noon, "lis-core-2/te1/6")
	if state("lis-core-2") != "1" || state("lis-core-1") != "3" {
		t.Errorf("with its port down lis-core-2 is %s, want initialize (1)", state("lis-core-2"))
	}
}

func TestPullMistakes(t *testing.T) {
	f := func(what, want string) {
		t.Helper()
		d := testDemo()
		if err := d.pull([]string{"lis-core-1/te1/1", what}, noon); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if status := shown(d, "lis-core-1", ifOperStatus, noon); status["1"] != "1" {
			t.Error("something was pulled all the same")
		}
	}
	f("nobody", `pull "nobody": there is no such device in the demo network`)
	f("lis-core-1/te9/9", `pull "lis-core-1/te9/9": lis-core-1 has no such port, power supply or fan`)
	fleet, err := New(DefaultConfig(), testDeps())
	if err != nil {
		t.Fatal(err)
	}
	if err := fleet.Pull("x"); err == nil || !strings.Contains(err.Error(), "only a demo network") {
		t.Errorf("a fleet: %v", err)
	}
}

// TestPullsOfAFile: what the file names is pulled soon, and a file that is gone puts all back.
func TestPullsOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pulled")
	d := NewDemo(DemoOptions{Since: noon, Port: freePort(t), Pulled: path})
	f := d.Fleet(testDeps())
	start(t, f)
	at := d.Devices()[0]
	status := func() int64 {
		m, _, ok := ask(t, at.Addr, DemoCommunity, patience, ifOperStatus+".1")
		if !ok {
			t.Fatal("no answer")
		}
		return m.PDU.VarBinds[0].Int
	}
	wait := func(want int64) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); status() != want; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("wan1 is %d, want %d", status(), want)
			}
		}
	}
	wait(1)
	if err := os.WriteFile(path, []byte(at.Name+"/wan1\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wait(2)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	wait(1)
}
