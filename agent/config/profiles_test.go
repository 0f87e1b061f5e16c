package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestProfiles: check-config finds the mistakes of profiles, and a folder that is not there.
func TestProfiles(t *testing.T) {
	_, err := Load("testdata/conf.profiles.yml")
	if err == nil || !strings.Contains(err.Error(), "testdata/profiles/acme.yaml:3:17: ") || !strings.Contains(err.Error(), "clas") {
		t.Errorf("got %v, want the place of the unknown key", err)
	}
	dir := t.TempDir()
	c := Config{Profiles: filepath.Join(dir, "none")}
	if _, err := c.Library(); err == nil || !strings.Contains(err.Error(), "name a folder of profiles") {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "acme.yaml"), []byte("sysobjectid: 1.3.6.1.4.1.99999.1\nidentity: {vendor: Acme}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Profiles = dir
	library, err := c.Library()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := library.Resolve("acme"); err != nil || library.Added() != 1 {
		t.Errorf("got %v, want the profile of the folder", err)
	}
}
