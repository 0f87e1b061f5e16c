package inventory

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
)

// versionTest is one comparison, or a pattern.
type versionTest struct {
	operator string // "", =, !=, <, <=, >, >=
	version  string
}

// parseVersions reads "17.9.4", "17.9.*" or ">=17.9, <17.13".
func parseVersions(text string) ([]versionTest, error) {
	var out []versionTest
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		version := strings.TrimLeft(part, "<>=!")
		t := versionTest{part[:len(part)-len(version)], strings.TrimSpace(version)}
		switch t.operator {
		case "", "=", "!=", "<", "<=", ">", ">=":
		default:
			return nil, fmt.Errorf("%q: %s is no comparison, write one of = != < <= > >=", text, t.operator)
		}
		if t.version == "" || len(text) > maxText || !printable(text) {
			return nil, fmt.Errorf("%q names no version, write for example 17.9.4, 17.9.* or >=17.9", text)
		}
		if strings.Contains(t.version, "*") && strings.ContainsAny(t.operator, "<>") {
			return nil, fmt.Errorf("%q compares with a pattern, write a whole version", text)
		}
		out = append(out, t)
	}
	return out, nil
}

func (t versionTest) holds(version string) bool {
	c := compareVersions(version, t.version)
	switch t.operator {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	case ">=":
		return c >= 0
	}
	same := c == 0 || glob(strings.ToLower(t.version), strings.ToLower(version))
	return same == (t.operator != "!=")
}

// Allows tells whether a version is one of those that the policy names.
func (p SoftwarePolicy) Allows(version string) bool {
	for _, text := range p.Versions {
		tests, err := parseVersions(text)
		ok := err == nil
		for _, t := range tests {
			ok = ok && t.holds(version)
		}
		if ok {
			return true
		}
	}
	return false
}

// compareVersions orders versions as people do: numbers by value, words by letter, and a version before its
// extensions: 9.3 < 9.3(5) < 9.10 < 9.10.1.
func compareVersions(a, b string) int {
	x, y := versionParts(a), versionParts(b)
	for i := range min(len(x), len(y)) {
		if c := comparePart(x[i], y[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(x), len(y))
}

// comparePart puts words before numbers: 9.3rc1 < 9.3.1.
func comparePart(a, b string) int {
	aNumber, bNumber := isNumber(a), isNumber(b)
	switch {
	case aNumber && bNumber: // of any length
		a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	case aNumber != bNumber && aNumber:
		return 1
	case aNumber != bNumber:
		return -1
	}
	return strings.Compare(a, b)
}

func isNumber(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

// versionParts cuts a version into runs of digits and of letters.
func versionParts(s string) []string {
	var out []string
	class := 0 // of the part that grows
	for _, r := range strings.ToLower(strings.TrimPrefix(s, "v")) {
		now := 0
		switch {
		case r >= '0' && r <= '9':
			now = 1
		case unicode.IsLetter(r):
			now = 2
		}
		switch {
		case now == 0:
		case now == class:
			out[len(out)-1] += string(r)
		default:
			out = append(out, string(r))
		}
		class = now
	}
	return out
}
