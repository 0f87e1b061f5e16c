package topology

import "slices"

// Mode is how a group spreads its load over its members.
type Mode string

// The modes that carry traffic. Groups of other kinds (PSUs, fans, stacks, FHRP) have a class, and no load.
const (
	LAG          Mode = "lag"           // by hash of the flow, evenly as far as the flows allow
	ECMP         Mode = "ecmp"          // evenly, whatever the capacity
	WeightedECMP Mode = "wecmp"         // by capacity
	ActiveBackup Mode = "active_backup" // all on the first that is up
)

// Carries tells whether a mode says how load is spread.
func (m Mode) Carries() bool {
	return slices.Contains([]Mode{LAG, ECMP, WeightedECMP, ActiveBackup}, m)
}

// Group are members that stand in for each other.
type Group struct {
	Name     string
	Kind     string // what a person calls it: lag, psu, fan, stack, cluster, fhrp, uplinks …
	Mode     Mode
	Members  []Member
	Needed   int // members without which the service fails
	Designed int // members by design; 0: as many as there are
	Risks    []Risk
}

// Member is one of a group.
type Member struct {
	ID       string
	State    State
	Capacity float64 // bit/s or any unit of the load
	Priority int     // of active/backup: the lowest that is up carries all
}

// Risk is what fails together: a duct, a line card, a power feed, a provider.
type Risk struct {
	Name    string
	Kind    string
	Members []string
}

// Size is the number of members by design.
func (g Group) Size() int {
	if g.Designed > 0 {
		return g.Designed
	}
	return len(g.Members)
}

// Redundant tells whether the design has a member to spare. Where it has none, that is a finding and no alert.
func (g Group) Redundant() bool { return g.Size() > g.Needed }

// Count is the number of members that are up and of those that are unknown.
func (g Group) Count() (up, unknown int) {
	for _, m := range g.Members {
		switch m.State {
		case Up:
			up++
		case Unknown:
			unknown++
		}
	}
	return up, unknown
}

// Verdict is the class of the group.
func (g Group) Verdict() Verdict {
	up, unknown := g.Count()
	return Classify(up, unknown, g.Needed, g.Size())
}
