package topology

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChanges(t *testing.T) {
	a, b, c := newBox("a", 1, "1", "2"), newBox("b", 2, "1"), newBox("c", 3, "1")
	both(a, "1", b, "1")
	before := built(nil, a, b)
	a.hears("2", c, "1")
	b.Neighbors = nil
	got := Changes(before, built(nil, a, b))
	want := []Change{
		{"link_added", "a/2--stub:02:00:00:00:00:03", "a/2--stub:02:00:00:00:00:03 is new"},
		{"link_believed", "a/1--b/1", "a/1--b/1 was confirmed, and is one sided"},
		{"node_added", "stub:02:00:00:00:00:03", "stub:02:00:00:00:00:03 is new"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got = Changes(built(nil, a, b), built(nil, b))
	want = []Change{
		{"link_removed", "a/1--b/1", "a/1--b/1 is not in the topology any more"},
		{"link_removed", "a/2--stub:02:00:00:00:00:03", "a/2--stub:02:00:00:00:00:03 is not in the topology any more"},
		{"node_removed", "a", "a is not in the topology any more"},
		{"node_removed", "stub:02:00:00:00:00:03", "stub:02:00:00:00:00:03 is not in the topology any more"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
