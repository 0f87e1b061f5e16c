package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"ninewatch/internal/testkit"
)

// upPrograms puts the two programs side by side under their names, as an installation does: "up" starts the other.
func upPrograms(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"agent", "collector"} {
		data, err := os.ReadFile(program(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "ninewatch-"+name), data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "ninewatch-collector")
}

var (
	address  = regexp.MustCompile(`ninewatch is at (http://\S+)`)
	password = regexp.MustCompile(`one-time password (\S+)`)
)

// startUp runs "up --demo" and waits for its first words.
func startUp(t *testing.T, ns namespace, binary, data string) (p *process, out *output, url string) {
	t.Helper()
	out = &output{}
	cmd := exec.Command(binary, "up", "--demo", "--data", data)
	cmd.Env = append(os.Environ(), "NINEWATCH_LISTEN_HTTP=127.0.0.1:8080", "NINEWATCH_LISTEN_GRPC=127.0.0.1:7443")
	p = spawn(t, ns, out, cmd)
	eventually(t, 30*time.Second, "the first words of up", func() bool { return address.MatchString(out.String()) })
	return p, out, address.FindStringSubmatch(out.String())[1]
}

// TestUp: a person types make run, signs in and looks at every page, in light and dark, wide and on a phone; after a
// kill -9 the next start has the same data and account, and agents of their own do not stay behind.
func TestUp(t *testing.T) {
	t.Parallel()
	app := filepath.Join(testkit.Root(), "collector", "ui", "app")
	_, noModules := os.Stat(filepath.Join(app, "node_modules", "playwright-core"))
	_, noPages := os.Stat(filepath.Join(testkit.Root(), "collector", "ui", "dist", "index.html"))
	_, noBrowser := os.Stat("/usr/bin/chromium")
	testkit.Need(t, noModules == nil && noPages == nil && noBrowser == nil, "the built pages (make ui), their npm packages and chromium")
	ns := newNamespace(t, "up")
	binary, data := upPrograms(t), t.TempDir()

	p, out, url := startUp(t, ns, binary, data)
	first := password.FindStringSubmatch(out.String())
	if first == nil {
		t.Fatalf("the first start names no password:\n%s", out)
	}
	eventually(t, time.Minute, "the demo and this host in the list of devices", func() bool {
		list := get(t, ns, data)
		return strings.Contains(list, "lis-core-1") && strings.Count(list, ",up,") >= 10
	})
	browse(t, ns, app, url, first[1])

	before := get(t, ns, data)
	p.kill()
	eventually(t, 20*time.Second, "the end of the agents", func() bool { return !agentsOf(data) })
	p, out, _ = startUp(t, ns, binary, data)
	if password.MatchString(out.String()) || !strings.Contains(out.String(), "sign in as before") {
		t.Errorf("the second start:\n%s", out)
	}
	if after := get(t, ns, data); names(after) != names(before) {
		t.Errorf("devices after a kill: got\n%s\nwant\n%s", after, before)
	}
	p.signal(syscall.SIGINT)
	if code := p.cmd.ProcessState.ExitCode(); code != 0 || agentsOf(data) {
		t.Errorf("after Ctrl-C: exit code %d, agents left: %t\n%s", code, agentsOf(data), out.tail())
	}
}

// get lists the devices by the command, with what up has left for scripts.
func get(t *testing.T, ns namespace, data string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, "client.env"))
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	for line := range strings.Lines(string(text)) {
		env = append(env, strings.TrimSpace(strings.TrimPrefix(line, "export ")))
	}
	stdout, stderr, code := command(t, ns, env, program(t, "collector"), "get", "devices", "-o", "csv")
	if code != 0 {
		t.Fatalf("get devices: exit code %d: %s", code, stderr)
	}
	return stdout
}

// names is the first column of a list.
func names(list string) string {
	var out []string
	for line := range strings.Lines(list) {
		name, _, _ := strings.Cut(line, ",")
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

// browse looks at the pages with a real browser; the script says what is wrong with them.
func browse(t *testing.T, ns namespace, app, url, password string) {
	t.Helper()
	cmd := exec.Command("node", filepath.Join(app, "test", "browser.mjs"))
	cmd.Env = append(os.Environ(), "NINEWATCH_URL="+url, "NINEWATCH_USER=admin", "NINEWATCH_PASSWORD="+password)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := ns.do(cmd.Start); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the pages: %v\n%s", err, out.String())
	}
}

// agentsOf tells whether an agent runs with a configuration below data.
func agentsOf(data string) bool {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		text, err := os.ReadFile(path)
		if err == nil && bytes.Contains(text, []byte(filepath.Join(data, "demo", "agents"))) {
			return true
		}
	}
	return false
}
