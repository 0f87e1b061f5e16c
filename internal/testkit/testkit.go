// Package testkit is what tests of both programs share: the rule for tests that need something from
// outside, and the way to the recorded devices and vectors.
package testkit

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Need skips the test when ok is false, because what it needs is not on this machine. Under CI=true
// it fails instead: there everything has to be present.
func Need(t testing.TB, ok bool, what string) {
	t.Helper()
	switch {
	case ok:
	case os.Getenv("CI") == "true":
		t.Fatalf("this test needs %s, and CI=true means that it has to be there", what)
	default:
		t.Skipf("this test needs %s", what)
	}
}

// Shared returns a path below the folder shared beside the checkout, which holds recordings,
// topologies and traffic that are not part of the repository. Without it the test is skipped (see Need).
func Shared(t testing.TB, elem ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{Root(), "..", "shared"}, elem...)...)
	_, err := os.Stat(path)
	Need(t, err == nil, "../shared/"+filepath.Join(elem...)+" beside the checkout")
	return path
}

// Root is the top folder of the checkout.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}
