package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"text/template"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"

	"ninewatch/collector/alert"
	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
	"ninewatch/collector/promapi"
)

// metricName is the label that holds the name of a series.
const metricName = "__name__"

// How rules are evaluated: as of a moment at which all samples have come, and so often.
const (
	rulesEvery = 30 * time.Second
	rulesDelay = 30 * time.Second
	ruleStep   = 30 * time.Second
	ruleSteps  = 500     // of a rule that has to hold for long
	ruleSeries = 1000    // findings of one rule
	ruleText   = 4 << 10 // bytes of an annotation
)

// rulesJudge evaluates the rules of the inventory. Whether one has held for its time is asked of the samples anew
// each time, so that a restart changes nothing.
type rulesJudge struct {
	log       *slog.Logger
	engine    *promql.Engine
	samples   func() storage.Queryable
	inventory *inventory.Store
	agents    func(context.Context) ([]auth.Agent, error)
	now       func() time.Time

	mu   sync.Mutex
	kept map[string][]alert.Finding // of the last time that each rule could be evaluated
}

func newRulesJudge(a *App) *rulesJudge {
	return &rulesJudge{
		log: a.log.With("component", "collector/app"), inventory: a.inventory, agents: a.auth.Agents, now: time.Now, kept: map[string][]alert.Finding{},
		samples: func() storage.Queryable { return promapi.Derived(a.store.Queryable(), a.ledger) },
		engine:  newQueryEngine(a.log),
	}
}

// findings evaluates all rules. One that cannot be evaluated says what it said last.
func (j *rulesJudge) findings(ctx context.Context) ([]alert.Finding, error) {
	rules, err := j.inventory.Rules(ctx)
	if err != nil {
		return nil, err
	}
	agents, err := j.agents(ctx)
	if err != nil {
		return nil, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []alert.Finding
	var errs []error
	for _, r := range rules {
		found, err := j.evaluate(ctx, r, ruleMoment(r, agents, j.now()))
		if err != nil {
			errs = append(errs, fmt.Errorf("rule %q: %w", r.Name, err))
			found = j.kept[r.Name]
		}
		j.kept[r.Name] = found
		out = append(out, found...)
	}
	if err := errors.Join(errs...); err != nil && ctx.Err() == nil {
		j.log.Warn("rules not evaluated, what they said last holds", "err", err)
	}
	return out, ctx.Err()
}

// ruleMoment is when all samples that a rule sees have come: by the agents that are heard of.
func ruleMoment(r inventory.Rule, agents []auth.Agent, now time.Time) time.Time {
	at := now.Add(-rulesDelay)
	for _, g := range agents {
		heard := g.Revoked == 0 && now.UnixMilli()-g.LastSeen <= agentLost.Milliseconds() && g.Watermark != 0
		if heard && (len(r.Sites) == 0 || slices.Contains(r.Sites, g.Site)) && g.Watermark < at.UnixMilli() {
			at = time.UnixMilli(g.Watermark)
		}
	}
	return at
}

func (j *rulesJudge) evaluate(ctx context.Context, r inventory.Rule, at time.Time) ([]alert.Finding, error) {
	hold := time.Duration(r.For)
	step := max(ruleStep, hold/ruleSteps)
	steps := int(hold / step)
	from := at.Add(-time.Duration(steps) * step)
	var out []alert.Finding
	err := queryRange(ctx, j.engine, j.samples(), rangeQuery{r.Expr, r.Sites, from, at, step}, func(matrix promql.Matrix) error {
		scalar := len(matrix) == 1 && matrix[0].Metric.IsEmpty()
		for _, s := range matrix {
			if len(s.Floats) != steps+1 || scalar && s.Floats[steps].F == 0 {
				continue // it did not hold all the time
			}
			if len(out) == ruleSeries {
				return fmt.Errorf("it gives more than %d series: narrow it", ruleSeries)
			}
			out = append(out, ruleFinding(r, s.Metric, s.Floats[steps].F, from, at))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func ruleFinding(r inventory.Rule, metric labels.Labels, value float64, from, at time.Time) alert.Finding {
	with := map[string]string{}
	metric.Range(func(l labels.Label) { with[l.Name] = l.Value })
	summary := annotation(r.Annotations["summary"], with, value)
	device := with["device"]
	if summary == "" {
		summary = r.Name
		if device != "" {
			summary += " of " + device
		}
	}
	for name, v := range r.Labels {
		with[name] = v
	}
	rest := labels.NewBuilder(metric).Del(metricName, "device", "site").Labels()
	object := r.Name
	if !rest.IsEmpty() {
		object += " " + rest.String()
	}
	evidence := fmt.Sprintf("%s is %g at %s", r.Expr, value, at.UTC().Format("15:04:05 UTC"))
	if text := annotation(r.Annotations["description"], with, value); text != "" {
		evidence = text
	}
	return alert.Finding{
		Kind: alert.RuleFired, Site: cmp.Or(with["site"], single(r.Sites)), Device: device, Object: object, Severity: alert.Severity(cmp.Or(r.Severity, string(alert.Warning))),
		State: alert.Down, Since: from.UnixMilli(), Detected: at.UnixMilli(), Summary: summary, Evidence: evidence, Rule: r.Name, Team: with["team"], Labels: with,
	}
}

func single(sites []string) string {
	if len(sites) == 1 {
		return sites[0]
	}
	return ""
}

// annotation fills a text in as Prometheus does: {{ $labels.device }}, {{ $value }}.
func annotation(text string, with map[string]string, value float64) string {
	if text == "" || len(text) > ruleText {
		return text
	}
	t, err := template.New("annotation").Option("missingkey=zero").Parse("{{$labels := .Labels}}{{$value := .Value}}" + text)
	if err != nil {
		return text
	}
	var out bytes.Buffer
	if err := t.Execute(&out, map[string]any{"Labels": with, "Value": value}); err != nil || out.Len() > ruleText {
		return text
	}
	return out.String()
}
