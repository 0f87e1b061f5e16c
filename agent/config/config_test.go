package config

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"ninewatch/internal/conf"
	"ninewatch/internal/testkit"
)

// TestTheExampleIsTheDefault: deploy/agent.yaml shows every key with its default; only the token file has none.
func TestTheExampleIsTheDefault(t *testing.T) {
	got, err := Load(filepath.Join(testkit.Root(), "deploy", "agent.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Join.TokenFile = "/etc/ninewatch/token"
	want.Collectors = []string{}
	want.Local = Local{Devices: []Device{}, Credentials: []Credential{}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	example, err := os.ReadFile(filepath.Join(testkit.Root(), "deploy", "agent.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	docs, _ := conf.Parse("x", example)
	for _, key := range []string{"state_dir", "join", "collectors", "allow", "profiles", "spool", "listen", "log", "local"} {
		if !docs[0].Section(nil).Has(key) {
			t.Errorf("the example lacks %s", key)
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, name := range []string{"unknown-key", "values", "local"} {
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

func TestDumpHidesSecrets(t *testing.T) {
	c := Default()
	c.Local.Credentials = []Credential{{Name: "lab", SNMP: SNMP{Version: "2c", Community: "c4n4ry"}}}
	var out bytes.Buffer
	if err := conf.Dump(&out, c); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "c4n4ry") || !strings.Contains(out.String(), "community: <secret>") {
		t.Errorf("got\n%s", out.String())
	}
}
