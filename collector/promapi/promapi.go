package promapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sort"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"ninewatch/internal/version"
)

// Limits of one query, those of Prometheus itself.
const (
	queryTimeout  = 2 * time.Minute
	maxSamples    = 50_000_000
	maxPoints     = 11_000 // per series of a range query
	maxConcurrent = 20
	maxSeries     = 100_000 // in the answers of series and label values
)

// Deps are what a Handler uses but does not own. All are required.
type Deps struct {
	Log       *slog.Logger
	Metrics   *metrics.Set
	Queryable storage.Queryable
	Sites     func(*http.Request) (sites []string, all bool) // what the caller may see
	Lookback  time.Duration
	Now       func() time.Time
}

// API answers queries. It is safe for several goroutines.
type API struct {
	deps    Deps
	engine  *promql.Engine
	parser  parser.Parser
	slots   chan struct{}
	queries *metrics.Counter
	failed  *metrics.Counter
}

// New returns an API over deps.Queryable.
func New(deps Deps) *API {
	p := parser.NewParser(parser.Options{})
	return &API{
		deps:   deps,
		parser: p,
		engine: promql.NewEngine(promql.EngineOpts{
			Logger: deps.Log, MaxSamples: maxSamples, Timeout: queryTimeout, LookbackDelta: deps.Lookback,
			EnableAtModifier: true, EnableNegativeOffset: true, Parser: p,
			NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
		}),
		slots:   make(chan struct{}, maxConcurrent),
		queries: deps.Metrics.NewCounter(`ninewatch_collector_promapi_queries_total`),
		failed:  deps.Metrics.NewCounter(`ninewatch_collector_promapi_queries_failed_total`),
	}
}

// Handler serves the API below /api/v1/; mount it under a prefix with http.StripPrefix.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	for path, f := range map[string]func(*http.Request) (any, annotations.Annotations, error){
		"query":               a.query,
		"query_range":         a.queryRange,
		"series":              a.series,
		"labels":              a.labelNames,
		"label/{name}/values": a.labelValues,
		"metadata":            a.metadata,
		"status/buildinfo":    buildInfo,
		"rules":               rules,
	} {
		serve := a.serve(f)
		mux.HandleFunc("GET /api/v1/"+path, serve)
		mux.HandleFunc("POST /api/v1/"+path, serve)
	}
	return mux
}

// answer is the envelope of every response.
type answer struct {
	Status    string   `json:"status"`
	Data      any      `json:"data,omitempty"`
	ErrorType string   `json:"errorType,omitempty"`
	Error     string   `json:"error,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
}

// apiError is a failure with its kind in the words of the API.
type apiError struct {
	kind string // bad_data, timeout, canceled, execution, internal, unavailable
	err  error
}

func (e apiError) Error() string { return e.err.Error() }
func (e apiError) Unwrap() error { return e.err }

func badData(err error) error { return apiError{"bad_data", err} }

func (a *API) serve(f func(*http.Request) (any, annotations.Annotations, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a.queries.Inc()
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		if err := r.ParseForm(); err != nil {
			a.fail(w, badData(err))
			return
		}
		select {
		case a.slots <- struct{}{}:
			defer func() { <-a.slots }()
		case <-r.Context().Done():
			return
		}
		data, warnings, err := f(r)
		if err != nil {
			a.fail(w, err)
			return
		}
		// Infos are left out: all they know to say is that names of MIB objects do not end in _total.
		warn, _ := warnings.AsStrings("", 10, 0)
		write(w, http.StatusOK, answer{Status: "success", Data: data, Warnings: warn})
	}
}

func (a *API) fail(w http.ResponseWriter, err error) {
	a.failed.Inc()
	kind, code := "internal", http.StatusInternalServerError
	var known apiError
	switch {
	case errors.As(err, &known):
		kind, code = known.kind, http.StatusBadRequest
	case errors.As(err, new(promql.ErrQueryTimeout)):
		kind, code = "timeout", http.StatusServiceUnavailable
	case errors.As(err, new(promql.ErrQueryCanceled)), errors.Is(err, context.Canceled):
		kind, code = "canceled", 499
	case errors.As(err, new(promql.ErrStorage)):
		a.deps.Log.Error("query failed in the store", "component", "collector/promapi", "err", err)
	default:
		kind, code = "execution", http.StatusUnprocessableEntity
	}
	write(w, code, answer{Status: "error", ErrorType: kind, Error: err.Error()})
}

func write(w http.ResponseWriter, code int, a answer) {
	body, err := json.Marshal(a)
	if err != nil {
		http.Error(w, "encode answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	w.Write(body) //nolint:errcheck // the client has gone
}

// queryable is what the caller of r may see.
func (a *API) queryable(r *http.Request) storage.Queryable {
	sites, all := a.deps.Sites(r)
	if all {
		return a.deps.Queryable
	}
	return Scoped(a.deps.Queryable, sites)
}

func buildInfo(*http.Request) (any, annotations.Annotations, error) {
	// Grafana decides by the version which endpoints it may call: it is that of the API spoken here.
	return map[string]string{"version": "3.15.0", "application": "ninewatch", "ninewatchVersion": version.String()}, nil, nil
}

func rules(*http.Request) (any, annotations.Annotations, error) {
	return map[string]any{"groups": []any{}}, nil, nil
}

// metadata lists the help of our own series; those of MIBs are described by their MIB.
func (a *API) metadata(r *http.Request) (any, annotations.Annotations, error) {
	type entry struct {
		Type string `json:"type"`
		Help string `json:"help"`
		Unit string `json:"unit"`
	}
	out := map[string][]entry{}
	for _, m := range described {
		if wanted := r.Form.Get("metric"); wanted == "" || wanted == m.name {
			out[m.name] = []entry{{m.kind, m.help, m.unit}}
		}
	}
	return out, nil, nil
}

func sorted(values []string) []string {
	if values == nil {
		return []string{}
	}
	sort.Strings(values)
	return values
}
