package cli

import (
	"net/http"
	"testing"
)

func TestIncident(t *testing.T) {
	f := serve(t, map[string]string{
		"POST /api/v1/incidents/INC-4/acknowledge": `{"id":"INC-4","status":"acknowledged","summary":"a does not answer"}`,
		"POST /api/v1/incidents/INC-4/comment":     `{"id":"INC-4","status":"open","summary":"a does not answer"}`,
		"GET /api/v1/incidents/INC-4/explain": `{"id":"INC-4","rule":"a device is down by its own probes","muted":"a silence of ann until 12:00",
			"inputs":[{"kind":"device_down","summary":"a does not answer","since":"2026-11-25T15:03:44.886Z","ended_at":"2026-11-25T15:05:00.000Z","hidden":false,"evidence":["ICMP does not answer"]},
				{"kind":"slo_burn","summary":"orders spends its budget","since":"2026-11-25T15:03:50.000Z","ended_at":null,"hidden":true,"evidence":null}],
			"told":[{"receiver":"ops","knows":"opened","last_at":"2026-11-25T15:03:52.000Z","withheld":""},{"receiver":"night","knows":"","last_at":null,"withheld":"it is outside the hours of the route"}],
			"waiting":[{"receiver":"boss","type":"incident.opened","due_at":"2026-11-25T15:20:00.000Z"}],"other_routes":[{"route":"porto","why":"it is for another site"}]}`,
	})
	printed(t, "INC-4 is acknowledged: a does not answer\n", "incident", "acknowledge", "INC-4", "on it")
	if f.body != `{"text":"on it"}` {
		t.Errorf("sent %s", f.body)
	}
	printed(t, "INC-4 is open: a does not answer\n", "incident", "comment", "INC-4", "rack 7")
	printed(t, `INC-4 opened because a device is down by its own probes
  device_down: a does not answer, since 2026-11-25T15:03:44.886Z to 2026-11-25T15:05:00.000Z
    ICMP does not answer
  slo_burn: orders spends its budget, since 2026-11-25T15:03:50.000Z, explained by the others
nobody is told now: a silence of ann until 12:00
ops was told opened at 2026-11-25T15:03:52.000Z
night was told nothing
  not more, as it is outside the hours of the route
boss will be told incident.opened at 2026-11-25T15:20:00.000Z
not by route porto: it is for another site
`, "incident", "explain", "INC-4")
	refused(t, 2, `output format "xml": it is one of table, json`, "incident", "explain", "INC-4", "-o", "xml")
	f.answers["POST /api/v1/incidents/INC-5/resolve"] = `{"detail":"there is no incident \"INC-5\", or it is at a site that you may not see"}`
	f.posted = http.StatusNotFound
	refused(t, 1, `there is no incident "INC-5", or it is at a site that you may not see`, "incident", "resolve", "INC-5")
}
