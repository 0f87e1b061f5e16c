package e2e

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	agentcli "ninewatch/agent/cli"
	collectorcli "ninewatch/collector/cli"
	"ninewatch/internal/testkit"
)

type runner func(ctx context.Context, args []string, stdout, stderr io.Writer) int

var (
	commandLine = regexp.MustCompile(`(?m)^  ([a-z-]+) +\S`)
	flagLine    = regexp.MustCompile(`(?m)^ +(?:-(\w), |    )--([a-z-]+)`)
	flagInText  = regexp.MustCompile("`(-{1,2}[a-z][a-z-]*)")
)

func help(t *testing.T, run runner, args []string) string {
	t.Helper()
	var out, err bytes.Buffer
	if code := run(t.Context(), append(args, "--help"), &out, &err); code != 0 {
		t.Fatalf("%v --help: exit code %d, %s", args, code, err.String())
	}
	return out.String()
}

// leafs adds the commands below args that do something, with their flags.
func leafs(t *testing.T, run runner, name string, args []string, out map[string]map[string]bool) {
	t.Helper()
	text := help(t, run, args)
	_, below, group := strings.Cut(text, "Available Commands:\n")
	if !group {
		flags := map[string]bool{}
		for _, m := range flagLine.FindAllStringSubmatch(text, -1) {
			if m[1] != "" {
				flags["-"+m[1]] = true
			}
			flags["--"+m[2]] = true
		}
		delete(flags, "-h")
		delete(flags, "--help")
		out[strings.Join(append([]string{name}, args...), " ")] = flags
		return
	}
	below, _, _ = strings.Cut(below, "\n\n")
	for _, m := range commandLine.FindAllStringSubmatch(below, -1) {
		if m[1] != "help" {
			leafs(t, run, name, append(args[:len(args):len(args)], m[1]), out)
		}
	}
}

// The commands and flags of the reference are those of the programs.
func TestDocumentedCommands(t *testing.T) {
	real := map[string]map[string]bool{}
	leafs(t, agentcli.Run, "ninewatch-agent", nil, real)
	leafs(t, collectorcli.Run, "ninewatch-collector", nil, real)

	text, err := os.ReadFile(filepath.Join(testkit.Root(), "collector", "ui", "docs", "commands.md"))
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, s := range strings.Split(string(text), "\n### ")[1:] {
		heading, body, _ := strings.Cut(s, "\n")
		sections[heading] = body
	}
	for command, flags := range real {
		body, ok := sections[command]
		if !ok {
			t.Errorf("%s exists and is not documented", command)
			continue
		}
		for _, shared := range []string{"Credential flags", "Client flags"} {
			if strings.Contains(body, "](#"+strings.ReplaceAll(strings.ToLower(shared), " ", "-")+")") {
				body += sections[shared]
			}
		}
		documented := map[string]bool{}
		for _, line := range strings.Split(body, "\n") {
			if cell, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " |"); ok && strings.HasPrefix(line, "| `-") {
				for _, m := range flagInText.FindAllStringSubmatch(cell, -1) {
					documented[m[1]] = true
				}
			}
		}
		for f := range documented {
			if !flags[f] {
				t.Errorf("%s: %s is documented and does not exist", command, f)
			}
		}
		for f := range flags {
			if !documented[f] {
				t.Errorf("%s: %s exists and is not documented", command, f)
			}
		}
	}
	for heading := range sections {
		if strings.HasPrefix(heading, "ninewatch-") && real[heading] == nil {
			t.Errorf("%s is documented and does not exist", heading)
		}
	}
}

// Every command line in a code block of the documents names a command and flags that exist.
func TestCommandLinesInDocuments(t *testing.T) {
	real := map[string]map[string]bool{}
	leafs(t, agentcli.Run, "ninewatch-agent", nil, real)
	leafs(t, collectorcli.Run, "ninewatch-collector", nil, real)
	files, err := filepath.Glob(filepath.Join(testkit.Root(), "collector", "ui", "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	call := regexp.MustCompile("(ninewatch-(?:agent|collector)(?: [a-z][a-z-]*)*)([^`)\n|]*)")
	flag := regexp.MustCompile(` (--?[a-z][a-z-]*)`)
	n := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range call.FindAllStringSubmatch(string(text), -1) {
			name := m[1]
			for real[name] == nil && strings.Contains(name, " ") {
				name = name[:strings.LastIndex(name, " ")]
			}
			if real[name] == nil {
				continue // the name of a program, a file or a user
			}
			n++
			for _, f := range flag.FindAllStringSubmatch(m[2], -1) {
				if f[1] != "--help" && !real[name][f[1]] {
					t.Errorf("%s: %s has no %s", filepath.Base(file), name, f[1])
				}
			}
		}
	}
	if n < 30 {
		t.Errorf("command lines: got %d, want 30 at least", n)
	}
}
