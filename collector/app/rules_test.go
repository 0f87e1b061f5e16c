package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"ninewatch/collector/alert"
	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
)

// ruleBase is a minute at which the samples of these tests begin; there is one each 30 s, for 10 minutes.
const ruleBase = 1_790_000_040_000

// seriesOf stores a series of which the values are those of f by the number of the sample.
func seriesOf(t *testing.T, all map[string]func(n int) float64) storage.Queryable {
	t.Helper()
	db, err := tsdb.Open(t.TempDir(), slog.New(slog.DiscardHandler), nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() }) //nolint:errcheck // nothing to lose
	a := db.Appender(t.Context())
	for name, f := range all {
		device, site, _ := strings.Cut(name, "@")
		for n := range 21 {
			if _, err := a.Append(0, labels.FromStrings("__name__", "load", "device", device, "site", site, "cpu", "1"), ruleBase+int64(n)*30_000, f(n)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := a.Commit(); err != nil {
		t.Fatal(err)
	}
	return db
}

func judgeOfRules(t *testing.T) *rulesJudge {
	q := seriesOf(t, map[string]func(int) float64{
		"sw1@lisbon": func(int) float64 { return 95 },
		"sw2@lisbon": func(n int) float64 { return map[bool]float64{true: 50, false: 95}[n == 18] }, // it was well a minute ago
		"sw3@porto":  func(n int) float64 { return 90.5 },
		"sw4@porto":  func(int) float64 { return 10 },
	})
	log := slog.New(slog.DiscardHandler)
	return &rulesJudge{log: log, engine: newQueryEngine(log), samples: func() storage.Queryable { return q }, kept: map[string][]alert.Finding{}, now: time.Now}
}

var ruleEnd = time.UnixMilli(ruleBase + 600_000)

func TestRulesHoldForTheirTime(t *testing.T) {
	j := judgeOfRules(t)
	f := func(r inventory.Rule, want ...string) {
		t.Helper()
		r.Name = "load"
		got, err := j.evaluate(t.Context(), r, ruleEnd)
		if err != nil {
			t.Fatal(err)
		}
		list := []string{}
		for _, x := range got {
			list = append(list, fmt.Sprintf("%s|%s|%s %s since %d", x.Site, x.Device, x.Object, x.Severity, (ruleEnd.UnixMilli()-x.Since)/1000))
		}
		if diff := cmp.Diff(append([]string{}, want...), list); diff != "" {
			t.Errorf("%s for %s (-want +got):\n%s", r.Expr, time.Duration(r.For), diff)
		}
	}
	minutes := func(n int) inventory.Duration { return inventory.Duration(time.Duration(n) * time.Minute) }
	sw1, sw2, sw3 := `lisbon|sw1|load {cpu="1"} `, `lisbon|sw2|load {cpu="1"} `, `porto|sw3|load {cpu="1"} `
	f(inventory.Rule{Expr: "load > 90"}, sw1+"warning since 0", sw2+"warning since 0", sw3+"warning since 0")
	f(inventory.Rule{Expr: "load > 90", For: minutes(2)}, sw1+"warning since 120", sw3+"warning since 120")
	f(inventory.Rule{Expr: "load > 90", For: minutes(11)}) // there are samples of ten minutes
	f(inventory.Rule{Expr: "load > 90", For: minutes(2), Severity: "critical", Sites: []string{"porto"}}, sw3+"critical since 120")
	f(inventory.Rule{Expr: "load > 99"})
	f(inventory.Rule{Expr: "count(load > 90)", Sites: []string{"lisbon"}}, `lisbon||load warning since 0`)
	f(inventory.Rule{Expr: "vector(0)"}) // no, as a yes or no
	f(inventory.Rule{Expr: "vector(1)"}, `||load warning since 0`)
	if _, err := j.evaluate(t.Context(), inventory.Rule{Expr: "load >"}, ruleEnd); err == nil {
		t.Error("half an expression: got no error")
	}
}

// TestRuleTexts: annotations are filled in as Prometheus does; what cannot be filled in stands as it is.
func TestRuleTexts(t *testing.T) {
	j := judgeOfRules(t)
	rule := func(annotations map[string]string) alert.Finding {
		t.Helper()
		got, err := j.evaluate(t.Context(), inventory.Rule{Name: "load", Expr: `load{device="sw3"} > 90`, Labels: map[string]string{"team": "core"}, Annotations: annotations}, ruleEnd)
		if err != nil || len(got) != 1 {
			t.Fatalf("got %+v, %v", got, err)
		}
		return got[0]
	}
	got := rule(map[string]string{"summary": "{{ $labels.device }} is at {{ $value }} %", "description": "CPU {{ $labels.cpu }} of {{ $labels.nothing }}"})
	if got.Summary != "sw3 is at 90.5 %" || got.Evidence != "CPU 1 of " || got.Team != "core" || got.Rule != "load" || got.Labels["team"] != "core" {
		t.Errorf("got %+v", got)
	}
	got = rule(nil)
	if want := `load{device="sw3"} > 90 is 90.5 at ` + ruleEnd.UTC().Format("15:04:05 UTC"); got.Summary != "load of sw3" || got.Evidence != want {
		t.Errorf("got %q, %q", got.Summary, got.Evidence)
	}
	for _, text := range []string{"{{ $labels", "{{ .Nothing.more }}", "{{ range }}", strings.Repeat("x", 5000)} {
		if got := rule(map[string]string{"summary": text}).Summary; got != text {
			t.Errorf("got %.60q, want %.60q", got, text)
		}
	}
}

func TestARuleOfTooMuchIsAMistake(t *testing.T) {
	all := map[string]func(int) float64{}
	for n := range ruleSeries + 1 {
		all[fmt.Sprintf("sw%d@lisbon", n)] = func(int) float64 { return 1 }
	}
	j := judgeOfRules(t)
	q := seriesOf(t, all)
	j.samples = func() storage.Queryable { return q }
	if _, err := j.evaluate(t.Context(), inventory.Rule{Expr: "load"}, ruleEnd); err == nil || err.Error() != "it gives more than 1000 series: narrow it" {
		t.Errorf("got %v", err)
	}
}

// TestRulesWaitForTheSlowestAgent: as of when all samples have come that a rule sees.
func TestRulesWaitForTheSlowestAgent(t *testing.T) {
	now := time.UnixMilli(ruleBase)
	ago := func(d time.Duration) int64 { return now.Add(-d).UnixMilli() }
	agents := []auth.Agent{
		{Site: "lisbon", LastSeen: ago(time.Second), Watermark: ago(5 * time.Second)},
		{Site: "porto", LastSeen: ago(time.Second), Watermark: ago(3 * time.Minute)},           // it catches up
		{Site: "porto", LastSeen: ago(2 * time.Minute), Watermark: ago(time.Hour)},             // nobody waits for it
		{Site: "porto", LastSeen: ago(time.Second), Watermark: ago(2 * time.Hour), Revoked: 1}, // nor for this one
		{Site: "faro", LastSeen: ago(time.Second)},                                             // it has sent nothing yet
	}
	f := func(want time.Duration, sites ...string) {
		t.Helper()
		if got := now.Sub(ruleMoment(inventory.Rule{Sites: sites}, agents, now)); got != want {
			t.Errorf("%v: got %s ago, want %s", sites, got, want)
		}
	}
	f(3 * time.Minute)
	f(3*time.Minute, "porto")
	f(30*time.Second, "lisbon")
	f(30*time.Second, "faro")
}

// TestARuleThatCannotBeEvaluatedEndsNothing: it says what it said last.
func TestARuleThatCannotBeEvaluatedEndsNothing(t *testing.T) {
	r := newRig(t)
	defer r.stop()
	r.signIn(r.AdminPassword.Reveal())
	rules := map[string]any{"rules": []any{map[string]any{"name": "load", "expr": "load > 90"}}}
	if status := r.call(http.MethodPost, "/api/v1/apply", rules, nil); status != http.StatusOK {
		t.Fatalf("apply: got status %d, want 200", status)
	}
	j := judgeOfRules(t)
	j.inventory, j.agents, j.now = r.App.inventory, r.App.auth.Agents, func() time.Time { return ruleEnd.Add(rulesDelay) }
	count := func(want int) {
		t.Helper()
		if got, err := j.findings(t.Context()); err != nil || len(got) != want {
			t.Errorf("got %d findings, %v; want %d", len(got), err, want)
		}
	}
	count(3)
	j.samples = func() storage.Queryable {
		return storage.QueryableFunc(func(int64, int64) (storage.Querier, error) { return nil, errors.New("the disk is gone") })
	}
	count(3)
	if status := r.call(http.MethodDelete, "/api/v1/rules/load", nil, nil); status >= 300 {
		t.Fatalf("delete the rule: got status %d", status)
	}
	count(0)
}
