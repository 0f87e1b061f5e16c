package uptime

import (
	"maps"
	"slices"
	"testing"

	"github.com/VictoriaMetrics/metrics"
	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ninewatch/internal/telemetry"
)

// TestTrapsDateChanges: traps say when a status changed that polls saw, and nothing else.
func TestTrapsDateChanges(t *testing.T) {
	polls := []PollRun{{From: 0, To: 600_000, Every: 60_000}}
	down := []StatusChange{{At: 0, Admin: 1, Oper: 1}, {At: 120_000, Previous: 60_000, Admin: 1, Oper: 2}}
	f := func(what string, changes []StatusChange, from, unc int64, traps ...LinkTrap) {
		t.Helper()
		got := interfaceSpans(polls, changes, traps, 10_000_000, 0)
		if len(got) != 2 || got[0].to != from || got[1].from != from || got[1].unc != unc || got[0].from != 0 || got[1].to != 660_000 {
			t.Errorf("%s: got %+v, want a change at %d, uncertain by %d", what, got, from, unc)
		}
	}
	f("none", down, 120_000, 60_000)
	f("linkDown", down, 75_250, 1000, LinkTrap{75_250, 2})
	f("linkDown as the poll before was answered", down, 60_001, 1001, LinkTrap{60_000, 2})
	f("which still told what was", down, 60_001, 4001, LinkTrap{57_000, 2})
	f("long before", down, 120_000, 60_000, LinkTrap{55_000, 2})
	f("before, and again", down, 75_000, 1000, LinkTrap{58_000, 2}, LinkTrap{75_000, 2})
	f("before, and contradicted", down, 120_000, 60_000, LinkTrap{58_000, 2}, LinkTrap{59_000, 1})
	f("just after it", down, 60_001, 1000, LinkTrap{60_001, 2})
	f("with the poll that saw it", down, 120_000, 1000, LinkTrap{120_000, 2})
	f("while that was under way", down, 120_000, 1000, LinkTrap{120_300, 2})
	f("after it", down, 120_000, 60_000, LinkTrap{120_301, 2})
	f("linkUp alone", down, 120_000, 60_000, LinkTrap{75_000, 1})
	f("told twice", down, 75_000, 1000, LinkTrap{75_000, 2}, LinkTrap{75_900, 2})
	f("down, up and down again", down, 100_000, 1000, LinkTrap{75_000, 2}, LinkTrap{80_000, 1}, LinkTrap{100_000, 2})
	f("contradicted", down, 120_000, 60_000, LinkTrap{75_000, 2}, LinkTrap{80_000, 1})
	known := slices.Clone(down)
	known[1].Changed = 90_500
	f("ifLastChange knows better", known, 90_500, 0, LinkTrap{91_000, 2})
	up := []StatusChange{{At: 0, Admin: 1, Oper: 2}, {At: 120_000, Previous: 60_000, Admin: 1, Oper: 1}}
	f("linkUp", up, 80_000, 1000, LinkTrap{75_000, 2}, LinkTrap{80_000, 1})
	off := []StatusChange{{At: 0, Admin: 1, Oper: 1}, {At: 120_000, Previous: 60_000, Admin: 2, Oper: 2}}
	f("switched off", off, 75_000, 1000, LinkTrap{75_000, 2})
	testing := []StatusChange{{At: 0, Admin: 1, Oper: 1}, {At: 120_000, Previous: 60_000, Admin: 3, Oper: 3}}
	f("testing is neither", testing, 120_000, 60_000, LinkTrap{75_000, 2})
}

// TestTrapsNeverMakeAState: whatever traps say, the states are those of the polls in the same order, each change lies
// between the poll before it and the one that saw it, and none becomes less certain.
func TestTrapsNeverMakeAState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		polls := []PollRun{{From: 0, To: 60_000 * 20, Every: 60_000}}
		changes := []StatusChange{{At: 0, Admin: 1, Oper: 1}}
		for at := int64(60_000); at <= polls[0].To; at += 60_000 {
			oper := rapid.SampledFrom([]uint8{1, 1, 2, 3}).Draw(t, "status")
			if oper != changes[len(changes)-1].Oper {
				changes = append(changes, StatusChange{At: at, Previous: at - 60_000, Admin: 1, Oper: oper})
			}
		}
		var traps []LinkTrap
		for range rapid.IntRange(0, 40).Draw(t, "traps") {
			traps = append(traps, LinkTrap{rapid.Int64Range(0, polls[0].To).Draw(t, "at"), rapid.SampledFrom([]uint8{1, 2}).Draw(t, "link")})
		}
		slices.SortFunc(traps, func(a, b LinkTrap) int { return int(a.At - b.At) })
		without, with := interfaceSpans(polls, changes, nil, 10_000_000, 0), interfaceSpans(polls, changes, traps, 10_000_000, 0)
		if len(without) != len(with) {
			t.Fatalf("got %+v, without traps %+v", with, without)
		}
		for i, x := range with {
			y := without[i]
			if x.state != y.state || x.why != y.why || x.unc > y.unc || x.from > y.from || x.from < y.from-y.unc || i > 0 && with[i-1].to != x.from {
				t.Fatalf("%d: got %+v, without traps %+v", i, x, y)
			}
		}
	})
}

func trapEntry(lsn uint64, agent, device string, at int64, link uint64) telemetry.Entry {
	return telemetry.Entry{LSN: lsn, Site: "lisbon", Agent: agent, Record: telemetry.Record{Frame: &telemetry.Frame{
		Device:   device,
		Template: []telemetry.Series{{Name: "ninewatch_link_trap", Labels: []telemetry.Label{{Name: "ifName", Value: "Gi1"}}, Vantage: true}},
		Polls:    []telemetry.Poll{{Time: at, Values: []telemetry.Value{telemetry.UintValue(link)}}},
	}}}
}

// TestTrapsInAnyOrder: a trap that comes after the polls, again or from another agent says the same as one that came
// before them, and is told as a change; one of a device that nobody knows is not stored.
func TestTrapsInAnyOrder(t *testing.T) {
	read := func(order ...int) []Interval {
		t.Helper()
		s := newStore(t)
		s.object("device", "sw", "lisbon", `{"name": "sw", "credential": "c", "snmp": {"interval": "60s"}}`)
		var told map[string]int64
		sink := NewStatusSink(StatusDeps{Metrics: metrics.NewSet(), Read: s.db, Write: s.write, OnChange: func(since map[string]int64) { told = since }})
		entries := []telemetry.Entry{
			statusEntry(0, "sw", poller{"a", start, [2]uint8{1, 1}}),
			statusEntry(0, "sw", poller{"a", start + 60_000, [2]uint8{1, 2}}),
			trapEntry(0, "b", "sw", start+20_000, 2),
			trapEntry(0, "b", "nobody", start+20_000, 2),
			trapEntry(0, "b", "sw", start+21_000, 7), // no value of a link
		}
		for i, k := range order {
			e := entries[k]
			e.LSN = uint64(i + 1)
			told = nil
			if err := sink.Apply(t.Context(), []telemetry.Entry{e}); err != nil {
				t.Fatal(err)
			}
			if k == 2 && !maps.Equal(told, map[string]int64{"sw": start + 20_000}) {
				t.Errorf("a trap: got changes of %v, want of sw", told)
			}
		}
		var n int
		if err := s.db.QueryRow(`SELECT count(*) FROM interface_traps`).Scan(&n); err != nil || n != 1 {
			t.Errorf("got %d traps, %v; want 1", n, err)
		}
		got, _, err := facts{db: s.db}.interfaceSince(t.Context(), "sw", "Gi1", 0)
		if err != nil {
			t.Fatal(err)
		}
		return got.line(start+120_000, 0)
	}
	first := read(0, 2, 1, 3, 4)
	if len(first) != 2 || first[1].State != Down || first[1].From != start/1000+20 || first[1].Uncertainty != 1 {
		t.Errorf("got %+v, want down from 20 s on, uncertain by 1 s", first)
	}
	for _, order := range [][]int{{0, 1, 2, 3, 4}, {2, 4, 0, 1, 3}, {0, 2, 2, 1, 2}} {
		if diff := gocmp.Diff(first, read(order...)); diff != "" {
			t.Errorf("%v (-first +got):\n%s", order, diff)
		}
	}
}
