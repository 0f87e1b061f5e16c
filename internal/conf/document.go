package conf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxSize bounds one file: an inventory of 100,000 devices has about 25 MB.
const maxSize = 64 << 20

// Document is one YAML document of a file, parsed but not yet read into a struct.
type Document struct {
	File   string
	Inline bool       // it came over the network: a Secret is a text, {file: …} and {env: …} of this host are refused
	node   *yaml.Node // the root value; nil: an empty document
}

// Parse splits a file into its documents. Empty documents are left out.
func Parse(file string, data []byte) ([]Document, Problems) {
	if len(data) > maxSize {
		return nil, Problems{{File: file, Text: fmt.Sprintf("%d bytes are too many for one file, split it below %d", len(data), maxSize)}}
	}
	var docs []Document
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var root yaml.Node
		err := decoder.Decode(&root)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return docs, Problems{syntaxProblem(file, err)}
		}
		if len(root.Content) == 1 && root.Content[0].ShortTag() != "!!null" {
			docs = append(docs, Document{File: file, node: root.Content[0]})
		}
	}
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): (.*)`)

// syntaxProblem gives the place that the YAML parser names.
func syntaxProblem(file string, err error) Problem {
	p := Problem{File: file, Line: 1, Column: 1, Text: strings.TrimPrefix(err.Error(), "yaml: ")}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		p.Line, _ = strconv.Atoi(m[1])
		p.Text = m[2]
	}
	p.Text += ", which is not valid YAML"
	return p
}

// Section is a place in a document, to which problems are reported by key.
type Section struct {
	file     string
	path     string
	node     *yaml.Node
	problems *Problems
}

// Section is the whole of d; what is reported to it is appended to problems.
func (d Document) Section(problems *Problems) Section {
	return Section{file: d.File, node: d.node, problems: problems}
}

// Problemf reports a mistake of key in s (a path such as "spool.max_size"; "" for s itself). The place is
// that of the value, or of the nearest part of the path that is in the file.
func (s Section) Problemf(key, format string, args ...any) {
	*s.problems = append(*s.problems, s.Problem(key, fmt.Sprintf(format, args...)))
}

// Problem is what Problemf reports, for a mistake that shows only later.
func (s Section) Problem(key, text string) Problem {
	at := s
	for _, k := range strings.Split(key, ".") {
		if key != "" {
			at = at.In(k)
		}
	}
	p := Problem{File: at.file, Key: at.path, Text: text}
	if at.node != nil {
		p.Line, p.Column = at.node.Line, at.node.Column
	}
	return p
}

// In is the value of key (a path such as "samples.embedded") below s. Where the file lacks it, problems are
// told at the nearest part of the path that is there.
func (s Section) In(key string) Section {
	if key == "" {
		return s
	}
	s.path = join(s.path, key)
	for _, k := range strings.Split(key, ".") {
		value := lookup(s.node, k)
		if value == nil {
			break
		}
		s.node = value
	}
	return s
}

// Item is the element i of the list under key; a One that is written alone is its own element 0.
func (s Section) Item(key string, i int) Section {
	list := s.In(key)
	list.path = fmt.Sprintf("%s[%d]", list.path, i)
	if node := target(list.node); node != nil && node.Kind == yaml.SequenceNode && i < len(node.Content) {
		list.node = node.Content[i]
	}
	return list
}

// Has tells whether the file sets key below s.
func (s Section) Has(key string) bool { return lookup(s.node, key) != nil }

// Place is where s stands, as file:line:column.
func (s Section) Place() string {
	if s.node == nil {
		return s.file
	}
	return fmt.Sprintf("%s:%d:%d", s.file, s.node.Line, s.node.Column)
}

func lookup(node *yaml.Node, key string) *yaml.Node {
	node = target(node)
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

// target follows an alias to what it stands for.
func target(node *yaml.Node) *yaml.Node {
	if node != nil && node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Find is the value at a path with places in lists: needs.any_of[1].
func (s Section) Find(path string) Section {
	for _, part := range strings.Split(path, ".") {
		key, rest, _ := strings.Cut(part, "[")
		s = s.In(key)
		for rest != "" {
			index, after, _ := strings.Cut(rest, "]")
			n, _ := strconv.Atoi(index) // of a path that a program made
			s = s.Item("", n)
			rest = strings.TrimPrefix(after, "[")
		}
	}
	return s
}
