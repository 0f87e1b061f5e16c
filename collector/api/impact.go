package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/topology"
	"ninewatch/collector/topology/live"
	"ninewatch/collector/uptime"
)

// listedLost is how many devices an impact names; the rest are counted.
const listedLost = 1000

type impactQuery struct {
	Of   string `query:"of" required:"true" maxLength:"400" doc:"what fails: device:NAME, link:ID, interface:DEVICE/PORT for the link at a port, circuit:NAME, risk:NAME of a risk group, or node:ID of what is in no inventory"`
	Site string `query:"site" doc:"count only what is at this site"`
	At   string `query:"at" doc:"by the topology of then: a date, at its end in UTC, or a time in RFC 3339"`
}

type lostView struct {
	Device     string `json:"device"`
	Site       string `json:"site"`
	Department string `json:"department"`
	Core       bool   `json:"core" doc:"it loses the core"`
	Outside    bool   `json:"outside" doc:"it loses the way to the outside"`
}

type mendView struct {
	What   string `json:"what"`
	Effect string `json:"effect"`
}

type lostService struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

type byDepartment struct {
	Department string `json:"department"`
	Devices    int    `json:"devices"`
	Users      int    `json:"users"`
}

type impactView struct {
	Of          string         `json:"of"`
	Title       string         `json:"title"`
	Kind        string         `json:"kind"`
	Sites       []string       `json:"sites" nullable:"false"`
	Devices     int            `json:"devices" doc:"that are cut off"`
	Users       int            `json:"users" doc:"estimated: those of a site, spread over its access devices"`
	Lost        []lostView     `json:"lost" nullable:"false"`
	Departments []byDepartment `json:"departments" nullable:"false"`
	Services    []lostService  `json:"services" nullable:"false" doc:"that work now and would not any more"`
	Groups      []groupView    `json:"groups" nullable:"false" doc:"that lose a member"`
	Certain     bool           `json:"certain"`
	Why         []string       `json:"why" nullable:"false"`
	Mend        []mendView     `json:"mend" nullable:"false"`
	LastFailed  *lastFailure   `json:"last_failed" doc:"of a device; null: it did not fail in 90 days, or it is none"`
	Words       string         `json:"words"`
}

type lastFailure struct {
	From    string `json:"from"`
	Seconds int64  `json:"seconds"`
}

// whatIf is an impact on a thing that is seen.
func (s sight) whatIf(of string) (live.WhatIf, error) {
	w, err := s.v.WhatIf(of)
	if err != nil {
		return w, unknownThing(err)
	}
	seen := len(w.Sites) > 0
	for _, site := range w.Sites {
		seen = seen && s.c.seesScope(site)
	}
	if !seen && !s.c.seesScope("") {
		return w, unknownThing(live.ErrUnknownThing)
	}
	return w, nil
}

func (a *API) impact(ctx context.Context, c caller, in *impactQuery) (impactView, error) {
	s, err := a.sight(ctx, c, in.Site, in.At)
	if err != nil {
		return impactView{}, err
	}
	w, err := s.whatIf(in.Of)
	if err != nil {
		return impactView{}, err
	}
	lost := s.lost(w.Lost)
	out := impactView{Of: w.Of, Title: w.Title, Kind: kindOf(s.v, w.Single), Sites: orEmpty(w.Sites), Devices: len(lost), Users: people(s.v.Users(lost)),
		Lost: []lostView{}, Departments: []byDepartment{}, Services: []lostService{}, Groups: []groupView{}, Certain: w.Certain, Why: orEmpty(w.Why), Mend: []mendView{}}
	departments := map[string]*byDepartment{}
	for i, l := range lost {
		site, _ := s.v.DeviceSite(l.Device)
		department := s.v.Department(l.Device)
		if i < listedLost {
			out.Lost = append(out.Lost, lostView{l.Device, site, department, l.Core, l.Outside})
		}
		if department != "" {
			if departments[department] == nil {
				departments[department] = &byDepartment{Department: department}
			}
			departments[department].Devices++
			departments[department].Users = people(float64(departments[department].Users) + s.v.Users([]live.Lost{l}))
		}
	}
	for _, d := range departments {
		out.Departments = append(out.Departments, *d)
	}
	slices.SortFunc(out.Departments, func(x, y byDepartment) int { return strings.Compare(x.Department, y.Department) })
	for _, x := range w.Services {
		if x.Site == "" && s.seesAll(nil) || x.Site != "" && s.sees(x.Site) {
			out.Services = append(out.Services, lostService{x.Name, x.Title})
		}
	}
	for _, g := range w.Groups {
		if s.seesAll(g.Sites) {
			out.Groups = append(out.Groups, s.groupOf(g))
		}
	}
	for _, m := range w.Mend {
		out.Mend = append(out.Mend, mendView(m))
	}
	out.Words = impactInWords(out)
	out.LastFailed = a.lastFailed(ctx, in.Of)
	return out, nil
}

func impactInWords(v impactView) string {
	switch {
	case v.Devices == 0 && len(v.Services) == 0 && len(v.Groups) == 0:
		return "Nothing else is cut off when " + v.Title + " fails."
	case v.Devices == 0 && len(v.Services) == 0:
		return "Nothing else is cut off when " + v.Title + " fails; " + plural(len(v.Groups), "redundancy group") + " would lose a member."
	}
	words := "When " + v.Title + " fails, " + plural(v.Devices, "device") + " " + map[bool]string{true: "is", false: "are"}[v.Devices == 1] + " cut off"
	if v.Users > 0 {
		words += " with about " + plural(v.Users, "user")
	}
	if len(v.Services) > 0 {
		words += ", and " + plural(len(v.Services), "service") + " would be down"
	}
	return words + "."
}

// lastFailed is the newest outage of a device; nothing where the ledger tells none.
func (a *API) lastFailed(ctx context.Context, of string) *lastFailure {
	if !strings.HasPrefix(of, "device:") {
		return nil
	}
	now := a.deps.Now().Unix()
	m, err := a.deps.Uptime.Availability(ctx, of, now-lostDays*86_400, now, "")
	if err != nil || len(m.Outages) == 0 {
		return nil
	}
	newest := slices.MaxFunc(m.Outages, func(x, y uptime.OutageAnswer) int { return strings.Compare(x.From, y.From) })
	return &lastFailure{newest.From, newest.RawSeconds}
}

type judgeQuery struct {
	Scope string `query:"scope" required:"true" maxLength:"400" doc:"what is worked on: device:NAME, interface:DEVICE/KEY, link:ID, circuit:NAME, site:NAME or risk:NAME"`
	From  string `query:"from" required:"true" doc:"RFC 3339"`
	To    string `query:"to" required:"true" doc:"RFC 3339"`
	Name  string `query:"name" maxLength:"200" doc:"of the window, when it is planned already: it is not held against itself"`
}

type judgementView struct {
	OK       bool     `json:"ok"`
	Refusals []string `json:"refusals" nullable:"false" doc:"what another time, or two windows in place of one, would avoid"`
	Warnings []string `json:"warnings" nullable:"false" doc:"what the work itself brings"`
}

type proposeQuery struct {
	Scope    string `query:"scope" required:"true" maxLength:"400" doc:"what is worked on, as for judge"`
	Duration string `query:"duration" default:"1h" doc:"how long the work takes: 90m, 2h"`
	From     string `query:"from" doc:"not before, RFC 3339; now when empty"`
	To       string `query:"to" doc:"not after, RFC 3339; two weeks after from when empty"`
	Count    int    `query:"count" minimum:"1" maximum:"50" default:"3"`
}

type proposalWindow struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type proposedView struct {
	Items []proposalWindow `json:"items" nullable:"false" doc:"the quietest first"`
	Words string           `json:"words" doc:"what quiet means here"`
}

// work reads what maintenance takes away, and the planner of those who may see it.
func (a *API) work(ctx context.Context, c caller, scope string, from, to int64, name string) (topology.Work, *topology.Planner, *time.Location, error) {
	s, err := a.sight(ctx, c, "", "")
	if err != nil {
		return topology.Work{}, nil, nil, err
	}
	w, err := s.v.Work(scope)
	if err != nil {
		return w, nil, nil, unknownThing(err)
	}
	zoneOf := time.UTC
	for _, site := range s.v.SitesOf(w) {
		if !c.seesScope(site) {
			return w, nil, nil, unknownThing(live.ErrUnknownThing)
		}
		if x, err := a.site(ctx, c, site); err == nil {
			zoneOf = zone(x)
		}
	}
	planned, err := a.planned(s, from, to, name)
	if err != nil {
		return w, nil, nil, err
	}
	if name != "" {
		w.Name = name
	}
	return w, a.deps.Topology.Planner(s.v, planned), zoneOf, nil
}

// planned is the work that is in the calendar already, of what is seen.
func (a *API) planned(s sight, from, to int64, name string) ([]topology.Window, error) {
	var out []topology.Window
	scopes := []string{}
	for _, n := range s.part().Nodes {
		if n.Kind == topology.DeviceNode {
			scopes = append(scopes, n.ID)
		}
	}
	at := map[string]int{} // one window over several devices is one
	for _, device := range scopes {
		windows, err := a.deps.Uptime.Planned("device:"+device, from, to)
		if err != nil {
			return nil, err
		}
		for _, w := range windows {
			if w.Name == name && name != "" {
				continue
			}
			key := w.Name + stamp(w.From*1000)
			i, ok := at[key]
			if !ok {
				i = len(out)
				at[key] = i
				out = append(out, topology.Window{Work: topology.Work{Name: w.Name}, From: w.From, To: w.To})
			}
			out[i].Devices = append(out[i].Devices, device)
		}
	}
	return out, nil
}

func (a *API) judgeMaintenance(ctx context.Context, c caller, in *judgeQuery) (judgementView, error) {
	span := Span{From: in.From, To: in.To}
	from, to, err := span.window(time.UTC, a.deps.Now())
	if err != nil {
		return judgementView{}, err
	}
	w, planner, _, err := a.work(ctx, c, in.Scope, from, to, in.Name)
	if err != nil {
		return judgementView{}, err
	}
	j, err := planner.Judge(topology.Window{Work: w, From: from, To: to})
	if err != nil {
		return judgementView{}, badRequest("%s", err)
	}
	return judgementView{j.OK(), orEmpty(j.Refusals), orEmpty(j.Warnings)}, nil
}

func (a *API) proposeMaintenance(ctx context.Context, c caller, in *proposeQuery) (proposedView, error) {
	lasts, err := time.ParseDuration(in.Duration)
	if err != nil || lasts < time.Minute || lasts > 7*24*time.Hour {
		return proposedView{}, badRequest("duration is not from 1m to 168h, write for example 90m")
	}
	begin, err := timeOr(in.From, a.deps.Now(), "from")
	if err != nil {
		return proposedView{}, err
	}
	end, err := timeOr(in.To, begin.AddDate(0, 0, 14), "to")
	if err != nil {
		return proposedView{}, err
	}
	if end.Sub(begin) < lasts || end.Sub(begin) > 92*24*time.Hour {
		return proposedView{}, badRequest("between from and to the work has to fit, and they may lie 92 days apart at most")
	}
	w, planner, zoneOf, err := a.work(ctx, c, in.Scope, begin.Unix(), end.Unix(), "")
	if err != nil {
		return proposedView{}, err
	}
	found, err := planner.Propose(w, int64(lasts.Seconds()), begin.Unix(), end.Unix(), a.deps.Topology.WeekProfile(ctx, zoneOf), in.Count)
	if err != nil {
		return proposedView{}, badRequest("%s", err)
	}
	return proposedView{Words: "Nights and weekends of " + zoneOf.String() + " are taken as quiet.", Items: each(found, func(p topology.Proposal) proposalWindow {
		return proposalWindow{stamp(p.From * 1000), stamp(p.To * 1000)}
	})}, nil
}
