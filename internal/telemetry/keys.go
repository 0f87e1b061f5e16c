package telemetry

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ninewatch/internal/order"
)

// AllocateKeys returns seen, in its order, with the Key of each interface set. known is every interface
// that this device ever had, with its key, those that vanished too.
//
// An interface that was known keeps its key, also when ifIndex moved (RFC 2863, 3.1.5): it is recognised
// by ifName, then by MAC address, then by ifDescr, then by its position. What only one of several equal
// rows could have is decided by ifIndex, or by the order of the rows when all of them moved; where
// nothing tells, the row is a new interface. A new interface is called by its ifName, else its ifDescr,
// else if<index>; where that key was ever given, #<index> follows. A key is never given to another
// interface. The result does not depend on the order of known and seen.
func AllocateKeys(known, seen []Interface) []Interface {
	m := newKeyMatcher(known, seen)
	m.exact()
	m.byText(func(i *Interface) string { return i.IfName }, func(k, s *Interface) bool { return true })
	m.byMAC()
	m.byText(func(i *Interface) string { return i.IfDescr }, func(k, s *Interface) bool { return !namesDiffer(k, s) })
	m.byIndex()
	return m.allocate(seen)
}

// keyMatcher pairs rows of known with rows of seen. Both are sorted, so that ties break the same way always.
type keyMatcher struct {
	known, seen []*Interface
	ofKnown     map[*Interface]*Interface // known → seen
	ofSeen      map[*Interface]*Interface // seen → known
	macs        [2]map[string]bool        // usable MAC addresses of known and of seen
}

func newKeyMatcher(known, seen []Interface) *keyMatcher {
	m := &keyMatcher{
		ofKnown: make(map[*Interface]*Interface, len(known)),
		ofSeen:  make(map[*Interface]*Interface, len(seen)),
	}
	for i := range known {
		if known[i].Key != "" {
			m.known = append(m.known, &known[i])
		}
	}
	for i := range seen {
		m.seen = append(m.seen, &seen[i])
	}
	for n, rows := range [...][]*Interface{m.known, m.seen} {
		m.macs[n] = make(map[string]bool, len(rows))
		for _, r := range rows {
			m.macs[n][usableMAC(r)] = true
		}
	}
	order.Sort(m.known, func(a, b *Interface) int {
		return cmp.Or(compareRows(a, b), cmp.Compare(a.Key, b.Key))
	})
	order.Sort(m.seen, compareRows)
	return m
}

func compareRows(a, b *Interface) int {
	return cmp.Or(cmp.Compare(a.IfIndex, b.IfIndex), cmp.Compare(a.IfName, b.IfName),
		cmp.Compare(a.IfDescr, b.IfDescr), bytes.Compare(a.IfPhysAddress, b.IfPhysAddress))
}

func (m *keyMatcher) pair(k, s *Interface) {
	m.ofKnown[k], m.ofSeen[s] = s, k
}

func (m *keyMatcher) free(k, s *Interface) bool {
	return m.ofKnown[k] == nil && m.ofSeen[s] == nil
}

// exact pairs rows that are the same in everything that identifies them: the normal case.
func (m *keyMatcher) exact() {
	type identity struct {
		index            uint32
		name, descr, mac string
	}
	of := func(i *Interface) identity {
		return identity{i.IfIndex, i.IfName, i.IfDescr, string(i.IfPhysAddress)}
	}
	known := make(map[identity]*Interface, len(m.known))
	for _, k := range slices.Backward(m.known) {
		known[of(k)] = k
	}
	for _, s := range m.seen {
		if k := known[of(s)]; k != nil && m.free(k, s) {
			m.pair(k, s)
		}
	}
}

// byText pairs rows with the same text. Where the text belongs to one row on each side that is enough,
// unless MAC addresses contradict an ifDescr: those of another card in the same slot do not, which nobody
// had before. Among several, pairs may be made only where allowed.
func (m *keyMatcher) byText(text func(*Interface) string, allowed func(k, s *Interface) bool) {
	known, seen := groupBy(m.known, text), groupBy(m.seen, text)
	for t, ss := range seen {
		ks := known[t]
		if t == "" || len(ks) == 0 {
			continue
		}
		if len(ks) == 1 && len(ss) == 1 {
			if m.free(ks[0], ss[0]) && (ss[0].IfName == t || !macsDiffer(ks[0], ss[0]) || m.exchanged(ks[0], ss[0])) {
				m.pair(ks[0], ss[0])
			}
			continue
		}
		m.amongEqual(ks, ss, allowed)
	}
}

// exchanged tells whether s is another card in the place of k: the MAC address of k has gone from the device,
// that of s is new to it, and ifDescr has a number, as that of a slot or a port has.
func (m *keyMatcher) exchanged(k, s *Interface) bool {
	return strings.ContainsAny(k.IfDescr, "0123456789") && !m.macs[1][usableMAC(k)] && !m.macs[0][usableMAC(s)]
}

// amongEqual pairs rows of which several have the same text.
func (m *keyMatcher) amongEqual(ks, ss []*Interface, allowed func(k, s *Interface) bool) {
	m.uniqueIn(ks, ss, usableMAC, allowed)
	m.uniqueIn(ks, ss, func(i *Interface) string { return i.IfDescr }, allowed)
	if m.sameIndex(ks, ss, func(k, s *Interface) bool { return allowed(k, s) && !macsDiffer(k, s) }) {
		return
	}
	// None of them stands where it stood: all were renumbered. Equal rows then keep their order.
	ks = slices.DeleteFunc(slices.Clone(ks), func(k *Interface) bool { return m.ofKnown[k] != nil })
	ss = slices.DeleteFunc(slices.Clone(ss), func(s *Interface) bool { return m.ofSeen[s] != nil })
	if len(ks) != len(ss) {
		return
	}
	for i := range ks {
		if allowed(ks[i], ss[i]) && !macsDiffer(ks[i], ss[i]) {
			m.pair(ks[i], ss[i])
		}
	}
}

// uniqueIn pairs free rows whose text occurs once in ks and once in ss.
func (m *keyMatcher) uniqueIn(ks, ss []*Interface, text func(*Interface) string, allowed func(k, s *Interface) bool) {
	known, seen := groupBy(ks, text), groupBy(ss, text)
	for t, s := range seen {
		k := known[t]
		if t != "" && len(k) == 1 && len(s) == 1 && m.free(k[0], s[0]) && allowed(k[0], s[0]) {
			m.pair(k[0], s[0])
		}
	}
}

// sameIndex pairs free rows with the same ifIndex. It tells whether any row of ss stands where it stood.
func (m *keyMatcher) sameIndex(ks, ss []*Interface, allowed func(k, s *Interface) bool) (anchored bool) {
	at := make(map[uint32][]*Interface, len(ks))
	for _, k := range ks {
		at[k.IfIndex] = append(at[k.IfIndex], k)
	}
	for _, s := range ss {
		if k := m.ofSeen[s]; k != nil {
			anchored = anchored || k.IfIndex == s.IfIndex
			continue
		}
		for _, k := range at[s.IfIndex] {
			if m.free(k, s) && allowed(k, s) {
				m.pair(k, s)
				anchored = true
				break
			}
		}
	}
	return anchored
}

// byMAC pairs rows of one type whose MAC address no other row on either side has: a renamed port.
// Sub-interfaces and bridges share the address of their parent, and are not told apart by it.
func (m *keyMatcher) byMAC() {
	m.uniqueIn(m.known, m.seen, usableMAC, func(k, s *Interface) bool { return !typesDiffer(k, s) })
}

// byIndex pairs rows with the same ifIndex when nothing that both tell contradicts it.
func (m *keyMatcher) byIndex() {
	m.sameIndex(m.known, m.seen, func(k, s *Interface) bool {
		return !namesDiffer(k, s) && !macsDiffer(k, s) && !typesDiffer(k, s) &&
			(k.IfDescr == "" || s.IfDescr == "" || k.IfDescr == s.IfDescr)
	})
}

// allocate returns seen with the keys that were matched, and new ones for the rest, lowest ifIndex first.
func (m *keyMatcher) allocate(seen []Interface) []Interface {
	taken := make(map[string]bool, len(m.known)+len(seen))
	for _, k := range m.known {
		taken[k.Key] = true
	}
	keys := make(map[*Interface]string, len(seen))
	given := make(map[string]bool, len(seen))
	for _, s := range m.seen {
		if k := m.ofSeen[s]; k != nil && !given[k.Key] {
			keys[s] = k.Key
			given[k.Key] = true
		}
	}
	for _, s := range m.seen {
		if keys[s] == "" {
			keys[s] = newKey(s, taken)
			taken[keys[s]] = true
		}
	}
	out := slices.Clone(seen)
	for i := range out {
		out[i].Key = keys[&seen[i]]
	}
	return out
}

func newKey(i *Interface, taken map[string]bool) string {
	key := cmp.Or(i.IfName, i.IfDescr, fmt.Sprintf("if%d", i.IfIndex))
	if !taken[key] {
		return key
	}
	key = fmt.Sprintf("%s#%d", key, i.IfIndex)
	for n, first := 2, key; taken[key]; n++ { // another interface once had this name and this index
		key = fmt.Sprintf("%s.%d", first, n)
	}
	return key
}

func groupBy(rows []*Interface, text func(*Interface) string) map[string][]*Interface {
	out := make(map[string][]*Interface, len(rows))
	for _, r := range rows {
		t := text(r)
		out[t] = append(out[t], r)
	}
	return out
}

// usableMAC is the address of i when it can identify a port: EUI-48 or EUI-64, neither all zero nor all one.
func usableMAC(i *Interface) string {
	mac := i.IfPhysAddress
	if len(mac) != 6 && len(mac) != 8 {
		return ""
	}
	if n := bytes.Count(mac, []byte{mac[0]}); n == len(mac) && (mac[0] == 0 || mac[0] == 0xff) {
		return ""
	}
	return string(mac)
}

func namesDiffer(a, b *Interface) bool {
	return a.IfName != "" && b.IfName != "" && a.IfName != b.IfName
}

func macsDiffer(a, b *Interface) bool {
	x, y := usableMAC(a), usableMAC(b)
	return x != "" && y != "" && x != y
}

func typesDiffer(a, b *Interface) bool {
	return a.IfType != 0 && b.IfType != 0 && a.IfType != b.IfType
}
