package api

import (
	"strings"
	"testing"

	"ninewatch/collector/inventory"
)

// TestPagesBehindWhatMoved: a page begins where its cursor would stand, when that device has gone meanwhile.
func TestPagesBehindWhatMoved(t *testing.T) {
	list := func(words ...string) (out []sortedDevice) {
		for _, w := range words {
			name, key, _ := strings.Cut(w, "=")
			out = append(out, sortedDevice{key, inventory.Device{Name: name}})
		}
		return out
	}
	f := func(q deviceQuery, after, want string, words ...string) {
		t.Helper()
		got := ""
		for _, d := range pageBehind(list(words...), after, 2, q.ordering()).Items {
			got += d.device.Name
		}
		if got != want {
			t.Errorf("behind %q: got %s, want %s", after, got, want)
		}
	}
	f(deviceQuery{Sort: "rtt"}, "", "ab", "a=1", "b=1", "c=2", "d=")
	f(deviceQuery{Sort: "rtt"}, "1\x00b", "cd", "a=1", "b=1", "c=2", "d=")
	f(deviceQuery{Sort: "rtt"}, "1\x00b", "cd", "a=1", "c=2", "d=")        // b has gone
	f(deviceQuery{Sort: "rtt"}, "1\x00b", "cb", "a=1", "c=2", "b=3", "d=") // b has become slower
	f(deviceQuery{Sort: "rtt", Order: "desc"}, "2\x00c", "ab", "c=2", "a=1", "b=1", "d=")
	f(deviceQuery{Sort: "name", Order: "desc"}, "\x00c", "ba", "d=", "c=", "b=", "a=")
}
