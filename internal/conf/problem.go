package conf

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a file or in the environment.
type Problem struct {
	File         string
	Line, Column int    // 0: no place, as for a variable of the environment
	Key          string // path of the key, such as spool.max_size or devices[2].address
	Text         string // what is wrong with which value, what would be right
}

func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	if p.Key != "" {
		b.WriteString(": " + p.Key)
	}
	return b.String() + ": " + p.Text
}

// Problems is every mistake of one run, one a line in its Error. An empty Problems is no error.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// Err returns p in the order of the files, or nil when there is none.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
	})
	return p
}

// beside returns those of more that are about other keys than p: a value that could not be read is not judged too.
func (p Problems) beside(more Problems) (out Problems) {
	for _, m := range more {
		told := func(x Problem) bool { return x.File == m.File && (x.Key == m.Key || x.Line == m.Line && x.Column == m.Column) }
		if !slices.ContainsFunc(p, told) {
			out = append(out, m)
		}
	}
	return out
}
