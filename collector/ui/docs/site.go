package docs

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"strings"
)

//go:embed *.md docs.css layout.html
var files embed.FS

// group is a part of the table of contents.
type group struct {
	Title string
	names []string
	Pages []entry
}

type entry struct {
	Name, Title, Address string
	Here                 bool
}

// contents is the order in which documents are read. index stands before all.
var contents = []group{
	{Title: "Start", names: []string{"first-steps"}},
	{Title: "How to", names: []string{"devices-as-code", "join-a-site", "discovery", "snmpv3", "incidents", "webhooks", "grafana", "uptime", "redundancy", "capacity", "reports"}},
	{Title: "Reference", names: []string{"commands", "agent-yaml", "profiles", "collector-yaml", "inventory", "rest-api", "series", "metrics"}},
	{Title: "Help", names: []string{"troubleshooting"}},
	{Title: "Background", names: []string{"design"}},
}

const index = "index"

// Style is the address of the style sheet below /docs/.
const Style = "docs.css"

// Missing is the name of the page that stands for documents that are not there.
const Missing = "missing"

// address is where a document is served.
func address(name string) string {
	if name == index {
		return "/docs/"
	}
	return "/docs/" + name
}

// page is what layout.html shows.
type page struct {
	Document
	HTML       template.HTML
	Theme      template.HTML
	Contents   []group
	Prev, Next *entry
}

// Site renders all documents: their pages by name, "index" and "missing" among them, and the style sheet, which
// begins with tokens. theme is the script of the application, with its tag, that sets the theme a person has
// chosen; it may be empty.
func Site(tokens, theme []byte) (map[string][]byte, error) {
	documents, err := load(files)
	if err != nil {
		return nil, err
	}
	layout, err := template.ParseFS(files, "layout.html")
	if err != nil {
		return nil, err
	}
	style, err := files.ReadFile(Style)
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{Style: append(append(bytes.Clone(tokens), '\n'), style...)}
	for name, d := range documents {
		p := page{Document: d, HTML: template.HTML(d.Body), Theme: template.HTML(theme), Contents: toc(documents, name)} //nolint:gosec // both are our own
		p.Prev, p.Next = neighbours(p.Contents, name)
		var b bytes.Buffer
		if err := layout.Execute(&b, p); err != nil {
			return nil, fmt.Errorf("page of %s: %w", name, err)
		}
		out[name] = b.Bytes()
	}
	return out, nil
}

// load renders the documents of a folder, and checks them as a whole.
func load(folder fs.FS) (map[string]Document, error) {
	names, err := fs.Glob(folder, "*.md")
	if err != nil {
		return nil, err
	}
	documents := map[string]Document{}
	for _, file := range names {
		source, err := fs.ReadFile(folder, file)
		if err != nil {
			return nil, err
		}
		if documents[strings.TrimSuffix(file, ".md")], err = Render(file, source); err != nil {
			return nil, err
		}
	}
	missing, err := Render(Missing, []byte("# There is no such document\n\nChoose one from the contents.\n"))
	if err != nil {
		return nil, err
	}
	if err := check(documents); err != nil {
		return nil, err
	}
	documents[Missing] = missing
	return documents, nil
}

// check compares the documents with the table of contents, and follows their links.
func check(documents map[string]Document) error {
	listed := map[string]bool{index: true}
	for _, g := range contents {
		for _, name := range g.names {
			if _, ok := documents[name]; !ok || listed[name] {
				return fmt.Errorf("table of contents: %s.md is not there, or stands there twice", name)
			}
			listed[name] = true
		}
	}
	for name, d := range documents {
		if !listed[name] {
			return fmt.Errorf("%s.md does not stand in the table of contents", name)
		}
		for _, l := range d.Links {
			file, id, _ := strings.Cut(l.Target, "#")
			to, ok := d, true
			if m := toDocument.FindStringSubmatch(l.Target); m != nil {
				to, ok = documents[m[1]]
			} else if file != "" {
				continue // to a page of the collector, or elsewhere
			}
			if !ok || id != "" && !to.IDs[id] {
				return fmt.Errorf("%s.md:%d: the link %q leads nowhere", name, l.Line, l.Target)
			}
		}
	}
	return nil
}

func toc(documents map[string]Document, here string) []group {
	out := make([]group, len(contents))
	for i, g := range contents {
		out[i] = group{Title: g.Title}
		for _, name := range g.names {
			out[i].Pages = append(out[i].Pages, entry{name, documents[name].Title, address(name), name == here})
		}
	}
	return out
}

// neighbours are the documents before and after the one that is shown.
func neighbours(groups []group, here string) (prev, next *entry) {
	var all []entry
	for _, g := range groups {
		all = append(all, g.Pages...)
	}
	for i := range all {
		if all[i].Name != here {
			continue
		}
		if i > 0 {
			prev = &all[i-1]
		}
		if i+1 < len(all) {
			next = &all[i+1]
		}
	}
	return prev, next
}
