package facts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/agent/snmp"
	"ninewatch/internal/oid"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmpwire"
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
1.3.6.1.2.1.17.1.1.0|4x|020000000001
1.3.6.1.2.1.17.2.2.0|2|32768
1.3.6.1.2.1.17.2.5.0|4x|1000020000000009
1.3.6.1.2.1.17.2.7.0|2|1
1.3.6.1.2.1.17.2.15.1.3.1|2|5
1.3.6.1.2.1.17.2.15.1.3.2|2|2
1.3.6.1.2.1.17.2.15.1.3.3|2|5
1.3.6.1.2.1.17.2.15.1.8.1|4x|1000020000000009
1.3.6.1.2.1.17.2.15.1.8.2|4x|8000020000000002
1.3.6.1.2.1.17.2.15.1.8.3|4x|8000020000000001
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
	f("a bridge has another root", "17.2.5.0|4x|1000020000000009", "17.2.5.0|4x|1000020000000007", "stp")
	f("its way to the root is another", "17.2.7.0|2|1", "17.2.7.0|2|2", "stp")
	f("a port that was blocked forwards", "17.2.15.1.3.2|2|2", "17.2.15.1.3.2|2|5", "stp")
	f("a port to stations is blocked", "17.2.15.1.3.3|2|5", "17.2.15.1.3.3|2|2") // it is nobody's way
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

// TestStatesOfNewRows: a row that comes is seen at the next look, or at one of the next where its table was empty.
func TestStatesOfNewRows(t *testing.T) {
	f := func(what, before, comes string, looks int, want ...string) {
		t.Run(what, func(t *testing.T) {
			_, _, states := readAll(t, before)
			old, _, _ := readAll(t, before)
			for range 2 * emptyEvery {
				if lists, err := states.Poll(t.Context(), old); err != nil || len(lists) > 0 {
					t.Fatalf("nothing came: got %v, %v", lists, err)
				}
			}
			s, whole, _ := readAll(t, before+comes)
			for look := 1; ; look++ {
				lists, err := states.Poll(t.Context(), s)
				if err != nil || len(lists) == 0 && look == looks {
					t.Fatalf("look %d: got %v, %v", look, lists, err)
				}
				if len(lists) == 0 {
					continue
				}
				if !slices.Equal(lists, want) || look != looks {
					t.Errorf("look %d: got %v, want %v at look %d", look, lists, want, looks)
				}
				_, facts, _ := readAll(t, before)
				again, fresh, _ := Reread(t.Context(), s, &facts, Options{}, lists...)
				if diff := cmp.Diff(whole, *again, equal); diff != "" {
					t.Errorf("the whole -, the list alone +:\n%s", diff)
				}
				fresh = fresh.After(states, lists)
				for range emptyEvery {
					if lists, err := fresh.Poll(t.Context(), s); err != nil || len(lists) > 0 {
						t.Errorf("after it was read: got %v, %v", lists, err)
					}
				}
				return
			}
		})
	}
	full, empty := device("99999", changing), device("99999", "")
	rows := map[string]struct{ last, first string }{
		"lags":           {"1.2.840.10006.300.43.1.2.1.1.13.3|2|9\n1.2.840.10006.300.43.1.2.1.1.21.3|4x|bc\n", "1.2.840.10006.300.43.1.2.1.1.13.0|2|9\n1.2.840.10006.300.43.1.2.1.1.21.0|4x|bc\n"},
		"fhrp_groups":    {"1.3.6.1.2.1.68.1.3.1.3.3.9|2|3\n", "1.3.6.1.2.1.68.1.3.1.3.3.6|2|3\n"},
		"bgp_peers":      {"1.3.6.1.2.1.15.3.1.2.192.0.2.9|2|6\n1.3.6.1.2.1.15.3.1.9.192.0.2.9|2|64501\n", "1.3.6.1.2.1.15.3.1.2.10.0.0.1|2|1\n"},
		"ospf_neighbors": {"1.3.6.1.2.1.14.10.1.3.192.0.2.10.0|64|192.0.2.10\n1.3.6.1.2.1.14.10.1.6.192.0.2.10.0|2|8\n", "1.3.6.1.2.1.14.10.1.6.192.0.2.1.0|2|1\n"},
	}
	for list, row := range rows {
		f("behind the last of "+list, full, row.last, 1, list)
		f("before the first of "+list, full, row.first, 1, list)
		f("the first of "+list, empty, row.last, emptyEvery, list)
	}
	f("the first neighbour", empty+"1.0.8802.1.1.2.1.2.1.0|67|0\n", "1.0.8802.1.1.2.1.2.1.0|67|5\n"+lldpRow("0.1.7", 4, "4x|0a0000000001", 5, "4|Eth1", "sw2"), 1, "neighbors")
}

// TestTreesOfVLANsStay: the tree of a bridge is read again without those of its VLANs, which take long.
func TestTreesOfVLANsStay(t *testing.T) {
	s, whole, _ := readAll(t, device("99999", changing))
	before := whole
	before.STP = []telemetry.STPInstance{{Instance: 0, Priority: 1}, {Instance: 20, Priority: 32788}}
	before.Partial = []string{"stp"} // that of another VLAN is missing
	got, _, errs := Reread(t.Context(), s, &before, Options{}, "stp")
	want := append(slices.Clone(whole.STP), telemetry.STPInstance{Instance: 20, Priority: 32788})
	if diff := cmp.Diff(want, got.STP); diff != "" || len(errs) > 0 || !slices.Equal(got.Partial, []string{"stp"}) || len(before.STP) != 2 {
		t.Errorf("errors %v, partial %v, want -, got +:\n%s", errs, got.Partial, diff)
	}
}

// TestStatesInDisorder: a device that gives its rows in an order of its own has not changed, and shows when it does.
func TestStatesInDisorder(t *testing.T) {
	text := device("99999", "1.3.6.1.2.1.15.3.1.2.192.0.2.1|2|6\n1.3.6.1.2.1.15.3.1.2.192.0.2.2|2|6\n1.3.6.1.2.1.15.3.1.2.192.0.2.3|2|6\n")
	s, _, states := readAll(t, text)
	shuffled := &disordered{session: s, order: []string{"192.0.2.3", "192.0.2.1", "192.0.2.2"}}
	if lists, err := states.Poll(t.Context(), shuffled); err != nil || len(lists) > 0 {
		t.Errorf("nothing has changed: got %v, %v", lists, err)
	}
	shuffled.order = []string{"192.0.2.3", "192.0.2.4", "192.0.2.1", "192.0.2.2"}
	if lists, err := states.Poll(t.Context(), shuffled); err != nil || !slices.Equal(lists, []string{"bgp_peers"}) {
		t.Errorf("one came: got %v, %v", lists, err)
	}
	shuffled.order = []string{"192.0.2.2", "192.0.2.3"}
	if lists, err := states.Poll(t.Context(), shuffled); err != nil || !slices.Equal(lists, []string{"bgp_peers"}) {
		t.Errorf("one went: got %v, %v", lists, err)
	}
	shuffled.fail = map[string]error{"next": snmp.ErrCut}
	if lists, err := states.Poll(t.Context(), shuffled); err == nil || len(lists) > 0 {
		t.Errorf("no answer: got %v, %v", lists, err)
	}
}

// disordered follows the states of BGP sessions, all established, in an order of its own.
type disordered struct {
	*session
	order []string
}

func (d *disordered) Next(_ context.Context, b snmp.Batch) ([]snmpwire.VarBind, error) {
	column := oid.MustParse("1.3.6.1.2.1.15.3.1.2")
	out := make([]snmpwire.VarBind, b.Len())
	if err := d.fail["next"]; err != nil {
		return nil, err
	}
	for i := range out {
		name := b.Name(i)
		if !name.HasPrefix(column) {
			continue
		}
		at := slices.Index(d.order, name[len(column):].String()) + 1
		if len(name) > len(column) && at == 0 {
			at = len(d.order)
		}
		if at < len(d.order) {
			out[i] = snmpwire.VarBind{OID: oid.MustParse(column.String() + "." + d.order[at]), Type: snmpwire.Integer, Int: 6}
		}
	}
	return out, nil
}

// TestStatesAreBounded: a route reflector has more peers than are worth a look each minute.
func TestStatesAreBounded(t *testing.T) {
	var text strings.Builder
	for i := range maxStates {
		peer := "192.0." + fmt.Sprint(i>>8&255) + "." + fmt.Sprint(i&255) + "|2|"
		text.WriteString("1.3.6.1.2.1.15.3.1.2." + peer + "6\n1.3.6.1.2.1.15.3.1.3." + peer + "2\n")
	}
	got, errs := play(t, device("99999", text.String()))
	// 8,000 cells, their 2 columns, and 7 tables that are empty
	// 8,000 cells, their 2 columns, and 8 tables that are empty
	if text := errorsText(errs); len(got.BGPPeers) != maxStates || text != "states: 8010 objects are too many to look at between two discoveries, 4000 are" {
		t.Errorf("got %d peers, %q", len(got.BGPPeers), text)
	}
	var none *States
	if lists, err := none.Poll(t.Context(), &session{}); lists != nil || err != nil {
		t.Errorf("no states: got %v, %v", lists, err)
	}
}
