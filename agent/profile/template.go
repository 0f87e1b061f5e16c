package profile

import (
	"fmt"
	"strconv"
	"strings"

	"ninewatch/internal/oid"
)

// template is a text with {placeholders}. A placeholder is one or more alternatives with | between them,
// of which the first that has a text counts; when none has, the whole template has none.
type template []piece

type piece struct {
	literal      string
	alternatives []string // a column, the name of one, index, index.N, n
}

func parseTemplate(text string) (template, error) {
	var t template
	for text != "" {
		literal, rest, open := strings.Cut(text, "{")
		if literal != "" {
			t = append(t, piece{literal: literal})
		}
		if !open {
			break
		}
		inside, after, closed := strings.Cut(rest, "}")
		if !closed || inside == "" {
			return nil, fmt.Errorf("%q: a { is not closed, write for example {2} for the text of column 2", text)
		}
		t = append(t, piece{alternatives: strings.Split(inside, "|")})
		text = after
	}
	return t, nil
}

// columnsOf are the placeholders that name columns.
func (t template) columns() (names []string) {
	for _, p := range t {
		for _, a := range p.alternatives {
			if _, ok := parseIndexPart(a); !ok && a != "n" {
				names = append(names, a)
			}
		}
	}
	return names
}

// indexPart is the part of a row's index that a placeholder means: index is the whole, index.N one
// number (negative counts from the end), index.N-M several, index.N- the rest, index.text the text that
// the numbers spell.
type indexPart struct {
	from, to int // 1-based, both included; 0, 0: all
	text     bool
}

func parseIndexPart(placeholder string) (p indexPart, ok bool) {
	if placeholder == "index" {
		return p, true
	}
	rest, ok := strings.CutPrefix(placeholder, "index.")
	if !ok {
		return p, false
	}
	if rest, p.text = strings.CutPrefix(rest, "text"); p.text && rest == "" {
		return p, true
	}
	rest = strings.TrimPrefix(rest, ".")
	first, last, isRange := rest, "", false
	if i := strings.Index(rest[min(1, len(rest)):], "-"); i >= 0 {
		first, last, isRange = rest[:i+1], rest[i+2:], true
	}
	n, err := strconv.Atoi(first)
	if err != nil || n == 0 {
		return p, false
	}
	p.from, p.to = n, n
	if isRange {
		p.to = -1
		if last != "" {
			if p.to, err = strconv.Atoi(last); err != nil || p.to == 0 {
				return p, false
			}
		}
	}
	return p, true
}

// of cuts the part out of index; not ok when the index is too short.
func (p indexPart) of(index oid.OID) (string, bool) {
	part := index
	if p.from != 0 {
		from, to := p.from, p.to
		if from < 0 {
			from += len(index) + 1
		}
		if to < 0 {
			to += len(index) + 1
		}
		if from < 1 || to > len(index) || from > to {
			return "", false
		}
		part = index[from-1 : to]
	}
	if !p.text {
		return part.String(), len(part) > 0
	}
	return spelled(part)
}

// spelled is the text that an index spells (RFC 2578, section 7.7), with its length before it or without.
func spelled(index oid.OID) (string, bool) {
	if len(index) > 1 && int64(index[0]) == int64(len(index)-1) {
		index = index[1:]
	}
	b := make([]byte, len(index))
	for i, n := range index {
		if n < ' ' || n > '~' {
			return "", false
		}
		b[i] = byte(n)
	}
	return string(b), len(b) > 0
}
