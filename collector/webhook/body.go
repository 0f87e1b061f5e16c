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

// manyBody tells of several incidents at once: a group, or a digest.
type manyBody struct {
	Version   int        `json:"version"`
	Type      string     `json:"type"` // incident.digest
	Incidents []itemBody `json:"incidents"`
}

type itemBody struct {
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
	AcknowledgeURL           string            `json:"acknowledge_url,omitempty"`
	ResolveURL               string            `json:"resolve_url,omitempty"`
}

// own is a message of our own format.
func (r renderer) own(m alert.Message) ([]byte, error) {
	items := make([]itemBody, len(m.Items))
	for n, it := range m.Items {
		kind := "incident." + it.Event
		if it.Event == eventTest {
			kind = eventTest
		}
		items[n] = itemBody{kind, r.incident(it.Incident)}
	}
	if len(items) == 1 {
		return json.Marshal(body{formatVersion, items[0].Type, items[0].Incident})
	}
	return json.Marshal(manyBody{formatVersion, "incident.digest", items})
}

func (r renderer) incident(i alert.Incident) incidentBody {
	b := incidentBody{
		ID: i.Name(), Kind: i.Kind, Severity: string(i.Severity), Status: string(i.Status), Site: i.Site, Device: i.Device,
		Object: i.Object, Summary: i.Summary, Cause: i.Cause, Impact: i.Impact, StartedAt: rfc3339(i.Started),
		StartedAtUncertaintySecs: float64(i.UncertaintyMS) / 1000, DetectedAt: rfc3339(i.Detected),
		Owner: i.Owner, Labels: map[string]string{}, URL: r.page(i), Suppressed: i.Hidden,
		AcknowledgeURL: r.callback(i, "acknowledge"), ResolveURL: r.callback(i, "resolve"),
	}
	if b.Suppressed == nil {
		b.Suppressed = []string{}
	}
	if i.Ended != 0 {
		ended := rfc3339(i.Ended)
		b.EndedAt = &ended
	}
	for k, v := range i.Labels {
		b.Labels[k] = v
	}
	if i.Demo {
		b.Labels["demo"] = "true"
	}
	return b
}

func rfc3339(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z07:00")
}

// Body is a message of our own format about what happened to i; externalURL is where people reach the pages.
func Body(event string, i alert.Incident, externalURL string) ([]byte, error) {
	return renderer{url: externalURL}.own(alert.Message{Items: []alert.Item{{Event: event, Incident: i}}})
}
