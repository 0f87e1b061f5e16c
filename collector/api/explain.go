package api

import (
	"context"
	"time"

	"ninewatch/collector/alert"
	"ninewatch/collector/auth"
)

type explanation struct {
	ID      string        `json:"id"`
	Rule    string        `json:"rule" doc:"by which incidents of its kind open, in words"`
	Inputs  []problemView `json:"inputs" nullable:"false" doc:"what it consists of, roots first"`
	Mute    string        `json:"muted" doc:"why nobody is told now; empty: nothing speaks against it"`
	Told    []knowing     `json:"told" nullable:"false"`
	Waiting []waiting     `json:"waiting" nullable:"false"`
	NotFor  []notFor      `json:"other_routes" nullable:"false"`
}

// knowing is what a receiver knows of an incident.
type knowing struct {
	Receiver  string  `json:"receiver"`
	Route     string  `json:"route" doc:"empty: no routes are set, and every receiver of the site gets all"`
	Escalates bool    `json:"escalates" doc:"only when nobody acknowledges"`
	Knows     string  `json:"knows" doc:"opened, acknowledged, resolved; empty: it was told nothing"`
	FirstAt   *string `json:"first_at"`
	LastAt    *string `json:"last_at"`
	Withheld  string  `json:"withheld" doc:"why it is not told more, in words"`
	Since     *string `json:"withheld_since"`
}

type waiting struct {
	Receiver string `json:"receiver"`
	Route    string `json:"route"`
	Type     string `json:"type"`
	Due      string `json:"due_at"`
}

type notFor struct {
	Route string `json:"route"`
	Why   string `json:"why"`
}

func knowingOf(t alert.Told) knowing {
	v := knowing{
		Receiver: t.Receiver, Route: t.Route, Escalates: t.Escalates, Knows: t.Stage, FirstAt: stampOrNull(t.First), LastAt: stampOrNull(t.Last), Withheld: t.Withheld,
	}
	if t.Withheld != "" {
		v.Since = stampOrNull(t.Since)
	}
	return v
}

func (a *API) explainIncident(ctx context.Context, c caller, in *incidentName) (explanation, error) {
	i, _, err := a.incident(ctx, c, auth.View, in.ID)
	if err != nil {
		return explanation{}, err
	}
	e, err := a.deps.Incidents.Explain(ctx, i.ID)
	if err != nil {
		return explanation{}, err
	}
	v := explanation{ID: i.Name(), Rule: e.Rule, Mute: e.Mute, Inputs: []problemView{}, NotFor: []notFor{}}
	for _, p := range e.Inputs[:min(problemsShown, len(e.Inputs))] {
		if c.may(auth.View, p.Site, "device", p.Device) == nil {
			v.Inputs = append(v.Inputs, problemViewOf(p))
		}
	}
	v.Told = each(e.Told, knowingOf)
	v.Waiting = each(e.Waiting, func(w alert.Waiting) waiting { return waiting{w.Receiver, w.Route, w.Type, stamp(w.Due)} })
	for _, n := range e.Not {
		v.NotFor = append(v.NotFor, notFor{n.Route, n.Why})
	}
	return v, nil
}

type preview struct {
	Messages []previewMessage `json:"messages" nullable:"false"`
	Withheld []knowing        `json:"withheld" nullable:"false"`
}

type previewMessage struct {
	Receiver string `json:"receiver"`
	Route    string `json:"route"`
	Type     string `json:"type"`
	Due      string `json:"due_at"`
	Body     string `json:"body" doc:"as it would be sent, without its secrets"`
	Error    string `json:"error" doc:"why it cannot be written"`
}

func (a *API) previewIncident(ctx context.Context, c caller, in *incidentName) (preview, error) {
	i, _, err := a.incident(ctx, c, auth.Operate, in.ID)
	if err != nil {
		return preview{}, err
	}
	planned, held := a.deps.Incidents.Preview(i)
	v := preview{Messages: []previewMessage{}, Withheld: each(held, knowingOf)}
	for _, p := range planned {
		m := previewMessage{Receiver: p.Receiver, Route: p.Route, Type: "incident." + p.Items[0].Event, Due: stamp(p.Due)}
		if m.Body, err = a.deps.Deliveries.Preview(p.Message); err != nil {
			m.Error = err.Error()
		}
		v.Messages = append(v.Messages, m)
	}
	return v, nil
}

type figuresQuery struct {
	By   string `query:"by" enum:"site,kind,team,rule" default:"site"`
	Site string `query:"site"`
	Days int    `query:"days" minimum:"1" maximum:"400" default:"90"`
}

type figures struct {
	By           string   `json:"by" doc:"the site, kind, team or rule"`
	Opened       int      `json:"opened"`
	Open         int      `json:"open" doc:"still"`
	Acknowledged int      `json:"acknowledged"`
	Noise        int      `json:"noise" doc:"resolved without that anybody did anything"`
	MTTD         *float64 `json:"mttd_seconds" doc:"from the beginning to the detection"`
	MTTA         *float64 `json:"mtta_seconds" doc:"from the detection to the acknowledgement"`
	MTTR         *float64 `json:"mttr_seconds" doc:"from the beginning to the end"`
	MTBF         *float64 `json:"mtbf_seconds" doc:"time without an incident, per incident"`
}

func (a *API) incidentFigures(ctx context.Context, c caller, in *figuresQuery) (page[figures], error) {
	now := a.deps.Now()
	found, err := a.deps.Incidents.Figures(ctx, in.By, c.narrow(in.Site), now.AddDate(0, 0, -in.Days).UnixMilli(), now.UnixMilli())
	if err != nil {
		return page[figures]{}, err
	}
	seconds := func(d time.Duration) *float64 {
		if d == 0 {
			return nil
		}
		s := d.Seconds()
		return &s
	}
	return list(each(found, func(f alert.Figures) figures {
		return figures{f.By, f.Opened, f.Open, f.Taken, f.Noise, seconds(f.Detect), seconds(f.Take), seconds(f.Repair), seconds(f.Between)}
	})), nil
}
