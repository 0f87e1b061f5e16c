package capacity

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestVectors compares every case of kinds rates, buckets and p95 of the published vectors with its expectation.
func TestVectors(t *testing.T) {
	data, err := os.ReadFile("testdata/capacity_redundancy_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Vectors(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			ID, Kind string
			Expected json.RawMessage
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, c := range file.Cases {
		if _, mine := vectorKinds[c.Kind]; !mine {
			continue
		}
		seen++
		text, err := json.Marshal(got[c.ID])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(decoded(t, c.Expected), decoded(t, text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.ID, diff)
		}
	}
	if seen != 15 || len(got) != seen {
		t.Errorf("got %d answers for %d cases; want 15", len(got), seen)
	}
}

func decoded(t *testing.T, text []byte) (v any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}
