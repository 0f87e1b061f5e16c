package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"ninewatch/collector/alert"
	"ninewatch/collector/auth"
)

type incidentEvent struct {
	Time string `json:"time"`
	Type string `json:"type"`
	Who  string `json:"who" doc:"empty: ninewatch itself"`
	Text string `json:"text"`
}

type incident struct {
	ID             string          `json:"id"`
	Kind           string          `json:"kind"`
	Severity       string          `json:"severity"`
	Status         string          `json:"status"`
	Site           string          `json:"site"`
	Device         string          `json:"device"`
	Summary        string          `json:"summary"`
	Cause          string          `json:"cause"`
	StartedAt      string          `json:"started_at"`
	Uncertainty    float64         `json:"started_at_uncertainty_seconds"`
	DetectedAt     *string         `json:"detected_at"`
	EndedAt        *string         `json:"ended_at"`
	Owner          *string         `json:"owner"`
	AcknowledgedAt *string         `json:"acknowledged_at"`
	Demo           bool            `json:"demo"`
	Events         []incidentEvent `json:"events,omitempty"`
}

func incidentOf(i alert.Incident) incident {
	return incident{
		ID: i.Name(), Kind: i.Kind, Severity: string(i.Severity), Status: string(i.Status), Site: i.Site, Device: i.Device,
		Summary: i.Summary, Cause: i.Cause, StartedAt: stamp(i.Started), Uncertainty: float64(i.UncertaintyMS) / 1000,
		DetectedAt: stampOrNull(i.Detected), EndedAt: stampOrNull(i.Ended), Owner: textOrNull(i.Owner),
		AcknowledgedAt: stampOrNull(i.AcknowledgedAt), Demo: i.Demo,
	}
}

type incidentQuery struct {
	Paging
	Status string `query:"status" enum:"open,resolved,all" default:"open"`
	Site   string `query:"site"`
	Device string `query:"device"`
}

type incidentName struct {
	ID string `path:"id" doc:"INC-12, or 12"`
}

type incidentText struct {
	ID   string `path:"id" doc:"INC-12, or 12"`
	Body struct {
		Text string `json:"text,omitempty" maxLength:"4000"`
	}
}

func (a *API) incidentRoutes() {
	get(a, "/incidents", "list-incidents", "Incidents, newest first", viewer, a.listIncidents)
	get(a, "/incidents/{id}", "get-incident", "An incident with its timeline", viewer, a.getIncident)
	do(a, http.MethodPost, "/incidents/{id}/acknowledge", "acknowledge-incident", "Take care of an incident", operator, a.acknowledge)
	do(a, http.MethodPost, "/incidents/{id}/resolve", "resolve-incident", "End an incident by hand", operator, a.resolve)
	do(a, http.MethodPost, "/incidents/{id}/comment", "comment-incident", "Add to the timeline of an incident", operator, a.comment)
}

func (a *API) listIncidents(ctx context.Context, c caller, in *incidentQuery) (page[incident], error) {
	before, err := in.afterID()
	if err != nil {
		return page[incident]{}, err
	}
	found, err := a.deps.Incidents.List(ctx, alert.Filter{Status: in.Status, Sites: c.narrow(in.Site), Device: in.Device, Before: before, Limit: in.Limit + 1})
	if err != nil {
		return page[incident]{}, err
	}
	p := cut(found, in.Limit, func(i alert.Incident) string { return strconv.FormatInt(i.ID, 10) })
	return page[incident]{Items: each(p.Items, incidentOf), NextCursor: p.NextCursor}, nil
}

// incident looks an incident up for an action on it.
func (a *API) incident(ctx context.Context, c caller, action auth.Action, name string) (alert.Incident, []alert.Event, error) {
	id, err := strconv.ParseInt(strings.TrimPrefix(name, "INC-"), 10, 64)
	if err != nil {
		return alert.Incident{}, nil, badRequest("an incident is called INC-12 or so, not %q", name)
	}
	i, events, err := a.deps.Incidents.Incident(ctx, id)
	if err != nil {
		return i, nil, absent(err, alert.ErrUnknownIncident, "incident", name)
	}
	return i, events, c.may(action, i.Site, "incident", name)
}

func (a *API) getIncident(ctx context.Context, c caller, in *incidentName) (incident, error) {
	i, events, err := a.incident(ctx, c, auth.View, in.ID)
	if err != nil {
		return incident{}, err
	}
	v := incidentOf(i)
	v.Events = each(events, func(e alert.Event) incidentEvent { return incidentEvent{stamp(e.Time), e.Type, e.Who, e.Text} })
	return v, nil
}

func (a *API) acknowledge(ctx context.Context, c caller, in *incidentText) (incident, error) {
	return a.act(ctx, c, in, func(id int64) error {
		_, err := a.deps.Incidents.Acknowledge(ctx, id, c.Name)
		return err
	})
}

func (a *API) resolve(ctx context.Context, c caller, in *incidentText) (incident, error) {
	return a.act(ctx, c, in, func(id int64) error {
		_, err := a.deps.Incidents.Resolve(ctx, id, c.Name, in.Body.Text)
		return err
	})
}

func (a *API) comment(ctx context.Context, c caller, in *incidentText) (incident, error) {
	if strings.TrimSpace(in.Body.Text) == "" {
		return incident{}, badRequest("text is empty: a comment says something")
	}
	return a.act(ctx, c, in, func(id int64) error {
		_, err := a.deps.Incidents.Comment(ctx, id, c.Name, in.Body.Text)
		return err
	})
}

// act does something to an incident that c may operate, and answers with what it is then.
func (a *API) act(ctx context.Context, c caller, in *incidentText, do func(id int64) error) (incident, error) {
	i, _, err := a.incident(ctx, c, auth.Operate, in.ID)
	if err != nil {
		return incident{}, err
	}
	if err := do(i.ID); err != nil {
		return incident{}, err
	}
	return a.getIncident(ctx, c, &incidentName{in.ID})
}
