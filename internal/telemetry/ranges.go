package telemetry

import "slices"

// Range is the numbers First to Last, inclusive.
type Range struct{ First, Last uint64 }

// RangeSet is a set of numbers as sorted ranges that neither overlap nor touch. The zero value is empty.
type RangeSet []Range

// Add puts First..Last into s.
func (s *RangeSet) Add(r Range) {
	if r.First > r.Last {
		return
	}
	old := *s
	// The first range that ends at r.First-1 or later can merge with r.
	i, _ := slices.BinarySearchFunc(old, r.First, func(x Range, first uint64) int {
		if first > 0 && x.Last < first-1 {
			return -1
		}
		return 1
	})
	j := i
	for j < len(old) && (r.Last == ^uint64(0) || old[j].First <= r.Last+1) {
		r.First = min(r.First, old[j].First)
		r.Last = max(r.Last, old[j].Last)
		j++
	}
	*s = slices.Replace(old, i, j, r)
}

// Remove takes First..Last out of s.
func (s *RangeSet) Remove(r Range) {
	if r.First > r.Last {
		return
	}
	var out RangeSet
	for _, x := range *s {
		if x.Last < r.First || x.First > r.Last {
			out = append(out, x)
			continue
		}
		if x.First < r.First {
			out = append(out, Range{x.First, r.First - 1})
		}
		if x.Last > r.Last {
			out = append(out, Range{r.Last + 1, x.Last})
		}
	}
	*s = out
}

// Contains tells whether n is in s.
func (s RangeSet) Contains(n uint64) bool {
	i, _ := slices.BinarySearchFunc(s, n, func(x Range, n uint64) int {
		if x.Last < n {
			return -1
		}
		return 1
	})
	return i < len(s) && s[i].First <= n
}

// Count is how many numbers s holds.
func (s RangeSet) Count() uint64 {
	var n uint64
	for _, r := range s {
		n += r.Last - r.First + 1
	}
	return n
}
