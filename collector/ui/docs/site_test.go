package docs

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

const theme = "<script>theme()</script>"

func site(t *testing.T) map[string][]byte {
	t.Helper()
	pages, err := Site([]byte(":root{--ink:#000}"), []byte(theme))
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

func TestSite(t *testing.T) {
	pages := site(t)
	listed := 0
	for _, g := range contents {
		listed += len(g.names)
	}
	if got, want := len(pages), listed+3; got != want { // index, missing, docs.css
		t.Errorf("files: got %d, want %d", got, want)
	}
	if !strings.HasPrefix(string(pages[Style]), ":root{--ink:#000}\n") {
		t.Error("the style sheet does not begin with the tokens")
	}
	if s := string(pages["first-steps"]); !strings.Contains(s, `<a href="/docs/first-steps" aria-current="page">First steps</a>`) || !strings.Contains(s, theme) {
		t.Error("the page does not mark its place in the contents, or lacks the theme")
	}
}

var (
	id     = regexp.MustCompile(` id="([^"]*)"`)
	header = regexp.MustCompile(`<h([1-3])[ >]`)
	loaded = regexp.MustCompile(`(?:src|href)="([^"]*\.(?:js|css|svg|png))"`)
)

// What browsers and readers of screens need of each page.
func TestPagesAreSound(t *testing.T) {
	for name, body := range site(t) {
		if name == Style {
			continue
		}
		text := string(body)
		if !strings.HasPrefix(text, "<!doctype html>\n<html lang=\"en\">") || strings.Count(text, "<h1>") != 1 || strings.Count(text, "<main ") != 1 {
			t.Errorf("%s: no language, or not one h1 and one main", name)
		}
		seen := map[string]bool{}
		for _, m := range id.FindAllStringSubmatch(text, -1) {
			if seen[m[1]] {
				t.Errorf("%s: the id %q stands there twice", name, m[1])
			}
			seen[m[1]] = true
		}
		article := text[strings.Index(text, "<article>"):strings.Index(text, "</article>")]
		level := byte('0')
		for _, m := range header.FindAllStringSubmatch(article, -1) {
			if m[1][0] > level+1 {
				t.Errorf("%s: h%s follows h%c", name, m[1], level)
			}
			level = m[1][0]
		}
		if strings.Contains(text, "style=") || strings.Count(text, "<script") != 1 {
			t.Errorf("%s: inline style, or a script that is not the theme", name)
		}
		for _, m := range loaded.FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(m[1], "/docs/") {
				t.Errorf("%s loads %s", name, m[1])
			}
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	whole := fstest.MapFS{"index.md": {Data: []byte("# I\n")}}
	for _, g := range contents {
		for _, name := range g.names {
			whole[name+".md"] = &fstest.MapFile{Data: []byte("# T\n\n## Heading\n")}
		}
	}
	f := func(name, source, want string) {
		t.Helper()
		folder := fstest.MapFS{}
		for k, v := range whole {
			folder[k] = v
		}
		delete(folder, name)
		if source != "" {
			folder[name] = &fstest.MapFile{Data: []byte(source)}
		}
		_, err := load(folder)
		if got := ""; err != nil {
			if got = err.Error(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		} else if want != "" {
			t.Errorf("got no error, want %q", want)
		}
	}
	f("index.md", "# I\n\n[a](design.md#heading) [b](/agents)\n", "")
	f("index.md", "# I\n\n[a](design.md#head)\n", `index.md:3: the link "design.md#head" leads nowhere`)
	f("index.md", "# I\n\n[a](none.md)\n", `index.md:3: the link "none.md" leads nowhere`)
	f("index.md", "# I\n\n[a](#none)\n", `index.md:3: the link "#none" leads nowhere`)
	f("design.md", "", "table of contents: design.md is not there, or stands there twice")
	f("more.md", "# M\n", "more.md does not stand in the table of contents")
}
