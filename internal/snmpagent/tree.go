package snmpagent

import (
	"slices"

	"ninewatch/internal/oid"
	"ninewatch/internal/order"
	"ninewatch/internal/snmpwire"
)

// Tree is a View of objects that are held in memory.
type Tree struct {
	objects []snmpwire.VarBind // sorted by name, no name twice
}

// NewTree sorts objects; of several with one name the last counts.
func NewTree(objects []snmpwire.VarBind) *Tree {
	sorted := slices.Clone(objects)
	order.Sort(sorted, byName)
	kept := sorted[:0]
	for _, o := range sorted {
		if n := len(kept); n > 0 && kept[n-1].OID.Equal(o.OID) {
			kept[n-1] = o
			continue
		}
		kept = append(kept, o)
	}
	return &Tree{objects: kept}
}

func byName(a, b snmpwire.VarBind) int { return a.OID.Compare(b.OID) }

// Len is how many objects t holds.
func (t *Tree) Len() int { return len(t.objects) }

// Objects is what t holds, in order; not to be changed.
func (t *Tree) Objects() []snmpwire.VarBind { return t.objects }

func (t *Tree) search(name oid.OID) (int, bool) {
	return slices.BinarySearchFunc(t.objects, name, func(o snmpwire.VarBind, name oid.OID) int {
		return o.OID.Compare(name)
	})
}

// Get is View.Get. Which objects a recorded device implements is not known: a neighbour that differs in
// its last number alone shows that the object is there.
func (t *Tree) Get(name oid.OID) snmpwire.VarBind {
	i, found := t.search(name)
	if found {
		return t.objects[i]
	}
	missing := snmpwire.VarBind{OID: name, Type: snmpwire.NoSuchObject}
	column := name[:max(0, len(name)-1)]
	for _, near := range []int{i - 1, i} {
		if near < 0 || near >= len(t.objects) {
			continue
		}
		if o := t.objects[near].OID; len(o) == len(name) && o.HasPrefix(column) {
			missing.Type = snmpwire.NoSuchInstance
		}
	}
	return missing
}

// Next is View.Next.
func (t *Tree) Next(name oid.OID) snmpwire.VarBind {
	i, found := t.search(name)
	if found {
		i++
	}
	if i == len(t.objects) {
		return snmpwire.VarBind{OID: name, Type: snmpwire.EndOfMibView}
	}
	return t.objects[i]
}
