package inventory

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ninewatch/internal/telemetry"
)

func (f fixture) tell(t testing.TB, facts telemetry.DeviceFacts) {
	t.Helper()
	err := f.db.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := ApplyFacts(t.Context(), tx, telemetry.Entry{}, facts)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func card(slot, serial string) telemetry.Component {
	return telemetry.Component{Index: 1, Key: slot, Class: "module", Name: slot, Model: "LC-48", Serial: serial, Position: -1}
}

// TestWhatWasInTheSlot: a card is swapped, pulled out, and put into another device.
func TestWhatWasInTheSlot(t *testing.T) {
	f := open(t, t.TempDir())
	read := func(device string, at int64, cards ...telemetry.Component) {
		f.tell(t, telemetry.DeviceFacts{Device: device, Time: at, System: telemetry.System{SysName: device}, Components: cards})
	}
	read("r1", 100, card("slot 1", "AAA"), card("slot 2", "BBB"))
	read("r1", 200, card("slot 1", "AAA"), card("slot 2", "BBB"))
	read("r1", 300, card("slot 1", "CCC"), card("slot 2", "BBB"))
	read("r1", 400, card("slot 1", "CCC"))
	read("r2", 400, card("slot 9", "BBB"))
	read("r1", 500, card("slot 1", "CCC"))
	in := func(device string, at int64) []string {
		facts, err := f.FactsAt(t.Context(), device, at)
		if err != nil {
			return nil
		}
		out := []string{}
		for _, c := range facts.Components {
			out = append(out, c.Key+" "+c.Serial)
		}
		return out
	}
	same(t, "before", in("r1", 99), []string(nil))
	same(t, "at 100", in("r1", 100), []string{"slot 1 AAA", "slot 2 BBB"})
	same(t, "at 299", in("r1", 299), []string{"slot 1 AAA", "slot 2 BBB"})
	same(t, "at 300", in("r1", 300), []string{"slot 1 CCC", "slot 2 BBB"})
	same(t, "at 400", in("r1", 400), []string{"slot 1 CCC"})
	same(t, "now", in("r1", 0), []string{"slot 1 CCC"})
	history := func(filter PartsFilter) []string {
		parts, err := f.Parts(t.Context(), filter)
		if err != nil {
			t.Fatal(err)
		}
		out := []string{}
		for _, p := range parts {
			out = append(out, fmt.Sprintf("%s %s %d-%d seen %d", p.Device, p.Part, p.From, p.Until, p.Seen))
		}
		return out
	}
	same(t, "history", history(PartsFilter{List: ListComponents}), []string{
		"r1 slot 1 100-300 seen 200", "r1 slot 1 300-0 seen 500", "r1 slot 2 100-400 seen 300", "r2 slot 9 400-0 seen 400"})
	same(t, "newest change", history(PartsFilter{List: ListComponents, Device: "r1", Limit: 1}), []string{"r1 slot 2 100-400 seen 300"})
	same(t, "since", history(PartsFilter{List: ListComponents, Since: 350}), []string{"r1 slot 2 100-400 seen 300", "r2 slot 9 400-0 seen 400"})
	if n := f.count(t, `SELECT count(*) FROM device_parts WHERE list = 'components'`); n != 4 {
		t.Errorf("rows: got %d, want 4", n)
	}
}

// TestPartialListsTakeNothingAway: what a timeout hid has not been pulled out.
func TestPartialListsTakeNothingAway(t *testing.T) {
	f := open(t, t.TempDir())
	f.tell(t, telemetry.DeviceFacts{Device: "r1", Time: 100, Components: []telemetry.Component{card("1", "A"), card("2", "B")}})
	f.tell(t, telemetry.DeviceFacts{Device: "r1", Time: 200, Components: []telemetry.Component{card("2", "X")}, Partial: []string{"components"}})
	f.tell(t, telemetry.DeviceFacts{Device: "r1", Time: 300, Components: []telemetry.Component{card("2", "X")}})
	parts, err := f.Parts(t.Context(), PartsFilter{})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, p := range parts {
		got = append(got, fmt.Sprintf("%s %d-%d seen %d", p.Part, p.From, p.Until, p.Seen))
	}
	same(t, "parts", got, []string{"1 100-300 seen 100", "2 100-200 seen 100", "2 200-0 seen 300"})
}

// TestHistoryIsWhatWasRead: at the time of each reading the history has what the reading had, in whatever
// order readings of the past come late, and a second time changes nothing.
func TestHistoryIsWhatWasRead(t *testing.T) {
	f := open(t, t.TempDir())
	rapid.Check(t, func(rt *rapid.T) {
		f.exec(t, `DELETE FROM device_parts`, `DELETE FROM device_lists`, `DELETE FROM device_facts`)
		var readings []telemetry.DeviceFacts
		for i := range rapid.IntRange(1, 8).Draw(rt, "readings") {
			r := telemetry.DeviceFacts{Device: "r1", Time: int64(100 * (i + 1)), System: telemetry.System{SysName: "r1"}}
			for slot := range 3 {
				if serial := rapid.SampledFrom([]string{"", "A", "B"}).Draw(rt, "serial"); serial != "" {
					r.Components = append(r.Components, card(fmt.Sprint(slot), serial))
				}
			}
			r.VLANs = []telemetry.VLAN{{ID: 1, Name: rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "vlan")}}
			readings = append(readings, r)
		}
		check := func() {
			for _, r := range readings {
				got, err := f.FactsAt(t.Context(), "r1", r.Time)
				if err != nil {
					rt.Fatal(err)
				}
				if !slices.Equal(got.Components, r.Components) || !slices.Equal(got.VLANs, r.VLANs) {
					rt.Fatalf("at %d: got %v %v, want %v %v", r.Time, got.Components, got.VLANs, r.Components, r.VLANs)
				}
			}
		}
		for _, r := range readings {
			f.tell(t, r)
		}
		check()
		rows := f.count(t, `SELECT count(*) FROM device_parts`)
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(readings)-1), 0, 8).Draw(rt, "again") {
			f.tell(t, readings[i])
		}
		check()
		if n := f.count(t, `SELECT count(*) FROM device_parts`); n != rows {
			rt.Fatalf("rows: got %d, want %d", n, rows)
		}
	})
}

func TestDistinct(t *testing.T) {
	got := distinct([]part{{"b", "2"}, {"a", "1"}, {"b", "1"}, {"b", "2"}, {"b", "3"}})
	same(t, "parts", fmt.Sprint(got), "[{a 1} {b 1} {b#2 2} {b#3 3}]")
}
