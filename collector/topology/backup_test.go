package topology

import (
	"testing"
	"time"
)

var quarterEnd = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// daysOf are n days before the end of the quarter on which a port carried at most rate, the newest first.
func daysOf(n int, rate float64) []Carried {
	out := make([]Carried, n)
	for i := range out {
		out[i] = Carried{time.Date(2026, 11, 24-i, 0, 0, 0, 0, time.UTC), rate}
	}
	return out
}

func TestFlawsOfBackups(t *testing.T) {
	const quarter = 90 * 24 * time.Hour
	f := func(what string, s Standing, want ...BackupFlaw) {
		t.Helper()
		got := s.Flaws(quarterEnd, quarter)
		if len(got) != len(want) {
			t.Fatalf("%s: got %v, want %v", what, got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: got %v, want %v", what, got[i], want[i])
			}
		}
	}
	const advice = "nobody knows whether it would take over: try it in a maintenance window"
	line := Standing{Member: "opo-b", Primary: "opo-a", Capacity: 100e6, Load: 80e6}

	idle := line
	idle.Days = daysOf(90, 1.2e6)
	f("it idles for a quarter", idle, BackupFlaw{NeverExercised,
		"opo-b has not carried more than 1.2 Mbit/s within 90 days, and opo-a carries 80 Mbit/s; it carried more never while it was watched; " + advice})
	used := line
	used.Days = daysOf(90, 1.2e6)
	used.Days[40].Rate = 8e6 // a tenth of the primary's load
	f("it was used forty days ago", used)
	older := line
	older.Days = append(daysOf(90, 1.2e6), Carried{time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC), 70e6})
	f("it was used before", older, BackupFlaw{NeverExercised,
		"opo-b has not carried more than 1.2 Mbit/s within 90 days, and opo-a carries 80 Mbit/s; it carried more last on 1 August 2026; " + advice})
	young := line
	young.Days = daysOf(60, 0)
	f("it was watched for sixty days", young)
	f("nothing is known of it", line)
	lonely := idle
	lonely.Load = 0
	f("the primary carries nothing", lonely)

	slow := used
	slow.Load, slow.Days = 130e6, daysOf(90, 20e6)
	f("it is slower", slow, BackupFlaw{Slower,
		"opo-b carries 100 Mbit/s and stands by for opo-a, which carries 130 Mbit/s in its busiest hours (95th percentile): after a failure 30 Mbit/s of it has no way"})
	slow.Capacity = 130e6
	f("it is just as fast", slow)
	slow.Capacity = 0
	f("its capacity is not known", slow)

	router := Standing{Member: "core-2", Router: true, Watched: quarterEnd.AddDate(0, 0, -100)}
	f("it was never active", router, BackupFlaw{NeverExercised, "core-2 has not been active within 90 days, it was never while it was watched; " + advice})
	router.Active = quarterEnd.AddDate(0, 0, -95)
	f("it was active long ago", router, BackupFlaw{NeverExercised, "core-2 has not been active within 90 days, it was last on 22 August 2026; " + advice})
	router.Active = quarterEnd.AddDate(0, 0, -9)
	f("it was active lately", router)
	f("it is watched since yesterday", Standing{Member: "core-2", Router: true, Watched: quarterEnd.AddDate(0, 0, -1)})
	f("its role is not known", Standing{Member: "core-2", Router: true})
}
