package docs

import (
	"encoding/json"
	"go/ast"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"ninewatch/collector/alert"
	"ninewatch/collector/inventory"
	"ninewatch/collector/webhook"
	"ninewatch/internal/testkit"
)

// leaves are the keys of a YAML file with their values as they are written.
func leaves(n *yaml.Node, path string, out map[string]string) {
	switch {
	case n.Kind == yaml.DocumentNode:
		leaves(n.Content[0], path, out)
	case n.Kind == yaml.MappingNode:
		for i := 0; i < len(n.Content); i += 2 {
			leaves(n.Content[i+1], strings.TrimPrefix(path+"."+n.Content[i].Value, "."), out)
		}
	case n.Kind == yaml.SequenceNode:
		items := make([]string, len(n.Content))
		for i, c := range n.Content {
			items[i] = c.Value
		}
		out[path] = "[" + strings.Join(items, ", ") + "]"
	case n.Value == "":
		out[path] = `""`
	default:
		out[path] = n.Value
	}
}

// The reference of a configuration file has the keys and the defaults of the example in deploy/.
func TestConfigurationKeys(t *testing.T) {
	for page, example := range map[string]string{"agent-yaml.md": "agent.yaml", "collector-yaml.md": "collector.yaml"} {
		data, err := os.ReadFile(filepath.Join(testkit.Root(), "deploy", example))
		if err != nil {
			t.Fatal(err)
		}
		var root yaml.Node
		if err := yaml.Unmarshal(data, &root); err != nil {
			t.Fatal(err)
		}
		real := map[string]string{}
		leaves(&root, "", real)
		documented := firstColumn(section(t, document(t, page), "Keys"))
		same(t, page, documented, real)
		for key, row := range documented {
			if got, want := strings.Trim(row[1], "`"), real[key]; got != want {
				t.Errorf("%s: default of %s: documented %s, in the example %s", page, key, got, want)
			}
		}
	}
}

// fields are the keys that a type has in a file.
func fields(typ reflect.Type, path string, out map[string]bool) {
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case name == "":
		case inner.Kind() == reflect.Struct:
			fields(inner, path+name+".", out)
		default:
			out[path+name] = true
		}
	}
}

func TestInventoryKeys(t *testing.T) {
	text := document(t, "inventory.md")
	kinds := reflect.TypeFor[inventory.Inventory]()
	n := 0
	for i := range kinds.NumField() {
		f := kinds.Field(i)
		kind := f.Tag.Get("yaml")
		if kind == "" {
			continue
		}
		n++
		real := map[string]bool{}
		fields(f.Type.Elem(), "", real)
		same(t, kind, firstColumn(section(t, text, kind)), real)
	}
	if n != len(inventory.Kinds()) {
		t.Errorf("kinds: got %d, want %d", n, len(inventory.Kinds()))
	}
}

// Every example of an inventory can be read.
func TestExamplesOfInventory(t *testing.T) {
	for _, name := range []string{"SNMP_COMMUNITY", "SNMP_AUTH", "SNMP_PRIV", "WEBHOOK_SECRET"} {
		t.Setenv(name, "long enough")
	}
	blocks := regexp.MustCompile("(?ms)^```\n((?:# [^\n]*\n)?(?:sites|credentials|devices|receivers):.*?)^```$")
	n := 0
	for _, page := range []string{"devices-as-code.md", "snmpv3.md", "webhooks.md"} {
		for _, m := range blocks.FindAllStringSubmatch(document(t, page), -1) {
			n++
			if _, problems := inventory.Parse(inventory.File{Name: page, Data: []byte(m[1])}); problems.Err() != nil {
				t.Error(problems.Err())
			}
		}
	}
	if n != 3 {
		t.Errorf("examples: got %d, want 3", n)
	}
}

// The routes are those that package api registers.
func TestRoutes(t *testing.T) {
	real := map[string]bool{}
	for _, s := range goSources(t) {
		if !strings.HasPrefix(s.path, "collector/api/") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 5 {
				return true
			}
			name, ok := call.Fun.(*ast.Ident)
			if !ok {
				return true
			}
			method, at := "GET", 1
			if name.Name == "do" || name.Name == "route" {
				m, ok := call.Args[1].(*ast.SelectorExpr)
				if !ok {
					return true
				}
				method, at = strings.ToUpper(strings.TrimPrefix(m.Sel.Name, "Method")), 2
			} else if name.Name != "get" {
				return true
			}
			if path, ok := literal(call.Args[at]); ok {
				real[method+" "+path] = true
			}
			return true
		})
	}
	text := document(t, "rest-api.md")
	documented := firstColumn(section(t, text, "Reads"))
	for k, v := range firstColumn(section(t, text, "Changes")) {
		documented[k] = v
	}
	same(t, "rest-api.md", documented, real)
}

// The series are those that agents and the collector write.
func TestSeries(t *testing.T) {
	own := regexp.MustCompile(`^ninewatch_(icmp|snmp|up|state|device|interface|link_trap|start_trap|cpu|memory|storage|sensor)(?:_[a-z_]*)?$`)
	real := map[string]bool{"sysUpTime": true}
	for _, s := range goSources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok {
				return true
			}
			if text, ok := literal(lit); ok && own.MatchString(text) {
				real[text] = true
			}
			return true
		})
		if s.path == "agent/snmp/mib.go" {
			for _, m := range regexp.MustCompile(`"(ifAdminStatus|ifOperStatus|ifLast\w*|ifCounter\w*)", `).FindAllStringSubmatch(s.text, -1) {
				real[m[1]] = true
			}
			// Counters of ifTable and ifXTable (RFC 2863) by their column in each; those of 64 bits have HC in their names.
			for _, m := range regexp.MustCompile(`\{"((?:In|Out)\w+)", (\d+), (\d+), if\w+\}`).FindAllStringSubmatch(s.text, -1) {
				if real["if"+m[1]] = true; m[2] != "0" {
					real["ifHC"+m[1]] = true
				}
			}
		}
	}
	documented := map[string][]string{}
	text := document(t, "series.md")
	for _, heading := range []string{"Measured by ICMP", "Measured by SNMP", "Derived"} {
		for k, v := range firstColumn(section(t, text, heading)) {
			documented[k] = v
		}
	}
	same(t, "series.md", documented, real)
}

// Every text of an error that stands in a heading is a text of the programs.
func TestErrorTexts(t *testing.T) {
	var all strings.Builder
	verb := regexp.MustCompile(`%[-+#.0-9]*[a-zA-Z]`)
	for _, s := range goSources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			if text, ok := literal(e); ok {
				all.WriteString(verb.ReplaceAllString(text, "…") + "\n")
			}
			return true
		})
	}
	texts := all.String()
	n := 0
	for _, line := range strings.Split(document(t, "troubleshooting.md"), "\n") {
		text, ok := strings.CutPrefix(line, "### `")
		if !ok {
			continue
		}
		n++
		if text = strings.TrimSuffix(text, "`"); !strings.Contains(texts, text) {
			t.Errorf("no program says %q", text)
		}
	}
	if n < 30 {
		t.Errorf("texts: got %d, want 30 at least", n)
	}
}

// block is the code of the first block of a language.
func block(t *testing.T, text, language string) string {
	t.Helper()
	_, after, _ := strings.Cut(text, "```"+language+"\n")
	inside, _, ok := strings.Cut(after, "\n```")
	if !ok {
		t.Fatalf("there is no block of %s", language)
	}
	return inside
}

// The message in the document has the fields of a real one.
func TestWebhookMessage(t *testing.T) {
	body, err := webhook.Body("opened", alert.Incident{ID: 12, Kind: alert.DeviceDown, Severity: alert.Critical, Status: alert.Open,
		Site: "lisbon", Device: "lis-core-1", Summary: "lis-core-1 does not answer", Cause: "timeout",
		Started: 1795013407000, UncertaintyMS: 1000, Detected: 1795013410000, Owner: "maria"}, "https://ninewatch.example.net")
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal([]byte(block(t, document(t, "webhooks.md"), "json")), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("documented\n%v\nsent\n%s", got, body)
	}
}

// The example that checks a signature takes a good message, and refuses others.
func TestWebhookSignature(t *testing.T) {
	python, err := exec.LookPath("python3")
	testkit.Need(t, err == nil, "python3")
	program := block(t, document(t, "webhooks.md"), "python") + `
import json, sys
for c in json.load(sys.stdin):
    print(verify(c["secret"], c["headers"], c["body"].encode()))
`
	type message struct {
		Secret  string            `json:"secret"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
	}
	sign := func(secret string, at time.Time, body string) message {
		signature, err := webhook.Sign("whsec_c2VjcmV0", "msg_1", at.Unix(), []byte(`{"a": 1}`))
		if err != nil {
			t.Fatal(err)
		}
		return message{secret, map[string]string{"webhook-id": "msg_1", "webhook-signature": signature,
			"webhook-timestamp": strconv.FormatInt(at.Unix(), 10)}, body}
	}
	now := time.Now()
	stdin, err := json.Marshal([]message{
		sign("whsec_c2VjcmV0", now, `{"a": 1}`),
		sign("secret", now, `{"a": 1}`), // what whsec_c2VjcmV0 means
		sign("other", now, `{"a": 1}`),
		sign("secret", now, `{"a": 2}`),
		sign("secret", now.Add(-time.Hour), `{"a": 1}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(python, "-c", program)
	command.Stdin = strings.NewReader(string(stdin))
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got, want := string(out), "True\nTrue\nFalse\nFalse\nFalse\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
