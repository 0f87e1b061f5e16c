package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"

	"ninewatch/collector/plan"
	"ninewatch/collector/promapi"
	"ninewatch/collector/store"
)

// evaluator asks expressions of capacity rules of the samples.
func (a *App) evaluator() plan.Evaluate {
	engine := newQueryEngine(a.log)
	return func(ctx context.Context, expr string, sites []string, from, to time.Time, step time.Duration) ([]plan.Evaluated, error) {
		var out []plan.Evaluated
		samples := promapi.Derived(a.store.Queryable(), a.ledger)
		err := queryRange(ctx, engine, samples, rangeQuery{expr, sites, from, to, step}, func(matrix promql.Matrix) error {
			for _, s := range matrix {
				out = append(out, evaluated(s))
			}
			return nil
		})
		return out, err
	}
}

func evaluated(s promql.Series) plan.Evaluated {
	e := plan.Evaluated{Site: s.Metric.Get("site"), Device: s.Metric.Get("device")}
	if rest := labels.NewBuilder(s.Metric).Del(metricName, "device", "site").Labels(); !rest.IsEmpty() {
		e.Labels = rest.String()
	}
	for _, p := range s.Floats {
		e.Times, e.Values = append(e.Times, p.T), append(e.Values, p.F)
	}
	return e
}

// newQueryEngine evaluates what is asked of samples again and again.
func newQueryEngine(log *slog.Logger) *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		Logger: log, MaxSamples: 10_000_000, Timeout: rulesEvery, LookbackDelta: store.LookbackDelta, EnableAtModifier: true, EnableNegativeOffset: true,
		Parser: parser.NewParser(parser.Options{}), NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
	})
}

// rangeQuery is an expression at each step of a period.
type rangeQuery struct {
	expr     string
	sites    []string // empty: all
	from, to time.Time
	step     time.Duration
}

// queryRange evaluates q. The matrix is only there while use looks at it.
func queryRange(ctx context.Context, engine *promql.Engine, samples storage.Queryable, q rangeQuery, use func(promql.Matrix) error) error {
	if len(q.sites) > 0 {
		samples = promapi.Scoped(samples, q.sites)
	}
	query, err := engine.NewRangeQuery(ctx, samples, nil, q.expr, q.from, q.to, q.step)
	if err != nil {
		return err
	}
	defer query.Close()
	matrix, err := query.Exec(ctx).Matrix()
	if err != nil {
		return err
	}
	return use(matrix)
}
