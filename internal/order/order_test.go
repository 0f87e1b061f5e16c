package order

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestSort: the same as the stable sort of the standard library.
func TestSort(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		type row struct{ key, place int }
		var list []row
		for i, k := range rapid.SliceOfN(rapid.IntRange(0, 9), 0, 200).Draw(rt, "keys") {
			list = append(list, row{k, i})
		}
		byKey := func(a, b row) int { return a.key - b.key }
		want := slices.Clone(list)
		slices.SortStableFunc(want, byKey)
		if Sort(list, byKey); !slices.Equal(list, want) {
			rt.Fatalf("got %v, want %v", list, want)
		}
	})
}
