package uptime

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/internal/vectors"
)

// TestVectors compares every case of the published vectors with its expectation, byte for byte of JSON.
func TestVectors(t *testing.T) {
	data, err := os.ReadFile("testdata/uptime_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := vectors.Answer(bytes.NewReader(data), VectorKinds)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			ID, Title string
			Expected  any
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) != 24 || len(got) != 24 {
		t.Fatalf("cases: %d in the file, %d answered; want 24", len(file.Cases), len(got))
	}
	for _, c := range file.Cases {
		t.Run(c.ID, func(t *testing.T) {
			b, err := json.Marshal(got[c.ID])
			if err != nil {
				t.Fatal(err)
			}
			var have any
			if err := json.Unmarshal(b, &have); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.Expected, have); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.Title, diff)
			}
		})
	}
}
