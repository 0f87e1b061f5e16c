// Package order sorts lists of structs with one piece of code for all types.
//
// slices.SortFunc is compiled anew for each type, 10 to 20 KB each time, which the agent has no room for. Sort needs a
// second list for a moment instead. Lists of strings, and of numbers that are sorted often, are sorted with package
// slices, at 8 KB for each type of numbers.
package order

import (
	"cmp"
	"slices"
)

// Sort puts list into the order of compare. Equals stay as they stand.
func Sort[T any](list []T, compare func(a, b T) int) {
	old := slices.Clone(list)
	for i, place := range places(len(old), func(a, b int) int { return compare(old[a], old[b]) }) {
		list[i] = old[place]
	}
}

// places returns the numbers below n in the order of compare.
func places(n int, compare func(a, b int) int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	slices.SortFunc(list, func(a, b int) int { return cmp.Or(compare(a, b), a-b) })
	return list
}
