package e2e

import (
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"ninewatch/internal/testkit"
)

// What PERFORMANCE P12 allows from the first lost echo to the webhook: three lost echoes in the rhythm of a second, and
// a second for the way. What has parents may wait until they answered.
const (
	cutTold      = 4 * time.Second
	childCutTold = 5 * time.Second
)

// tree has a device, and two that are reached through it.
const tree = `
sites: [{name: lisbon}]
receivers: [{name: desk, webhook: {url: "http://` + receiveAddr + `/", secret: "` + webhookSecret + `"}}]
devices:
  - {name: edge, site: lisbon, address: ` + edgeAddr + `, role: edge}
  - {name: access, site: lisbon, address: ` + accessAddr + `, role: access, parents: [edge]}
  - {name: clock, site: lisbon, address: ` + clockAddr + `, role: access, parents: [edge]}
`

// cuts is how many cuts are measured: NINEWATCH_CUTS, or a few.
func cuts(t *testing.T) int {
	text := os.Getenv("NINEWATCH_CUTS")
	if text == "" {
		return 4
	}
	n, err := strconv.Atoi(text)
	testkit.Need(t, err == nil && n > 0, "a number in NINEWATCH_CUTS")
	return n
}

// steadyCuts is how often a world is cut: each of two devices twice. One that changes six times within half an hour
// flaps, and is told of when it is steady again.
const steadyCuts = 4

// delays are how long after the first lost echo a webhook came, by device.
type delays struct {
	mu sync.Mutex
	of map[string][]time.Duration
}

func (d *delays) add(device string, took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.of[device] = append(d.of[device], took)
}

// TestCutIsTold cuts, by turns, the link before all devices and the way to one device that has a parent, and measures
// how long after the first lost echo the webhook is there (PERFORMANCE P12). What is behind the link is not told of:
// it is unreachable.
func TestCutIsTold(t *testing.T) {
	t.Parallel()
	took := &delays{of: map[string][]time.Duration{}}
	t.Run("worlds", func(t *testing.T) {
		for left := cuts(t); left > 0; left -= steadyCuts {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				cutWorld(t, min(left, steadyCuts), took)
			})
		}
	})
	for device, all := range took.of {
		slices.Sort(all)
		t.Logf("%s: %d cuts, webhook after the first lost echo: median %s, longest %s", device, len(all), all[len(all)/2], all[len(all)-1])
	}
}

// cutWorld cuts a world of its own.
func cutWorld(t *testing.T, times int, took *delays) {
	w := newWorld(t)
	far := newNamespace(t, "f")
	join(t, w.ns, far)
	r := w.startReceiver()
	w.startCollector()
	w.apply(tree)
	w.startAgent()
	names := []string{"edge", "access", "clock"}
	echoes := make([]probe, len(names))
	for i, name := range names {
		w.becomes(time.Minute, name, "up")
		echoes[i] = echo(name, time.Second)
	}
	began := map[string]time.Time{}
	for n := range times {
		device, limit := "edge", cutTold
		apart, join := func() { far.setLink(t, "down0", false) }, func() { far.setLink(t, "down0", true) }
		if n%2 == 1 {
			device, limit = "access", childCutTold
			apart = func() { far.run(t, "ip", "address", "del", accessAddr+"/24", "dev", "down0") }
			join = func() { far.run(t, "ip", "address", "add", accessAddr+"/24", "dev", "down0") }
		}
		// Looks beside the regular echoes come at most each ten seconds. What is seen last is another cut.
		time.Sleep(11 * time.Second)
		before := len(r.about(device))
		at := calm(t, echoes...)
		apart()
		eventually(t, 20*time.Second, "a webhook about "+device, func() bool { return len(r.about(device)) > before })
		told := r.about(device)[before]
		first := echoes[slices.Index(names, device)].after(at)
		d := told.Came.Sub(first)
		took.add(device, d)
		// Soon after the end of an outage its incident goes on, and began when it began.
		if began[device].IsZero() {
			began[device] = first
		}
		if told.Type != "incident.opened" || !told.Incident.StartedAt.Equal(began[device]) || d > limit {
			t.Errorf("cut %d: %s told after %s of an outage since %s, want within %s of one since %s", n, told.Type, d, told.Incident.StartedAt, limit, began[device])
		}
		join()
		for _, name := range names {
			w.becomes(20*time.Second, name, "up")
		}
		eventually(t, 20*time.Second, "the end of the outage of "+device, func() bool { return len(r.about(device)) == before+2 })
	}
	if n := len(r.about("clock")); n > 0 {
		t.Errorf("clock: got %d webhooks, want none: its parent explains what it lost", n)
	}
}
