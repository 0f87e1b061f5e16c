package profile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// pattern is a sysObjectID with * for any sub-identifier; at the end it stands for all the rest, or nothing. Words for
// the last sub-identifier match no device: Kentik names profiles so that are chosen by matches.
type pattern []string

var patternForm = regexp.MustCompile(`^\.?\d+(\.(\d+|\*))*$`)

// aliasForm is how Kentik names what matches choose: words after the number of an agent software.
var aliasForm = regexp.MustCompile(`^1\.3\.6\.1\.4\.1(\.\d+){4,}\.\w[\w-]{2,}$`)

func parsePattern(text string) (pattern, error) {
	if text == "*" {
		return pattern{"*"}, nil
	}
	if last := text[max(0, len(text)-2):]; len(last) == 2 && last[1] == '*' && last[0] != '.' {
		text = text[:len(text)-1] + ".*" // as Kentik writes it
	}
	if !patternForm.MatchString(text) && !aliasForm.MatchString(text) {
		return nil, fmt.Errorf("%q is no sysObjectID: write numbers with dots, * for any, such as 1.3.6.1.4.1.9.1.*", text)
	}
	return pattern(strings.Split(strings.TrimPrefix(text, "."), ".")), nil
}

func (p pattern) String() string { return strings.Join(p, ".") }

// open tells whether p ends in *.
func (p pattern) open() bool { return p[len(p)-1] == "*" }

func (p pattern) matches(sysObjectID string) bool {
	parts := strings.Split(strings.TrimPrefix(sysObjectID, "."), ".")
	if p.open() {
		p = p[:len(p)-1]
		parts = parts[:min(len(parts), len(p))]
	}
	return slices.EqualFunc(p, parts, func(want, got string) bool { return want == "*" || want == got })
}

// compare orders patterns from the most specific: those without * at the end, then by how many numbers
// they fix.
func (p pattern) compare(q pattern) int {
	if p.open() != q.open() {
		if p.open() {
			return 1
		}
		return -1
	}
	return q.fixed() - p.fixed()
}

func (p pattern) fixed() (n int) {
	for _, part := range p {
		if part != "*" {
			n++
		}
	}
	return n
}
