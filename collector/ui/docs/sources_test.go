package docs

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"ninewatch/internal/testkit"
)

// source is one Go file of the programs, tests left out.
type source struct {
	path string // below the top folder, with slashes
	file *ast.File
	text string
}

// sources reads the Go files of both programs, once.
var sources = sync.OnceValues(func() ([]source, error) {
	var out []source
	set := token.NewFileSet()
	for _, top := range []string{"agent", "collector", "internal"} {
		err := filepath.WalkDir(filepath.Join(testkit.Root(), top), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			file, err := goparser.ParseFile(set, path, text, goparser.SkipObjectResolution)
			if err != nil {
				return err
			}
			short, err := filepath.Rel(testkit.Root(), path)
			out = append(out, source{filepath.ToSlash(short), file, string(text)})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
})

func goSources(t *testing.T) []source {
	t.Helper()
	all, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// literal is the text of a string literal, with those that are added to it where they are literals too.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		left, ok := literal(e.X)
		if right, more := literal(e.Y); more {
			return left + right, true
		}
		return left, ok
	}
	return "", false
}

// document reads the source of a document.
func document(t *testing.T, name string) string {
	t.Helper()
	text, err := files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section is what stands below the heading of level 2, or the whole document.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	_, after, ok := strings.Cut(text, "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("there is no heading %q", heading)
	}
	before, _, _ := strings.Cut(after, "\n## ")
	return before
}

var code = regexp.MustCompile("`([^`]+)`")

// firstColumn is the code in the first cells of all tables of a text, headers left out, and their rows.
func firstColumn(text string) map[string][]string {
	out := map[string][]string{}
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		row := cells(line)
		for _, m := range code.FindAllStringSubmatch(row[0], -1) {
			out[m[1]] = row
		}
	}
	return out
}

// same reports what only one of two sets has.
func same[A, B any](t *testing.T, what string, documented map[string]A, real map[string]B) {
	t.Helper()
	for k := range documented {
		if _, ok := real[k]; !ok {
			t.Errorf("%s: %s is documented and does not exist", what, k)
		}
	}
	for k := range real {
		if _, ok := documented[k]; !ok {
			t.Errorf("%s: %s exists and is not documented", what, k)
		}
	}
}
