package config

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"ninewatch/internal/testkit"
)

// TestTheExampleIsTheDefault: deploy/collector.yaml shows every key with its default.
func TestTheExampleIsTheDefault(t *testing.T) {
	got, err := Load(filepath.Join(testkit.Root(), "deploy", "collector.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Webhooks.AllowAddresses = []string{}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestMistakes(t *testing.T) {
	for _, name := range []string{"values", "outside"} {
		path := filepath.Join("testdata", "conf."+name+".yml")
		want, err := os.ReadFile(filepath.Join("testdata", "conf."+name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Load(path)
		if err == nil {
			t.Errorf("%s: no mistake found", path)
			continue
		}
		if got := err.Error() + "\n"; got != string(want) {
			t.Errorf("%s: got\n%swant\n%s", path, got, want)
		}
	}
}
