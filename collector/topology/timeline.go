package topology

import "slices"

// Stretch is a state over a half-open piece of time, in Unix seconds.
type Stretch[T any] struct {
	From, To int64
	State    T
}

// Timeline is the class of a group from one time to another: the confirmed timelines of its members, judged
// at each change. A member is of the zero state (unknown) where its own timeline says nothing.
func Timeline[T comparable](members [][]Stretch[T], from, to int64, judge func([]T) Class) []Stretch[Class] {
	if from >= to {
		return nil
	}
	cuts := []int64{from, to}
	for _, m := range members {
		for _, s := range m {
			for _, t := range [...]int64{s.From, s.To} {
				if t > from && t < to {
					cuts = append(cuts, t)
				}
			}
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	next := make([]int, len(members))
	states := make([]T, len(members))
	var out []Stretch[Class]
	for i, at := range cuts[:len(cuts)-1] {
		for m, stretches := range members {
			for next[m] < len(stretches) && stretches[next[m]].To <= at {
				next[m]++
			}
			var none T
			states[m] = none
			if next[m] < len(stretches) && stretches[next[m]].From <= at {
				states[m] = stretches[next[m]].State
			}
		}
		class := judge(states)
		if last := len(out) - 1; last >= 0 && out[last].State == class {
			out[last].To = cuts[i+1]
		} else {
			out = append(out, Stretch[Class]{at, cuts[i+1], class})
		}
	}
	return out
}

// JudgeGroup judges members for Timeline.
func JudgeGroup(needed, designed int) func([]State) Class {
	return func(states []State) Class {
		up, unknown := 0, 0
		for _, s := range states {
			switch s {
			case Up:
				up++
			case Unknown:
				unknown++
			}
		}
		return Classify(up, unknown, needed, designed).Class
	}
}

// Account is the time without redundancy, reported as outages are.
type Account struct {
	Seconds  [Failed + 1]int64 // by class; they add up to the period
	Without  int64             // seconds in which redundancy was lost
	Known    int64             // seconds in which that could be told
	Losses   []Stretch[Class]  // from the first lost class to full again; State is the worst of it
	Restored int               // losses that ended within the period
	MTTR     float64           // mean seconds from a loss to full, of those restored; 0 without any
}

// Ratio is the share of the known time with full redundancy; not ok when nothing is known.
func (a Account) Ratio() (ratio float64, ok bool) {
	if a.Known == 0 {
		return 0, false
	}
	return 1 - float64(a.Without)/float64(a.Known), true
}

// Redundancy accounts for a timeline. A stretch of unknown class does not end a loss, and does not begin one.
func Redundancy(timeline []Stretch[Class]) Account {
	var a Account
	var open *Stretch[Class]
	var restored int64
	for _, s := range timeline {
		a.Seconds[s.State] += s.To - s.From
		switch {
		case s.State.Lost() && open == nil:
			a.Losses = append(a.Losses, s)
			open = &a.Losses[len(a.Losses)-1]
		case s.State.Lost():
			open.To, open.State = s.To, max(open.State, s.State)
		case s.State == Full && open != nil:
			open.To = s.From
			restored += open.To - open.From
			a.Restored++
			open = nil
		}
	}
	for class, n := range a.Seconds {
		if Class(class).Lost() {
			a.Without += n
		}
		if Class(class) != ClassUnknown {
			a.Known += n
		}
	}
	if a.Restored > 0 {
		a.MTTR = float64(restored) / float64(a.Restored)
	}
	return a
}
