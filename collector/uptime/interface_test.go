package uptime

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/VictoriaMetrics/metrics"
	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ninewatch/internal/telemetry"
)

func TestStatusMeans(t *testing.T) {
	f := func(c StatusChange, want State) {
		t.Helper()
		if got, _ := c.state(); got != want {
			t.Errorf("%+v: got %s, want %s", c, got, want)
		}
	}
	f(StatusChange{Admin: 1, Oper: 1}, Up)
	f(StatusChange{Admin: 1, Oper: 2}, Down)
	f(StatusChange{Admin: 1, Oper: 3}, Degraded) // testing
	f(StatusChange{Admin: 1, Oper: 4}, Unknown)
	f(StatusChange{Admin: 1, Oper: 4, Moving: true}, Up)
	f(StatusChange{Admin: 1, Oper: 5}, Up)   // dormant: standby
	f(StatusChange{Admin: 1, Oper: 6}, Down) // notPresent
	f(StatusChange{Admin: 1, Oper: 7}, Down) // lowerLayerDown
	f(StatusChange{Admin: 2, Oper: 2}, AdminDown)
	f(StatusChange{Admin: 3, Oper: 1}, Degraded)
	f(StatusChange{Admin: 1, Oper: 0}, Unknown)
	f(StatusChange{Admin: 0, Oper: 2}, Down) // a device that does not tell ifAdminStatus
}

func TestInterfaceSpans(t *testing.T) {
	polls := []PollRun{{From: 0, To: 600_000, Every: 60_000}}
	changes := []StatusChange{
		{At: 0, Admin: 1, Oper: 1},
		{At: 120_000, Previous: 60_000, Admin: 1, Oper: 2, Changed: 90_500}, // ifLastChange tells when
		{At: 300_000, Previous: 240_000, Admin: 1, Oper: 1},                 // nothing tells when
		{At: 420_000, Previous: 360_000, Admin: 1, Oper: 1, Changed: 400_000},
		{At: 480_000, Previous: 420_000, Admin: 2, Oper: 2, Changed: 430_000},
	}
	want := []span{
		{from: 0, to: 90_500, state: Up},
		{from: 90_500, to: 300_000, state: Down, why: "ifOperStatus down", dated: "ifLastChange"},
		{from: 300_000, to: 430_000, state: Up, unc: 60_000},
		{from: 430_000, to: 660_000, state: AdminDown, why: "ifAdminStatus down", dated: "ifLastChange"},
	}
	if diff := gocmp.Diff(want, interfaceSpans(polls, changes, nil, 10_000_000, 0), gocmp.AllowUnexported(span{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	flaps := missedFlaps(changes)
	if len(flaps) != 1 || flaps[0] != (Flap{At: 400, Within: 60}) {
		t.Errorf("missed flaps: got %v, want one at 400 s within 60 s", flaps)
	}
}

// TestInterfaceBehindItsDevice: while the device says nothing its interfaces are unknown, not down.
func TestInterfaceBehindItsDevice(t *testing.T) {
	f := func(own, device, want string) {
		t.Helper()
		if got := letters(behind(line(own), line(device))); got != want {
			t.Errorf("%s behind %s: got %s, want %s", own, device, got, want)
		}
	}
	f("uuudddd", "uuuuddx", "uuud???")
	f("uuuuuuu", "uug??xu", "uuu???u")
	f("aaadddd", "uuuuuuu", "aaadddd")
}

// poller is what a device would have said to each poll of two agents.
type poller struct {
	agent  string
	at     int64
	status [2]uint8
}

// TestStatusSinkEqualsTheModel: whatever order polls come in, twice or over restarts of the sink, the timeline
// is that of the polls in order.
func TestStatusSinkEqualsTheModel(t *testing.T) {
	s := newStore(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		device := fmt.Sprintf("sw%d", n)
		s.object("device", device, "lisbon", `{"name": "`+device+`", "credential": "c", "snmp": {"interval": "10s"}}`)
		var all []poller
		for _, agent := range []string{"a", "b"}[:rapid.IntRange(1, 2).Draw(rt, "agents")] {
			at := int64(start)
			for range rapid.IntRange(1, 20).Draw(rt, "polls") {
				at += rapid.SampledFrom([]int64{10_000, 10_000, 10_000, 12_000, 24_000, 26_000, 60_000}).Draw(rt, "step")
				all = append(all, poller{agent, at, rapid.SampledFrom([][2]uint8{{1, 1}, {1, 1}, {1, 2}, {2, 2}, {1, 3}}).Draw(rt, "status")})
			}
		}
		s.feedPolls(rt, device, all)
		got, _, err := facts{db: s.db}.interfaceSince(t.Context(), device, "Gi1", 0)
		if err != nil {
			rt.Fatal(err)
		}
		end := int64(start/1000 + 1500)
		want := modelInterface(all, start/1000, end)
		line := byState(clip(got.line(end*1000, 0), start/1000, end))
		if diff := gocmp.Diff(want, letters(line)); diff != "" {
			rt.Fatalf("polls %v (-model +got):\n%s", all, diff)
		}
	})
}

// feedPolls hands the polls of each agent over in order, but mixed with those of a lane that comes late.
func (s *store) feedPolls(t *rapid.T, device string, all []poller) {
	lanes := map[string][]poller{}
	cut := rapid.Int64Range(start, start+300_000).Draw(t, "backlog until")
	for _, p := range all {
		lane := p.agent + " live"
		if p.at < cut {
			lane = p.agent + " backlog"
		}
		lanes[lane] = append(lanes[lane], p)
	}
	sink := s.sink()
	lsn := uint64(0)
	for len(lanes) > 0 {
		names := []string{}
		for name := range lanes {
			names = append(names, name)
		}
		slices.Sort(names)
		lane := rapid.SampledFrom(names).Draw(t, "lane")
		k := rapid.IntRange(1, len(lanes[lane])).Draw(t, "batch")
		var entries []telemetry.Entry
		for range rapid.IntRange(1, 2).Draw(t, "times") { // a batch may come twice
			for _, p := range lanes[lane][:k] {
				lsn++
				entries = append(entries, statusEntry(lsn, device, p))
			}
		}
		if err := sink.Apply(s.t.Context(), entries); err != nil {
			t.Fatal(err)
		}
		if lanes[lane] = lanes[lane][k:]; len(lanes[lane]) == 0 {
			delete(lanes, lane)
		}
		if rapid.IntRange(0, 3).Draw(t, "restart") == 0 {
			sink = s.sink()
		}
	}
	if got, err := sink.Cursor(s.t.Context()); err != nil || got != lsn {
		t.Fatalf("cursor: got %d, %v; want %d", got, err, lsn)
	}
}

func (s *store) sink() *StatusSink {
	return NewStatusSink(StatusDeps{Metrics: metrics.NewSet(), Read: s.db, Write: s.write, OnChange: func(map[string]int64) {}})
}

func statusEntry(lsn uint64, device string, p poller) telemetry.Entry {
	labels := []telemetry.Label{{Name: "ifName", Value: "Gi1"}}
	return telemetry.Entry{LSN: lsn, Site: "lisbon", Agent: p.agent, Record: telemetry.Record{Frame: &telemetry.Frame{
		Device:   device,
		Template: []telemetry.Series{{Name: "ifAdminStatus", Labels: labels}, {Name: "ifOperStatus", Labels: labels}},
		Polls:    []telemetry.Poll{{Time: p.at, Values: []telemetry.Value{telemetry.UintValue(uint64(p.status[0])), telemetry.UintValue(uint64(p.status[1]))}}},
	}}}
}

// modelInterface reads the rule second by second: a poll vouches until the next one of its agent, at most 2.5
// intervals on, else for one interval; of several agents any that sees it up counts.
func modelInterface(all []poller, from, to int64) string {
	of := map[string][]poller{}
	for _, p := range all {
		of[p.agent] = append(of[p.agent], p)
	}
	voices := make([]map[State]bool, to-from)
	for _, list := range of {
		slices.SortFunc(list, func(a, b poller) int { return cmp.Compare(a.at, b.at) })
		for i, p := range list {
			end := p.at + 10_000
			if i+1 < len(list) && list[i+1].at-p.at <= 25_000 {
				end = list[i+1].at
			}
			st, _ := StatusChange{Admin: p.status[0], Oper: p.status[1]}.state()
			for sec := p.at / 1000; sec < end/1000; sec++ {
				if voices[sec-from] == nil {
					voices[sec-from] = map[State]bool{}
				}
				voices[sec-from][st] = true
			}
		}
	}
	out := make([]byte, len(voices))
	for i, v := range voices {
		switch {
		case v[Up] && !v[Degraded] && !v[Down] && !v[AdminDown]:
			out[i] = 'u'
		case v[Up] || v[Degraded]:
			out[i] = 'g'
		case v[Down]:
			out[i] = 'd'
		case v[AdminDown]:
			out[i] = 'a'
		default:
			out[i] = '?'
		}
	}
	return string(out)
}

// TestUnknownStatusNeedsTraffic: ifOperStatus unknown is up only while octets are counted.
func TestUnknownStatusNeedsTraffic(t *testing.T) {
	s := newStore(t)
	s.object("device", "sw", "lisbon", `{"name": "sw", "credential": "c"}`)
	labels := []telemetry.Label{{Name: "ifName", Value: "tun0"}}
	f := &telemetry.Frame{Device: "sw", Template: []telemetry.Series{
		{Name: "ifOperStatus", Labels: labels}, {Name: "ifHCInOctets", Labels: labels}, {Name: "sysUpTime"}, {Name: "ifLastChange", Labels: labels}}}
	for i, octets := range []uint64{10, 10, 20, 30, 30} {
		f.Polls = append(f.Polls, telemetry.Poll{Time: start + int64(i)*60_000, Values: []telemetry.Value{
			telemetry.UintValue(4), telemetry.UintValue(octets), telemetry.UintValue(uint64(i) * 6000), telemetry.UintValue(0)}})
	}
	if err := s.sink().Apply(t.Context(), []telemetry.Entry{{LSN: 1, Site: "lisbon", Agent: "a", Record: telemetry.Record{Frame: f}}}); err != nil {
		t.Fatal(err)
	}
	got, _, err := facts{db: s.db}.interfaceSince(t.Context(), "sw", "tun0", 0)
	if err != nil {
		t.Fatal(err)
	}
	want := []StatusChange{
		{At: start, Oper: 4, Changed: start},
		{At: start + 120_000, Previous: start + 60_000, Oper: 4, Moving: true, Changed: start},
		{At: start + 240_000, Previous: start + 180_000, Oper: 4, Changed: start},
	}
	if diff := gocmp.Diff(want, got.changes["a"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLastChangeBeyondUpTime: an ifLastChange that is later than sysUpTime dates nothing.
func TestLastChangeBeyondUpTime(t *testing.T) {
	s := newStore(t)
	s.object("device", "sw", "lisbon", `{"name": "sw", "credential": "c"}`)
	labels := []telemetry.Label{{Name: "ifName", Value: "Gi1"}}
	f := &telemetry.Frame{Device: "sw", Template: []telemetry.Series{
		{Name: "ifOperStatus", Labels: labels}, {Name: "sysUpTime"}, {Name: "ifLastChange", Labels: labels}}}
	for i, oper := range []uint64{1, 2} {
		f.Polls = append(f.Polls, telemetry.Poll{Time: start + int64(i)*60_000, Values: []telemetry.Value{
			telemetry.UintValue(oper), telemetry.UintValue(500 + uint64(i)*6000), telemetry.UintValue(4_000_000_000)}})
	}
	if err := s.sink().Apply(t.Context(), []telemetry.Entry{{LSN: 1, Site: "lisbon", Agent: "a", Record: telemetry.Record{Frame: f}}}); err != nil {
		t.Fatal(err)
	}
	got, _, err := facts{db: s.db}.interfaceSince(t.Context(), "sw", "Gi1", 0)
	if err != nil {
		t.Fatal(err)
	}
	want := []StatusChange{{At: start, Oper: 1}, {At: start + 60_000, Previous: start, Oper: 2}}
	if diff := gocmp.Diff(want, got.changes["a"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestForeignFramesAreNotStored: a device of another site, and one that nobody knows.
func TestForeignFramesAreNotStored(t *testing.T) {
	s := newStore(t)
	s.object("device", "opo", "porto", `{"name": "opo", "credential": "c"}`)
	for i, device := range []string{"opo", "nobody"} {
		if err := s.sink().Apply(t.Context(), []telemetry.Entry{statusEntry(uint64(i+1), device, poller{"a", start, [2]uint8{1, 1}})}); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := s.db.QueryRow(`SELECT count(*) FROM interface_polls`).Scan(&n); err != nil || n != 0 {
		t.Errorf("got %d rows, %v", n, err)
	}
}
