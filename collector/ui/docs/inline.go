package docs

import (
	"fmt"
	"html"
	"regexp"
	"strings"
)

// inline renders the text of a block.
func (p *parser) inline(source string) (string, error) {
	s := &scanner{rest: source, link: p.link}
	if err := s.until(""); err != nil {
		return "", err
	}
	return s.out.String(), nil
}

// scanner renders code, bold and links. Neither bold nor links hold their own kind.
type scanner struct {
	rest string
	open []string // marks that are to be closed
	link func(target string) (string, error)
	out  strings.Builder
}

// escapable are the characters that a backslash makes plain.
const escapable = "\\`*[]|"

// until renders up to the mark that closes, or to the end where that is empty.
func (s *scanner) until(closing string) error {
	for s.rest != "" {
		switch {
		case closing != "" && strings.HasPrefix(s.rest, closing):
			s.rest = s.rest[len(closing):]
			return nil
		case s.rest[0] == '\\' && len(s.rest) > 1 && strings.IndexByte(escapable, s.rest[1]) >= 0:
			s.out.WriteString(html.EscapeString(s.rest[1:2]))
			s.rest = s.rest[2:]
		case s.rest[0] == '`':
			if err := s.code(); err != nil {
				return err
			}
		case strings.HasPrefix(s.rest, "**"):
			if err := s.inside("**", "<strong>", "</strong>"); err != nil {
				return err
			}
		case s.rest[0] == '[':
			if err := s.anchor(); err != nil {
				return err
			}
		default:
			n := strings.IndexAny(s.rest[1:], "\\`*[]") + 1
			if n == 0 {
				n = len(s.rest)
			}
			s.out.WriteString(html.EscapeString(s.rest[:n]))
			s.rest = s.rest[n:]
		}
	}
	if closing != "" {
		return fmt.Errorf("%s is missing", closing)
	}
	return nil
}

func (s *scanner) code() error {
	text, rest, ok := strings.Cut(s.rest[1:], "`")
	if !ok || text == "" {
		return fmt.Errorf("a ` is not closed, or holds nothing")
	}
	s.out.WriteString("<code>" + html.EscapeString(text) + "</code>")
	s.rest = rest
	return nil
}

// inside renders what stands between a mark and closing.
func (s *scanner) inside(closing, before, after string) error {
	for _, o := range s.open {
		if o == closing {
			return fmt.Errorf("%s inside itself", closing)
		}
	}
	s.open = append(s.open, closing)
	s.rest = s.rest[len(closing):]
	s.out.WriteString(before)
	began := s.out.Len()
	if err := s.until(closing); err != nil {
		return err
	}
	if s.out.Len() == began {
		return fmt.Errorf("nothing stands between the marks before %s", closing)
	}
	s.out.WriteString(after)
	s.open = s.open[:len(s.open)-1]
	return nil
}

// anchor renders [text](target). The target is needed before the text.
func (s *scanner) anchor() error {
	outer := s.out.String()
	s.out.Reset()
	if err := s.inside("]", "", ""); err != nil {
		return fmt.Errorf("link: %w; a plain bracket is written \\[", err)
	}
	text := s.out.String()
	s.out.Reset()
	target, rest, ok := strings.Cut(strings.TrimPrefix(s.rest, "("), ")")
	if !ok || !strings.HasPrefix(s.rest, "(") {
		return fmt.Errorf("a link is written [text](target), a plain bracket \\[")
	}
	href, err := s.link(target)
	if err != nil {
		return err
	}
	s.out.WriteString(outer + `<a href="` + html.EscapeString(href) + `">` + text + "</a>")
	s.rest = rest
	return nil
}

var (
	toDocument = regexp.MustCompile(`^([a-z0-9-]+)\.md(#[a-z0-9_-]+)?$`)
	toHeading  = regexp.MustCompile(`^#[a-z0-9_-]+$`)
	elsewhere  = regexp.MustCompile(`^(https://[a-z0-9.-]+)?/[A-Za-z0-9._~/#?=&%-]*$`)
)

// link is the address behind a target.
func (p *parser) link(target string) (string, error) {
	p.doc.Links = append(p.doc.Links, Link{p.n + 1, target})
	if m := toDocument.FindStringSubmatch(target); m != nil {
		return address(m[1]) + m[2], nil
	}
	if toHeading.MatchString(target) || elsewhere.MatchString(target) && !strings.HasPrefix(target, "//") {
		return target, nil
	}
	return "", fmt.Errorf("the target %q is none of other.md, other.md#heading, #heading, /page, https://host/", target)
}

// plainText is the source of a heading without its marks.
func plainText(source string) string {
	return strings.NewReplacer("`", "", "**", "", `\`, "").Replace(source)
}
