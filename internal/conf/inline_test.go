package conf

import "testing"

// TestInlineSecretsReadNothing: a body from the network must not make the collector read its own files.
func TestInlineSecretsReadNothing(t *testing.T) {
	t.Setenv("NINEWATCH_TEST_CANARY", "canary-4711")
	docs, problems := Parse("body", []byte("a: {env: NINEWATCH_TEST_CANARY}\nb: {file: /etc/hostname}\nc: text\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var got struct {
		A Secret `yaml:"a"`
		B Secret `yaml:"b"`
		C Secret `yaml:"c"`
	}
	docs[0].Inline = true
	problems = docs[0].Decode(&got)
	if got.A != "" || got.B != "" || got.C.Reveal() != "text" {
		t.Errorf("got lengths %d, %d, %d; want only the text", len(got.A), len(got.B), len(got.C))
	}
	want := "body:1:4: a: a secret that is sent has to be a text: files and variables are read where the command runs\n" +
		"body:2:4: b: a secret that is sent has to be a text: files and variables are read where the command runs"
	if problems.Error() != want {
		t.Errorf("got %s\nwant %s", problems, want)
	}
}
