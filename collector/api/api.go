package api

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/prometheus/storage"

	"ninewatch/collector/report"
	"ninewatch/internal/version"
)

const prefix = "/api/v1"

// Deps are the things an API uses but does not own.
type Deps struct {
	Log     *slog.Logger
	Metrics *metrics.Set
	Now     func() time.Time

	Auth       Auth
	Inventory  Inventory
	Uptime     Uptime
	Plan       Plan
	Incidents  Incidents
	Deliveries Deliveries
	Topology   Topology
	Events     *Events
	ReportKey  report.Key        // signs reports
	Queryable  storage.Queryable // samples, for the rates and round trips in lists
	Lookback   time.Duration     // of queries: store.LookbackDelta
	Prom       http.Handler      // promapi's Handler, with Sites of this package as its Deps.Sites
	UI         http.Handler
	Ready      func() error // nil when the collector can work; its text goes to anybody

	Demo           bool
	Organisation   string // may be empty
	RunningSince   time.Time
	ExternalURL    string          // may be empty; with https, cookies are for TLS alone
	AgentAddresses func() []string // where agents reach this collector, host:port
}

func (d Deps) validate() error {
	if d.Log == nil || d.Metrics == nil || d.Now == nil || d.Auth == nil || d.Inventory == nil || d.Uptime == nil || d.Plan == nil || d.Incidents == nil || d.Topology == nil ||
		d.Deliveries == nil || d.Events == nil || d.Queryable == nil || d.Lookback <= 0 || d.Prom == nil || d.UI == nil || d.Ready == nil || d.AgentAddresses == nil {
		return errors.New("api: a dependency is missing")
	}
	return nil
}

// API is the HTTP side of a collector.
type API struct {
	deps    Deps
	log     *slog.Logger
	m       apiMetrics
	samples *samples
	agents  *agentCache

	measured *measuredCache
	huma     huma.API
	handler  http.Handler
}

// New returns an API. It opens and starts nothing.
func New(deps Deps) (*API, error) {
	if err := deps.validate(); err != nil {
		return nil, err
	}
	a := &API{
		deps: deps, log: deps.Log.With("component", "collector/api"), m: newMetrics(deps.Metrics),
		samples: newSamples(deps), agents: &agentCache{read: deps.Auth.Agents, now: deps.Now},
		measured: newMeasured(deps.Uptime.Measured, deps.Now),
	}
	mux := http.NewServeMux()
	a.huma = humago.NewWithPrefix(mux, prefix, humaConfig())
	a.routes()
	mux.Handle("/api/", http.HandlerFunc(a.nothingHere))
	mux.Handle("/prometheus/", a.authenticated(http.StripPrefix("/prometheus", deps.Prom)))
	mux.HandleFunc("GET /callback/{token}", a.callback)
	mux.HandleFunc("POST /callback/{token}", a.callback)
	mux.HandleFunc("GET /metrics", a.ownMetrics)
	mux.HandleFunc("GET /healthz", a.healthz)
	mux.HandleFunc("GET /readyz", a.readyz)
	mux.Handle("/", deps.UI)
	a.handler = a.around(mux)
	return a, nil
}

// Handler serves everything.
func (a *API) Handler() http.Handler { return a.handler }

// humaConfig is that of huma without what it adds: pages that load scripts from elsewhere, and links to schemas.
func humaConfig() huma.Config {
	c := huma.DefaultConfig("ninewatch", version.Version)
	c.DocsPath, c.SchemasPath = "", ""
	c.CreateHooks = nil
	c.Transformers = []huma.Transformer{func(ctx huma.Context, _ string, v any) (any, error) {
		return transformProblem(c.Components.Schemas, ctx, v)
	}}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", Description: "an API token"},
		"session": {Type: "apiKey", In: "cookie", Name: "__Host-ninewatch", Description: "a login; over plain HTTP the cookie is called ninewatch"},
	}
	return c
}

// routes registers all nouns.
func (a *API) routes() {
	a.sessionRoutes()
	a.overviewRoutes()
	a.siteRoutes()
	a.deviceRoutes()
	a.availabilityRoutes()
	a.capacityRoutes()
	a.reportRoutes()
	a.topologyRoutes()
	a.incidentRoutes()
	a.agentRoutes()
	a.inventoryRoutes()
	a.objectRoutes()
	a.factsRoutes()
	a.discoveryRoutes()
	a.deliveryRoutes()
	a.silenceRoutes()
	a.userRoutes()
	a.eventRoutes()
}
