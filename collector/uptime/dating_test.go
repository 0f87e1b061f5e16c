package uptime

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ninewatch/collector/inventory"
	"ninewatch/internal/telemetry"
)

// TestPortWent: which of what was seen of a port says when it went down in (60 s, 120 s].
func TestPortWent(t *testing.T) {
	down := func(at int64) LinkTrap { return LinkTrap{at, statusDown} }
	up := func(at int64) LinkTrap { return LinkTrap{at, statusUp} }
	f := func(what, want string, changes []StatusChange, traps ...LinkTrap) {
		t.Helper()
		s, already, ok := went(sightings(changes, traps), 60_000, 120_000)
		got := "nothing"
		switch {
		case already:
			got = "already"
		case ok:
			got = strings.TrimSpace(fmt.Sprintf("%d %d %s", s.at, s.unc, s.from))
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
	}
	none := []StatusChange(nil)
	f("nothing was seen", "nothing", none)
	f("a trap", "75250 1000 a linkDown trap", none, down(75_250))
	f("as the last reply came", "already", none, down(60_000))
	f("with the first failure", "120000 1000 a linkDown trap", none, down(120_000))
	f("after it", "nothing", none, down(120_001))
	f("linkUp alone", "nothing", none, up(75_000))
	f("told twice", "75000 1000 a linkDown trap", none, down(75_000), down(75_900))
	f("down, up and down again", "100000 1000 a linkDown trap", none, down(75_000), up(80_000), down(100_000))
	f("the link of a device that starts comes back first", "75000 1000 a linkDown trap", none, down(75_000), up(80_000))
	f("and more than once", "75000 1000 a linkDown trap", none, down(75_000), up(80_000), down(81_000), up(90_000))
	f("down before, and up", "nothing", none, down(50_000), up(80_000))
	polled := func(at int64, oper uint8, changed int64) []StatusChange {
		return []StatusChange{{At: 30_000, Admin: 1, Oper: 1}, {At: at, Previous: at - 30_000, Admin: 1, Oper: oper, Changed: changed}}
	}
	f("ifLastChange", "90500 0 ifLastChange", polled(150_000, 2, 90_500))
	f("ifLastChange knows better", "90500 0 ifLastChange", polled(150_000, 2, 90_500), down(90_400), down(91_000))
	f("of another time", "75000 1000 a linkDown trap", polled(150_000, 2, 130_000), down(75_000))
	f("and back when the poll came", "75000 1000 a linkDown trap", polled(150_000, 1, 90_500), down(75_000))
	f("ifLastChange beyond the poll", "nothing", polled(100_000, 2, 110_000))
	f("a poll that does not tell when", "nothing", polled(100_000, 2, 0))
	f("with a trap", "99000 1000 a linkDown trap", polled(100_000, 2, 0), down(99_000))
	f("down, up, and a poll that does not tell when", "nothing", polled(100_000, 2, 0), down(75_000), up(80_000))
	f("down since before", "already", polled(60_000, 2, 0))
	off := []StatusChange{{At: 30_000, Admin: 1, Oper: 1}, {At: 100_000, Previous: 70_000, Admin: 2, Oper: 2, Changed: 90_000}}
	f("switched off", "90000 0 ifLastChange", off)
	gone := []StatusChange{{At: 30_000, Admin: 1, Oper: 2}, {At: 50_000, Previous: 30_000, Admin: 1, Oper: 0}}
	f("not read any more", "already", gone)
}

// TestCutOff: a device is cut off when the last of the ports that lead to it goes down.
func TestCutOff(t *testing.T) {
	a, b := inventory.Port{Device: "core-1", Key: "Gi0/1"}, inventory.Port{Device: "core-2", Key: "Gi0/2"}
	f := func(what, want string, ports []inventory.Port, traps map[inventory.Port][]LinkTrap) {
		t.Helper()
		d, ok := cutOff(ports, func(p inventory.Port) []sighting { return sightings(nil, traps[p]) }, 60_000, 62_000)
		got := "no"
		if ok {
			got = fmt.Sprintf("%d %d %s", d.at, d.unc, d.by)
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
	}
	type of = map[inventory.Port][]LinkTrap
	f("no port is known", "no", nil, nil)
	f("one", "61500 1000 a linkDown trap of core-1, port Gi0/1", []inventory.Port{a}, of{a: {{61_500, 2}}})
	f("just after the last reply", "60300 300 a linkDown trap of core-1, port Gi0/1", []inventory.Port{a}, of{a: {{60_300, 2}}})
	f("one of two", "no", []inventory.Port{a, b}, of{a: {{61_500, 2}}})
	f("both", "61700 1000 a linkDown trap of core-2, port Gi0/2", []inventory.Port{a, b}, of{a: {{61_500, 2}}, b: {{61_700, 2}}})
	f("the other one before", "61500 1000 a linkDown trap of core-1, port Gi0/1", []inventory.Port{a, b}, of{a: {{61_500, 2}}, b: {{30_000, 2}}})
	f("both before", "no", []inventory.Port{a, b}, of{a: {{31_500, 2}}, b: {{30_000, 2}}})
}

// leads makes a port of a parent lead to a device.
func (s *store) leads(device, parent, key string, from int64) {
	s.t.Helper()
	s.learn(device, parent, from, 0)
	s.exec(`INSERT INTO learned_ports (device, parent, if_key, from_ms) VALUES (?, ?, ?, ?)`, device, parent, key, from)
}

// trap stores one of a link and tells the engine.
func (s *store) trap(e *Engine, device, key string, at int64, oper uint8) []Verdict {
	s.t.Helper()
	s.exec(`INSERT INTO interface_traps VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, device, key, at, oper)
	got, err := e.PortsChanged(s.t.Context(), map[string]int64{device: at})
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

// TestOutageOfADeviceIsDated follows a device that only SNMP asks, each minute: a linkDown trap of the switch before it
// says when it was lost, whether the trap comes before the poll that failed or after it.
func TestOutageOfADeviceIsDated(t *testing.T) {
	for _, order := range []string{"trap first", "trap last", "read again"} {
		s := newStore(t)
		s.device("lis-core-1", "lisbon")
		s.device("cam", "lisbon")
		s.leads("cam", "lis-core-1", "Gi0/1", start-1000)
		e := s.engine()
		reload(t, e)
		s.now = start + 181_000
		wantStates(t, s.observe(e, "a1", false, snmp("cam", start, 3, telemetry.OK)), "cam up 0")
		lost := func() []Verdict { return s.trap(e, "lis-core-1", "Gi0/1", start+142_700, statusDown) }
		if order == "trap first" {
			wantStates(t, lost(), "")
		}
		s.now = start + 242_000
		verdicts := s.observe(e, "a1", false, snmp("cam", start+180_000, 2, telemetry.Fail))
		switch order {
		case "trap last":
			wantStates(t, verdicts, "cam down 180000")
			verdicts = lost()
		case "read again":
			s.exec(`INSERT INTO interface_traps VALUES ('lis-core-1', 'Gi0/1', ?, 2)`, start+142_700)
			e = s.engine()
			if _, err := e.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			verdicts = slices.DeleteFunc(reload(t, e), func(v Verdict) bool { return v.Device != "cam" })
		}
		if states(verdicts) != "cam down 142700" && states(verdicts) != "cam down 142700 late" || verdicts[0].UncertaintyMS != 1000 ||
			!strings.HasSuffix(verdicts[0].Evidence, "(agent a1); dated by a linkDown trap of lis-core-1, port Gi0/1") {
			t.Fatalf("%s: got %+v", order, verdicts)
		}
		a, err := e.Availability(t.Context(), "device:cam", start/1000, start/1000+242, "")
		if err != nil || len(a.Outages) != 1 || a.Outages[0].From != stamp(start/1000+142) || a.Outages[0].UncertaintySeconds != 1 ||
			a.Outages[0].Evidence != "dated by a linkDown trap of lis-core-1, port Gi0/1" {
			t.Errorf("%s: got %+v, %v", order, a.Outages, err)
		}
		wantStates(t, s.trap(e, "lis-core-1", "Gi0/2", start+170_000, statusDown), "") // another port
		wantStates(t, s.trap(e, "lis-core-2", "Gi0/1", start+170_000, statusDown), "") // of another switch
		wantStates(t, s.trap(e, "lis-core-1", "Gi0/1", start+185_000, statusDown), "") // too late
		s.now = start + 302_000
		verdicts = s.observe(e, "a1", false, snmp("cam", start+300_000, 1, telemetry.OK))
		if !strings.HasPrefix(states(verdicts), "cam up 300000") || strings.Contains(verdicts[0].Evidence, "dated") {
			t.Errorf("%s: got %+v", order, verdicts)
		}
	}
}

// TestOutageIsDatedByIfLastChange: of a neighbor that polls show to have lost its port.
func TestOutageIsDatedByIfLastChange(t *testing.T) {
	s := newStore(t)
	s.object("device", "sw", "lisbon", `{"name": "sw", "credential": "c", "snmp": {"interval": "60s"}}`)
	s.device("cam", "lisbon")
	s.leads("cam", "sw", "Gi1", start-1000)
	e := s.engine()
	reload(t, e)
	s.now = start + 242_000
	s.observe(e, "a1", false, snmp("cam", start, 3, telemetry.OK))
	wantStates(t, s.observe(e, "a1", false, snmp("cam", start+180_000, 2, telemetry.Fail)), "cam down 180000")
	told := map[string]int64{}
	sink := s.sink()
	sink.deps.OnChange = func(since map[string]int64) { told = since }
	for i, p := range []poller{{"a1", start + 125_000, [2]uint8{1, 1}}, {"a1", start + 185_000, [2]uint8{1, 2}}} {
		entry := statusEntry(uint64(i+1), "sw", p)
		f := entry.Record.Frame
		f.Template = append(f.Template, telemetry.Series{Name: "sysUpTime"}, telemetry.Series{Name: "ifLastChange", Labels: f.Template[0].Labels})
		changed := uint64(1000) // 36.8 s before the second poll
		if i == 1 {
			changed = 100_000 - 3_680
		}
		f.Polls[0].Values = append(f.Polls[0].Values, telemetry.UintValue([]uint64{94_000, 100_000}[i]), telemetry.UintValue(changed))
		if err := sink.Apply(t.Context(), []telemetry.Entry{entry}); err != nil {
			t.Fatal(err)
		}
	}
	if told["sw"] != start+148_200 {
		t.Errorf("told of %v, want of sw since 148200", told)
	}
	got, err := e.PortsChanged(t.Context(), told)
	if err != nil || states(got) != "cam down 148200" || got[0].UncertaintyMS != 0 || !strings.HasSuffix(got[0].Evidence, "; dated by ifLastChange of sw, port Gi1") {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestEchoesAreTighter: a trap dates an outage only between the last echo that was answered and the first that was lost.
func TestEchoesAreTighter(t *testing.T) {
	f := func(what string, trap int64, want string) {
		t.Helper()
		s := newStore(t)
		s.device("cam", "lisbon")
		s.leads("cam", "sw", "1", 0)
		e := s.engine()
		reload(t, e)
		s.trap(e, "sw", "1", start+trap, statusDown)
		s.now = start + 130_000
		s.observe(e, "a1", false, icmp("cam", start+300, 120, telemetry.OK), snmp("cam", start+10_000, 2, telemetry.OK))
		got := s.observe(e, "a1", false, icmp("cam", start+120_300, 9, telemetry.Fail))
		if states(got) != want {
			t.Errorf("%s: got %s, want %s", what, states(got), want)
		}
	}
	f("before the last reply", 119_300, "cam down 120300")
	f("after it", 119_700, "cam down 119700")
	f("with the first loss", 120_300, "cam down 120300")
	f("after it", 120_301, "cam down 120300")
}

// TestRebootIsDated: a device that was away between two polls was so since its link went, and it had started when it
// said so. The trap alone makes neither.
func TestRebootIsDated(t *testing.T) {
	s := newStore(t)
	s.device("cam", "lisbon")
	s.leads("cam", "sw", "1", 0)
	e := s.engine()
	reload(t, e)
	s.now = start + 200_000
	s.observe(e, "a1", false, snmp("cam", start, 4, telemetry.OK))
	line := func() string {
		t.Helper()
		got, err := e.Timeline(t.Context(), "cam", start/1000, start/1000+200)
		if err != nil {
			t.Fatal(err)
		}
		return spells(got)
	}
	s.trap(e, "sw", "1", start+131_000, statusDown)
	s.trap(e, "sw", "1", start+135_000, statusUp)
	s.exec(`INSERT INTO start_traps VALUES ('cam', ?, 1)`, start+168_400)
	if _, err := e.PortsChanged(t.Context(), map[string]int64{"cam": start + 168_400}); err != nil {
		t.Fatal(err)
	}
	if got := line(); got != "up 0-200" {
		t.Errorf("traps alone: got %s, want up", got)
	}
	// Up for 10 s at 180 s, by its clock.
	boot := telemetry.Boot{Device: "cam", Time: start + 180_000, Ticks: 1000, Previous: start + 120_000, PreviousTicks: 500_000}
	s.exec(`INSERT INTO boots VALUES ('cam', 'a1', ?, ?, ?, ?)`, boot.Time, boot.Ticks, boot.Previous, boot.PreviousTicks)
	if _, err := e.Observe(t.Context(), []telemetry.Entry{{Agent: "a1", Record: telemetry.Record{Boot: &boot}}}); err != nil {
		t.Fatal(err)
	}
	if got := line(); got != "up 0-131, down 131-168, up 168-200" {
		t.Errorf("got %s, want down from 131 to 168", got)
	}
	want := Restart{At: start/1000 + 168, Kind: Reboot, From: start/1000 + 131, Longest: start/1000 + 130,
		Dated: "a linkDown trap of sw, port 1", Trap: "coldStart", Told: start + 168_400}
	if got := e.Reboots(t.Context(), start)["cam"]; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	a, err := e.Availability(t.Context(), "device:cam", start/1000, start/1000+200, "")
	if err != nil || len(a.Outages) != 1 || a.Outages[0].Evidence != "dated by a linkDown trap of sw, port 1; rebooted at 08:02" {
		t.Errorf("got %+v, %v", a.Outages, err)
	}
}

// TestCircuitIsDated: what is probed at the far end of a circuit was lost with the port at its near end.
func TestCircuitIsDated(t *testing.T) {
	s := newStore(t)
	s.device("edge", "lisbon")
	s.object("circuit", "wan", "lisbon", `{"name": "wan", "device": "edge", "interface": "Gi0/0", "target": "192.0.2.9", "provider": "p"}`)
	e := s.engine()
	reload(t, e)
	s.now = start + 70_000
	s.observe(e, "a1", false, icmp("circuit:wan", start, 60, telemetry.OK), icmp("circuit:wan", start+60_000, 10, telemetry.Fail))
	s.trap(e, "edge", "Gi0/0", start+59_400, statusDown)
	w, err := e.resolved(t.Context(), "circuit:wan", start/1000)
	if err != nil || spells(w.line) != "up 0-59, down 59-70" || w.line[1].Dated != "a linkDown trap of edge, port Gi0/0" {
		t.Errorf("got %+v, %v", w.line, err)
	}
}

// TestTrapOfThePastIsARevision: what was published of an outage is revised when a trap dates it later.
func TestTrapOfThePastIsARevision(t *testing.T) {
	s := newStore(t)
	s.device("cam", "lisbon")
	s.leads("cam", "sw", "1", 0)
	e := s.engine()
	reload(t, e)
	s.now = start + 6*3_600_000
	s.observe(e, "a1", false, snmp("cam", start, 30, telemetry.OK), snmp("cam", start+30*60_000, 10, telemetry.Fail), snmp("cam", start+40*60_000, 320, telemetry.OK))
	publish(t, e)
	s.trap(e, "sw", "1", start+30*60_000-20_000, statusDown)
	for range 2 {
		publish(t, e)
		s.now += 200_000
	}
	got := revisions(t, e, "device:cam")
	if len(got) != 1 || got[0].Who != "collector" || got[0].Why != "what sw told of a port, or of its start, came late" ||
		got[0].From != stamp(start/1000+1780) || got[0].To != stamp(start/1000+1800) || got[0].Seconds["down"] != 20 || got[0].Seconds["up"] != -20 {
		t.Errorf("got %+v, want one that moves 20 s", got)
	}
}

// TestDatingNeverMakesAnOutage: whatever a witness says, the spans keep their states, order and ends; a start moves
// back only into time in which the device worked, and not to or before a sample that was answered.
func TestDatingNeverMakesAnOutage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pol := drawPolicy(t)
		pol.Sharpen = rapid.Bool().Draw(t, "sharpen")
		streams := drawStreams(t)
		asOf := rapid.Int64Range(0, horizon).Draw(t, "as of") * tick
		share := rapid.Float64Range(0, 1).Draw(t, "share")
		w := saying(func(lo, hi int64) (dating, bool) {
			at := lo + max(1, int64(share*float64(hi-lo)))
			return dating{at, min(at-lo, 1000), "w"}, true
		})
		without := combine(streams, pol, asOf, 0)
		all := evaluateAll(streams, pol, asOf, 0)
		with := dateOutages(combineEvaluated(all, pol, asOf), all, w)
		state := func(spans []span, at int64) (State, string) {
			for _, x := range spans {
				if x.from <= at && at < x.to {
					return x.state, x.dated
				}
			}
			return "", ""
		}
		var outages [2]int
		for i, spans := range [][]span{without, with} {
			for _, x := range spans {
				if x.state == Down {
					outages[i]++
				}
			}
		}
		if outages[0] != outages[1] {
			t.Fatalf("%d outages, without the witness %d", outages[1], outages[0])
		}
		for at := int64(0); at < horizon*tick; at += tick {
			a, _ := state(without, at)
			b, dated := state(with, at)
			if a != b && !(working(a) && b == Down && dated == "w") {
				t.Fatalf("at %d: got %s, without the witness %s", at, b, a)
			}
			for _, s := range streams {
				for _, x := range modelSamples(s.Runs, pol, asOf) {
					if x.t == at && a != b && (x.class > bad || x.class == refused) {
						t.Fatalf("at %d: down, but a probe was answered", at)
					}
				}
			}
		}
	})
}

// saying is a witness of cuts alone.
type saying func(lo, hi int64) (dating, bool)

func (s saying) cut(lo, hi int64) (dating, bool)                 { return s(lo, hi) }
func (saying) started(int64, int64) (at int64, _ string, _ bool) { return 0, "", false }
