package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
	"ninewatch/internal/telemetry"
)

type scanView struct {
	ID          int64    `json:"id"`
	Site        string   `json:"site"`
	State       string   `json:"state" enum:"waiting,running,done,failed,stopped"`
	Problem     string   `json:"problem" doc:"what is wrong with it, with the mend; empty: nothing is"`
	Ranges      []string `json:"ranges" nullable:"false"`
	Credentials []string `json:"credentials" nullable:"false"`
	Port        uint16   `json:"port" doc:"0: 161"`
	Rate        int      `json:"rate" doc:"addresses a second; 0: what the agent takes"`
	Done        int64    `json:"done" doc:"tries that are done: an address with one credential"`
	All         int64    `json:"all" doc:"tries in all; 0: not known yet"`
	Answering   int64    `json:"answering" doc:"addresses that answer"`
	Agent       string   `json:"agent" doc:"that reported last"`
	AskedAt     string   `json:"asked_at"`
	AskedBy     string   `json:"asked_by"`
	ReportedAt  *string  `json:"reported_at"`
}

type askScanRequest struct {
	Body struct {
		Site        string   `json:"site"`
		Ranges      []string `json:"ranges" nullable:"false" doc:"CIDR, or single addresses"`
		Credentials []string `json:"credentials,omitempty" doc:"names, in the order in which they are tried; none: only pings"`
		Port        uint16   `json:"port,omitempty" doc:"UDP port of SNMP; 161 when left out"`
		Rate        int      `json:"rate,omitempty" doc:"addresses a second, at most 10000; 100 when left out"`
	}
}

func (a *API) scanRoutes() {
	get(a, "/discovery/scans", "list-scans", "Scans that agents were asked for, the newest first", viewer, a.listScans)
	do(a, http.MethodPost, "/discovery/scans", "start-scan", "Ask the agent of a site for what answers in ranges of addresses", admin, a.startScan)
	route(a, http.MethodDelete, "/discovery/scans/{id}", "stop-scan", "Call a scan off", admin, a.stopScan)
}

func (a *API) listScans(ctx context.Context, c caller, in *siteFilter) (page[scanView], error) {
	all, err := a.deps.Inventory.Scans(ctx)
	if err != nil {
		return page[scanView]{}, err
	}
	agents, err := a.agents.list(ctx)
	if err != nil {
		return page[scanView]{}, err
	}
	var out []scanView
	for _, s := range all {
		if c.sees(s.Site) && (in.Site == "" || s.Site == in.Site) {
			out = append(out, a.scanOf(s, agents))
		}
	}
	return list(out), nil
}

func (a *API) scanOf(s inventory.Scan, agents []auth.Agent) scanView {
	v := scanView{
		ID: s.Number, Site: s.Site, State: s.State, Problem: s.Problem, Ranges: append([]string{}, s.Ranges...), Credentials: append([]string{}, s.Credentials...),
		Port: s.Port, Rate: s.Rate, Done: s.Done, All: s.All, Answering: s.Answering, Agent: s.Agent,
		AskedAt: stamp(s.Asked), AskedBy: s.By, ReportedAt: stampOrNull(s.Told),
	}
	if s.AtWork() && v.Problem == "" {
		v.Problem = a.standstill(s, agents)
	}
	return v
}

// slowToBegin is how long an agent that reports may leave a scan alone before it is told.
const slowToBegin = 60_000

// standstill says why nobody works on a scan; empty: somebody does, or will soon.
func (a *API) standstill(s inventory.Scan, agents []auth.Agent) string {
	now := a.deps.Now().UnixMilli()
	var known int
	for _, g := range agents {
		if g.Site != s.Site || g.Revoked != 0 {
			continue
		}
		known++
		if agentState(g, now) != "reporting" {
			continue
		}
		if s.Told == 0 && now-s.Asked > slowToBegin {
			return fmt.Sprintf("agent %s of version %s has not begun: it is busy with another scan, or too old for scans and to be upgraded", g.Hostname, g.Version)
		}
		return ""
	}
	if known == 0 {
		return fmt.Sprintf("site %s has no agent: let one join it", s.Site)
	}
	return fmt.Sprintf("no agent of site %s is connected: the scan begins, or goes on, when one is", s.Site)
}

func (a *API) startScan(ctx context.Context, c caller, in *askScanRequest) (scanView, error) {
	b := in.Body
	if err := c.may(auth.Admin, b.Site, inventory.KindSite, b.Site); err != nil {
		return scanView{}, err
	}
	for _, name := range b.Credentials {
		if err := a.mayUse(ctx, c, name); err != nil {
			return scanView{}, err
		}
	}
	s, err := a.deps.Inventory.StartScan(ctx, b.Site, telemetry.Scan{Ranges: b.Ranges, Credentials: b.Credentials, Port: b.Port, Rate: b.Rate}, c.Name)
	if err != nil {
		return scanView{}, err
	}
	if err := a.deps.Auth.Audit(ctx, "discovery.scan", "site "+b.Site, "asked its agent for "+strings.Join(b.Ranges, " ")); err != nil {
		return scanView{}, err
	}
	agents, err := a.agents.list(ctx)
	return a.scanOf(s, agents), err
}

func (a *API) stopScan(ctx context.Context, c caller, in *proposalID) (*struct{}, error) {
	number := strconv.FormatInt(in.ID, 10)
	s, err := a.deps.Inventory.Scan(ctx, in.ID)
	if err != nil {
		return nil, absent(err, inventory.ErrUnknown, "scan", number)
	}
	if err := c.may(auth.Admin, s.Site, "scan", number); err != nil {
		return nil, err
	}
	if err := a.deps.Inventory.StopScan(ctx, in.ID, c.Name); err != nil {
		return nil, err
	}
	return nil, a.deps.Auth.Audit(ctx, "discovery.scan", "scan "+number, "stopped")
}
