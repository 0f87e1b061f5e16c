package capacity

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Vectors answers the cases of kinds rates, buckets and p95 of a file of test vectors (analytics, sections B.1
// to B.3) by their ids, each answer in the form of the expected one. Cases of other kinds are left out.
func Vectors(r io.Reader) (map[string]any, error) {
	var file struct {
		Cases []struct {
			ID    string          `json:"id"`
			Kind  string          `json:"kind"`
			Input json.RawMessage `json:"input"`
		} `json:"cases"`
	}
	if err := json.NewDecoder(r).Decode(&file); err != nil {
		return nil, fmt.Errorf("read vectors: %w", err)
	}
	kinds := map[string]func(json.RawMessage) (any, error){}
	out := map[string]any{}
	var errs []error
	for _, c := range file.Cases {
		run, ok := kinds[c.Kind]
		if !ok {
			continue
		}
		got, err := run(c.Input)
		if err != nil {
			errs = append(errs, fmt.Errorf("case %q: %w", c.ID, err))
			continue
		}
		out[c.ID] = got
	}
	return out, errors.Join(errs...)
}
