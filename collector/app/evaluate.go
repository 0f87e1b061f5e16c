package app

import (
	"context"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"ninewatch/collector/plan"
	"ninewatch/collector/promapi"
)

// evaluator asks expressions of capacity rules of the samples.
func (a *App) evaluator() plan.Evaluate {
	engine := newQueryEngine(a.log)
	return func(ctx context.Context, expr string, sites []string, from, to time.Time, step time.Duration) ([]plan.Evaluated, error) {
		samples := promapi.Derived(a.store.Queryable(), a.ledger)
		if len(sites) > 0 {
			samples = promapi.Scoped(samples, sites)
		}
		q, err := engine.NewRangeQuery(ctx, samples, nil, expr, from, to, step)
		if err != nil {
			return nil, err
		}
		defer q.Close()
		matrix, err := q.Exec(ctx).Matrix()
		if err != nil {
			return nil, err
		}
		out := make([]plan.Evaluated, 0, len(matrix))
		for _, s := range matrix {
			e := plan.Evaluated{Site: s.Metric.Get("site"), Device: s.Metric.Get("device")}
			if rest := labels.NewBuilder(s.Metric).Del(metricName, "device", "site").Labels(); !rest.IsEmpty() {
				e.Labels = rest.String()
			}
			for _, p := range s.Floats {
				e.Times, e.Values = append(e.Times, p.T), append(e.Values, p.F)
			}
			out = append(out, e)
		}
		return out, nil
	}
}
