package vectors

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestAnswer(t *testing.T) {
	kinds := Kinds{
		"length": func(in json.RawMessage) (any, error) { return len(in), nil },
		"never":  func(json.RawMessage) (any, error) { return nil, errors.New("no") },
	}
	got, left, err := Answer(strings.NewReader(`{"cases": [{"id": "a", "kind": "length", "input": [1]}, {"id": "b", "kind": "other"}, {"id": "c", "kind": "never"}]}`), kinds)
	if len(got) != 1 || got["a"] != 3 {
		t.Errorf("got %v", got)
	}
	if len(left) != 1 || left[0] != (Case{"b", "other"}) {
		t.Errorf("left: %v", left)
	}
	if err == nil || err.Error() != `case "c": no` {
		t.Errorf("got %v", err)
	}
	if _, _, err := Answer(strings.NewReader("{"), kinds); err == nil {
		t.Error("half a file is taken for one")
	}
}
