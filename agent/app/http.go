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
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		a.set.WritePrometheus(w)
		metrics.WriteProcessMetrics(w)
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	return mux
}
