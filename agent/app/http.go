package app

import (
	"fmt"
	"net/http"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/internal/version"
)

// handler serves the agent's own metrics and says that it lives.
func (a *App) handler() http.Handler {
	a.set.NewGauge(fmt.Sprintf(`ninewatch_agent_info{version=%q}`, version.String()), func() float64 { return 1 })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch { // by hand: the patterns of http.ServeMux are 50 KB of code, for two pages
		case r.URL.Path != "/metrics" && r.URL.Path != "/healthz":
			http.NotFound(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD are answered here", http.StatusMethodNotAllowed)
		case r.URL.Path == "/healthz":
			fmt.Fprintln(w, "ok")
		default:
			w.Header().Set("Content-Type", "text/plain; version=0.0.4")
			a.set.WritePrometheus(w)
			metrics.WriteProcessMetrics(w)
		}
	})
}
