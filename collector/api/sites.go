package api

import (
	"cmp"
	"context"
	"strings"
	"time"

	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
)

type siteView struct {
	Name         string       `json:"name"`
	DisplayName  string       `json:"display_name"`
	Region       string       `json:"region"`
	TimeZone     string       `json:"time_zone"`
	State        string       `json:"state"`
	Since        *string      `json:"since"`
	Availability *string      `json:"availability" doc:"percent of the last days, floored"`
	Low          *string      `json:"low"`
	High         *string      `json:"high"`
	Verdict      *string      `json:"verdict"`
	BudgetLeft   *int64       `json:"budget_left_seconds" doc:"per device"`
	Budget       *int64       `json:"budget_seconds" doc:"per device"`
	DevicesUp    int          `json:"devices_up"`
	Devices      int          `json:"devices"`
	Strip        []uptime.Day `json:"strip" nullable:"false"`
	Demo         bool         `json:"demo"`

	unknown int64
	since   int64
	left    int64 // device-seconds
	down    int   // devices that spend the budget
	zone    *time.Location
}

type siteQuery struct {
	Site string `query:"site"`
	Q    string `query:"q" doc:"part of a name or region" maxLength:"200"`
	Days int    `query:"days" minimum:"1" maximum:"366" default:"30" doc:"of the availability"`
}

func (a *API) siteRoutes() {
	get(a, "/sites", "list-sites", "The sites with their availability", viewer, a.listSites)
}

func (a *API) listSites(ctx context.Context, c caller, in *siteQuery) (page[siteView], error) {
	b, err := a.board(ctx, c, in.Site)
	if err != nil {
		return page[siteView]{}, err
	}
	q := strings.ToLower(in.Q)
	var wanted []inventory.Site
	for _, s := range b.sites {
		if strings.Contains(strings.ToLower(s.Name+" "+s.DisplayName+" "+s.Region), q) {
			wanted = append(wanted, s)
		}
	}
	b.sites = wanted
	views, err := a.siteViews(ctx, b, in.Days)
	return list(views), err
}

// siteViews measures the sites of a board.
func (a *API) siteViews(ctx context.Context, b board, days int) ([]siteView, error) {
	out := make([]siteView, 0, len(b.sites))
	for _, s := range b.sites {
		v := siteView{
			Name: s.Name, DisplayName: cmp.Or(s.DisplayName, s.Name), Region: s.Region, TimeZone: s.TimeZone,
			Demo: s.Source == inventory.SourceDemo, zone: zone(s),
		}
		var verdicts []uptime.Verdict
		for _, d := range b.devices {
			if d.Site != s.Name {
				continue
			}
			verdict := verdictOf(b.verdicts, d.Name)
			verdicts = append(verdicts, verdict)
			switch uptime.State(verdict.State) {
			case uptime.Up, uptime.Degraded:
				v.DevicesUp++
			case uptime.Down:
				v.down++
			}
		}
		v.Devices = len(verdicts)
		v.State, v.since = siteState(verdicts)
		v.Since = stampOrNull(v.since)
		m, err := a.lastDays(ctx, "site:"+s.Name, days)
		if err != nil {
			return nil, err
		}
		if m != nil {
			v.measure(*m)
		}
		if v.Strip, err = a.strip(ctx, "site:"+s.Name, v.zone); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// measure takes over what was measured. Budgets of people are those of one device: 43 min of a month, however
// many devices a site has.
func (v *siteView) measure(m uptime.Answer) {
	v.Availability, v.Low, v.High, v.Verdict, v.unknown = m.Availability, m.AvailabilityLow, m.AvailabilityHigh, m.Verdict, m.Unknown
	if m.BudgetSeconds == nil || m.BudgetLeftSeconds == nil || m.Devices == 0 {
		return
	}
	n := int64(m.Devices)
	total, left := floorDiv(*m.BudgetSeconds, n), floorDiv(*m.BudgetLeftSeconds, n)
	v.Budget, v.BudgetLeft, v.left = &total, &left, *m.BudgetLeftSeconds
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// siteState is down when no device of a site works and at least one is down or unreachable, degraded when
// some device does not work as it should, unknown when nothing is known of any, and else up. It has lasted
// since its last device came to it; a degraded site since its first.
func siteState(verdicts []uptime.Verdict) (state string, since int64) {
	var working, broken, limping []int64
	for _, v := range verdicts {
		switch uptime.State(v.State) {
		case uptime.Up, uptime.Maintenance:
			working = append(working, v.Since)
		case uptime.Degraded:
			working, limping = append(working, v.Since), append(limping, v.Since)
		case uptime.Down, uptime.Unreachable:
			broken, limping = append(broken, v.Since), append(limping, v.Since)
		}
	}
	newest, oldest := int64(0), int64(0)
	for _, v := range verdicts {
		newest = max(newest, v.Since)
	}
	for _, t := range limping {
		if oldest == 0 || t < oldest {
			oldest = t
		}
	}
	switch {
	case len(broken) > 0 && len(working) == 0:
		newest = 0
		for _, t := range broken {
			newest = max(newest, t)
		}
		return string(uptime.Down), newest
	case len(limping) > 0:
		return string(uptime.Degraded), oldest
	case len(working) == 0:
		return string(uptime.Unknown), newest
	}
	return string(uptime.Up), newest
}

func joinSites(sites []string) string { return strings.Join(sites, ",") }
