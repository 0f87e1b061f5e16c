package uptime

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ninewatch/internal/telemetry"
)

func publish(t *testing.T, e *Engine) {
	t.Helper()
	if err := e.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func revisions(t *testing.T, e *Engine, scope string) []Revision {
	t.Helper()
	got, err := e.Revisions(t.Context(), scope, 0, math.MaxInt64, 100)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestLateEvidenceIsARevision is example 7 of ANALYTICS A.13: the line to a site is cut for an hour; what its
// agent delivers afterwards shows ten minutes of outage.
func TestLateEvidenceIsARevision(t *testing.T) {
	s := newStore(t)
	s.device("sw1", "lisbon")
	e := s.engine()
	reload(t, e)
	hour := int64(3_600_000)
	s.now = start + hour
	s.observe(e, "a1", false, icmp("sw1", start, 3600, telemetry.OK))
	s.now = start + 2*hour // the agent is back, and delivers what is new first
	s.observe(e, "a1", false, icmp("sw1", start+2*hour, 1, telemetry.OK))
	s.now = start + 4*hour
	s.observe(e, "a1", false, icmp("sw1", start+2*hour, 7200, telemetry.OK))
	publish(t, e)
	ask := func(scope string) Answer {
		t.Helper()
		a, err := e.Availability(t.Context(), scope, start/1000, start/1000+3*3600, "99.9")
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := ask("device:sw1"); a.Revision != 1 || a.Unknown != 3600 || *a.Availability != "100.0000" || *a.Verdict != Undetermined {
		t.Errorf("before: revision %d, unknown %d, %s, %s", a.Revision, a.Unknown, *a.Availability, *a.Verdict)
	}
	s.observe(e, "a1", true, icmp("sw1", start+hour, 1200, telemetry.OK), icmp("sw1", start+hour+1_200_000, 600, telemetry.Fail),
		icmp("sw1", start+hour+1_800_000, 1800, telemetry.OK))
	publish(t, e)
	if got := revisions(t, e, "device:sw1"); len(got) != 0 {
		t.Errorf("while more may come: got %+v", got)
	}
	s.now += 20_000
	publish(t, e)
	got := revisions(t, e, "device:sw1")
	if len(got) != 1 {
		t.Fatalf("got %d revisions, want 1: %+v", len(got), got)
	}
	want := Revision{
		ID: 1, Target: "device:sw1", Time: stamp(s.now / 1000), From: stamp(start/1000 + 3600), To: stamp(start/1000 + 7200),
		Who: "agent:a1", Why: "evidence came late", Seconds: map[string]int64{"up": 3000, "down": 600, "unknown": -3600},
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if a := ask("device:sw1"); a.Revision != 2 || a.Down != 600 || a.Unknown != 0 || *a.Availability != "94.4444" || *a.Verdict != Breached {
		t.Errorf("after: revision %d, down %d, unknown %d, %s, %s", a.Revision, a.Down, a.Unknown, *a.Availability, *a.Verdict)
	}
	// Another period is not revised.
	if a, err := e.Availability(t.Context(), "device:sw1", start/1000, start/1000+3600, ""); err != nil || a.Revision != 1 {
		t.Errorf("the hour before: revision %d, %v", a.Revision, err)
	}
	s.now += 60_000
	publish(t, e)
	if got := revisions(t, e, "all"); len(got) != 0 { // no site is known, so nothing belongs to all
		t.Errorf("all: got %+v", got)
	}
}

// TestRebuild: what is published by mistake is mended from the facts, and told.
func TestRebuild(t *testing.T) {
	s := newStore(t)
	s.object("site", "lisbon", "lisbon", `{"name": "lisbon"}`)
	s.device("sw1", "lisbon")
	s.device("sw2", "lisbon")
	e := s.engine()
	reload(t, e)
	s.now = start + 7_200_000
	s.observe(e, "a1", false, icmp("sw1", start, 7200, telemetry.OK), icmp("sw2", start, 7200, telemetry.OK))
	publish(t, e)
	s.exec(`UPDATE ledger_intervals SET state = 'down' WHERE target = 'sw2'`)
	again := s.engine()
	reload(t, again)
	if _, err := again.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := 0
	got, err := again.Rebuild(t.Context(), func(done, all int) { n = done*10 + all })
	if err != nil || n != 22 {
		t.Fatalf("progress %d, %v", n, err)
	}
	if len(got) != 1 || got[0].Target != "device:sw2" || got[0].Who != "rebuild" || got[0].Seconds["up"] <= 0 || got[0].Seconds["up"] != -got[0].Seconds["down"] {
		t.Errorf("got %+v", got)
	}
	if got, err := again.Rebuild(t.Context(), func(int, int) {}); err != nil || len(got) != 0 {
		t.Errorf("a second time: got %+v, %v", got, err)
	}
}

// TestAfterAStop: evidence that was stored, but not worked out when the program was killed, is found.
func TestAfterAStop(t *testing.T) {
	s := newStore(t)
	s.device("sw1", "lisbon")
	e := s.engine()
	reload(t, e)
	s.now = start + 7_200_000
	s.observe(e, "a1", false, icmp("sw1", start, 1800, telemetry.OK), icmp("sw1", start+3_600_000, 3600, telemetry.OK))
	publish(t, e)
	s.run("a1", icmp("sw1", start+1_800_000, 1800, telemetry.OK))
	again := s.engine()
	reload(t, again)
	publish(t, again)
	if got := revisions(t, again, "device:sw1"); len(got) != 1 || got[0].Who != "collector" || got[0].Seconds["up"] != 1800 {
		t.Errorf("got %+v", got)
	}
}

// TestPublishedEqualsThePureFunction: whatever way evidence comes, what is published in the end is what the
// pure function says, and the revisions add up to the difference from what was said first.
func TestPublishedEqualsThePureFunction(t *testing.T) {
	s := newStore(t)
	n, revised := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		s.now = start
		f := &feed{store: s, device: fmt.Sprintf("p%d", n), open: map[streamKey]telemetry.Run{}, all: map[streamKey]map[int64]telemetry.Run{}}
		s.exec(`DELETE FROM objects`)
		s.exec(`DELETE FROM agent_contacts`)
		s.exec(`DELETE FROM agents`)
		s.device(f.device, "lisbon")
		f.lead(rt)
		e := s.engine()
		e.facts.page, e.tailMost = 4, 8
		if _, err := e.Reload(t.Context()); err != nil {
			rt.Fatal(err)
		}
		for range rapid.IntRange(5, 15).Draw(rt, "steps") {
			f.step(rt, e)
			if err := e.Publish(t.Context()); err != nil {
				rt.Fatal(err)
			}
			if rapid.IntRange(0, 5).Draw(rt, "restart") == 0 {
				e = s.engine()
				e.facts.page, e.tailMost = 4, 8
				if _, err := e.Reload(t.Context()); err != nil {
					rt.Fatal(err)
				}
				if _, err := e.Refresh(t.Context()); err != nil {
					rt.Fatal(err)
				}
			}
		}
		for range 2 { // once to note when late evidence was seen, once when it has been quiet since
			if err := e.Publish(t.Context()); err != nil {
				rt.Fatal(err)
			}
			s.now += 200_000
		}
		if f.published(rt, e) {
			revised++
		}
	})
	t.Logf("%d of %d checks saw a revision", revised, n)
	if revised == 0 {
		t.Error("no check saw a revision")
	}
}

// published compares what is published with the pure function, and tells whether it was revised.
func (f *feed) published(t *rapid.T, e *Engine) bool {
	ctx := f.store.t.Context()
	got, err := e.published(ctx, f.device, 0, math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) == 0 {
		return false
	}
	from, to := got[0].From, got[len(got)-1].To
	asOf := e.asOf(e.device(f.device), f.store.now)
	want := clip(f.whole().line(e.cfg.Policy, max(asOf, to*1000), e.silences, f.told), from, to)
	if diff := cmp.Diff(byState(want), byState(statesOnly(got)), cmp.Transformer("states", statesOnly)); diff != "" {
		t.Fatalf("published (-pure +got):\n%s", diff)
	}
	for i := 1; i < len(got); i++ {
		if got[i-1].To != got[i].From || same(got[i-1], got[i]) {
			t.Fatalf("published intervals %+v and %+v", got[i-1], got[i])
		}
	}
	rows, err := f.store.db.Query(`SELECT moved FROM ledger_revisions WHERE target = ?`, f.device)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	revised := false
	for rows.Next() {
		var text string
		var moved map[string]int64
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(text), &moved); err != nil {
			t.Fatal(err)
		}
		sum := int64(0)
		for _, n := range moved {
			sum += n
		}
		if sum != 0 {
			t.Fatalf("a revision moves %v: that sums to %d", moved, sum)
		}
		revised = true
	}
	return revised
}
