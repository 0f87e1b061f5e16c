package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"ninewatch/internal/testkit"
)

// tags are those of the Makefile.
const tags = "gosnmp_nodebug,grpcnotrace"

var binaries string // a folder that is gone after the tests

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "nw-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binaries = dir
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil { // scenarios wait more than they work
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(dir) //nolint:errcheck // a leftover in the folder of temporary files
	os.Exit(code)
}

// build makes both programs, once for all tests.
var build = sync.OnceValue(func() error {
	command := exec.Command("go", "build", "-trimpath", "-tags", tags, "-o", binaries+"/", "./agent", "./collector")
	command.Dir = testkit.Root()
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build the programs: %w\n%s", err, out)
	}
	return nil
})

// program is the path of a program, "agent" or "collector", built from this checkout. They do not bear their usual
// names, so that nobody who ends his own on this machine ends these too.
func program(t testing.TB, name string) string {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(binaries, name)
}

// outage is how long things stay broken.
func outage() time.Duration {
	if os.Getenv("NINEWATCH_E2E_FULL") != "" {
		return time.Minute
	}
	return 20 * time.Second
}
