package capacity

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/internal/vectors"
)

// TestVectors compares every case of kinds rates, buckets and p95 of the published vectors with its expectation.
func TestVectors(t *testing.T) {
	data, err := os.ReadFile("testdata/capacity_redundancy_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := vectors.Answer(bytes.NewReader(data), VectorKinds)
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
		if _, mine := VectorKinds[c.Kind]; !mine {
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

// TestVectorsRefuse: hostile numbers are refused by name, and take no time.
func TestVectorsRefuse(t *testing.T) {
	f := func(kind, input, want string) {
		t.Helper()
		_, _, err := vectors.Answer(bytes.NewReader([]byte(`{"cases":[{"id":"x","kind":"`+kind+`","input":`+input+`}]}`)), VectorKinds)
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	f("rates", `{"bits":16}`, `case "x": bits 16: want 32 or 64`)
	f("rates", `{"samples":[{"t":1e999999999,"v":1}]}`, `case "x": sample 1: t "1e999999999": want seconds`)
	f("rates", `{"samples":[{"t":0,"v":1,"up":-1}]}`, `case "x": sample 1: up "-1": want a whole number that its type can hold`)
	f("rates", `{"samples":[{"t":0,"v":1,"speed_mbps":-1}]}`, `case "x": sample 1: speed_mbps "-1": want a number that is not negative`)
	f("buckets", `{"from":0,"to":1e12,"bucket_s":1}`, `case "x": from 0 to 1e12: more than 100000 buckets`)
	f("buckets", `{"from":0,"to":9,"bucket_s":0}`, `case "x": bucket_s "0": want a length in seconds above 0`)
}
