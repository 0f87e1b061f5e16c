package facts

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"ninewatch/internal/oid"
)

// TestTableEntries: every table of the source has an entry that can be parsed when a device is read.
func TestTableEntries(t *testing.T) {
	entry := regexp.MustCompile(`table\{"(\w+)", "([^"]*)"`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range entry.FindAllSubmatch(text, -1) {
			n++
			if _, err := oid.Parse(string(m[2])); err != nil {
				t.Errorf("%s: %s: %v", file, m[1], err)
			}
		}
	}
	if n < 50 {
		t.Errorf("got %d tables, want 50 at least", n)
	}
}
