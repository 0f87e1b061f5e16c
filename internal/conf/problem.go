package conf

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ninewatch/internal/order"
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
	order.Sort(p, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
	})
	return p
}

// Beside returns those of more that are about other keys than p: a value that could not be read is not judged
// too, and a key that was mistyped is not missing.
func (p Problems) Beside(more Problems) (out Problems) {
	for _, m := range more {
		if !slices.ContainsFunc(p, m.follows) {
			out = append(out, m)
		}
	}
	return out
}

// follows tells whether p is only a consequence of x.
func (p Problem) follows(x Problem) bool {
	if x.File != p.File {
		return false
	}
	group, key := cut(p.Key)
	mistyped, _ := cut(x.Key)
	return x.Key == p.Key || x.Line == p.Line && x.Column == p.Column ||
		group == mistyped && strings.HasSuffix(x.Text, fmt.Sprintf("did you mean %q?", key))
}

// cut splits a path before its last key.
func cut(path string) (group, key string) {
	i := strings.LastIndexByte(path, '.')
	return path[:i+1], path[i+1:]
}
