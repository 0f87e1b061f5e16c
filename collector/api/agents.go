package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
	"ninewatch/internal/conf"
)

// silentAfter is how long an agent may say nothing before it counts as silent (collector/uptime).
const silentAfter = 30 * time.Second

type spoolView struct {
	Records uint64 `json:"records"`
	Bytes   uint64 `json:"bytes"`
}

type accountView struct {
	Produced     uint64 `json:"produced"`
	Acknowledged uint64 `json:"acknowledged"`
	Queued       uint64 `json:"queued"`
	Dropped      uint64 `json:"dropped"`
}

type agentView struct {
	ID        string       `json:"id"`
	Site      string       `json:"site"`
	Hostname  string       `json:"hostname"`
	Version   string       `json:"version"`
	LastSeen  *string      `json:"last_seen"`
	Watermark *string      `json:"watermark" doc:"up to when all it saw has arrived"`
	State     string       `json:"state" enum:"reporting,silent,never,revoked"`
	Spool     *spoolView   `json:"spool"`
	Samples   *accountView `json:"samples" doc:"produced = acknowledged + queued + dropped"`
	Devices   int          `json:"devices"`
	NotAfter  *string      `json:"not_after" doc:"end of its certificate"`
	Problems  []string     `json:"problems" doc:"what it does not watch as assigned, or finds odd, each with its mend"`
}

type tokenRequest struct {
	Body struct {
		Site string `json:"site"`
		TTL  string `json:"ttl,omitempty" doc:"for example 72h, which is the default; at most 30d"`
	}
}

type tokenView struct {
	Token     string `json:"token" doc:"shown only now"`
	ExpiresAt string `json:"expires_at"`
	Command   string `json:"command"`
}

type agentName struct {
	ID string `path:"id"`
}

func (a *API) agentRoutes() {
	get(a, "/agents", "list-agents", "The agents and what they report of themselves", viewer, a.listAgents)
	route(a, http.MethodDelete, "/agents/{id}", "revoke-agent", "End the identity of an agent for good", admin, a.revokeAgent)
	do(a, http.MethodPost, "/tokens", "create-join-token", "Make a token with which one agent can join a site", admin, a.createToken)
}

func (a *API) listAgents(ctx context.Context, c caller, in *siteFilter) (page[agentView], error) {
	all, err := a.agentsOf(ctx, c, in.Site)
	if err != nil {
		return page[agentView]{}, err
	}
	devices, err := a.deps.Inventory.Devices(ctx, inventory.Filter{Sites: c.narrow(in.Site)})
	if err != nil {
		return page[agentView]{}, err
	}
	count := map[string]int{}
	for _, d := range devices {
		count[d.Site]++
	}
	now := a.deps.Now().UnixMilli()
	return list(each(all, func(g auth.Agent) agentView { return agentOf(g, now, count[g.Site]) })), nil
}

// agentsOf lists the agents that c may see, at one site or all.
func (a *API) agentsOf(ctx context.Context, c caller, site string) ([]auth.Agent, error) {
	all, err := a.agents.list(ctx)
	if err != nil {
		return nil, err
	}
	var out []auth.Agent
	for _, g := range visible(c, all, siteOfAgent) {
		if site == "" || g.Site == site {
			out = append(out, g)
		}
	}
	return out, nil
}

func agentState(g auth.Agent, now int64) string {
	switch {
	case g.Revoked != 0:
		return "revoked"
	case g.LastSeen == 0:
		return "never"
	case now-g.LastSeen > silentAfter.Milliseconds():
		return "silent"
	}
	return "reporting"
}

func agentOf(g auth.Agent, now int64, devices int) agentView {
	v := agentView{
		ID: g.ID, Site: g.Site, Hostname: g.Hostname, Version: g.Version, LastSeen: stampOrNull(g.LastSeen), Watermark: stampOrNull(g.Watermark),
		State: agentState(g, now), Devices: devices, NotAfter: stampOrNull(g.NotAfter), Problems: append([]string{}, g.Heartbeat.Problems...),
	}
	if g.LastSeen == 0 {
		return v
	}
	h := g.Heartbeat
	v.Spool = &spoolView{h.SpoolRecords, h.SpoolBytes}
	v.Samples = &accountView{Produced: h.Produced, Acknowledged: h.Acknowledged, Queued: h.Queued}
	for _, n := range h.Dropped {
		v.Samples.Dropped += n
	}
	return v
}

// watermark is up to when everything has arrived that reporting agents saw; 0 when none reports.
func watermark(all []auth.Agent, now int64) int64 {
	var lowest int64
	for _, g := range all {
		if agentState(g, now) == "reporting" && g.Watermark != 0 && (lowest == 0 || g.Watermark < lowest) {
			lowest = g.Watermark
		}
	}
	return lowest
}

func (a *API) revokeAgent(ctx context.Context, c caller, in *agentName) (*struct{}, error) {
	all, err := a.deps.Auth.Agents(ctx)
	if err != nil {
		return nil, err
	}
	for _, g := range all {
		if g.ID != in.ID {
			continue
		}
		if err := c.may(auth.Admin, g.Site, "agent", in.ID); err != nil {
			return nil, err
		}
		return nil, a.deps.Auth.Revoke(ctx, in.ID)
	}
	return nil, notFound("agent", in.ID)
}

func (a *API) createToken(ctx context.Context, c caller, in *tokenRequest) (tokenView, error) {
	site, err := a.site(ctx, c, in.Body.Site)
	if err != nil {
		return tokenView{}, err
	}
	if err := c.may(auth.Admin, site.Name, "site", site.Name); err != nil {
		return tokenView{}, err
	}
	var ttl time.Duration
	if in.Body.TTL != "" {
		ttl, err = conf.ParseDuration(in.Body.TTL)
		if err != nil || ttl <= 0 || ttl > 30*24*time.Hour {
			return tokenView{}, badRequest("ttl is not a duration up to 30d, write for example 72h")
		}
	}
	t, expires, err := a.deps.Auth.CreateToken(ctx, site.Name, ttl, a.deps.AgentAddresses()...)
	if err != nil {
		return tokenView{}, err
	}
	text, err := t.Encode()
	if err != nil {
		return tokenView{}, err
	}
	return tokenView{text, stamp(expires.UnixMilli()), enrolCommand + text}, nil
}

const enrolCommand = "ninewatch-agent enroll --token "

// agentCache spares the database the same question from every open page.
type agentCache struct {
	read func(context.Context) ([]auth.Agent, error)
	now  func() time.Time

	mu   sync.Mutex
	at   time.Time
	held []auth.Agent
}

// cacheFor is how old a list of agents may be.
const cacheFor = time.Second

func (c *agentCache) list(ctx context.Context) ([]auth.Agent, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); c.held == nil || now.Sub(c.at) >= cacheFor || now.Before(c.at) {
		all, err := c.read(ctx)
		if err != nil {
			return nil, err
		}
		c.held, c.at = all, now
	}
	return append([]auth.Agent{}, c.held...), nil
}
