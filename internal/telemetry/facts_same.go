package telemetry

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// maxFacts is how many rows each list of DeviceFacts may have, by its JSON name (internal/record).
var maxFacts = map[string]int{
	"interfaces": 20_000, "components": 20_000, "neighbors": 5_000, "lags": 2_000, "stack": 20_000, "bridge_ports": 10_000,
	"vlans": 4_096, "stp": 256, "addresses": 10_000, "hosts": 20_000, "bgp_peers": 5_000, "ospf_neighbors": 5_000, "fhrp_groups": 5_000,
}

// MaxFacts is how many rows a list of DeviceFacts may have, by its JSON name: more than any device shows
// that is watched with sense, and little enough that all of them fit into one record.
func MaxFacts(list string) int { return maxFacts[list] }

// SameFacts tells whether a and b say the same of a device. Times and counters, which always differ, do not
// count: those of the facts, sysUpTime, ifLastChange, ages and updates of routing peers, changes of trees.
func SameFacts(a, b *DeviceFacts) bool {
	return reflect.DeepEqual(lasting(a), lasting(b))
}

// lasting is a copy of f without what always differs.
func lasting(f *DeviceFacts) DeviceFacts {
	c := *f
	c.Time, c.System.SysUpTime = 0, 0
	c.Interfaces = slices.Clone(c.Interfaces)
	for i := range c.Interfaces {
		c.Interfaces[i].IfLastChange = 0
	}
	c.BGPPeers = slices.Clone(c.BGPPeers)
	for i := range c.BGPPeers {
		p := &c.BGPPeers[i]
		p.UptimeSeconds, p.InUpdates, p.OutUpdates = 0, 0, 0
	}
	c.OSPFNeighbors = slices.Clone(c.OSPFNeighbors)
	for i := range c.OSPFNeighbors {
		c.OSPFNeighbors[i].Events = 0
	}
	c.STP = slices.Clone(c.STP)
	for i := range c.STP {
		c.STP[i].TopologyChanges = 0
	}
	return c
}

// SetComponentKeys gives each part of a device the key of its place. A key stays when a part is exchanged
// for another, or when the device counts its parts anew after a restart: the place is called by the name of
// the part where the device gives that name once, else by the way to it from the top, each step by name, or
// by class and position, or both. Only where all of these are equal #<index> tells. The result does not
// depend on the order of list, which has no loops.
func SetComponentKeys(list []Component) {
	names, at := make(map[string]int, len(list)), make(map[uint32]int, len(list))
	for i := range list {
		list[i].Key = ""
		names[list[i].Name]++
		at[list[i].Index] = i
	}
	steps := stepsOf(list, at)
	for i := range list {
		if c := &list[i]; c.Name != "" && names[c.Name] == 1 {
			c.Key = c.Name
		}
	}
	for i := range list {
		placeKey(list, at, steps, i)
	}
	uses := make(map[string]int, len(list))
	for i := range list {
		uses[list[i].Key]++
	}
	for i := range list {
		if c := &list[i]; uses[c.Key] > 1 {
			c.Key = fmt.Sprintf("%s#%d", c.Key, c.Index)
		}
	}
}

// stepsOf is what each part is called within the one that holds it.
func stepsOf(list []Component, at map[uint32]int) []string {
	steps, places := make([]string, len(list)), make([]string, len(list))
	for i := range list {
		c, parent := &list[i], uint32(0)
		if _, ok := at[c.ParentIndex]; ok {
			parent = c.ParentIndex
		}
		steps[i] = c.Name
		if c.Name == "" {
			steps[i] = cmp.Or(c.Class, "part") + position(c)
		}
		places[i] = fmt.Sprintf("%d/%s", parent, steps[i])
	}
	uses := make(map[string]int, len(list))
	for _, p := range places {
		uses[p]++
	}
	for i := range list {
		if uses[places[i]] > 1 && list[i].Name != "" {
			steps[i] += position(&list[i])
		}
	}
	return steps
}

func position(c *Component) string {
	if c.Position < 0 {
		return ""
	}
	return fmt.Sprintf(" %d", c.Position)
}

// placeKey sets the keys on the way from a part up to the next that has one.
func placeKey(list []Component, at map[uint32]int, steps []string, i int) {
	var way []int
	for ok := true; ok && list[i].Key == "" && len(way) <= len(list); i, ok = at[list[i].ParentIndex] {
		way = append(way, i)
	}
	for _, i := range slices.Backward(way) {
		c, key := &list[i], steps[i]
		if parent, ok := at[c.ParentIndex]; ok && list[parent].Key != "" {
			key = list[parent].Key + "/" + key
		}
		if len(key) > maxKey { // a way without end
			key = strings.ToValidUTF8(key[:maxKey], "")
		}
		c.Key = key
	}
}

// maxKey is long enough for any chassis, and far below what a text may have.
const maxKey = 512
