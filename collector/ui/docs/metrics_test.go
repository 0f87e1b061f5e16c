package docs

import (
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write metrics.md anew")

// metric is what the sources tell of one.
type metric struct {
	kind   string
	labels map[string]map[string]bool // name → values that stand in the source
}

var (
	ownName    = regexp.MustCompile(`^ninewatch_(agent|collector)_[a-z0-9_]+`)
	ownLabel   = regexp.MustCompile(`([a-z_]+)=(?:"([^"]*)("?)|%q)`)
	kindOfCall = map[string]string{
		"NewCounter": "counter", "GetOrCreateCounter": "counter", "WriteCounterUint64": "counter",
		"NewGauge": "gauge", "WriteGaugeUint64": "gauge", "NewHistogram": "histogram",
	}
)

// registered finds the metrics that the programs register on a set, or write for one.
func registered(t *testing.T) map[string]metric {
	t.Helper()
	out := map[string]metric{}
	for _, s := range goSources(t) {
		prefixes := map[string]string{} // functions of this file that put a prefix before a name
		ast.Inspect(s.file, func(n ast.Node) bool {
			assign, ok := n.(*ast.AssignStmt)
			if !ok || len(assign.Rhs) != 1 {
				return true
			}
			name, isName := assign.Lhs[0].(*ast.Ident)
			if f, ok := assign.Rhs[0].(*ast.FuncLit); ok && isName {
				if prefix := prefixIn(f); prefix != "" {
					prefixes[name.Name] = prefix
				}
			}
			return true
		})
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				kind, text := registration(call, prefixes)
				if name := ownName.FindString(text); kind != "" && name != "" && !strings.HasSuffix(name, "_") {
					out[name] = out[name].with(kind, text)
				}
			}
			return true
		})
	}
	return out
}

// prefixIn is the literal that ends in _ within a function that makes counters.
func prefixIn(f *ast.FuncLit) (prefix string) {
	ast.Inspect(f, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok {
			if text, ok := literal(e); ok && ownName.MatchString(text) && strings.HasSuffix(text, "_") {
				prefix = text
			}
		}
		return true
	})
	return prefix
}

// registration is the kind and the name with labels that a call registers.
func registration(call *ast.CallExpr, prefixes map[string]string) (kind, text string) {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		kind = kindOfCall[f.Sel.Name]
	case *ast.Ident:
		if prefixes[f.Name] != "" {
			kind = "counter"
		}
		text = prefixes[f.Name]
	}
	for _, arg := range call.Args {
		if format, ok := arg.(*ast.CallExpr); ok && len(format.Args) > 0 {
			arg = format.Args[0] // fmt.Sprintf
		}
		if name, ok := literal(arg); ok {
			return kind, text + name
		}
	}
	return "", ""
}

func (m metric) with(kind, text string) metric {
	if m.labels == nil {
		m.labels = map[string]map[string]bool{}
	}
	m.kind = kind
	for _, l := range ownLabel.FindAllStringSubmatch(text, -1) {
		if m.labels[l[1]] == nil {
			m.labels[l[1]] = map[string]bool{}
		}
		if l[2] != "" && l[3] != "" && !strings.Contains(l[2], "%") { // a whole value
			m.labels[l[1]][l[2]] = true
		}
	}
	return m
}

// words are the labels with the values that the source tells.
func (m metric) words() string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(m.labels)) {
		text := "`" + name + "`"
		if values := slices.Sorted(maps.Keys(m.labels[name])); len(values) > 0 {
			text += ": " + strings.Join(values, ", ")
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

// metricsPage is the document that the sources and the descriptions make.
func metricsPage(all map[string]metric) string {
	var b strings.Builder
	b.WriteString(metricsHead)
	last := ""
	for _, name := range slices.SortedFunc(maps.Keys(all), func(x, y string) int { return cmp.Or(cmp.Compare(groupOf(x), groupOf(y)), cmp.Compare(x, y)) }) {
		if group := groupOf(name); group != last {
			fmt.Fprintf(&b, "\n## %s\n\n| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n", group)
			last = group
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, all[name].kind, all[name].words(), descriptions[name])
	}
	return b.String()
}

// groupOf is Agent: icmp or so.
func groupOf(name string) string {
	parts := strings.SplitN(name, "_", 4)
	program := strings.ToUpper(parts[1][:1]) + parts[1][1:]
	part := parts[2]
	if part == "samples" {
		part = "spool" // the account of samples is the spool's
	}
	if len(parts) == 3 {
		return program
	}
	return program + ": " + part
}

const metricsHead = `# Metrics of ninewatch itself

Both programs serve their own metrics at ` + "`/metrics`" + ` in the Prometheus text format: the agent on ` + "`127.0.0.1:9145`" + `, the
collector beside its pages. They name no site and no device. What is measured of devices stands in [Series and labels](series.md).

Counters end in ` + "`_total`" + ` and begin at 0 with each start, but those of ` + "`ninewatch_agent_samples_…`" + `, which go on over restarts. At every scrape
` + "`ninewatch_agent_samples_produced_total`" + ` = acknowledged + queued + the sum of dropped. Histograms have buckets with the label
` + "`vmrange`" + `. Beside these there are ` + "`go_…`" + ` and ` + "`process_…`" + ` of the program.

This page is made from the source.
`

// The page is what the sources make, and every metric has its description.
func TestMetricsPage(t *testing.T) {
	all := registered(t)
	same(t, "descriptions of metrics", descriptions, all)
	page := metricsPage(all)
	if *update {
		if err := os.WriteFile("metrics.md", []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if page != document(t, "metrics.md") {
		t.Error("metrics.md is stale: go test ./collector/ui/docs -run TestMetricsPage -update")
	}
}

// Every name of a metric in a literal is found as a registration, whatever way it is registered.
func TestMetricsAreFound(t *testing.T) {
	all := registered(t)
	for _, s := range goSources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok {
				text, _ := literal(lit)
				if name := ownName.FindString(text); name != "" && !strings.HasSuffix(name, "_") && all[name].kind == "" {
					t.Errorf("%s: %s is registered in a way that this test does not know", s.path, name)
				}
			}
			return true
		})
	}
}
