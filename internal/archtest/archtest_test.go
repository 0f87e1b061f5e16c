package archtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"ninewatch/internal/testkit"
)

const module = "ninewatch/"

type goPackage struct {
	ImportPath string
	Name       string
	Doc        string
	Imports    []string
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	command := exec.Command("go", "list", "-json=ImportPath,Name,Doc,Imports", "./...")
	command.Dir = testkit.Root()
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p goPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// forbidden imports, by prefix. The first rule of the house: data flows one way.
var forbidden = []struct{ from, not, why string }{
	{"agent/", "collector/", "they are installed apart: share through proto or internal"},
	{"collector/", "agent/", "they are installed apart: share through proto or internal"},
	{"proto/", "agent/", "the wire knows nobody"},
	{"proto/", "collector/", "the wire knows nobody"},
	{"proto/", "internal/", "the wire knows nobody"},
	{"collector/store", "collector/uptime", "stores stand left of the engines"},
	{"collector/store", "collector/alert", "stores stand left of alert"},
	{"collector/inventory", "collector/uptime", "the inventory stands left of the engines"},
	{"collector/inventory", "collector/alert", "the inventory stands left of alert"},
	{"collector/auth", "collector/uptime", "auth stands left of the engines"},
	{"collector/store", "collector/capacity", "stores stand left of the engines"},
	{"collector/inventory", "collector/capacity", "the inventory stands left of the engines"},
	{"collector/auth", "collector/capacity", "auth stands left of the engines"},
	{"collector/capacity", "collector/alert", "engines find, alert decides"},
	{"collector/capacity", "collector/api", "a domain package knows no transport"},
	{"collector/capacity", "collector/ingest", "a domain package knows no transport"},
	{"collector/capacity", "net/http", "what stands left of webhook holds no HTTP types"},
	{"collector/capacity", "collector/uptime", "engines stand side by side"},
	{"collector/capacity", "database/sql", "the core of capacity is pure"},
	{"collector/plan", "collector/alert", "engines find, alert decides"},
	{"collector/plan", "collector/api", "a domain package knows no transport"},
	{"collector/plan", "collector/ingest", "a domain package knows no transport"},
	{"collector/plan", "collector/uptime", "engines stand side by side"},
	{"collector/plan", "net/http", "what stands left of webhook holds no HTTP types"},
	{"collector/uptime", "collector/alert", "engines find, alert decides"},
	{"collector/uptime", "collector/api", "a domain package knows no transport"},
	{"collector/uptime", "collector/ingest", "a domain package knows no transport"},
	{"collector/alert", "collector/ingest", "alert knows no transport"},
	{"collector/alert", "collector/api", "alert knows no transport"},
	{"collector/webhook", "collector/ingest", "delivery does not know where facts come from"},
	{"collector/webhook", "collector/api", "delivery does not know the API"},
	{"collector/ingest", "collector/api", "ingest takes facts in, api answers questions"},
	{"collector/state", "collector/inventory", "state does not know what rows mean"},
	{"collector/topology", "collector/alert", "engines find, alert decides"},
	{"collector/topology", "collector/api", "a domain package knows no transport"},
	{"collector/topology", "collector/ingest", "a domain package knows no transport"},
	{"collector/topology", "net/http", "what stands left of webhook holds no HTTP types"},
	{"collector/topology/graph", "internal/telemetry", "the shape of a network knows nothing of devices"},
	{"collector/uptime", "net/http", "what stands left of webhook holds no HTTP types"},
	{"collector/alert", "net/http", "what stands left of webhook holds no HTTP types"},
	{"collector/inventory", "net/http", "what stands left of webhook holds no HTTP types"},
}

// owners may import a library; nobody else may. A trailing slash means the prefix.
var owners = map[string][]string{
	"github.com/gosnmp/gosnmp":                 {"agent/snmp", "internal/bench"},
	"github.com/prometheus-community/pro-bing": {"agent/icmp", "internal/bench"},
	"google.golang.org/grpc":                   {"agent/uplink", "collector/ingest", "collector/app", "proto/"},
	"google.golang.org/protobuf":               {"internal/record", "proto/", "agent/uplink", "collector/ingest"},
	"ninewatch/proto/":                         {"internal/record", "agent/uplink", "collector/ingest"},
	"github.com/klauspost/compress":            {"internal/frame"},
	"github.com/prometheus/prometheus":         {"collector/store", "collector/promapi", "collector/uptime", "collector/api", "collector/app", "collector/inventory"},
	"modernc.org/sqlite":                       {"collector/state"},
	"github.com/pressly/goose/v3":              {"collector/state"},
	"filippo.io/age":                           {"collector/inventory"},
	"go.yaml.in/yaml/v3":                       {"internal/conf", "collector/cli", "agent/inspect", "agent/cli"},
	"golang.org/x/crypto/argon2":               {"collector/auth"},
	"github.com/spf13/cobra":                   {"collector/cli", "collector"}, // 200 KB: the agent has its own flags
	"github.com/danielgtaylor/huma/v2":         {"collector/api"},
	"ninewatch/agent/app":                      {"agent", "agent/cli", "internal/e2e"},
	"ninewatch/collector/app":                  {"collector", "collector/cli", "collector/up", "internal/e2e"},
}

func TestImportRules(t *testing.T) {
	for _, pkg := range listPackages(t) {
		path := strings.TrimPrefix(pkg.ImportPath, module)
		if pkg.Doc == "" {
			t.Errorf("%s has no package comment", pkg.ImportPath)
		}
		for _, imp := range pkg.Imports {
			for _, why := range complaints(path, imp) {
				t.Errorf("%s imports %s: %s", pkg.ImportPath, imp, why)
			}
		}
	}
}

func complaints(path, imp string) (why []string) {
	inside := strings.TrimPrefix(imp, module)
	for _, r := range forbidden {
		if strings.HasPrefix(path+"/", strings.TrimSuffix(r.from, "/")+"/") && under(inside, r.not) {
			why = append(why, r.why)
		}
	}
	if strings.HasPrefix(path, "internal/") && path != "internal/e2e" && !under(path, "internal/bench") && (under(inside, "agent") || under(inside, "collector")) && strings.HasPrefix(imp, module) {
		why = append(why, "internal is what both programs stand on")
	}
	for library, allowed := range owners {
		if !under(imp, strings.TrimSuffix(library, "/")) {
			continue
		}
		ok := under(imp, module+path)
		for _, a := range allowed {
			ok = ok || path == strings.TrimSuffix(a, "/") || strings.HasSuffix(a, "/") && strings.HasPrefix(path, a)
		}
		if !ok {
			why = append(why, "only "+strings.Join(allowed, ", ")+" may")
		}
	}
	return why
}

func under(path, prefix string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

func TestComplaints(t *testing.T) {
	f := func(path, imp string, want int) {
		t.Helper()
		if got := complaints(path, imp); len(got) != want {
			t.Errorf("%s imports %s: got %v, want %d complaints", path, imp, got, want)
		}
	}
	f("agent/snmp", "ninewatch/collector/state", 1)
	f("agent/snmp", "github.com/gosnmp/gosnmp", 0)
	f("agent/spool", "github.com/gosnmp/gosnmp", 1)
	f("internal/journal", "ninewatch/agent/spool", 1)
	f("internal/e2e", "ninewatch/agent/app", 0)
	f("collector/uptime", "ninewatch/proto/telemetry/v1", 1)
	f("collector/uptime", "net/http", 1)
	f("collector/uptime", "net/netip", 0)
}

// machinePath is a path that only the machine of one developer has.
var machinePath = regexp.MustCompile(`(^|[^A-Za-z0-9_.-])/(wo` + `rk|ho` + `me/[a-z]+|ro` + `ot)/`)

func TestNothingNamesOneMachine(t *testing.T) {
	command := exec.Command("git", "ls-files")
	command.Dir = testkit.Root()
	out, err := command.Output()
	testkit.Need(t, err == nil, "git and a checkout")
	for _, name := range strings.Fields(string(out)) {
		file, err := os.Open(testkit.Root() + "/" + name)
		if err != nil {
			continue // deleted, not yet committed
		}
		lines := bufio.NewScanner(file)
		lines.Buffer(nil, 4<<20)
		for n := 1; lines.Scan(); n++ {
			if machinePath.Match(lines.Bytes()) {
				t.Errorf("%s:%d names a path of one machine", name, n)
			}
		}
		file.Close()
	}
}
