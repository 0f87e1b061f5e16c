package graph

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
)

// ID names a node as its file does: by a whole number or by a text.
type ID struct {
	text   string
	number int64
	isText bool
}

// NumberID is the id of a node that is named by a number.
func NumberID(n int64) ID { return ID{text: strconv.FormatInt(n, 10), number: n} }

// TextID is the id of a node that is named by a text.
func TextID(s string) ID { return ID{text: s, isText: true} }

// String is the id without quotes.
func (id ID) String() string { return id.text }

// Compare orders numbers by value, before texts.
func (id ID) Compare(other ID) int {
	switch {
	case id.isText != other.isText:
		if other.isText {
			return -1
		}
		return 1
	case id.isText:
		return cmp.Compare(id.text, other.text)
	}
	return cmp.Compare(id.number, other.number)
}

// MarshalJSON writes a number or a text, as it was read.
func (id ID) MarshalJSON() ([]byte, error) {
	if id.isText {
		return json.Marshal(id.text)
	}
	return []byte(id.text), nil
}

// UnmarshalJSON takes a whole number or a text.
func (id *ID) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*id = TextID(s)
		return nil
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return fmt.Errorf("id %.40s: want a whole number or a text", b)
	}
	*id = NumberID(n)
	return nil
}
