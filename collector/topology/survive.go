package topology

import (
	"cmp"
	"math"
	"math/big"
	"slices"
	"strconv"
)

// Load is what a group has to carry: the coincident 95th percentile of the sum over its members.
type Load struct {
	Rate      float64 // in the unit of the capacities
	Limit     float64 // utilization that is still right, as a ratio
	Imbalance float64 // of a LAG: largest share of a member times their number, 1 when even
}

// DefaultLimit is the utilization that counts as full where nobody set another.
const DefaultLimit = 0.8

// Outcome is a group after the loss of some members.
type Outcome struct {
	Scenario string  // "member:ID" or "srlg:NAME"; empty for now
	Util     float64 // utilization of the fullest member; +Inf where nothing is left to carry it
	Fits     bool    // within the limit, and with enough members
	Most     float64 // the largest load that would fit
}

// N1 is whether a group carries its load after any one failure.
type N1 struct {
	Now       Outcome
	Scenarios []Outcome
	Holds     bool
	Most      float64 // the largest load that every scenario fits: the forecast of the load crosses it on the day N-1 ends
}

// Survive works out the load after the loss of each member that is up and of each risk group. Figures are
// exact: decimals as written, not as a float64 rounds them, so that a load exactly at the limit fits.
func (g Group) Survive(load Load) N1 {
	var up []Member
	for _, m := range g.Members {
		if m.State == Up {
			up = append(up, m)
		}
	}
	out := N1{Now: g.outcome(load, up, "", nil), Holds: len(up) > 0, Most: math.Inf(1)}
	for _, m := range up {
		out.Scenarios = append(out.Scenarios, g.outcome(load, up, "member:"+m.ID, []string{m.ID}))
	}
	for _, r := range g.Risks {
		out.Scenarios = append(out.Scenarios, g.outcome(load, up, "srlg:"+r.Name, r.Members))
	}
	for _, s := range out.Scenarios {
		out.Holds = out.Holds && s.Fits
		out.Most = min(out.Most, s.Most)
	}
	if len(up) == 0 {
		out.Most = 0
	}
	return out
}

func (g Group) outcome(load Load, up []Member, scenario string, lost []string) Outcome {
	left := slices.DeleteFunc(slices.Clone(up), func(m Member) bool { return slices.Contains(lost, m.ID) })
	out := Outcome{Scenario: scenario, Util: math.Inf(1)}
	perUnit := g.perUnit(left, load.Imbalance)
	if perUnit == nil {
		return out
	}
	util, limit := new(big.Rat).Mul(perUnit, exact(load.Rate)), exact(load.Limit)
	out.Util, _ = util.Float64()
	if len(left) < g.Needed {
		return out
	}
	out.Fits = util.Cmp(limit) <= 0
	out.Most, _ = limit.Quo(limit, perUnit).Float64()
	return out
}

// perUnit is the utilization of the fullest member for a load of 1; nil where nothing can carry it.
func (g Group) perUnit(left []Member, imbalance float64) *big.Rat {
	if len(left) == 0 {
		return nil
	}
	over := new(big.Rat) // what the load is divided by
	switch g.Mode {
	case LAG, ECMP:
		over.Mul(exact(slices.MinFunc(left, byCapacity).Capacity), big.NewRat(int64(len(left)), 1))
	case WeightedECMP:
		for _, m := range left {
			over.Add(over, exact(m.Capacity))
		}
	case ActiveBackup:
		over = exact(slices.MinFunc(left, func(a, b Member) int { return cmp.Compare(a.Priority, b.Priority) }).Capacity)
	}
	if over.Sign() <= 0 {
		return nil
	}
	if g.Mode == LAG {
		return new(big.Rat).Quo(exact(imbalance), over)
	}
	return over.Inv(over)
}

func byCapacity(a, b Member) int { return cmp.Compare(a.Capacity, b.Capacity) }

// exact is the decimal that a float64 stands for: 0.8 is 4/5.
func exact(x float64) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(x, 'g', -1, 64))
	if !ok { // infinite or not a number
		return new(big.Rat)
	}
	return r
}
