package topology

import (
	"slices"
	"strings"

	"ninewatch/internal/telemetry"
)

const (
	// staleCycles is how many whole discoveries a neighbor may be missing from before its link is forgotten.
	staleCycles = 3
	// maxNeighbors bounds what one device can make us remember: more ports than any chassis has.
	maxNeighbors = 4096
)

// Record is what is remembered of a device: its newest facts, and the neighbors it has heard of late.
type Record struct {
	Facts telemetry.DeviceFacts `json:"facts"`
	Heard []Heard               `json:"heard,omitempty"`
}

// Heard is a neighbor with the times at which it was heard, in Unix ms.
type Heard struct {
	telemetry.Neighbor
	First  int64 `json:"first"`
	Last   int64 `json:"last"`
	Missed int   `json:"missed,omitempty"` // whole discoveries since without it
}

// Stale tells whether the newest discovery did not find the neighbor.
func (h Heard) Stale() bool { return h.Missed > 0 }

// Merge adds newer facts to a record; facts older than those known change nothing. A neighbor that is
// missing stays, stale, for three discoveries: but goes at once when its port hears another now, for a cable
// has been moved. A device that is down is not discovered, and so loses none. A list that was not read to
// its end says nothing of what is missing.
func Merge(old Record, facts telemetry.DeviceFacts) Record {
	if facts.Time < old.Facts.Time {
		return old
	}
	out := Record{Facts: facts}
	known := make(map[string]int, len(old.Heard))
	for i, h := range old.Heard {
		known[heardKey(h.Neighbor)] = i
	}
	taken := map[string]bool{} // ports that hear somebody now
	again := make([]bool, len(old.Heard))
	for _, n := range facts.Neighbors {
		if len(out.Heard) == maxNeighbors {
			break
		}
		h := Heard{Neighbor: n, First: facts.Time, Last: facts.Time}
		if i, ok := known[heardKey(n)]; ok {
			if again[i] {
				continue // told twice
			}
			again[i] = true
			h.First = old.Heard[i].First
		}
		if port := portOf(n); port != "" {
			taken[n.Protocol+"\x00"+port] = true
		}
		out.Heard = append(out.Heard, h)
	}
	partial := slices.Contains(facts.Partial, "neighbors")
	for i, h := range old.Heard {
		if again[i] || taken[h.Protocol+"\x00"+portOf(h.Neighbor)] && !partial || len(out.Heard) == maxNeighbors {
			continue
		}
		if !partial {
			h.Missed++
		}
		if h.Missed <= staleCycles {
			out.Heard = append(out.Heard, h)
		}
	}
	slices.SortStableFunc(out.Heard, func(a, b Heard) int { return strings.Compare(heardKey(a.Neighbor), heardKey(b.Neighbor)) })
	return out
}

func heardKey(n telemetry.Neighbor) string {
	return strings.Join([]string{portOf(n), n.Protocol, n.RemoteChassisID, n.RemotePortID, n.RemoteName}, "\x00")
}

// portOf names the local port: by its key, else as the protocol does; empty when nobody knows.
func portOf(n telemetry.Neighbor) string {
	if n.LocalKey != "" {
		return n.LocalKey
	}
	if n.LocalPort != "" && n.LocalPort != "0" { // RouterOS sends 0, which no port has (lldpPortNumber is 1 or more)
		return "~" + n.LocalPort
	}
	return ""
}
