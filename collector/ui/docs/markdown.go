package docs

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Document is a rendered document.
type Document struct {
	Title    string
	Body     string    // HTML
	Headings []Heading // of level 2, in order
	IDs      map[string]bool
	Links    []Link
}

// Heading is a place in a document.
type Heading struct{ ID, Text string }

// Link is a link of a document, as it was written.
type Link struct {
	Line   int
	Target string
}

// Render turns the source of the document name into HTML. The error names the line.
func Render(name string, source []byte) (Document, error) {
	p := &parser{name: name, doc: Document{IDs: map[string]bool{}}}
	if !utf8.Valid(source) {
		return Document{}, fmt.Errorf("%s: not UTF-8", name)
	}
	p.lines = strings.Split(strings.TrimRight(string(source), "\n"), "\n")
	for p.n < len(p.lines) {
		if err := p.block(); err != nil {
			return Document{}, fmt.Errorf("%s:%d: %w", name, p.n+1, err)
		}
	}
	if p.doc.Title == "" {
		return Document{}, fmt.Errorf("%s:1: a document begins with # and its title", name)
	}
	p.doc.Body = p.out.String()
	return p.doc, nil
}

type parser struct {
	name  string
	lines []string
	n     int // the line that is looked at
	level int // of the last heading
	doc   Document
	out   strings.Builder
}

var (
	heading     = regexp.MustCompile(`^(#{1,3}) (\S.*)$`)
	numbered    = regexp.MustCompile(`^[0-9]+\. `)
	delimiter   = regexp.MustCompile(`^\|(-{3,}\|)+$`)
	fence       = regexp.MustCompile("^```[a-z]*$")
	unsupported = regexp.MustCompile(`^(#|>|\s|\* |\+ |---|===|<|~~~|` + "```" + `)`)
)

// block renders the block that begins at the line p.n, and moves on. On an error p.n is the line at fault.
func (p *parser) block() error {
	line := p.lines[p.n]
	switch {
	case line == "":
		p.n++
		return nil
	case heading.MatchString(line):
		return p.heading(heading.FindStringSubmatch(line))
	case p.doc.Title == "":
		return fmt.Errorf("a document begins with # and its title")
	case fence.MatchString(line):
		return p.code()
	case strings.HasPrefix(line, "- "):
		return p.list("ul", func(s string) int { return len(s) - len(strings.TrimPrefix(s, "- ")) })
	case numbered.MatchString(line):
		return p.list("ol", func(s string) int { return len(numbered.FindString(s)) })
	case strings.HasPrefix(line, "|"):
		return p.table()
	case unsupported.MatchString(line):
		return fmt.Errorf("%.20q begins nothing that documents may hold", line)
	}
	return p.paragraph()
}

// begins tells whether a line begins a block that is not a paragraph.
func begins(line string) bool {
	return line == "" || strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "|") || numbered.MatchString(line) || unsupported.MatchString(line)
}

func (p *parser) heading(m []string) error {
	level := len(m[1])
	switch {
	case (level == 1) != (p.doc.Title == ""):
		return fmt.Errorf("a document has one # title, at its beginning")
	case level > p.level+1:
		return fmt.Errorf("a heading of level %d follows one of level %d", level, p.level)
	}
	text, err := p.inline(m[2])
	if err != nil {
		return err
	}
	p.level = level
	plain := plainText(m[2])
	if level == 1 {
		p.doc.Title = plain
		fmt.Fprintf(&p.out, "<h1>%s</h1>\n", text)
		p.n++
		return nil
	}
	id := slug(plain)
	if id == "" || p.doc.IDs[id] {
		return fmt.Errorf("the heading %q has no anchor of its own", plain)
	}
	p.doc.IDs[id] = true
	if level == 2 {
		p.doc.Headings = append(p.doc.Headings, Heading{id, plain})
	}
	fmt.Fprintf(&p.out, "<h%d id=\"%s\">%s</h%d>\n", level, id, text, level)
	p.n++
	return nil
}

// slug is the anchor of a heading, as code hosts make it.
func slug(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-':
			return '-'
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

func (p *parser) paragraph() error {
	first := p.n
	for p.n++; p.n < len(p.lines) && !begins(p.lines[p.n]); p.n++ {
	}
	return p.text("<p>", strings.Join(p.lines[first:p.n], "\n"), "</p>\n", first)
}

// text renders inline text that began at the line first.
func (p *parser) text(before, source, after string, first int) error {
	next := p.n
	p.n = first
	text, err := p.inline(source)
	if err != nil {
		return err
	}
	p.n = next
	p.out.WriteString(before + text + after)
	return nil
}

// list renders items, each of which may go on in lines that are indented by two spaces or more.
func (p *parser) list(tag string, mark func(string) int) error {
	fmt.Fprintf(&p.out, "<%s>\n", tag)
	for p.n < len(p.lines) && mark(p.lines[p.n]) > 0 {
		first := p.n
		item := p.lines[first][mark(p.lines[first]):]
		for p.n++; p.n < len(p.lines) && strings.HasPrefix(p.lines[p.n], "  "); p.n++ {
			more := strings.TrimSpace(p.lines[p.n])
			if begins(more) {
				return fmt.Errorf("lists have one level, and hold text only")
			}
			item += "\n" + more
		}
		if strings.TrimSpace(item) == "" {
			p.n = first
			return fmt.Errorf("an empty item")
		}
		if err := p.text("<li>", item, "</li>\n", first); err != nil {
			return err
		}
	}
	fmt.Fprintf(&p.out, "</%s>\n", tag)
	return nil
}

// code may be wider than the window: it scrolls, and by keys only when it takes the focus.
func (p *parser) code() error {
	first := p.n
	for p.n++; p.n < len(p.lines); p.n++ {
		if p.lines[p.n] == "```" {
			text := html.EscapeString(strings.Join(p.lines[first+1:p.n], "\n"))
			fmt.Fprintf(&p.out, "<pre tabindex=\"0\"><code>%s</code></pre>\n", text)
			p.n++
			return nil
		}
	}
	p.n = first
	return fmt.Errorf("this code block is not closed")
}

func (p *parser) table() error {
	header := cells(p.lines[p.n])
	if p.n+1 == len(p.lines) || !delimiter.MatchString(p.lines[p.n+1]) {
		return fmt.Errorf("a table has a second line |---|---|")
	}
	if len(header) != len(cells(p.lines[p.n+1])) {
		return fmt.Errorf("a header of %d cells over %d columns", len(header), len(cells(p.lines[p.n+1])))
	}
	p.out.WriteString("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table>\n<thead>")
	if err := p.row(header, `<th scope="col">`, "</th>"); err != nil {
		return err
	}
	p.out.WriteString("</thead>\n<tbody>\n")
	for p.n += 2; p.n < len(p.lines) && strings.HasPrefix(p.lines[p.n], "|"); p.n++ {
		row := cells(p.lines[p.n])
		if len(row) != len(header) {
			return fmt.Errorf("a row of %d cells in a table of %d columns", len(row), len(header))
		}
		if err := p.row(row, "<td>", "</td>"); err != nil {
			return err
		}
	}
	p.out.WriteString("</tbody></table></div>\n")
	return nil
}

func (p *parser) row(cells []string, before, after string) error {
	p.out.WriteString("<tr>")
	for _, c := range cells {
		if err := p.text(before, c, after, p.n); err != nil {
			return err
		}
	}
	p.out.WriteString("</tr>\n")
	return nil
}

// cells are the texts between the bars of a row. A bar inside a text is written \|.
func cells(line string) []string {
	const bar = "\x00" // cannot be meant: it is no text
	line = strings.ReplaceAll(strings.ReplaceAll(line, bar, ""), `\|`, bar)
	line = strings.TrimSuffix(strings.TrimPrefix(strings.TrimRight(line, " "), "|"), "|")
	out := strings.Split(line, "|")
	for i, c := range out {
		out[i] = strings.TrimSpace(strings.ReplaceAll(c, bar, "|"))
	}
	return out
}
