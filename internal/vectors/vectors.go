// Package vectors runs test vectors: files of cases, each with an id, a kind and an input, whose answers are
// compared with what is expected, here and by users who try the engines on cases of their own.
package vectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Kinds answers the inputs of each kind of case.
type Kinds map[string]func(input json.RawMessage) (any, error)

// Case is which case of a file is meant.
type Case struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
}

// Answer answers the cases of a file {"cases": […]} by their ids. Cases of other kinds come back in left. The
// errors of single cases come back joined, beside the answers of the others.
func Answer(r io.Reader, kinds Kinds) (answers map[string]any, left []Case, err error) {
	var file struct {
		Cases []struct {
			Case
			Input json.RawMessage `json:"input"`
		} `json:"cases"`
	}
	if err := json.NewDecoder(r).Decode(&file); err != nil {
		return nil, nil, fmt.Errorf("read vectors: %w", err)
	}
	answers = map[string]any{}
	var errs []error
	for _, c := range file.Cases {
		answer, known := kinds[c.Kind]
		if !known {
			left = append(left, c.Case)
			continue
		}
		got, err := answer(c.Input)
		if err != nil {
			errs = append(errs, fmt.Errorf("case %q: %w", c.ID, err))
			continue
		}
		answers[c.ID] = got
	}
	return answers, left, errors.Join(errs...)
}
