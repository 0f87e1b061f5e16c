package watch

import (
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"ninewatch/agent/trap"
	"ninewatch/internal/oid"
	"ninewatch/internal/telemetry"
)

// polled is how many polls of a device have been asked for.
func (r *rig) polled() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range r.wanted {
		if key == pollKey("box") {
			n++
		}
	}
	return n
}

// TestTrapPolls: a device is polled at once when it sends a trap, again after 2 s and after 2 min; in a storm ever more
// seldom, down to its interval.
func TestTrapPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		d := at(netip.MustParseAddrPort("127.0.0.1:161"))
		d.SNMPInterval = time.Minute
		r.assign(t, d)
		if got := r.Senders(netip.MustParseAddr("127.0.0.1")); len(got) != 1 || got[0].Device != "box" || got[0].Credential.Community != "public" {
			t.Fatalf("senders: got %+v", got)
		}
		if got := r.Senders(netip.MustParseAddr("127.0.0.2")); len(got) != 0 {
			t.Errorf("senders of a stranger: got %+v", got)
		}
		cold := trap.Trap{Name: oid.MustParse("1.3.6.1.6.3.1.1.5.1")}
		r.Trap("nobody", cold)
		begin := r.polled()
		after := func(pass time.Duration, want int) {
			t.Helper()
			time.Sleep(pass)
			synctest.Wait()
			if got := r.polled() - begin; got != want {
				t.Errorf("%s on: got %d polls, want %d", pass, got, want)
			}
		}
		r.Trap("box", cold)
		after(0, 1)
		after(1999*time.Millisecond, 1)
		after(time.Millisecond, 2)
		after(119*time.Second, 2)
		after(time.Second, 3)
		after(time.Hour, 3)
		r.Trap("box", cold)
		after(0, 4)
		for range 600 { // ten traps a second for a minute: polls after 2, 6, 14, 30 s
			time.Sleep(100 * time.Millisecond)
			r.Trap("box", cold)
		}
		after(0, 8)
		r.Apply(assignment())
		synctest.Wait()
		r.asking.Wait()
	})
}

// TestLinkTrapIsEvidence: a trap of a link is told with the key of its interface and the time at which it came.
func TestLinkTrapIsEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		d := at(netip.MustParseAddrPort("127.0.0.1:161"))
		d.Interfaces = []telemetry.Interface{{IfIndex: 2, Key: "wan"}}
		r.assign(t, d)
		f := func(link trap.Link, ifIndex uint32, want int) {
			t.Helper()
			r.Trap("box", trap.Trap{Name: oid.MustParse("1.3.6.1.6.3.1.1.5.3"), Link: link, IfIndex: ifIndex})
			records := r.told()
			if len(records) != want {
				t.Fatalf("link %d of %d: got %d records, want %d", link, ifIndex, len(records), want)
			}
			if want == 0 {
				return
			}
			frame := records[0].Frame
			if !slices.Equal(frame.Template[0].Labels, []telemetry.Label{{Name: "ifName", Value: "wan"}}) ||
				frame.Polls[0].Time != begin.UnixMilli() || frame.Polls[0].Values[0] != telemetry.UintValue(2) {
				t.Errorf("got %+v", frame)
			}
		}
		f(trap.LinkDown, 2, 1)
		f(trap.LinkDown, 3, 0) // not one that is known
		f(trap.None, 2, 0)
		r.Apply(assignment())
		r.asking.Wait()
	})
}

// TestStartTrapIsEvidence: that a device told that it had started is a sample of its own.
func TestStartTrapIsEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.assign(t, at(netip.MustParseAddrPort("127.0.0.1:161")))
		r.Trap("box", trap.Trap{Name: oid.MustParse("1.3.6.1.6.3.1.1.5.2"), Start: 2})
		records := r.told()
		if len(records) != 1 || records[0].Frame == nil || records[0].Frame.Template[0].Name != "ninewatch_start_trap" ||
			records[0].Frame.Polls[0].Time != begin.UnixMilli() || records[0].Frame.Polls[0].Values[0] != telemetry.UintValue(2) {
			t.Errorf("got %+v, want one sample of a warmStart", records)
		}
		r.Apply(assignment())
		r.asking.Wait()
	})
}
