package api

import (
	"context"
	"strings"
	"time"

	"ninewatch/collector/alert"
	"ninewatch/collector/uptime"
)

type availabilityQuery struct {
	Scope     string `query:"scope" required:"true" doc:"device:NAME, site:NAME or company"`
	From      string `query:"from" doc:"RFC 3339; 30 days before to when empty"`
	To        string `query:"to" doc:"RFC 3339; now when empty"`
	Period    string `query:"period" doc:"in place of from and to, in the zone of the site: 2026-10-21, 2026-10, 2026-Q3 or 2026"`
	Objective string `query:"objective" doc:"percent, such as 99.9"`
}

// longestPeriod is that of the evidence: 25 months.
const longestPeriod = 25 * 31 * 24 * time.Hour

func (a *API) availabilityRoutes() {
	get(a, "/availability", "get-availability", "The availability of a scope over a period", viewer, a.availability)
}

func (a *API) availability(ctx context.Context, c caller, in *availabilityQuery) (uptime.Answer, error) {
	s, err := a.scope(ctx, c, in.Scope)
	if err != nil {
		return uptime.Answer{}, err
	}
	from, to, err := in.window(s.zone, a.deps.Now())
	if err != nil {
		return uptime.Answer{}, err
	}
	if _, ok := uptime.Objective(in.Objective); in.Objective != "" && !ok {
		return uptime.Answer{}, badRequest("objective is not a percentage from 0 to 100, write for example 99.9")
	}
	m, err := a.deps.Uptime.Availability(ctx, s.ledger, from, to, in.Objective)
	if err != nil {
		return m, err
	}
	return m, a.nameIncidents(ctx, c, s, &m)
}

// scope is what a question is about.
type scope struct {
	ledger string // in the words of the ledger
	device string // empty: more than one
	site   string // empty: all that the caller may see
	zone   *time.Location
}

// scope reads a scope, which splits at its first colon, and checks that c may see it.
func (a *API) scope(ctx context.Context, c caller, text string) (scope, error) {
	kind, name, _ := strings.Cut(text, ":")
	switch kind {
	case "device":
		d, err := a.device(ctx, c, name)
		if err != nil {
			return scope{}, err
		}
		site, err := a.site(ctx, c, d.Site)
		return scope{ledger: text, device: name, site: d.Site, zone: zone(site)}, err
	case "site":
		site, err := a.site(ctx, c, name)
		return scope{ledger: text, site: name, zone: zone(site)}, err
	case "company":
		ledger, ok := scopeOf(c, "")
		if text != "company" || !ok {
			return scope{}, badRequest("scope company takes no name")
		}
		return scope{ledger: ledger, zone: time.UTC}, nil
	case "interface", "path", "circuit", "service":
		return scope{}, badRequest("a scope of kind %s is not in this version: ask for device:NAME, site:NAME or company", kind)
	}
	return scope{}, badRequest("scope is none of device:NAME, site:NAME or company")
}

// window is the period asked for, in Unix seconds.
func (in *availabilityQuery) window(z *time.Location, now time.Time) (from, to int64, err error) {
	if in.Period != "" {
		if in.From != "" || in.To != "" {
			return 0, 0, badRequest("period stands in place of from and to: leave one of them out")
		}
		w, err := uptime.ParsePeriod(in.Period, z)
		if err != nil {
			return 0, 0, badRequest("%s", err)
		}
		return w.From, w.To, nil
	}
	end, err := timeOr(in.To, now, "to")
	if err != nil {
		return 0, 0, err
	}
	begin, err := timeOr(in.From, end.AddDate(0, 0, -30), "from")
	if err != nil {
		return 0, 0, err
	}
	switch {
	case !begin.Before(end):
		return 0, 0, badRequest("from has to lie before to")
	case end.Sub(begin) > longestPeriod:
		return 0, 0, badRequest("from and to lie more than 25 months apart: evidence is not kept longer")
	}
	return begin.Unix(), end.Unix(), nil
}

func timeOr(text string, def time.Time, name string) (time.Time, error) {
	if text == "" {
		return def, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Year() < 1971 || t.Year() > 2200 {
		return t, badRequest("%s is not a time as in RFC 3339, write for example 2026-10-01T00:00:00Z", name)
	}
	return t, nil
}

// nameIncidents gives outages the incident that told of them: one that was open in the outage.
func (a *API) nameIncidents(ctx context.Context, c caller, s scope, m *uptime.Answer) error {
	if m.Outages == nil {
		m.Outages = []uptime.OutageAnswer{}
	}
	if len(m.Outages) == 0 {
		return nil
	}
	const most = 1000
	first, err := time.Parse(time.RFC3339, m.Outages[0].From)
	for _, o := range m.Outages {
		if t, e := time.Parse(time.RFC3339, o.From); e == nil && t.Before(first) {
			first = t
		}
	}
	if err != nil {
		return err
	}
	found, err := a.deps.Incidents.List(ctx, alert.Filter{Status: "all", Sites: c.narrow(s.site), Device: s.device, Since: first.UnixMilli(), Limit: most})
	if err != nil {
		return err
	}
	for i := range m.Outages {
		if name := incidentIn(m.Outages[i], found); name != "" {
			m.Outages[i].Incident = &name
		}
	}
	return nil
}

// incidentIn is the incident of an outage, the oldest where there are several.
func incidentIn(o uptime.OutageAnswer, newestFirst []alert.Incident) string {
	from, err := time.Parse(time.RFC3339, o.From)
	if err != nil {
		return ""
	}
	until := int64(1) << 62
	if o.To != nil {
		if to, err := time.Parse(time.RFC3339, *o.To); err == nil {
			until = to.UnixMilli()
		}
	}
	name := ""
	for _, i := range newestFirst {
		if i.Device == o.Device && i.Started < until && (i.Ended == 0 || i.Ended > from.UnixMilli()) {
			name = i.Name()
		}
	}
	return name
}
