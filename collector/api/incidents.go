package api

import (
	"context"
	"net/http"
	"slices"
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
	Object         string          `json:"object"`
	Impact         string          `json:"impact"`
	Team           string          `json:"team,omitempty"`
	Rule           string          `json:"rule,omitempty"`
	Hidden         int             `json:"hidden" doc:"how many devices and objects it explains; they are told of in it alone"`
	Reopened       int             `json:"reopened" doc:"how often it came back soon after its end"`
	Roots          []string        `json:"roots,omitempty" doc:"all devices that may be the cause"`
	Evidence       []string        `json:"evidence,omitempty"`
	MergedInto     *string         `json:"merged_into" doc:"the incident with which it turned out to be one"`
	Problems       []problemView   `json:"problems,omitempty" doc:"what it consists of, roots first; at most 1000"`
	Events         []incidentEvent `json:"events,omitempty"`
}

// problemView is what is wrong with one object.
type problemView struct {
	Kind    string   `json:"kind"`
	Site    string   `json:"site"`
	Device  string   `json:"device"`
	Object  string   `json:"object"`
	Summary string   `json:"summary"`
	Hidden  bool     `json:"hidden" doc:"explained by the roots"`
	Since   string   `json:"since"`
	EndedAt *string  `json:"ended_at"`
	Words   []string `json:"evidence,omitempty"`
}

func problemViewOf(p alert.Problem) problemView {
	if p.Passed != "" {
		p.Evidence = append(slices.Clone(p.Evidence), p.Passed)
	}
	return problemView{
		Kind: p.Kind, Site: p.Site, Device: p.Device, Object: p.Object, Summary: p.Summary, Hidden: p.Hidden, Since: stamp(p.Since),
		EndedAt: stampOrNull(p.Cleared), Words: p.Evidence,
	}
}

func incidentOf(i alert.Incident) incident {
	var merged *string
	if i.MergedInto != 0 {
		name := alert.Incident{ID: i.MergedInto}.Name()
		merged = &name
	}
	return incident{
		Object: i.Object, Impact: i.Impact, Team: i.Team, Rule: i.Rule, Hidden: i.Behind, Reopened: i.Reopened, Roots: i.Roots, Evidence: i.Evidence, MergedInto: merged,
		ID: i.Name(), Kind: i.Kind, Severity: string(i.Severity), Status: string(i.Status), Site: i.Site, Device: i.Device,
		Summary: i.Summary, Cause: i.Cause, StartedAt: stamp(i.Started), Uncertainty: float64(i.UncertaintyMS) / 1000,
		DetectedAt: stampOrNull(i.Detected), EndedAt: stampOrNull(i.Ended), Owner: textOrNull(i.Owner),
		AcknowledgedAt: stampOrNull(i.AcknowledgedAt), Demo: i.Demo,
	}
}

type incidentQuery struct {
	Paging
	Status   string `query:"status" enum:"open,resolved,all" default:"open"`
	Site     string `query:"site"`
	Device   string `query:"device" doc:"as root, or hidden"`
	Kind     string `query:"kind"`
	Severity string `query:"severity" enum:"critical,major,minor,warning"`
}

type incidentName struct {
	ID string `path:"id" doc:"INC-12, or 12"`
}

// problemsShown bounds the parts of an incident in an answer.
const problemsShown = 1000

type incidentText struct {
	ID   string `path:"id" doc:"INC-12, or 12"`
	Body struct {
		Text string `json:"text,omitempty" maxLength:"4000"`
	}
}

func (a *API) incidentRoutes() {
	get(a, "/incidents", "list-incidents", "Incidents, newest first", viewer, a.listIncidents)
	get(a, "/incidents/{id}", "get-incident", "An incident with its timeline", viewer, a.getIncident)
	get(a, "/incidents/figures", "get-incident-figures", "What became of incidents: MTTD, MTTA, MTTR, MTBF and noise", viewer, a.incidentFigures)
	get(a, "/incidents/{id}/explain", "explain-incident", "Why an incident is as it is, and why who was told of it", viewer, a.explainIncident)
	get(a, "/incidents/{id}/preview", "preview-incident", "What would be sent to whom, as if nobody had been told", operator, a.previewIncident)
	do(a, http.MethodPost, "/incidents/{id}/acknowledge", "acknowledge-incident", "Take care of an incident", operator, a.acknowledge)
	do(a, http.MethodPost, "/incidents/{id}/resolve", "resolve-incident", "End an incident by hand", operator, a.resolve)
	do(a, http.MethodPost, "/incidents/{id}/comment", "comment-incident", "Add to the timeline of an incident", operator, a.comment)
}

func (a *API) listIncidents(ctx context.Context, c caller, in *incidentQuery) (page[incident], error) {
	before, err := in.afterID()
	if err != nil {
		return page[incident]{}, err
	}
	found, err := a.deps.Incidents.List(ctx, alert.Filter{Status: in.Status, Sites: c.narrow(in.Site), Device: in.Device, Kind: in.Kind, Severity: in.Severity, Before: before, Limit: in.Limit + 1})
	if err != nil {
		return page[incident]{}, err
	}
	p := cut(found, in.Limit, func(i alert.Incident) string { return strconv.FormatInt(i.ID, 10) })
	return page[incident]{Items: each(p.Items, incidentOf), NextCursor: p.NextCursor}, nil
}

// incident looks an incident up for an action on it.
func (a *API) incident(ctx context.Context, c caller, action auth.Action, name string) (alert.Incident, []alert.Event, error) {
	id, ok := alert.ParseName(name)
	if !ok {
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
	problems, err := a.deps.Incidents.Problems(ctx, i.ID)
	if err != nil {
		return incident{}, err
	}
	for _, p := range problems[:min(problemsShown, len(problems))] {
		if c.may(auth.View, p.Site, "device", p.Device) == nil {
			v.Problems = append(v.Problems, problemViewOf(p))
		}
	}
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
