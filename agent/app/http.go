package app

import (
	"fmt"
	"io"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/agent/status"
	"ninewatch/internal/version"
)

// pages are the agent's own metrics, and the word that it lives.
func (a *App) pages() map[string]status.Page {
	a.set.NewGauge(fmt.Sprintf(`ninewatch_agent_info{version=%q}`, version.String()), func() float64 { return 1 })
	return map[string]status.Page{
		"/metrics": {ContentType: "text/plain; version=0.0.4", Write: func(w io.Writer) {
			a.set.WritePrometheus(w)
			metrics.WriteProcessMetrics(w)
		}},
		"/healthz": {ContentType: "text/plain; charset=utf-8", Write: func(w io.Writer) { fmt.Fprintln(w, "ok") }},
	}
}
