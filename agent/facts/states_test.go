package facts

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/agent/snmp"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/telemetry"
)

// changing has one of everything that States watch.
const changing = `1.2.840.10006.300.43.1.1.1.1.5.9|2|1
1.2.840.10006.300.43.1.2.1.1.13.1|2|9
1.2.840.10006.300.43.1.2.1.1.13.2|2|9
1.2.840.10006.300.43.1.2.1.1.21.1|4x|bc
1.2.840.10006.300.43.1.2.1.1.21.2|4x|bc
1.3.6.1.2.1.68.1.3.1.3.3.7|2|3
1.3.6.1.2.1.68.1.3.1.5.3.7|2|100
1.3.6.1.2.1.15.3.1.2.192.0.2.1|2|6
1.3.6.1.2.1.15.3.1.3.192.0.2.1|2|2
1.3.6.1.2.1.15.3.1.9.192.0.2.1|2|64500
1.3.6.1.2.1.14.10.1.3.192.0.2.9.0|64|192.0.2.9
1.3.6.1.2.1.14.10.1.6.192.0.2.9.0|2|8
1.3.6.1.2.1.47.1.1.1.1.5.1|2|3
1.3.6.1.2.1.47.1.1.1.1.7.1|4|chassis
1.3.6.1.2.1.47.1.4.1.0|67|100
1.0.8802.1.1.2.1.2.1.0|67|100
`

// readAll is a whole reading of a recording.
func readAll(t *testing.T, text string) (*session, telemetry.DeviceFacts, *States) {
	t.Helper()
	s := &session{Recording: snmpagent.ParseRecording([]byte(text))}
	f, plan, errs := snmp.Discover(t.Context(), s, "sw1", nil, nil)
	if err := snmp.Unreadable(plan, errs); err != nil {
		t.Fatal(err)
	}
	states, _ := Read(t.Context(), s, &f, Options{})
	return s, f, states
}

// TestStates: a change that matters names its list, and a reading of that list alone tells what a reading of the
// whole device would; what only goes around within a state names nothing.
func TestStates(t *testing.T) {
	before := device("99999", changing+lldpRow("0.1.7", 4, "4x|0a0000000001", 5, "4|Eth1", "sw2"))
	f := func(what, old, instead string, want ...string) {
		t.Run(what, func(t *testing.T) {
			if !strings.Contains(before, old) {
				t.Fatalf("no %q in the recording", old)
			}
			_, facts, states := readAll(t, before)
			s, whole, _ := readAll(t, strings.Replace(before, old, instead, 1))
			lists, err := states.Poll(t.Context(), s)
			if err != nil || !slices.Equal(lists, want) {
				t.Fatalf("got %v, %v; want %v", lists, err, want)
			}
			if len(want) == 0 || want[0] == Components {
				return
			}
			again, fresh, errs := Reread(t.Context(), s, &facts, Options{}, lists...)
			if diff := cmp.Diff(whole, *again, equal); diff != "" || len(errs) > 0 {
				t.Errorf("errors %v; the whole -, the list alone +:\n%s", errs, diff)
			}
			if lists, err := fresh.After(states, lists).Poll(t.Context(), s); err != nil || len(lists) > 0 {
				t.Errorf("after it was read: got %v, %v", lists, err)
			}
		})
	}
	f("nothing", "1.3.6.1.2.1.1.3.0|67|100", "1.3.6.1.2.1.1.3.0|67|200")
	f("a port of an aggregate does not distribute any more", "21.2|4x|bc", "21.2|4x|b8", "lags")
	f("a port of an aggregate is synchronised anew", "21.2|4x|bc", "21.2|4x|ac") // LacpState: synchronization is bit 3
	f("a port leaves its aggregate", "13.2|2|9", "13.2|2|0", "lags")
	f("a router is not master any more", "68.1.3.1.3.3.7|2|3", "68.1.3.1.3.3.7|2|2", "fhrp_groups")
	f("a session of BGP ends", "15.3.1.2.192.0.2.1|2|6", "15.3.1.2.192.0.2.1|2|3", "bgp_peers")
	f("a session of BGP is stopped", "15.3.1.3.192.0.2.1|2|2", "15.3.1.3.192.0.2.1|2|1", "bgp_peers")
	f("a neighbour of OSPF is lost", "14.10.1.6.192.0.2.9.0|2|8", "14.10.1.6.192.0.2.9.0|2|1", "ospf_neighbors")
	f("a neighbour of OSPF has no row any more", "1.3.6.1.2.1.14.10.1.3.192.0.2.9.0|64|192.0.2.9\n1.3.6.1.2.1.14.10.1.6.192.0.2.9.0|2|8\n", "", "ospf_neighbors")
	f("a neighbour comes", "1.0.8802.1.1.2.1.2.1.0|67|100", "1.0.8802.1.1.2.1.2.1.0|67|900", "neighbors")
	f("a part comes", "1.3.6.1.2.1.47.1.4.1.0|67|100", "1.3.6.1.2.1.47.1.4.1.0|67|900", Components)
}

// TestStatesOfWhatIsDown: a session of BGP that does not come up goes around between its states for ever.
func TestStatesOfWhatIsDown(t *testing.T) {
	down := device("99999", strings.Replace(changing, "15.3.1.2.192.0.2.1|2|6", "15.3.1.2.192.0.2.1|2|1", 1))
	_, _, states := readAll(t, down)
	s, _, _ := readAll(t, strings.Replace(down, "15.3.1.2.192.0.2.1|2|1", "15.3.1.2.192.0.2.1|2|3", 1))
	if lists, err := states.Poll(t.Context(), s); err != nil || len(lists) > 0 {
		t.Errorf("got %v, %v", lists, err)
	}
}

// TestStatesThatCameBack: OSPF has no row for a neighbour that is lost. When it has one again, that is seen at once,
// be it hours later; not for ever.
func TestStatesThatCameBack(t *testing.T) {
	here := device("99999", changing)
	lost := strings.ReplaceAll(here, "1.3.6.1.2.1.14.10.1.", "1.3.6.1.2.1.14.99.1.")
	there, _, states := readAll(t, here)
	_, _, now := readAll(t, lost)
	n := states.Len()
	for reading := range 30 {
		states = now.After(states, nil)
		lists, err := states.Poll(t.Context(), there)
		if want := reading < keepGone; err != nil || slices.Equal(lists, []string{"ospf_neighbors"}) != want {
			t.Fatalf("reading %d after it was lost: got %v, %v", reading, lists, err)
		}
	}
	if got := states.Len(); got != n-1 {
		t.Errorf("%d states are kept of %d", got, n)
	}
}

// TestStatesAreBounded: a route reflector has more peers than are worth a look each minute.
func TestStatesAreBounded(t *testing.T) {
	var text strings.Builder
	for i := range maxStates {
		peer := "192.0." + fmt.Sprint(i>>8&255) + "." + fmt.Sprint(i&255) + "|2|"
		text.WriteString("1.3.6.1.2.1.15.3.1.2." + peer + "6\n1.3.6.1.2.1.15.3.1.3." + peer + "2\n")
	}
	got, errs := play(t, device("99999", text.String()))
	if text := errorsText(errs); len(got.BGPPeers) != maxStates || text != "states: 8000 objects are too many to look at between two discoveries, 4000 are" {
		t.Errorf("got %d peers, %q", len(got.BGPPeers), text)
	}
	var none *States
	if lists, err := none.Poll(t.Context(), &session{}); lists != nil || err != nil {
		t.Errorf("no states: got %v, %v", lists, err)
	}
}
