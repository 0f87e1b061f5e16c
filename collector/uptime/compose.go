package uptime

import "slices"

// Expr is a service as an expression over targets: a name, or K of its members.
type Expr struct {
	Target string // a leaf
	K      int    // of Of; used where Target is empty
	Of     []Expr
}

// Compose evaluates e at every instant of [from, to) over the timelines of targets. It sweeps over
// boundaries and never multiplies percentages. Unreachable members are not up.
func Compose(e Expr, timelines map[string][]Interval, from, to int64) []Interval {
	if e.Target != "" {
		line := slices.Clone(clip(timelines[e.Target], from, to))
		for i := range line {
			if line[i].State == Unreachable {
				line[i].State = Down
			}
			if line[i].State == Down {
				line[i].Why = e.Target + " " + line[i].Why // an outage names its component
			}
		}
		return coalesce(line)
	}
	members := make([][]Interval, 0, len(e.Of))
	cuts := []int64{from, to}
	for _, m := range e.Of {
		line := Compose(m, timelines, from, to)
		for _, x := range line {
			cuts = append(cuts, x.From)
		}
		members = append(members, line)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	pos := make([]int, len(members))
	var out []Interval
	for i := 1; i < len(cuts); i++ {
		var n counts
		for k, line := range members {
			for pos[k] < len(line) && line[pos[k]].To <= cuts[i-1] {
				pos[k]++
			}
			n.add(line[pos[k]], cuts[i-1])
		}
		out = append(out, n.decide(cuts[i-1], cuts[i], e.K))
	}
	return coalesce(out)
}

// counts is how many members are in which state.
type counts struct {
	up, impaired, unknown int
	why                   string
	uncertainty           int64 // of the members that change at this instant, the largest
}

func (n *counts) add(x Interval, at int64) {
	if x.From == at {
		n.uncertainty = max(n.uncertainty, x.Uncertainty)
	}
	switch x.State {
	case Up:
		n.up++
	case Degraded:
		n.up++
		n.impaired++
	case Unknown:
		n.unknown++
	default:
		n.impaired++
		if n.why == "" {
			n.why = x.Why
		}
	}
}

func (n *counts) decide(from, to int64, k int) Interval {
	x := Interval{From: from, To: to, Why: n.why, Uncertainty: n.uncertainty}
	switch {
	case n.up >= k && n.impaired > 0:
		x.State = Degraded
	case n.up >= k:
		x.State = Up
	case n.up+n.unknown < k:
		x.State = Down
	default:
		x.State = Unknown
	}
	return x
}
