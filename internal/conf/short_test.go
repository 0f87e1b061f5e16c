package conf

import (
	"errors"
	"slices"
	"testing"
)

type shortPair struct {
	A string `yaml:"a"`
	B string `yaml:"b"`
}

func (p *shortPair) FromText(text string) error {
	if text == "" {
		return errors.New("a pair is not empty, write the a of it")
	}
	*p = shortPair{A: text}
	return nil
}

type shortList []shortPair

func (shortList) MayBeOne() {}

func TestShortForms(t *testing.T) {
	f := func(text string, want ...shortPair) {
		t.Helper()
		docs, problems := Parse("f.yaml", []byte(text))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		var got struct {
			List shortList `yaml:"list"`
		}
		if problems := docs[0].Decode(&got); len(problems) > 0 {
			t.Errorf("%s: %v", text, problems)
		}
		if !slices.Equal(got.List, want) {
			t.Errorf("%s: got %v, want %v", text, got.List, want)
		}
	}
	f("list: x", shortPair{A: "x"})
	f("list: {a: x, b: y}", shortPair{"x", "y"})
	f("list: [x, {b: y}]", shortPair{A: "x"}, shortPair{B: "y"})

	docs, _ := Parse("f.yaml", []byte("list: [x, '', {c: 1}]"))
	var got struct {
		List shortList `yaml:"list"`
	}
	want := "f.yaml:1:11: list[1]: a pair is not empty, write the a of it\n" +
		`f.yaml:1:16: list[2].c: unknown key, did you mean "a"?`
	if problems := docs[0].Decode(&got); problems.Error() != want {
		t.Errorf("got %s\nwant %s", problems, want)
	}
}
