package api

import (
	"context"
	"slices"
	"time"

	"ninewatch/collector/alert"
	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
)

// ledgers is what the API needs of *uptime.Engine beyond the availability of one scope.
type ledgers interface {
	List(ctx context.Context, scopes []string, from, to int64, objective string) ([]uptime.Answer, error)
	Scopes(ctx context.Context, kind string) ([]string, error)
	Members(ctx context.Context, scope string) ([]string, error)
	SiteOf(scope string) (string, error)
	Revisions(ctx context.Context, scope string, from, to int64, limit int) ([]uptime.Revision, error)
	Interfaces(ctx context.Context, device string) ([]uptime.InterfaceNow, error)
	Providers() []string
	Planned(scope string, from, to int64) ([]uptime.Planned, error)
	Measured(ctx context.Context, scope string, from, to int64) (*uptime.Promise, *uptime.Quality, error)
	Claim(ctx context.Context, circuit string, from, to int64) (uptime.Claim, error)
	Annotations(from, to int64) []uptime.Annotation
	Annotate(ctx context.Context, a uptime.Annotation) (uptime.Annotation, error)
	Withdraw(ctx context.Context, id int64, who string) (uptime.Annotation, error)
}

// Span is the period of a question. It is exported because huma reads no embedded struct that is not.
type Span struct {
	From   string `query:"from" doc:"RFC 3339; 30 days before to when empty"`
	To     string `query:"to" doc:"RFC 3339; now when empty"`
	Period string `query:"period" doc:"in place of from and to, in the zone of the site: 2026-10-21, 2026-10, 2026-Q3 or 2026"`
}

type availabilityQuery struct {
	Span
	Scope     string `query:"scope" required:"true" maxLength:"300" doc:"device:NAME, interface:DEVICE/KEY, site:NAME, path:AGENT/DEVICE, circuit:NAME, service:NAME, agent:ID, region:NAME, provider:NAME, role:NAME, tag:NAME or company"`
	Objective string `query:"objective" doc:"percent, such as 99.9; when empty, what is agreed for the scope"`
}

type availabilityListQuery struct {
	Span
	Kind      string `query:"kind" required:"true" enum:"device,interface,site,service,circuit" doc:"what to list"`
	Site      string `query:"site" doc:"only of this site"`
	Objective string `query:"objective" doc:"percent, such as 99.9; when empty, what is agreed for each"`
	Quality   bool   `query:"quality" doc:"with contract, round trip and loss of each circuit"`
	Limit     int    `query:"limit" minimum:"1" maximum:"20000" default:"1000" doc:"how many items at most"`
	Cursor    string `query:"cursor" maxLength:"500" doc:"next_cursor of the page before"`
}

type revisionsQuery struct {
	Span
	Scope string `query:"scope" required:"true" maxLength:"300" doc:"as for availability"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"how many at most, the newest first"`
}

type claimQuery struct {
	Span
	Circuit string `query:"circuit" required:"true" doc:"its name"`
}

type providersQuery struct {
	Span
	Objective string `query:"objective" doc:"percent, such as 99.9, for all circuits; when empty, what each contract says"`
}

type statesQuery struct {
	Device string `query:"device" required:"true" doc:"its name"`
}

// longestPeriod is that of the evidence: 25 months.
const longestPeriod = 25 * 31 * 24 * time.Hour

func (a *API) availabilityRoutes() {
	get(a, "/availability", "get-availability", "The availability of a scope over a period", viewer, a.availability)
	get(a, "/availability/list", "list-availability", "The availability of many targets over one period, without their outages", viewer, a.availabilityList)
	get(a, "/availability/revisions", "list-revisions", "What late evidence changed of the ledger", viewer, a.revisions)
	get(a, "/availability/claim", "get-claim", "A circuit against its contract, with the evidence for a credit", viewer, a.claim)
	get(a, "/availability/providers", "compare-providers", "Those who run circuits, side by side", viewer, a.providers)
	a.annotationRoutes()
	get(a, "/availability/interfaces", "list-interface-states", "What the interfaces of a device say now, and which are watched", viewer, a.interfaceStates)
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
	if err := checkObjective(in.Objective); err != nil {
		return uptime.Answer{}, err
	}
	m, err := a.deps.Uptime.Availability(ctx, s.ledger, from, to, in.Objective)
	if err != nil {
		return m, err
	}
	m.Scope = in.Scope
	return m, a.nameIncidents(ctx, c, s, &m)
}

func checkObjective(text string) error {
	o, ok := uptime.Objective(text)
	switch {
	case text == "":
	case !ok:
		return badRequest("objective is not a percentage from 0 to 100, write for example 99.9")
	case o.Sign() == 0:
		return badRequest("an objective of 0 %% is met by whatever happens: give one above 0, such as 99.9")
	}
	return nil
}

func (a *API) availabilityList(ctx context.Context, c caller, in *availabilityListQuery) (page[uptime.Answer], error) {
	none := list[uptime.Answer](nil)
	z, err := a.commonZone(ctx, c, "")
	if err != nil {
		return none, err
	}
	if in.Site != "" {
		site, err := a.site(ctx, c, in.Site)
		if err != nil {
			return none, err
		}
		z = zone(site)
	}
	from, to, err := in.window(z, a.deps.Now())
	if err != nil {
		return none, err
	}
	if err := checkObjective(in.Objective); err != nil {
		return none, err
	}
	after, err := Paging{Cursor: in.Cursor}.after()
	if err != nil {
		return none, err
	}
	all, err := a.deps.Uptime.Scopes(ctx, in.Kind)
	if err != nil {
		return none, err
	}
	all = slices.DeleteFunc(all, func(scope string) bool {
		site, err := a.deps.Uptime.SiteOf(scope)
		return err != nil || !c.seesScope(site) || in.Site != "" && site != in.Site
	})
	total := len(all)
	i, found := slices.BinarySearch(all, after)
	if found {
		i++
	}
	p := cut(all[i:min(len(all), i+in.Limit+1)], in.Limit, func(scope string) string { return scope })
	items, err := a.deps.Uptime.List(ctx, p.Items, from, to, in.Objective)
	if in.Quality && in.Kind == inventory.KindCircuit && err == nil {
		err = a.measureCircuits(ctx, items, from, to)
	}
	if err != nil {
		return none, err
	}
	return page[uptime.Answer]{Items: items, NextCursor: p.NextCursor, Total: &total}, nil
}

// seesScope tells whether the caller may read of a target of a site; what is of all sites is for those who
// may see all.
func (c caller) seesScope(site string) bool {
	if site == "" {
		return c.Can(auth.View, auth.AnySite)
	}
	return c.sees(site)
}

func (a *API) revisions(ctx context.Context, c caller, in *revisionsQuery) (page[uptime.Revision], error) {
	s, err := a.scope(ctx, c, in.Scope)
	if err != nil {
		return page[uptime.Revision]{}, err
	}
	from, to, err := in.window(s.zone, a.deps.Now())
	if err != nil {
		return page[uptime.Revision]{}, err
	}
	found, err := a.deps.Uptime.Revisions(ctx, s.ledger, from, to, in.Limit)
	return list(found), err
}

func (a *API) claim(ctx context.Context, c caller, in *claimQuery) (uptime.Claim, error) {
	s, err := a.scope(ctx, c, "circuit:"+in.Circuit)
	if err != nil {
		return uptime.Claim{}, err
	}
	from, to, err := in.window(s.zone, a.deps.Now())
	if err != nil {
		return uptime.Claim{}, err
	}
	out, err := a.deps.Uptime.Claim(ctx, in.Circuit, from, to)
	if err != nil {
		return out, err
	}
	return out, a.nameIncidents(ctx, c, s, &out.Availability)
}

// providers compares those who run circuits, as far as the caller may see these.
func (a *API) providers(ctx context.Context, c caller, in *providersQuery) (page[uptime.Answer], error) {
	none := list[uptime.Answer](nil)
	z, err := a.commonZone(ctx, c, "")
	if err != nil {
		return none, err
	}
	from, to, err := in.window(z, a.deps.Now())
	if err != nil {
		return none, err
	}
	if err := checkObjective(in.Objective); err != nil {
		return none, err
	}
	items := []uptime.Answer{}
	for _, name := range a.deps.Uptime.Providers() {
		m, err := a.deps.Uptime.Availability(ctx, narrowed(c, "provider:"+name), from, to, in.Objective)
		if absent(err, uptime.ErrUnknownScope, "provider", name) != err {
			continue // the caller may see none of its circuits
		}
		if err != nil {
			return none, err
		}
		if _, m.Quality, err = a.deps.Uptime.Measured(ctx, narrowed(c, "provider:"+name), from, to); err != nil {
			return none, err
		}
		m.Scope, m.OutageCount, m.Outages = "provider:"+name, len(m.Outages), []uptime.OutageAnswer{}
		items = append(items, m)
	}
	return list(items), nil
}

// interfaceState is an interface in GET /availability/interfaces.
type interfaceState struct {
	Interface string       `json:"interface"`
	Monitored bool         `json:"monitored"` // a target of its own; others are only counted
	State     uptime.State `json:"state"`
	Since     string       `json:"since"`
	Why       string       `json:"why,omitempty"`
}

func (a *API) interfaceStates(ctx context.Context, c caller, in *statesQuery) (page[interfaceState], error) {
	if _, err := a.device(ctx, c, in.Device); err != nil {
		return page[interfaceState]{}, err
	}
	found, err := a.deps.Uptime.Interfaces(ctx, in.Device)
	return list(each(found, func(i uptime.InterfaceNow) interfaceState {
		return interfaceState{i.Key, i.Monitored, i.State, stamp(i.Since), i.Why}
	})), err
}

// window is the period asked for, in Unix seconds.
func (in *Span) window(z *time.Location, now time.Time) (from, to int64, err error) {
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

// nameIncidents gives outages the incident that told of them, one that was open in the outage, and the answer
// how long these waited for somebody to take them.
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
	named := map[string]alert.Incident{}
	for i := range m.Outages {
		if x := incidentIn(m.Outages[i], found); x != nil {
			name := x.Name()
			m.Outages[i].Incident = &name
			named[name] = *x
		}
	}
	waited, taken, unseen := int64(0), int64(0), int64(0)
	for _, x := range named {
		unseen += max(0, x.Detected-x.Started)
		if x.AcknowledgedAt > 0 {
			waited, taken = waited+x.AcknowledgedAt-x.Detected, taken+1
		} else {
			m.Unacknowledged++
		}
	}
	if n := int64(len(named)); n > 0 {
		mean := unseen / n
		m.MTTDMillis = &mean
	}
	if taken > 0 {
		mean := waited / taken / 1000
		m.MTTASeconds = &mean
	}
	return nil
}

// incidentIn is the incident of an outage, the oldest where there are several. Outages are known to the
// second, incidents to the millisecond.
func incidentIn(o uptime.OutageAnswer, newestFirst []alert.Incident) *alert.Incident {
	from, err := time.Parse(time.RFC3339, o.From)
	if err != nil || o.Device == "" {
		return nil
	}
	until := int64(1) << 62
	if o.To != nil {
		if to, err := time.Parse(time.RFC3339, *o.To); err == nil {
			until = to.UnixMilli() + 1000
		}
	}
	for i := len(newestFirst) - 1; i >= 0; i-- {
		x := &newestFirst[i]
		if x.Device == o.Device && x.Started < until && (x.Ended == 0 || x.Ended > from.UnixMilli()) {
			return x
		}
	}
	return nil
}
