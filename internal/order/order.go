// Package order sorts lists of structs with one piece of code for all types.
//
// slices.SortFunc is compiled anew for each type, 10 to 20 KB each time, which the agent has no room for. Sort needs a
// second list for a moment instead. Lists of numbers and strings are sorted with package slices.
package order

import (
	"cmp"
	"slices"
)

// Sort puts list into the order of compare. Equals stay as they stand.
func Sort[T any](list []T, compare func(a, b T) int) {
	places := make([]int, len(list))
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(a, b int) int { return cmp.Or(compare(list[a], list[b]), a-b) })
	sorted := make([]T, len(list))
	for i, p := range places {
		sorted[i] = list[p]
	}
	copy(list, sorted)
}
