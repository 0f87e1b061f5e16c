package telemetry

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestRangeSetAdd(t *testing.T) {
	f := func(add []Range, want RangeSet) {
		t.Helper()
		var s RangeSet
		for _, r := range add {
			s.Add(r)
		}
		if !slices.Equal(s, want) {
			t.Errorf("adding %v: got %v, want %v", add, s, want)
		}
	}
	f(nil, nil)
	f([]Range{{1, 3}, {4, 5}}, RangeSet{{1, 5}})
	f([]Range{{7, 9}, {1, 2}}, RangeSet{{1, 2}, {7, 9}})
	f([]Range{{1, 2}, {5, 6}, {9, 9}, {2, 8}}, RangeSet{{1, 9}})
	f([]Range{{0, 0}, {^uint64(0), ^uint64(0)}}, RangeSet{{0, 0}, {^uint64(0), ^uint64(0)}})
	f([]Range{{5, 4}}, nil)
}

// TestRangeSetIsASet compares a RangeSet with a map of numbers.
func TestRangeSetIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s RangeSet
		model := map[uint64]bool{}
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			first := rapid.Uint64Range(0, 40).Draw(t, "first")
			r := Range{first, first + rapid.Uint64Range(0, 6).Draw(t, "length")}
			remove := rapid.Bool().Draw(t, "remove")
			if remove {
				s.Remove(r)
			} else {
				s.Add(r)
			}
			for n := r.First; n <= r.Last; n++ {
				if remove {
					delete(model, n)
				} else {
					model[n] = true
				}
			}
		}
		for n := uint64(0); n < 50; n++ {
			if s.Contains(n) != model[n] {
				t.Fatalf("%d in %v: got %t, want %t", n, s, s.Contains(n), model[n])
			}
		}
		if s.Count() != uint64(len(model)) {
			t.Fatalf("count of %v: got %d, want %d", s, s.Count(), len(model))
		}
		for i := 1; i < len(s); i++ {
			if s[i].First <= s[i-1].Last+1 {
				t.Fatalf("%v: ranges overlap or touch", s)
			}
		}
	})
}
