package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/capacity"
	"ninewatch/collector/plan"
)

// classes are what the page filters by.
var classes = map[string][]string{
	"links": {plan.KindInterface, plan.KindCircuit}, "storage": {plan.KindStorage}, "compute": {plan.KindProcessor, plan.KindMemory}, "power": {plan.KindPower}, "other": {plan.KindSensor, plan.KindExpr},
}

type capacityQuery struct {
	Paging
	Scope string `query:"scope" maxLength:"400" default:"company" doc:"company, site:NAME, device:NAME, or the name of a resource such as circuit:lis-a, interface:lis-edge-1/wan1, storage:lis-srv-1//srv"`
	Class string `query:"class" enum:"links,storage,compute,power,other" doc:"all when empty"`
	Site  string `query:"site" maxLength:"200"`
	Q     string `query:"q" maxLength:"200" doc:"part of the name or title"`
	Idle  bool   `query:"idle" doc:"with what carries next to nothing"`
}

type resourceQuery struct {
	Resource string `query:"resource" required:"true" maxLength:"400" doc:"such as circuit:lis-a"`
}

type whatIfQuery struct {
	Resource string  `query:"resource" required:"true" maxLength:"400" doc:"such as circuit:lis-a"`
	Growth   float64 `query:"growth" minimum:"0" maximum:"1000" default:"100" doc:"percent of the trend that was found"`
	Load     float64 `query:"load" minimum:"1" maximum:"10000" default:"100" doc:"percent of what is carried, such as 130 for 30 % more users"`
	Capacity float64 `query:"capacity" minimum:"0" default:"0" doc:"in the unit of the resource; 0: as it is"`
	Limit    float64 `query:"limit" minimum:"0" maximum:"100" default:"0" doc:"percent of the capacity; 0: as it is"`
	Plus     string  `query:"plus" maxLength:"400" doc:"a resource whose load comes on top, as when a department moves, such as circuit:lis-b"`
	Share    float64 `query:"plus_percent" minimum:"1" maximum:"10000" default:"100" doc:"percent of that load"`
	LeadDays float64 `query:"lead" minimum:"-1" maximum:"1000" default:"-1" doc:"days until what is ordered is in place; -1: as it is"`
}

type billQuery struct {
	Resource string `query:"resource" required:"true" maxLength:"400" doc:"an interface or a circuit"`
	Month    string `query:"month" maxLength:"7" doc:"such as 2026-10 in the zone of the site; the last whole one when empty"`
	Mode     string `query:"mode" enum:"max_of_p95,p95_of_max,p95_of_sum" default:"max_of_p95"`
	ZeroFill bool   `query:"zero_fill" doc:"missing buckets count as zero"`
}

// capacityPage is the plan.
type capacityPage struct {
	page[plan.Outlook]
	Answer   []phrase       `json:"answer" nullable:"false"`
	Counts   map[string]int `json:"counts" doc:"resources by kind, idle ones too"`
	Year     int            `json:"within_a_year" doc:"how many reach their limit within a year"`
	Withheld []plan.Outlook `json:"withheld" nullable:"false" doc:"what gets no date, with the reason"`
	MadeAt   *string        `json:"made_at" doc:"when the newest forecast was made"`
}

const mostWithheld = 200

func (a *API) capacityRoutes() {
	get(a, "/capacity", "get-plan", "What fills up, when, and what to order by which date", viewer, a.capacity)
	get(a, "/capacity/resource", "get-capacity-resource", "The forecast of one resource with its history", viewer, a.capacityDetail)
	get(a, "/capacity/what-if", "get-what-if", "A forecast under other assumptions", viewer, a.whatIf)
	get(a, "/capacity/hourly", "get-hourly-forecast", "The hours of the next two weeks", viewer, a.hourly)
	get(a, "/capacity/growth", "get-growth", "What sites, departments, tags or roles carry more than 13 weeks ago", viewer, a.growth)
	get(a, "/capacity/upgrades", "get-upgrades", "Larger sizes, how long each lasts and what it costs", viewer, a.upgrades)
	get(a, "/capacity/band", "get-normal-band", "The normal band of each hour of the week", viewer, a.band)
	get(a, "/capacity/quality", "get-line-quality", "Errors and discards of a line as shares of its packets, and whether its speed can be true", viewer, a.quality)
	get(a, "/capacity/bill", "get-bill", "The 95th percentile of a month", viewer, a.bill)
	route(a, http.MethodGet, "/capacity/bill.csv", "get-bill-buckets", "The buckets behind a bill, by which anybody can count again", viewer, a.billCSV)
	route(a, http.MethodGet, "/capacity/history.csv", "get-capacity-history", "The daily features of a resource as CSV", viewer, a.capacityCSV)
	route(a, http.MethodPost, "/capacity/forecast", "make-forecasts", "Forecast again now", operator, a.forecastNow)
}

// planOf is the answers of a scope that the caller may see.
func (a *API) planOf(ctx context.Context, c caller, in *capacityQuery) ([]plan.Outlook, error) {
	scope := plan.ParseScope(in.Scope)
	if scope.Site == "" {
		scope.Site = in.Site
	}
	switch {
	case scope.Site != "":
		if _, err := a.site(ctx, c, scope.Site); err != nil {
			return nil, err
		}
	case scope.Device != "":
		if _, err := a.device(ctx, c, scope.Device); err != nil {
			return nil, err
		}
	}
	out := visible(c, a.deps.Plan.Answers(scope), func(x plan.Outlook) string { return x.Site })
	if scope.Resource != "" && len(out) == 0 {
		return nil, notFound("resource", scope.Resource)
	}
	q := strings.ToLower(in.Q)
	return slices.DeleteFunc(out, func(x plan.Outlook) bool {
		return in.Class != "" && !slices.Contains(classes[in.Class], x.Kind) || !strings.Contains(strings.ToLower(x.Resource+" "+x.Title), q)
	}), nil
}

func (a *API) capacity(ctx context.Context, c caller, in *capacityQuery) (capacityPage, error) {
	after, err := in.after()
	if err != nil {
		return capacityPage{}, err
	}
	all, err := a.planOf(ctx, c, in)
	if err != nil {
		return capacityPage{}, err
	}
	out := capacityPage{Counts: map[string]int{}, Withheld: []plan.Outlook{}, Answer: capacityAnswer(all, a.deps.Now())}
	one := plan.ParseScope(in.Scope).Resource != ""
	var shown []plan.Outlook
	for _, x := range all {
		out.Counts[x.Kind]++
		if out.MadeAt == nil || *out.MadeAt < x.MadeAt {
			made := x.MadeAt
			out.MadeAt = &made
		}
		if x.OrderBy != nil {
			out.Year++
		}
		if x.Withheld != "" && !x.Idle && x.OverSince == nil && len(out.Withheld) < mostWithheld {
			x.Forecast = []plan.Expected{}
			out.Withheld = append(out.Withheld, x)
		}
		if one || in.Idle || !x.Idle || x.OverSince != nil {
			shown = append(shown, x)
		}
	}
	total := len(shown)
	if after != "" {
		if i := slices.IndexFunc(shown, func(x plan.Outlook) bool { return x.Resource == after }); i >= 0 {
			shown = shown[i+1:]
		}
	}
	out.page = cut(shown, in.Limit, func(x plan.Outlook) string { return x.Resource })
	out.Total = &total
	return out, nil
}

// resource checks that the caller may see a resource.
func (a *API) resource(c caller, name string) error {
	found := a.deps.Plan.Answers(plan.Scope{Resource: name})
	if name == "" || len(found) == 0 || !c.sees(found[0].Site) {
		return notFound("resource", name)
	}
	return nil
}

func (a *API) capacityDetail(ctx context.Context, c caller, in *resourceQuery) (plan.Outlook, error) {
	if err := a.resource(c, in.Resource); err != nil {
		return plan.Outlook{}, err
	}
	out, err := a.deps.Plan.Detail(ctx, in.Resource)
	return out, absent(err, plan.ErrUnknown, "resource", in.Resource)
}

func (a *API) whatIf(ctx context.Context, c caller, in *whatIfQuery) (plan.Outlook, error) {
	if err := a.resource(c, in.Resource); err != nil {
		return plan.Outlook{}, err
	}
	if in.Plus != "" {
		if err := a.resource(c, in.Plus); err != nil {
			return plan.Outlook{}, err
		}
	}
	for name, v := range map[string]float64{"growth": in.Growth, "load": in.Load, "capacity": in.Capacity, "limit": in.Limit, "plus_percent": in.Share, "lead": in.LeadDays} {
		if math.IsNaN(v) || v > 1e18 {
			return plan.Outlook{}, badRequest("%s is %g: write a number up to 1e18, such as 130", name, v)
		}
	}
	what := plan.WhatIf{Plus: in.Plus, Share: in.Share, Growth: in.Growth, Flat: in.Growth == 0, Load: in.Load, Capacity: in.Capacity, Limit: in.Limit, LeadDays: in.LeadDays, HasLead: in.LeadDays >= 0}
	out, err := a.deps.Plan.WhatIf(ctx, in.Resource, what)
	if errors.Is(err, plan.ErrOther) {
		return plan.Outlook{}, badRequest("%s", err)
	}
	return out, absent(err, plan.ErrUnknown, "resource", in.Resource)
}

func (a *API) band(ctx context.Context, c caller, in *resourceQuery) (plan.NormalBand, error) {
	if err := a.resource(c, in.Resource); err != nil {
		return plan.NormalBand{}, err
	}
	out, err := a.deps.Plan.Band(ctx, in.Resource)
	return out, absent(err, plan.ErrUnknown, "resource", in.Resource)
}

func (a *API) quality(ctx context.Context, c caller, in *resourceQuery) (plan.LineQuality, error) {
	if err := a.resource(c, in.Resource); err != nil {
		return plan.LineQuality{}, err
	}
	out, err := a.deps.Plan.Quality(ctx, in.Resource)
	return out, absent(err, plan.ErrUnknown, "line", in.Resource)
}

func (a *API) bill(ctx context.Context, c caller, in *billQuery) (plan.Bill, error) {
	if err := a.resource(c, in.Resource); err != nil {
		return plan.Bill{}, err
	}
	if in.Month == "" {
		now := a.deps.Now()
		in.Month = now.AddDate(0, 0, 1-now.Day()).AddDate(0, -1, 0).Format("2006-01")
	}
	if _, err := time.Parse("2006-01", in.Month); err != nil {
		return plan.Bill{}, badRequest("month %q is not one, write for example 2026-10", in.Month)
	}
	b, err := a.deps.Plan.Bill(ctx, in.Resource, in.Month, capacity.Mode(in.Mode), in.ZeroFill)
	return b, absent(err, plan.ErrUnknown, "line", in.Resource)
}

func (a *API) billCSV(ctx context.Context, c caller, in *billQuery) (*file, error) {
	b, err := a.bill(ctx, c, in)
	if err != nil {
		return nil, err
	}
	if b.Withheld != "" {
		return nil, newProblem(http.StatusNotFound, "%s", b.Withheld)
	}
	return csvFile("bill-"+in.Resource+"-"+in.Month+".csv", b.CSV)
}

func (a *API) capacityCSV(ctx context.Context, c caller, in *resourceQuery) (*file, error) {
	if err := a.resource(c, in.Resource); err != nil {
		return nil, err
	}
	out, err := a.deps.Plan.Detail(ctx, in.Resource)
	if err != nil {
		return nil, absent(err, plan.ErrUnknown, "resource", in.Resource)
	}
	return csvFile("capacity-"+in.Resource+".csv", out.HistoryCSV)
}

type forecastQuery struct {
	Scope string `query:"scope" maxLength:"400" required:"true" doc:"site:NAME, device:NAME or a resource; company takes the right for all sites"`
}

func (a *API) forecastNow(ctx context.Context, c caller, in *forecastQuery) (*struct{}, error) {
	scope := plan.ParseScope(in.Scope)
	var site string
	switch {
	case scope.Site != "":
		site = scope.Site
	case scope.Device != "":
		d, err := a.device(ctx, c, scope.Device)
		if err != nil {
			return nil, err
		}
		site = d.Site
	case scope.Resource != "":
		if err := a.resource(c, scope.Resource); err != nil {
			return nil, err
		}
		site = a.deps.Plan.Answers(scope)[0].Site
	default:
		if err := c.mayEverywhere(operator.action); err != nil {
			return nil, err
		}
		return nil, a.deps.Plan.Forecast(ctx, scope)
	}
	if err := c.may(operator.action, site, "site", site); err != nil {
		return nil, err
	}
	return nil, a.deps.Plan.Forecast(ctx, scope)
}

func csvFile(name string, write func(io.Writer) error) (*file, error) {
	var out bytes.Buffer
	if err := write(&out); err != nil {
		return nil, err
	}
	name = strings.NewReplacer(":", "-", "/", "-", " ", "-").Replace(name)
	return &file{"text/csv; charset=utf-8", mime.FormatMediaType("inline", map[string]string{"filename": name}), out.Bytes()}, nil
}
