package inventory

// Resource is what a Capacity rule is compared with.
type Resource struct {
	Kind      string // interface, circuit, processor, memory, storage, power, sensor
	Name      string // what the device calls it, such as /srv or PoE 1
	Interface string
	Provider  string
}

// Matches tells whether the rule is for a resource of a device.
func (m CapacityMatch) Matches(r Resource, d Device) bool {
	return globs(m.Resource, r.Kind) && globs(m.Name, r.Name) && globs(m.Site, d.Site) && globs(m.Device, d.Name) && globs(m.Interface, r.Interface) &&
		globs(m.Role, d.Role) && globs(m.Provider, r.Provider) && globsAny(m.Tags, d.Tags)
}

// keys is how many keys are set: the rule with the most is the closest.
func (m CapacityMatch) keys() int {
	n := 0
	for _, key := range [][]string{m.Resource, m.Name, m.Site, m.Device, m.Interface, m.Role, m.Provider, m.Tags} {
		if len(key) > 0 {
			n++
		}
	}
	return n
}

// Closest is the rule for a resource of a device: of those that match the one with the most keys, and of these
// the first by name. Rules with an expression make resources of their own.
func Closest(rules []Capacity, r Resource, d Device) (Capacity, bool) {
	best := -1
	for i := range rules {
		if rules[i].Expr == "" && rules[i].Match.Matches(r, d) && (best < 0 || rules[i].Match.keys() > rules[best].Match.keys()) {
			best = i
		}
	}
	if best < 0 {
		return Capacity{}, false
	}
	return rules[best], true
}
