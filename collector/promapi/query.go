package promapi

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"ninewatch/internal/conf"
)

type queryData struct {
	ResultType string `json:"resultType"`
	Result     any    `json:"result"`
}

func (a *API) query(r *http.Request) (any, annotations.Annotations, error) {
	at, err := a.timeParam(r, "time", a.deps.Now())
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel, err := withTimeout(r)
	if err != nil {
		return nil, nil, err
	}
	defer cancel()
	q, err := a.engine.NewInstantQuery(ctx, a.queryable(r), nil, r.Form.Get("query"), at)
	if err != nil {
		return nil, nil, badData(fmt.Errorf("invalid parameter \"query\": %w", err))
	}
	return run(ctx, q)
}

func (a *API) queryRange(r *http.Request) (any, annotations.Annotations, error) {
	start, err := a.timeParam(r, "start", time.Time{})
	if err != nil {
		return nil, nil, err
	}
	end, err := a.timeParam(r, "end", time.Time{})
	if err != nil {
		return nil, nil, err
	}
	step, err := durationParam(r.Form.Get("step"))
	switch {
	case err != nil || step <= 0:
		return nil, nil, badData(fmt.Errorf("invalid parameter \"step\": %q is not a duration above zero", r.Form.Get("step")))
	case end.Before(start):
		return nil, nil, badData(errors.New("invalid parameter \"end\": it lies before start"))
	case end.Sub(start)/step > maxPoints:
		return nil, nil, badData(fmt.Errorf("%d points per series are too many, %d is the most: take a larger step", end.Sub(start)/step, maxPoints))
	}
	ctx, cancel, err := withTimeout(r)
	if err != nil {
		return nil, nil, err
	}
	defer cancel()
	q, err := a.engine.NewRangeQuery(ctx, a.queryable(r), nil, r.Form.Get("query"), start, end, step)
	if err != nil {
		return nil, nil, badData(fmt.Errorf("invalid parameter \"query\": %w", err))
	}
	return run(ctx, q)
}

func run(ctx context.Context, q promql.Query) (any, annotations.Annotations, error) {
	defer q.Close()
	result := q.Exec(ctx)
	if result.Err != nil {
		return nil, nil, result.Err
	}
	data := queryData{ResultType: string(result.Value.Type()), Result: result.Value}
	// The points go back to a pool at Close: what is answered must not.
	switch v := result.Value.(type) {
	case promql.Matrix:
		out := make([]promql.Series, 0, len(v))
		for _, s := range v {
			s.Floats = append([]promql.FPoint(nil), s.Floats...)
			s.Histograms = append([]promql.HPoint(nil), s.Histograms...)
			out = append(out, s)
		}
		data.Result = out
	case promql.Vector:
		data.Result = append([]promql.Sample{}, v...)
	}
	return data, result.Warnings, nil
}

func (a *API) series(r *http.Request) (any, annotations.Annotations, error) {
	selectors, err := a.selectors(r, true)
	if err != nil {
		return nil, nil, err
	}
	start, end, err := a.span(r)
	if err != nil {
		return nil, nil, err
	}
	q, err := a.queryable(r).Querier(start, end)
	if err != nil {
		return nil, nil, err
	}
	defer q.Close()
	hints := &storage.SelectHints{Func: "series", Start: start, End: end}
	out, seen := []labels.Labels{}, map[string]bool{}
	var warnings annotations.Annotations
	for _, matchers := range selectors {
		set := q.Select(r.Context(), false, hints, matchers...)
		for set.Next() && len(out) < maxSeries {
			l := set.At().Labels()
			if key := l.String(); !seen[key] {
				seen[key] = true
				out = append(out, l)
			}
		}
		if set.Err() != nil {
			return nil, nil, set.Err()
		}
		warnings.Merge(set.Warnings())
	}
	return out, warnings, nil
}

func (a *API) labelNames(r *http.Request) (any, annotations.Annotations, error) {
	return a.labelsOf(r, func(q storage.Querier, matchers []*labels.Matcher) ([]string, annotations.Annotations, error) {
		return q.LabelNames(r.Context(), &storage.LabelHints{Limit: maxSeries}, matchers...)
	})
}

func (a *API) labelValues(r *http.Request) (any, annotations.Annotations, error) {
	name := r.PathValue("name")
	return a.labelsOf(r, func(q storage.Querier, matchers []*labels.Matcher) ([]string, annotations.Annotations, error) {
		return q.LabelValues(r.Context(), name, &storage.LabelHints{Limit: maxSeries}, matchers...)
	})
}

// labelsOf unites what read finds for each selector of the request, or for none.
func (a *API) labelsOf(r *http.Request, read func(storage.Querier, []*labels.Matcher) ([]string, annotations.Annotations, error)) (any, annotations.Annotations, error) {
	selectors, err := a.selectors(r, false)
	if err != nil {
		return nil, nil, err
	}
	if len(selectors) == 0 {
		selectors = [][]*labels.Matcher{nil}
	}
	start, end, err := a.span(r)
	if err != nil {
		return nil, nil, err
	}
	q, err := a.queryable(r).Querier(start, end)
	if err != nil {
		return nil, nil, err
	}
	defer q.Close()
	seen := map[string]bool{}
	var out []string
	var warnings annotations.Annotations
	for _, matchers := range selectors {
		values, w, err := read(q, matchers)
		if err != nil {
			return nil, nil, err
		}
		warnings.Merge(w)
		for _, v := range values {
			if !seen[v] {
				seen[v] = true
				out = append(out, v)
			}
		}
	}
	return sorted(out), warnings, nil
}

func (a *API) selectors(r *http.Request, required bool) ([][]*labels.Matcher, error) {
	texts := r.Form["match[]"]
	if required && len(texts) == 0 {
		return nil, badData(errors.New("no match[] parameter provided"))
	}
	selectors, err := a.parser.ParseMetricSelectors(texts)
	if err != nil {
		return nil, badData(fmt.Errorf("invalid parameter \"match[]\": %w", err))
	}
	return selectors, nil
}

// span is the range of time of the request in Unix ms, by default everything.
func (a *API) span(r *http.Request) (start, end int64, err error) {
	from, err := a.timeParam(r, "start", time.UnixMilli(1))
	if err != nil {
		return 0, 0, err
	}
	to, err := a.timeParam(r, "end", a.deps.Now().Add(5*time.Minute))
	return from.UnixMilli(), to.UnixMilli(), err
}

// timeParam reads Unix seconds or RFC 3339. A zero def makes the parameter required.
func (a *API) timeParam(r *http.Request, name string, def time.Time) (time.Time, error) {
	text := r.Form.Get(name)
	if text == "" && !def.IsZero() {
		return def, nil
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(f) < 1e11 {
		seconds, fraction := math.Modf(f)
		return time.Unix(int64(seconds), int64(math.Round(fraction*1000))*int64(time.Millisecond)).UTC(), nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, badData(fmt.Errorf("invalid parameter %q: %q is neither Unix seconds nor RFC 3339", name, text))
	}
	return t, nil
}

func durationParam(text string) (time.Duration, error) {
	if f, err := strconv.ParseFloat(text, 64); err == nil && f < 1e9 {
		return time.Duration(f * float64(time.Second)), nil
	}
	return conf.ParseDuration(text)
}

func withTimeout(r *http.Request) (context.Context, context.CancelFunc, error) {
	limit := queryTimeout
	if text := r.Form.Get("timeout"); text != "" {
		d, err := durationParam(text)
		if err != nil || d <= 0 {
			return nil, nil, badData(fmt.Errorf("invalid parameter \"timeout\": %q is not a duration above zero", text))
		}
		limit = min(limit, d)
	}
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	return ctx, cancel, nil
}
