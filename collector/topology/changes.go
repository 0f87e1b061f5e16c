package topology

import (
	"fmt"
	"slices"
	"strings"
)

// Change is what differs between two networks, in words.
type Change struct {
	Kind  string // node_added, node_removed, link_added, link_removed, link_stale, link_back, link_believed
	ID    string
	Words string
}

// Changes tells what became of one network to make another of it: the events between two times.
func Changes(before, after *Network) []Change {
	var out []Change
	add := func(kind, id, words string) { out = append(out, Change{kind, id, id + " " + words}) }
	for _, n := range after.Nodes {
		if _, ok := before.Node(n.ID); !ok {
			add("node_added", n.ID, "is new")
		}
	}
	for _, n := range before.Nodes {
		if _, ok := after.Node(n.ID); !ok {
			add("node_removed", n.ID, "is not in the topology any more")
		}
	}
	same := slices.EqualFunc(before.Links, after.Links, func(x, y Link) bool { return x.ID == y.ID }) // mostly
	old := map[string]*Link{}
	for i := range before.Links {
		if l := &before.Links[i]; !same {
			old[l.ID] = l
		}
	}
	for i := range after.Links {
		l := &after.Links[i]
		var was *Link
		if same {
			was = &before.Links[i]
		} else {
			was = old[l.ID]
			delete(old, l.ID)
		}
		switch {
		case was == nil:
			add("link_added", l.ID, "is new")
		case l.Stale && !was.Stale:
			add("link_stale", l.ID, "was not seen by the newest discovery")
		case was.Stale && !l.Stale:
			add("link_back", l.ID, "was seen again")
		case l.Confidence != was.Confidence:
			add("link_believed", l.ID, fmt.Sprintf("was %s, and is %s", strings.ReplaceAll(was.Confidence.String(), "_", " "), strings.ReplaceAll(l.Confidence.String(), "_", " ")))
		}
	}
	for id := range old {
		add("link_removed", id, "is not in the topology any more")
	}
	slices.SortFunc(out, func(a, b Change) int { return strings.Compare(a.Kind+"\x00"+a.ID, b.Kind+"\x00"+b.ID) })
	return out
}
