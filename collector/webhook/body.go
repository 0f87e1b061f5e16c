package webhook

import (
	"encoding/json"
	"time"

	"ninewatch/collector/alert"
)

// formatVersion is the version of our own format; fields are added without a new one.
const formatVersion = 1

type body struct {
	Version  int          `json:"version"`
	Type     string       `json:"type"`
	Incident incidentBody `json:"incident"`
}

type incidentBody struct {
	ID                       string            `json:"id"`
	Kind                     string            `json:"kind"`
	Severity                 string            `json:"severity"`
	Status                   string            `json:"status"`
	Site                     string            `json:"site"`
	Device                   string            `json:"device"`
	Object                   string            `json:"object"`
	Summary                  string            `json:"summary"`
	Cause                    string            `json:"cause"`
	Impact                   string            `json:"impact"`
	StartedAt                string            `json:"started_at"`
	StartedAtUncertaintySecs float64           `json:"started_at_uncertainty_seconds"`
	DetectedAt               string            `json:"detected_at"`
	EndedAt                  *string           `json:"ended_at"`
	Owner                    string            `json:"owner,omitempty"`
	Labels                   map[string]string `json:"labels"`
	URL                      string            `json:"url"`
	Suppressed               []string          `json:"suppressed"`
}

// Body is a message of our own format about what happened to i; externalURL is where people reach the pages.
func Body(event string, i alert.Incident, externalURL string) ([]byte, error) {
	b := body{Version: formatVersion, Type: "incident." + event, Incident: incidentBody{
		ID: i.Name(), Kind: i.Kind, Severity: string(i.Severity), Status: string(i.Status), Site: i.Site, Device: i.Device,
		Object: i.Object, Summary: i.Summary, Cause: i.Cause, StartedAt: rfc3339(i.Started),
		StartedAtUncertaintySecs: float64(i.UncertaintyMS) / 1000, DetectedAt: rfc3339(i.Detected),
		Owner: i.Owner, Labels: map[string]string{}, URL: externalURL + "/incidents/" + i.Name(), Suppressed: []string{},
	}}
	if i.Ended != 0 {
		ended := rfc3339(i.Ended)
		b.Incident.EndedAt = &ended
	}
	if i.Demo {
		b.Incident.Labels["demo"] = "true"
	}
	return json.Marshal(b)
}

func rfc3339(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z07:00")
}
