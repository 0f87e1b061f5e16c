package profile

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"ninewatch/internal/conf"
)

var update = flag.Bool("update", false, "write the archive of the bundled profiles anew")

// bundledFiles are the profiles of the folder.
func bundledFiles(t *testing.T) []bundledFile {
	t.Helper()
	names, err := filepath.Glob("bundled/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("got %d profiles, %v", len(names), err)
	}
	var files []bundledFile
	var problems conf.Problems
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p, wrong := Parse(name, data)
		problems = append(problems, wrong...)
		if p != nil {
			files = append(files, bundledFile{p.Name, p.SysObjectID, data})
		}
	}
	if err := problems.Err(); err != nil {
		t.Fatalf("mistakes in bundled profiles:\n%v", err)
	}
	return files
}

// TestBundle shows that the archive in the program is the folder: run it with -update after a change.
func TestBundle(t *testing.T) {
	files := bundledFiles(t)
	if *update {
		if err := os.WriteFile("bundled.gz", pack(files), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := unpack(archive)
	if err != nil {
		t.Fatal(err)
	}
	same := len(got) == len(files)
	for i := range min(len(got), len(files)) {
		same = same && got[i].name == files[i].name && bytes.Equal(got[i].data, files[i].data) && slices.Equal(files[i].patterns, got[i].patterns)
	}
	if !same {
		t.Error("bundled.gz is not what bundled/ holds: go generate ./agent/profile")
	}
}

// TestBundledProfiles resolves all of them, so that no reference is left open and no sysObjectID is claimed twice.
func TestBundledProfiles(t *testing.T) {
	l := NewLibrary()
	l.bundled = map[string]bundledFile{}
	var problems conf.Problems
	for _, f := range bundledFiles(t) {
		problems = append(problems, l.Add("bundled/"+f.name+".yaml", f.data)...)
	}
	problems = append(problems, l.Check()...)
	if err := problems.Err(); err != nil {
		t.Error(err)
	}
}
