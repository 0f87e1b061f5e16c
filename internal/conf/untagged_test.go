package conf

import "testing"

// TestFieldsWithoutATagCannotBeSet: an empty key once found the first field without a tag.
func TestFieldsWithoutATagCannotBeSet(t *testing.T) {
	var got struct {
		hidden string
		Source string
		A      string `yaml:"a"`
	}
	docs, _ := Parse("f", []byte("'': x\na: y\n"))
	problems := docs[0].Decode(&got)
	if len(problems) != 1 || got.hidden != "" || got.Source != "" || got.A != "y" {
		t.Errorf("got %+v, %v; want one problem", got, problems)
	}
}
