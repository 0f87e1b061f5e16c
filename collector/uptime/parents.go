package uptime

import "slices"

// ParentMode says how several parents lead to a child.
type ParentMode uint8

// AnyParent: redundant parents, the path is cut while all are cut. AllParents: parents in series, the path
// is cut while any is.
const (
	AnyParent ParentMode = iota
	AllParents
)

// ApplyParents explains the down time of a child by its parents' resolved timelines. Skew (seconds) is how
// far apart the polls of parent and child may be.
func ApplyParents(child []Interval, parents [][]Interval, mode ParentMode, skew int64) []Interval {
	if len(parents) == 0 {
		return child
	}
	cuts := merged(cut(parents, mode), skew)
	return blameParents(child, func(int64) Windows { return cuts }, skew)
}

// blameParents is ApplyParents where the parents may change: cutsAt says when those at a time were all cut. An outage
// goes by the parents of when it began, for while it lasts nobody can see others.
func blameParents(child []Interval, cutsAt func(at int64) Windows, skew int64) []Interval {
	out := make([]Interval, 0, len(child))
	sticky := false // own fault, until the child is seen up
	var cuts Windows
	began := int64(-1) // the end of the down time that cuts were asked for
	for _, x := range child {
		switch {
		case x.State == Unknown:
			out = append(out, x)
		case x.State != Down:
			sticky = false
			out = append(out, x)
		case sticky:
			out = append(out, x)
		default:
			if began != x.From {
				cuts = cutsAt(x.From)
			}
			began = x.To
			pieces := blame(x, cuts, skew)
			sticky = pieces[len(pieces)-1].State == Down
			out = append(out, pieces...)
		}
	}
	return coalesce(out)
}

// cut is when no parent could carry the path. An unknown parent does not cut.
func cut(parents [][]Interval, mode ParentMode) Windows {
	var out Windows
	for i, p := range parents {
		own := during(p, Down, Unreachable)
		switch {
		case i == 0:
			out = own
		case mode == AllParents:
			out = NewWindows(append(out, own...)...)
		default:
			out = out.Intersect(own)
		}
	}
	return out
}

// blame splits one down interval into what the first overlapping cut explains and what it does not.
func blame(x Interval, cuts Windows, skew int64) []Interval {
	i := slices.IndexFunc(cuts, func(c Window) bool { return c.To > x.From })
	if i < 0 || cuts[i].From >= x.To || x.From < cuts[i].From-skew {
		return []Interval{x}
	}
	gone := x
	gone.State, gone.Why = Unreachable, "parent"
	if x.To <= cuts[i].To+skew {
		return []Interval{gone}
	}
	gone.To = cuts[i].To
	own := x
	own.From, own.Uncertainty, own.Dated = gone.To, 0, ""
	return []Interval{gone, own}
}
