package docs

import (
	"html"
	"regexp"
	"strings"
	"testing"
)

func TestRender(t *testing.T) {
	f := func(source, want string) {
		t.Helper()
		d, err := Render("a.md", []byte("# T\n\n"+source))
		if err != nil {
			t.Errorf("%q: %v", source, err)
			return
		}
		if got := strings.TrimPrefix(d.Body, "<h1>T</h1>\n"); got != want {
			t.Errorf("%q:\ngot  %q\nwant %q", source, got, want)
		}
	}
	f("a <b> & \"c\"\nd", "<p>a &lt;b&gt; &amp; &#34;c&#34;\nd</p>\n")
	f("`a < b` and **bold `x`** end", "<p><code>a &lt; b</code> and <strong>bold <code>x</code></strong> end</p>\n")
	f("[a `b`](other.md#c-d)", "<p><a href=\"/docs/other#c-d\">a <code>b</code></a></p>\n")
	f("[home](index.md), [page](/agents), [far](https://example.net/a?b=c&d=e)",
		"<p><a href=\"/docs/\">home</a>, <a href=\"/agents\">page</a>, <a href=\"https://example.net/a?b=c&amp;d=e\">far</a></p>\n")
	f(`\[not a link\](x) \*\* \`+"`", "<p>[not a link](x) ** `</p>\n")
	f("2 * 3 * 4", "<p>2 * 3 * 4</p>\n")
	f("## A b: `c`, d", "<h2 id=\"a-b-c-d\">A b: <code>c</code>, d</h2>\n")
	f("- a\n  b\n- c", "<ul>\n<li>a\nb</li>\n<li>c</li>\n</ul>\n")
	f("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n")
	f("text\n- a", "<p>text</p>\n<ul>\n<li>a</li>\n</ul>\n")
	f("```sh\n# not <a> heading\n\n- `x\n```\nafter", "<pre tabindex=\"0\"><code># not &lt;a&gt; heading\n\n- `x</code></pre>\n<p>after</p>\n")
	f("| a | `b` |\n|---|---|\n| x \\| y | `p\\|q` |",
		"<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table>\n<thead><tr><th scope=\"col\">a</th><th scope=\"col\"><code>b</code></th></tr>\n</thead>\n"+
			"<tbody>\n<tr><td>x | y</td><td><code>p|q</code></td></tr>\n</tbody></table></div>\n")
}

func TestRenderHeadings(t *testing.T) {
	d, err := Render("a.md", []byte("# The `title`\n\n## One\n\n### Two\n\n## Three\n"))
	if err != nil {
		t.Fatal(err)
	}
	if d.Title != "The title" {
		t.Errorf("title: got %q", d.Title)
	}
	if len(d.Headings) != 2 || d.Headings[0] != (Heading{"one", "One"}) || d.Headings[1] != (Heading{"three", "Three"}) {
		t.Errorf("headings: got %v", d.Headings)
	}
	if !d.IDs["two"] {
		t.Error("a heading of level 3 has no anchor")
	}
}

func TestRenderRefuses(t *testing.T) {
	f := func(source, want string) {
		t.Helper()
		if _, err := Render("a.md", []byte(source)); err == nil || err.Error() != want {
			t.Errorf("%q:\ngot  %v\nwant %s", source, err, want)
		}
	}
	f("", "a.md:1: a document begins with # and its title")
	f("text", "a.md:1: a document begins with # and its title")
	f("# A\n# B", "a.md:2: a document has one # title, at its beginning")
	f("# A\n\n### B", "a.md:3: a heading of level 3 follows one of level 1")
	f("# A\n## B\n## B", `a.md:3: the heading "B" has no anchor of its own`)
	f("# A\n#### B", `a.md:2: "#### B" begins nothing that documents may hold`)
	f("# A\n> b", `a.md:2: "> b" begins nothing that documents may hold`)
	f("# A\n<script>", `a.md:2: "<script>" begins nothing that documents may hold`)
	f("# A\n```\nx", "a.md:2: this code block is not closed")
	f("# A\n- a\n  - b", "a.md:3: lists have one level, and hold text only")
	f("# A\n| a |\nx", "a.md:2: a table has a second line |---|---|")
	f("# A\n| a |\n|---|\n| b | c |", "a.md:4: a row of 2 cells in a table of 1 columns")
	f("# A\n\nx\n\na **b", "a.md:5: ** is missing")
	f("# A\na `b", "a.md:2: a ` is not closed, or holds nothing")
	f("# A\n[a] b", `a.md:2: a link is written [text](target), a plain bracket \[`)
	f("# A\n[a](javascript:alert)", `a.md:2: the target "javascript:alert" is none of other.md, other.md#heading, #heading, /page, https://host/`)
	f("# A\n[a](//example.net/)", `a.md:2: the target "//example.net/" is none of other.md, other.md#heading, #heading, /page, https://host/`)
	f("# A\n\xff", "a.md: not UTF-8")
}

var (
	tag = regexp.MustCompile(`<[^>]*>`)
	// whole are the only tags that a document can become.
	whole = regexp.MustCompile(`^<(/?(h1|h2|h3|p|ul|ol|li|pre|code|strong|a|table|thead|tbody|tr|th|td|div)` +
		`|h[23] id="[^"<>]+"|pre tabindex="0"|a href="(/|#|https://)[^"<>]*"|th scope="col"|div class="scroll" tabindex="0" role="group" aria-label="Table")>$`)
)

// FuzzRender: whatever a document holds becomes an error, or HTML with balanced tags of ours and nothing else.
func FuzzRender(f *testing.F) {
	for _, s := range []string{
		"# A\n\ntext `code` **bold** [link](b.md#c)\n", "# A\n## B\n- a\n  b\n1. c\n", "# A\n|a|b|\n|---|---|\n|`c`|d\\|e|\n",
		"# A\n```sh\n<x>\n```\n", "# <b>\n\n\"'><script>alert(1)</script>", "# A\n**[a `b`](#c)**", "# A\n[**a**](/b)", "# `a", "# A\n|\n|---|\n", "# A\n|a\x00b|\n|---|\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		d, err := Render("a.md", source)
		if err != nil {
			return
		}
		var open []string
		for _, m := range tag.FindAllString(d.Body, -1) {
			if !whole.MatchString(m) {
				t.Fatalf("%q makes the tag %q", source, m)
			}
			name := strings.Trim(strings.Fields(m)[0], "<>")
			if closing, ok := strings.CutPrefix(name, "/"); !ok {
				open = append(open, name)
			} else if len(open) == 0 || open[len(open)-1] != closing {
				t.Fatalf("%q closes %q inside %v", source, closing, open)
			} else {
				open = open[:len(open)-1]
			}
		}
		if len(open) > 0 {
			t.Fatalf("%q leaves %v open", source, open)
		}
		if rest := tag.ReplaceAllString(d.Body, ""); strings.ContainsAny(rest, "<>") || html.UnescapeString(rest) == "" {
			t.Fatalf("%q becomes %q", source, d.Body)
		}
	})
}
