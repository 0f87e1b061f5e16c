package live

import (
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"ninewatch/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestPokeWakesOnce: what comes in one burst wakes the loop once, and Touch, Facts and poke never wait for it.
func TestPokeWakesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Service{pending: map[string][]telemetry.DeviceFacts{}, touched: map[string]bool{}, wake: make(chan struct{}, 1)}
		for i := range int64(200) {
			s.Touch([]string{"a"})
			s.Facts([]telemetry.DeviceFacts{{Device: "a", Time: i}})
		}
		if got := len(s.wake); got != 1 {
			t.Errorf("it is to wake %d times", got)
		}
		if list := s.pending["a"]; len(list) != maxPending || list[len(list)-1].Time != 199 {
			t.Errorf("%d facts wait, want the newest %d", len(list), maxPending)
		}
	})
}

// TestStartAndStop: a running service judges what it is told without being asked; Stop may come twice, and without
// Start, and leaves nothing behind (TestMain).
func TestStartAndStop(t *testing.T) {
	r := newRig(t)
	if err := r.s.Stop(t.Context()); err != nil {
		t.Errorf("without a start: %v", err)
	}
	if err := r.s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := core("core-1", "core-2", true, both, "master")
	f.Time = t0
	r.s.Facts([]telemetry.DeviceFacts{f})
	judged := func() bool {
		for _, g := range r.s.View().Groups {
			if g.Name == "core-1/psu" {
				return true
			}
		}
		return false
	}
	for deadline := time.Now().Add(time.Minute); !judged(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the facts were not taken")
		}
	}
	for range 2 {
		if err := r.s.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
