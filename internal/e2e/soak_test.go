package e2e

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"ninewatch/internal/testkit"
)

// inFlight is how long before the kill of an agent a value may have been served that it had not stored yet: a poll
// takes milliseconds, on a machine that is busy some more.
const inFlight = 2 * time.Second

// TestSoak kills both ends at random for as long as NINEWATCH_SOAK says, half of the times while acknowledgements are
// held up on their way, and compares what the devices served with
// what the store holds: nothing twice, and nothing lost but the polls that were in flight when the agent was killed.
func TestSoak(t *testing.T) {
	if os.Getenv("NINEWATCH_SOAK") == "" {
		t.Skip("runs for as long as NINEWATCH_SOAK says, for example 10m")
	}
	length, err := time.ParseDuration(os.Getenv("NINEWATCH_SOAK"))
	testkit.Need(t, err == nil && length > 0, "a duration such as 10m in NINEWATCH_SOAK")
	w := newWorld(t)
	f := w.startFleet()
	acks := w.startProxy()
	w.collectors = []string{proxyAddr}
	w.startCollector()
	w.apply(f.inventory())
	w.startAgent()
	f.moving(5)
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 2))
	t.Logf("seed %d", seed)
	var kills []int64 // of the agent, Unix ms
	collectors, next := 0, 50
	missing := func(_ string, served int64) bool {
		return slices.ContainsFunc(kills, func(at int64) bool { return served <= at && served > at-inFlight.Milliseconds() })
	}
	for end := time.Now().Add(length); time.Now().Before(end); {
		time.Sleep(time.Duration(random.Int64N(int64(4 * time.Second))))
		acks.hold(random.IntN(2) == 0) // until the kill
		time.Sleep(time.Duration(random.Int64N(int64(time.Second))))
		agent, collector := random.IntN(2) == 0, random.IntN(3) > 0
		if collector {
			w.collector.kill()
			collectors++
		}
		if agent {
			w.agent.kill()
			kills = append(kills, time.Now().UnixMilli())
			time.Sleep(time.Duration(random.Int64N(int64(time.Second))))
			w.startAgent()
		}
		acks.hold(false)
		if collector {
			w.startCollector()
		}
		if n := len(kills) + collectors; n >= next {
			next = n + 50
			f.moving(3)
			f.compare(missing)
		}
	}
	f.moving(3)
	f.compare(missing)
	t.Logf("killed the agent %d times and the collector %d times", len(kills), collectors)
	w.nothingDropped()
}
