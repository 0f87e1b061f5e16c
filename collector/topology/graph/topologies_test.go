package graph

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/internal/testkit"
)

// TestTopologies compares what is printed for each published operator network with its published answer.
func TestTopologies(t *testing.T) {
	files, err := filepath.Glob(testkit.Shared(t, "analytics", "topologies") + "/*.json")
	if err != nil {
		t.Fatal(err)
	}
	done := 0
	for _, name := range files {
		if filepath.Base(name) == "INDEX.json" {
			continue
		}
		done++
		t.Run(strings.TrimSuffix(filepath.Base(name), ".json"), func(t *testing.T) { compareFile(t, name) })
	}
	if done != 132 {
		t.Errorf("networks: got %d, want 132", done)
	}
}

func compareFile(t *testing.T, name string) {
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var file, want map[string]any
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	want = file["expected"].(map[string]any)
	if n1, ok := file["n1"].(map[string]any); ok {
		want["n1"] = n1["expected"]
	}
	// with the core named, and left to the rule that the publisher used: most edges
	file["core"] = want["core"]
	named, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, given := range [][]byte{data, named} {
		if diff := cmp.Diff(want, printed(t, given)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func printed(t *testing.T, file []byte) map[string]any {
	t.Helper()
	in, err := Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := in.Answer()
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	return got
}
