package conf

import (
	"fmt"
	"strings"
)

// suggestion names the known key that key is most like, or lists them when none is near.
func suggestion(key string, known []string) string {
	if best := Nearest(key, known); best != "" {
		return fmt.Sprintf(", did you mean %q?", best)
	}
	return ", known keys: " + strings.Join(known, ", ")
}

// Nearest is the one of known that word is most like, or "" when none is near.
func Nearest(word string, known []string) string {
	best, distance := "", len(word)/3+2
	for _, k := range known {
		if d := editDistance(word, k); d < distance {
			best, distance = k, d
		}
	}
	return best
}

// editDistance is the Levenshtein distance of a and b in bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
