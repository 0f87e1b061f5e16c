package api

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"ninewatch/collector/topology"
	"ninewatch/collector/topology/draw"
	"ninewatch/collector/topology/live"
)

// Topology is what the API needs of *live.Service.
type Topology interface {
	View() *live.View
	At(ctx context.Context, at int64) (*live.View, error)
	Changes(ctx context.Context, from, to int64, limit int, keep func(live.Change) bool) ([]live.Change, error)
	N1(ctx context.Context, v *live.View) []live.N1
	Backups() []live.Backup
	Times(ctx context.Context, from, to int64, keep func(name string, sites []string) bool) ([]live.GroupTime, []live.SiteTime, error)
	topologyWork
}

type topologyWork interface {
	LinkLoads(ctx context.Context, v *live.View, sees func(site string) bool) (map[string]float64, error)
	Planner(v *live.View, planned []topology.Window) *topology.Planner
	WeekProfile(ctx context.Context, zone *time.Location) topology.Profile
}

type topologyQuery struct {
	Site string `query:"site" doc:"only what is at this site"`
	At   string `query:"at" doc:"what was known then: a date, at its end in UTC, or a time in RFC 3339; left out: now"`
}

type mapQuery struct {
	Site     string `query:"site" doc:"only what is at this site"`
	At       string `query:"at" doc:"what was known then: a date, at its end in UTC, or a time in RFC 3339; left out: now"`
	Selected string `query:"selected" maxLength:"400" doc:"what fails, as impact takes it: what it cuts off is dashed in red"`
	Link     string `query:"link" enum:"none,page" default:"none" doc:"page: nodes and links lead to the page of redundancy"`
}

type nodeView struct {
	ID         string   `json:"id"`
	Kind       string   `json:"kind" enum:"device,stub,segment"`
	Label      string   `json:"label"`
	Site       string   `json:"site"`
	State      string   `json:"state" enum:"up,down,unknown" doc:"of a device"`
	Users      int      `json:"users" doc:"estimated: those of the site, spread over its access devices"`
	Identities []string `json:"identities" nullable:"false" doc:"by what a stub is known"`
	Seen       *string  `json:"seen" doc:"of its newest facts; null: none were read"`
	AgeSeconds *int64   `json:"age_seconds" doc:"of its newest facts"`
	Quiet      string   `json:"quiet" doc:"why its links may be more than those known; empty: it tells its neighbours"`
}

type linkView struct {
	ID         string   `json:"id"`
	A          string   `json:"a" doc:"node"`
	APort      string   `json:"a_port"`
	B          string   `json:"b" doc:"node"`
	BPort      string   `json:"b_port"`
	LAG        []string `json:"lag" nullable:"false" doc:"the bundles that the ports are members of"`
	Sources    []string `json:"sources" nullable:"false"`
	Confidence string   `json:"confidence" enum:"configured,confirmed,one_sided,inferred,doubtful"`
	FirstSeen  *string  `json:"first_seen"`
	LastSeen   *string  `json:"last_seen"`
	Stale      bool     `json:"stale" doc:"the newest discoveries do not show it any more"`
	SpeedBps   *float64 `json:"speed_bps"`
}

type topologyFinding struct {
	Kind  string   `json:"kind"`
	Nodes []string `json:"nodes" nullable:"false"`
	Words string   `json:"words"`
}

type adjacencyView struct {
	A     string `json:"a"`
	B     string `json:"b"`
	Kind  string `json:"kind"`
	State string `json:"state"`
}

type topologyView struct {
	AsOf        string            `json:"as_of"`
	Cores       []string          `json:"cores" nullable:"false" doc:"devices that the others have to reach"`
	Nodes       []nodeView        `json:"nodes" nullable:"false"`
	Links       []linkView        `json:"links" nullable:"false"`
	Adjacencies []adjacencyView   `json:"adjacencies" nullable:"false"`
	Findings    []topologyFinding `json:"findings" nullable:"false"`
	OneSided    int               `json:"one_sided" doc:"links that only one end tells of"`
	Quiet       []string          `json:"quiet" nullable:"false" doc:"devices that tell no neighbours"`
	Oldest      *string           `json:"oldest" doc:"of the facts that the map rests on"`
	Words       string            `json:"words" doc:"how far the map can be trusted"`
}

type changesQuery struct {
	Span
	Site  string `query:"site" doc:"only what is at this site"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"200" doc:"the newest changes"`
}

type changeView struct {
	Time   string   `json:"time"`
	Kind   string   `json:"kind"`
	Object string   `json:"object"`
	Sites  []string `json:"sites" nullable:"false"`
	Words  string   `json:"words"`
}

func (a *API) topologyRoutes() {
	get(a, "/topology", "get-topology", "What is linked to what, how far that is believed, and how old it is", viewer, a.topology)
	get(a, "/topology/changes", "list-topology-changes", "What became of nodes, links and redundancy groups", viewer, a.topologyChanges)
	route(a, http.MethodGet, "/topology.svg", "get-topology-map", "The map", viewer, a.topologyMap)
	a.redundancyRoutes()
}

// sight is what a caller may see of a view.
type sight struct {
	v    *live.View
	c    caller
	site string
}

// sight is the view of now, or with at that of then.
func (a *API) sight(ctx context.Context, c caller, site, at string) (sight, error) {
	if site != "" {
		if _, err := a.site(ctx, c, site); err != nil {
			return sight{}, err
		}
	}
	v := a.deps.Topology.View()
	then, err := moment(at)
	if err != nil {
		return sight{}, err
	}
	if at != "" && then.Before(a.deps.Now()) {
		if v, err = a.deps.Topology.At(ctx, then.UnixMilli()); err != nil {
			return sight{}, err
		}
	}
	return sight{v, c, site}, nil
}

// moment reads a time, or a date as its end.
func moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, 1).Add(-time.Millisecond), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, newProblem(422, "at: %.40q is neither a date such as 2026-03-01 nor a time such as 2026-03-01T12:00:00Z", text)
	}
	return at, nil
}

// sees tells whether what is at a site is to be shown.
func (s sight) sees(site string) bool {
	if s.site != "" && site != s.site {
		return false
	}
	return s.c.seesScope(site)
}

// seesAll tells whether what is of sites may be shown: all of them have to be visible.
func (s sight) seesAll(sites []string) bool {
	if len(sites) == 0 {
		return s.c.seesScope("") && s.site == ""
	}
	for _, x := range sites {
		if !s.c.seesScope(x) {
			return false
		}
	}
	return s.site == "" || slices.Contains(sites, s.site)
}

func (s sight) device(name string) bool {
	site, ok := s.v.DeviceSite(name)
	return ok && s.sees(site)
}

// part is the network as far as it is seen.
func (s sight) part() *topology.Network { return s.v.Part(s.sees) }

func (a *API) topology(ctx context.Context, c caller, in *topologyQuery) (topologyView, error) {
	s, err := a.sight(ctx, c, in.Site, in.At)
	if err != nil {
		return topologyView{}, err
	}
	n := s.part()
	now := a.deps.Now().UnixMilli()
	out := topologyView{AsOf: stamp(s.v.At), Cores: []string{}, Nodes: []nodeView{}, Links: []linkView{}, Adjacencies: []adjacencyView{}, Findings: []topologyFinding{}, Quiet: []string{}}
	for _, core := range s.v.Cores {
		if s.device(core) {
			out.Cores = append(out.Cores, core)
		}
	}
	oldest := int64(0)
	for _, x := range n.Nodes {
		v := nodeView{ID: x.ID, Kind: string(x.Kind), Label: x.Label, Site: x.Site, Users: people(x.Weight), Identities: orEmpty(x.Identities), Seen: stampOrNull(x.Seen), Quiet: x.Quiet}
		if x.Kind == topology.DeviceNode {
			v.State = s.v.States[x.ID].String()
			if x.Quiet != "" {
				out.Quiet = append(out.Quiet, x.ID)
			}
			if x.Seen > 0 {
				age := max(0, now-x.Seen) / 1000
				v.AgeSeconds = &age
				if oldest == 0 || x.Seen < oldest {
					oldest = x.Seen
				}
			}
		}
		out.Nodes = append(out.Nodes, v)
	}
	for _, l := range n.Links {
		out.Links = append(out.Links, linkOf(n, l))
		if l.Confidence == topology.OneSided {
			out.OneSided++
		}
	}
	for _, x := range n.Adjacencies {
		out.Adjacencies = append(out.Adjacencies, adjacencyView{n.Nodes[x.A].ID, n.Nodes[x.B].ID, x.Kind, x.State})
	}
	for _, f := range s.v.Network.Findings {
		if s.seesNodes(n, f.Nodes) {
			out.Findings = append(out.Findings, topologyFinding{f.Kind, orEmpty(f.Nodes), f.Words})
		}
	}
	out.Oldest = stampOrNull(oldest)
	out.Words = trustInWords(len(n.Nodes), len(n.Links), out.OneSided, out.Quiet)
	return out, nil
}

func linkOf(n *topology.Network, l topology.Link) linkView {
	v := linkView{ID: l.ID, A: n.Nodes[l.A.Node].ID, APort: l.A.Port, B: n.Nodes[l.B.Node].ID, BPort: l.B.Port, LAG: []string{}, Sources: orEmpty(l.Sources),
		Confidence: l.Confidence.String(), FirstSeen: stampOrNull(l.First), LastSeen: stampOrNull(l.Last), Stale: l.Stale}
	for _, e := range []topology.End{l.A, l.B} {
		if e.LAG != "" {
			v.LAG = append(v.LAG, n.Nodes[e.Node].ID+"/"+e.LAG)
		}
	}
	if l.Speed > 0 {
		v.SpeedBps = &l.Speed
	}
	return v
}

// seesNodes tells whether all nodes that a finding names are shown; one that names none is for those who see all.
func (s sight) seesNodes(part *topology.Network, nodes []string) bool {
	for _, id := range nodes {
		if _, ok := part.Node(id); !ok {
			return false
		}
	}
	return len(nodes) > 0 || s.seesAll(nil)
}

// trustInWords says how much is drawn, and what may be missing.
func trustInWords(nodes, links, oneSided int, quiet []string) string {
	words := plural(nodes, "node") + ", " + plural(links, "link")
	if oneSided > 0 {
		words += "; " + plural(oneSided, "link") + " seen from one side only"
	}
	switch len(quiet) {
	case 0:
	case 1:
		words += "; " + quiet[0] + " tells no neighbours"
	default:
		words += "; " + plural(len(quiet), "device") + " tell no neighbours"
	}
	return words
}

func (a *API) topologyChanges(ctx context.Context, c caller, in *changesQuery) (page[changeView], error) {
	s, err := a.sight(ctx, c, in.Site, "")
	if err != nil {
		return page[changeView]{}, err
	}
	from, to, err := in.window(time.UTC, a.deps.Now().Add(time.Second))
	if err != nil {
		return page[changeView]{}, err
	}
	found, err := a.deps.Topology.Changes(ctx, from*1000, to*1000, in.Limit, func(x live.Change) bool { return s.seesAll(x.Sites) })
	return list(each(found, func(x live.Change) changeView {
		return changeView{stamp(x.At), x.Kind, x.Object, orEmpty(x.Sites), x.Words}
	})), err
}

func (a *API) topologyMap(ctx context.Context, c caller, in *mapQuery) (*file, error) {
	s, err := a.sight(ctx, c, in.Site, in.At)
	if err != nil {
		return nil, err
	}
	marks := draw.Marks{Title: "Map of the network", Sites: map[string]string{}, State: s.v.States, Ring: map[string]topology.Class{}, Loss: map[string]topology.Loss{}, Class: map[string]topology.Class{}}
	if in.Site != "" {
		marks.Title = "Map of " + s.v.SiteTitle(in.Site)
	}
	part := s.part()
	for _, n := range part.Nodes {
		marks.Sites[n.Site] = s.v.SiteTitle(n.Site)
	}
	for _, core := range s.v.Cores {
		if _, ok := part.Node(core); ok {
			marks.Cores = append(marks.Cores, core)
		}
	}
	s.markGroups(part, &marks)
	for _, x := range s.v.Singles {
		if lost := s.lost(x.Lost); len(lost) > 0 {
			marks.Loss[x.ID] = topology.Loss{Kind: x.Kind, ID: x.ID, Devices: len(lost), Certain: x.Certain, Words: "cuts off " + plural(len(lost), "device")}
		}
	}
	if in.At == "" {
		if marks.Load, err = a.deps.Topology.LinkLoads(ctx, s.v, s.sees); err != nil {
			a.log.Warn("loads of links are not on the map", "err", err) // the map is of use without them
		}
	}
	if in.Selected != "" {
		w, err := s.whatIf(in.Selected)
		if err != nil {
			return nil, err
		}
		marks.Selected, marks.Lost = w.ID, map[string]bool{}
		for _, l := range w.Lost {
			marks.Lost[l.Device] = true
		}
	}
	if in.Link == "page" {
		marks.Pick = pickOf
	}
	var out bytes.Buffer
	if err := draw.SVG(&out, part, marks); err != nil {
		return nil, err
	}
	return &file{ContentType: "image/svg+xml", Body: out.Bytes()}, nil
}

// markGroups shows the worst class of the groups of each node and link.
func (s sight) markGroups(part *topology.Network, marks *draw.Marks) {
	ports := map[string]topology.Class{}
	for _, g := range s.v.Groups {
		if !s.seesAll(g.Sites) && !s.seesSome(g.Sites) {
			continue
		}
		for _, d := range g.Devices {
			if class, ok := marks.Ring[d]; g.Verdict.Class != topology.Full && (!ok || g.Verdict.Class > class) {
				marks.Ring[d] = g.Verdict.Class
			}
		}
		for _, p := range g.Ports {
			ports[p] = max(ports[p], g.Verdict.Class)
		}
	}
	for _, l := range part.Links {
		for _, e := range []topology.End{l.A, l.B} {
			if class, ok := ports[part.Nodes[e.Node].ID+"/"+e.Port]; ok {
				marks.Class[l.ID] = max(marks.Class[l.ID], class)
			}
		}
	}
}

func (s sight) seesSome(sites []string) bool {
	return slices.ContainsFunc(sites, s.sees)
}

// pickOf is the address of a node or link on the page of redundancy.
func pickOf(kind, id string) string {
	return "/redundancy?sel=" + url.QueryEscape(kind+":"+id)
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// people rounds an estimate of users.
func people(weight float64) int { return int(weight + 0.5) }
