package api

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"time"

	"ninewatch/collector/alert"
	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
)

type measured struct {
	Percent    *string `json:"percent"`
	Low        *string `json:"low"`
	High       *string `json:"high"`
	Objective  string  `json:"objective"`
	Unknown    int64   `json:"unknown_seconds"`
	Budget     *int64  `json:"budget_seconds,omitempty"`
	BudgetLeft *int64  `json:"budget_left_seconds,omitempty"`
}

func measuredOf(m *uptime.Answer) measured {
	v := measured{Objective: objective}
	if m != nil {
		v.Percent, v.Low, v.High, v.Unknown = m.Availability, m.AvailabilityLow, m.AvailabilityHigh, m.Unknown
	}
	return v
}

type spender struct {
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
	Seconds     int64  `json:"seconds"`
}

type budget struct {
	Total int64     `json:"total_seconds"`
	Left  int64     `json:"left_seconds"`
	Spent []spender `json:"spent" nullable:"false"`
}

type deviceCounts struct {
	Total       int `json:"total"`
	Up          int `json:"up"`
	Degraded    int `json:"degraded"`
	Down        int `json:"down"`
	Unreachable int `json:"unreachable"`
	Unknown     int `json:"unknown"`
	Maintenance int `json:"maintenance"`
}

func (n *deviceCounts) add(state string) {
	n.Total++
	switch uptime.State(state) {
	case uptime.Up:
		n.Up++
	case uptime.Degraded:
		n.Degraded++
	case uptime.Down:
		n.Down++
	case uptime.Unreachable:
		n.Unreachable++
	case uptime.Maintenance:
		n.Maintenance++
	default:
		n.Unknown++
	}
}

type incidentLists struct {
	Open     []incident `json:"open" nullable:"false"`
	Resolved []incident `json:"resolved_24h" nullable:"false"`
}

type agentCounts struct {
	Reporting int `json:"reporting"`
	Total     int `json:"total"`
}

type overview struct {
	Now          string        `json:"now"`
	Watermark    *string       `json:"watermark"`
	RunningSince string        `json:"running_since"`
	Demo         bool          `json:"demo"`
	Answer       []phrase      `json:"answer" nullable:"false"`
	FirstRun     *firstRun     `json:"first_run"`
	Availability measured      `json:"availability"`
	Budget       budget        `json:"budget"`
	Devices      deviceCounts  `json:"devices"`
	Incidents    incidentLists `json:"incidents"`
	Sites        []siteView    `json:"sites" nullable:"false"`
	Agents       agentCounts   `json:"agents"`
}

type overviewQuery struct {
	Site string `query:"site"`
	Days int    `query:"days" minimum:"1" maximum:"366" default:"30"`
}

// incidentsShown bounds the lists of the overview; the list of incidents has the rest.
const incidentsShown = 200

func (a *API) overviewRoutes() {
	get(a, "/overview", "get-overview", "What is broken, and who misses the objective", viewer, a.overview)
}

func (a *API) overview(ctx context.Context, c caller, in *overviewQuery) (overview, error) {
	b, err := a.board(ctx, c, in.Site)
	if err != nil {
		return overview{}, err
	}
	o := overview{Now: stamp(b.now.UnixMilli()), RunningSince: stamp(a.deps.RunningSince.UnixMilli()), Demo: a.deps.Demo,
		Watermark: stampOrNull(watermark(b.agents, b.now.UnixMilli()))}
	for _, d := range b.devices {
		o.Devices.add(verdictOf(b.verdicts, d.Name).State)
	}
	for _, g := range b.agents {
		o.Agents.Total++
		if agentState(g, b.now.UnixMilli()) == "reporting" {
			o.Agents.Reporting++
		}
	}
	if o.Sites, err = a.siteViews(ctx, b, in.Days); err != nil {
		return o, err
	}
	o.Budget = budgetOf(o.Sites)
	var m *uptime.Answer
	if scope, ok := scopeOf(c, in.Site); ok {
		if m, err = a.lastDays(ctx, scope, in.Days); err != nil {
			return o, err
		}
	}
	o.Availability = measuredOf(m)
	if o.Incidents, err = a.overviewIncidents(ctx, c, in.Site, b.now); err != nil {
		return o, err
	}
	if o.FirstRun, o.Answer, err = a.firstRun(ctx, c, in.Site, b, o); err != nil || o.FirstRun != nil {
		return o, err
	}
	o.Answer = overviewAnswer(numbersOf(b, o.Sites))
	return o, nil
}

// budgetOf adds up the budgets of sites, and says who spent them.
func budgetOf(sites []siteView) budget {
	b := budget{Spent: []spender{}}
	for _, s := range sites {
		if s.Budget == nil {
			continue
		}
		b.Total += *s.Budget
		b.Left += *s.BudgetLeft
		if spent := *s.Budget - *s.BudgetLeft; spent > 0 {
			b.Spent = append(b.Spent, spender{s.Name, s.DisplayName, spent})
		}
	}
	slices.SortStableFunc(b.Spent, func(x, y spender) int { return cmp.Compare(y.Seconds, x.Seconds) })
	return b
}

func (a *API) overviewIncidents(ctx context.Context, c caller, site string, now time.Time) (incidentLists, error) {
	l := incidentLists{}
	open, err := a.deps.Incidents.List(ctx, alert.Filter{Status: "open", Sites: c.narrow(site), Limit: incidentsShown})
	if err != nil {
		return l, err
	}
	resolved, err := a.deps.Incidents.List(ctx, alert.Filter{Status: "resolved", Sites: c.narrow(site), Since: now.Add(-24 * time.Hour).UnixMilli(), Limit: incidentsShown})
	if err != nil {
		return l, err
	}
	severities := []alert.Severity{alert.Critical, alert.Major, alert.Minor, alert.Warning}
	slices.SortStableFunc(open, func(x, y alert.Incident) int {
		return cmp.Or(slices.Index(severities, x.Severity)-slices.Index(severities, y.Severity), cmp.Compare(x.Started, y.Started))
	})
	l.Open, l.Resolved = each(open, incidentOf), each(resolved, incidentOf)
	return l, nil
}

// numbersOf is what the answer of the overview is made of.
func numbersOf(b board, sites []siteView) overviewNow {
	n := overviewNow{Now: b.now, Objective: objective}
	for _, d := range b.devices {
		v := verdictOf(b.verdicts, d.Name)
		n.Devices = append(n.Devices, deviceNow{plainName(cmp.Or(d.DisplayName, d.Name)), uptime.State(v.State), time.UnixMilli(v.Since)})
	}
	for _, s := range sites {
		if s.Devices == 0 {
			continue
		}
		x := siteNow{Name: plainName(s.DisplayName), State: uptime.State(s.State), Since: time.UnixMilli(s.since)}
		if s.Verdict != nil {
			x.Verdict = *s.Verdict
		}
		if s.Budget != nil && s.down > 0 {
			x.Spent = s.left < 0
			if !x.Spent {
				x.BudgetEnd = b.now.Add(time.Duration(s.left/int64(s.down)) * time.Second).In(s.zone)
			}
		}
		n.Sites = append(n.Sites, x)
	}
	for _, g := range b.agents {
		if agentState(g, b.now.UnixMilli()) != "reporting" {
			n.Silent = append(n.Silent, cmp.Or(g.Hostname, g.ID))
		}
	}
	return n
}

type step struct {
	Label string `json:"label"`
	Done  bool   `json:"done"`
}

type firstRun struct {
	Host             string `json:"host" doc:"name of the device that is this host; empty: none"`
	Gateway          string `json:"gateway" doc:"name of the device that is its gateway; empty: none"`
	TokenCommandHint string `json:"token_command_hint"`
	Steps            []step `json:"steps" nullable:"false"`
}

// firstRun is there until a device is added to those that a first start watches by itself; for those only
// who could add one.
func (a *API) firstRun(ctx context.Context, c caller, site string, b board, o overview) (*firstRun, []phrase, error) {
	own := func(d inventory.Device) bool { return d.Source != inventory.SourceUp }
	if a.deps.Demo || site != "" || !c.Can(auth.View, auth.AnySite) || slices.ContainsFunc(b.devices, own) {
		return nil, nil, nil
	}
	receivers, err := a.deps.Inventory.Receivers(ctx)
	if err != nil {
		return nil, nil, err
	}
	f := &firstRun{TokenCommandHint: enrolCommand + "nw1.…"}
	var n firstNow
	for _, d := range b.devices {
		state := uptime.State(verdictOf(b.verdicts, d.Name).State)
		if address, err := netip.ParseAddr(d.Address); err == nil && address.IsLoopback() || d.Role == "host" || d.Role == "server" {
			f.Host, n.Host = d.Name, state
		} else {
			f.Gateway, n.Gateway = d.Name, state
		}
	}
	f.Steps = []step{
		{"Collector and agent run", o.Agents.Reporting > 0},
		{"Gateway is watched", f.Gateway != "" && n.Gateway != uptime.Unknown},
		{"Add a switch or router", false},
		{"Join another site", o.Agents.Total > 1},
		{"Send alerts somewhere", len(receivers) > 0},
	}
	n.Next = "add your first switch"
	return f, firstAnswer(n), nil
}
