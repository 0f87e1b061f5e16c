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
	old := make(map[string]Link, len(before.Links))
	for _, l := range before.Links {
		old[l.ID] = l
	}
	for _, l := range after.Links {
		was, ok := old[l.ID]
		delete(old, l.ID)
		switch {
		case !ok:
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
