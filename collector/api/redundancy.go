package api

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/topology"
	"ninewatch/collector/topology/live"
)

// lostDays is how many days the time without redundancy covers where nothing else was asked for.
const lostDays = 90

type redundancyQuery struct {
	Span
	Site string `query:"site" doc:"only what is at this site"`
}

type memberView struct {
	Name        string   `json:"name"`
	State       string   `json:"state" enum:"up,down,unknown"`
	CapacityBps *float64 `json:"capacity_bps"`
}

type groupView struct {
	Name      string       `json:"name"`
	Title     string       `json:"title"`
	Kind      string       `json:"kind" doc:"lag, psu, fan, stack, fhrp, routing, stp, or the mode of a group of the inventory"`
	Source    string       `json:"source" enum:"facts,inventory"`
	Class     string       `json:"class" enum:"full,reduced,at_risk,split_brain,failed,unknown"`
	Worst     string       `json:"worst" doc:"the class if all members that are not known are down"`
	Best      string       `json:"best" doc:"the class if they are up"`
	Since     *string      `json:"since"`
	Needed    int          `json:"needed"`
	Designed  int          `json:"designed"`
	Redundant bool         `json:"redundant" doc:"false: there is no spare by design"`
	Members   []memberView `json:"members" nullable:"false"`
	Words     string       `json:"words"`
	Sites     []string     `json:"sites" nullable:"false"`
	Devices   []string     `json:"devices" nullable:"false"`
	Users     int          `json:"users" doc:"who lose the network when all of it fails, estimated"`
	Read      *string      `json:"read" doc:"of the facts that it rests on; null: it rests on what agents measure"`
}

type scenarioView struct {
	Scenario string   `json:"scenario" doc:"member:NAME or srlg:NAME of a risk group"`
	Util     *float64 `json:"utilization" doc:"of the fullest member, as a ratio; null: nothing is left"`
	Fits     bool     `json:"fits"`
}

type n1View struct {
	Group       string         `json:"group"`
	Title       string         `json:"title"`
	LoadBps     float64        `json:"load_bps" doc:"95th percentile of 30 days of the sum over the members, in the busier direction"`
	Now         float64        `json:"now" doc:"utilization of the fullest member today, as a ratio"`
	Worst       scenarioView   `json:"worst"`
	CapacityBps float64        `json:"capacity_bps" doc:"what is left to carry the load after the worst loss"`
	Limit       float64        `json:"limit"`
	Imbalance   float64        `json:"imbalance" doc:"share of the busiest member times their number"`
	Holds       bool           `json:"holds"`
	Ends        *string        `json:"ends" doc:"when the load exceeds what is left, by its forecast; null: not told"`
	Scenarios   []scenarioView `json:"scenarios" nullable:"false"`
}

type backupView struct {
	Group  string   `json:"group"`
	Title  string   `json:"title"`
	Member string   `json:"member" doc:"that stands by"`
	Kind   string   `json:"kind" enum:"never_exercised,slower"`
	Sites  []string `json:"sites" nullable:"false"`
	Words  string   `json:"words" doc:"with its evidence"`
}

type singleView struct {
	Of       string   `json:"of" doc:"as impact takes it"`
	Kind     string   `json:"kind" enum:"device,node,link,duct,chassis,line_card,power_feed,provider,risk"`
	Name     string   `json:"name"`
	Sites    []string `json:"sites" nullable:"false"`
	Devices  int      `json:"devices" doc:"that are cut off"`
	Users    int      `json:"users"`
	Outside  int      `json:"outside" doc:"devices that keep the core and lose the way to the outside"`
	Services []string `json:"services" nullable:"false"`
	Certain  bool     `json:"certain" doc:"no link that nobody has heard of can save them"`
	Words    string   `json:"words"`
}

type lossView struct {
	Group string  `json:"group"`
	Class string  `json:"class" doc:"the worst of it"`
	From  string  `json:"from"`
	To    *string `json:"to" doc:"null: it goes on"`
}

type siteTimeView struct {
	Site          string  `json:"site"`
	Without       int64   `json:"without_seconds" doc:"any of its groups had lost redundancy"`
	Known         int64   `json:"known_seconds"`
	Target        float64 `json:"target" doc:"share of the known time that should be without a loss"`
	BudgetSeconds int64   `json:"budget_seconds"`
	BudgetLeft    int64   `json:"budget_left_seconds"`
}

type withoutView struct {
	From          string         `json:"from"`
	To            string         `json:"to"`
	Seconds       int64          `json:"seconds" doc:"of all groups added up"`
	Losses        int            `json:"losses"`
	MTTRSeconds   *int64         `json:"mttr_seconds" doc:"mean time from a loss to full"`
	OutageFirst   int            `json:"noticed_by_outage" doc:"losses that began as a failure: nothing told of the loss before"`
	FullRatio     *float64       `json:"full_ratio" doc:"share of the known time of all groups with full redundancy"`
	Sites         []siteTimeView `json:"sites" nullable:"false"`
	Groups        []groupTime    `json:"groups" nullable:"false"`
	LongestLosses []lossView     `json:"longest" nullable:"false"`
}

type groupTime struct {
	Group   string `json:"group"`
	Without int64  `json:"without_seconds"`
	Known   int64  `json:"known_seconds"`
	Losses  int    `json:"losses"`
}

type redundancyView struct {
	AsOf    string       `json:"as_of"`
	Answer  []phrase     `json:"answer" nullable:"false"`
	Groups  []groupView  `json:"groups" nullable:"false"`
	Counts  classCounts  `json:"counts"`
	N1      []n1View     `json:"n1" nullable:"false"`
	Backups []backupView `json:"backups" nullable:"false" doc:"members that stand by and are not to be relied on"`
	Singles []singleView `json:"single_points" nullable:"false"`
	Without withoutView  `json:"without_redundancy"`
	Nodes   int          `json:"nodes" doc:"on the map"`
	Oldest  *string      `json:"oldest" doc:"of the facts that the map rests on"`
}

type classCounts struct {
	Full       int `json:"full"`
	Reduced    int `json:"reduced"`
	AtRisk     int `json:"at_risk"`
	SplitBrain int `json:"split_brain"`
	Failed     int `json:"failed"`
	Unknown    int `json:"unknown"`
	NoSpare    int `json:"no_spare" doc:"of those that are full: without a spare by design"`
}

func (a *API) redundancyRoutes() {
	get(a, "/redundancy", "get-redundancy", "Redundancy groups, single points of failure, loads after a failure, and the time without redundancy", viewer, a.redundancy)
	get(a, "/impact", "get-impact", "Who loses what when something fails, and what would mend it", viewer, a.impact)
	get(a, "/maintenance/judge", "judge-maintenance", "Whether planned work may be, by redundancy, load and other work", viewer, a.judgeMaintenance)
	get(a, "/maintenance/propose", "propose-maintenance", "Quiet windows for planned work that nothing speaks against", viewer, a.proposeMaintenance)
}

func (a *API) redundancy(ctx context.Context, c caller, in *redundancyQuery) (redundancyView, error) {
	s, err := a.sight(ctx, c, in.Site, "")
	if err != nil {
		return redundancyView{}, err
	}
	return a.redundancyOf(ctx, s, in.Span)
}

func (a *API) redundancyOf(ctx context.Context, s sight, span Span) (redundancyView, error) {
	now := a.deps.Now()
	if span.Period == "" && span.From == "" && span.To == "" {
		span.From = now.AddDate(0, 0, -lostDays).UTC().Format(time.RFC3339)
	}
	from, to, err := span.window(time.UTC, now)
	if err != nil {
		return redundancyView{}, err
	}
	out := redundancyView{AsOf: stamp(s.v.At), Groups: []groupView{}, N1: []n1View{}, Backups: []backupView{}, Singles: []singleView{}}
	for _, g := range s.v.Groups {
		if s.seesAll(g.Sites) {
			out.Groups = append(out.Groups, s.groupOf(g))
			out.Counts.add(g)
		}
	}
	slices.SortStableFunc(out.Groups, func(x, y groupView) int { return cmp.Compare(y.Users, x.Users) })
	for _, x := range a.deps.Topology.N1(ctx, s.v) {
		if s.seesAll(x.Group.Sites) {
			out.N1 = append(out.N1, n1Of(x))
		}
	}
	out.Backups = a.backups(s)
	out.Singles = s.singles()
	if out.Without, err = a.without(ctx, s, from, to); err != nil {
		return out, err
	}
	oldest := int64(0)
	for _, n := range s.part().Nodes {
		out.Nodes++
		if n.Seen > 0 && (oldest == 0 || n.Seen < oldest) {
			oldest = n.Seen
		}
	}
	out.Oldest = stampOrNull(oldest)
	out.Answer = redundancyAnswer(out, s)
	return out, nil
}

// backups are those that are seen.
func (a *API) backups(s sight) []backupView {
	out := []backupView{}
	for _, b := range a.deps.Topology.Backups() {
		if s.seesAll(b.Sites) {
			out = append(out, backupView{b.Group, b.Title, b.Member, b.Kind, orEmpty(b.Sites), b.Words})
		}
	}
	return out
}

func (n *classCounts) add(g *live.Group) {
	switch g.Verdict.Class {
	case topology.Full:
		n.Full++
		if g.Kind != "fhrp" && !g.Redundant() {
			n.NoSpare++
		}
	case topology.Reduced:
		n.Reduced++
	case topology.AtRisk:
		n.AtRisk++
	case topology.SplitBrain:
		n.SplitBrain++
	case topology.Failed:
		n.Failed++
	default:
		n.Unknown++
	}
}

func (s sight) groupOf(g *live.Group) groupView {
	v := groupView{Name: g.Name, Title: g.Title, Kind: g.Kind, Source: g.Source, Class: g.Verdict.Class.String(), Worst: g.Verdict.Worst.String(), Best: g.Verdict.Best.String(),
		Since: stampOrNull(g.Since), Needed: g.Needed, Designed: g.Size(), Redundant: g.Kind == "fhrp" || g.Redundant(), Words: g.Words,
		Sites: orEmpty(g.Sites), Devices: orEmpty(g.Devices), Users: people(s.v.UsersBehind(g)), Read: stampOrNull(g.Read), Members: []memberView{}}
	for _, m := range g.Members {
		x := memberView{Name: m.ID, State: m.State.String()}
		if m.Capacity > 0 {
			x.CapacityBps = &m.Capacity
		}
		v.Members = append(v.Members, x)
	}
	return v
}

func n1Of(x live.N1) n1View {
	v := n1View{Group: x.Group.Name, Title: x.Group.Title, LoadBps: x.Load.Rate, Worst: scenarioOf(x.Worst), CapacityBps: x.Capacity, Limit: x.Load.Limit,
		Imbalance: x.Load.Imbalance, Holds: x.Holds, Scenarios: each(x.Scenarios, scenarioOf)}
	if !math.IsInf(x.Now.Util, 0) {
		v.Now = x.Now.Util
	}
	if !x.Ends.IsZero() {
		v.Ends = stampOrNull(x.Ends.UnixMilli())
	}
	return v
}

func scenarioOf(o topology.Outcome) scenarioView {
	v := scenarioView{Scenario: o.Scenario, Fits: o.Fits}
	if !math.IsInf(o.Util, 0) && !math.IsNaN(o.Util) {
		v.Util = &o.Util
	}
	return v
}

// lost is what a failure costs as far as it is seen.
func (s sight) lost(all []live.Lost) []live.Lost {
	return slices.DeleteFunc(slices.Clone(all), func(l live.Lost) bool { return !s.device(l.Device) })
}

// singles are the single points that are seen: those at a site that is, and of what they cut off what is.
func (s sight) singles() []singleView {
	out := []singleView{}
	for _, x := range s.v.Singles {
		lost := s.lost(x.Lost)
		if len(lost) == 0 || !s.seesAll(x.Sites) {
			continue
		}
		v := singleView{Of: ofSingle(s.v, x), Kind: kindOf(s.v, x), Name: x.ID, Sites: orEmpty(x.Sites), Devices: len(lost), Users: people(s.v.Users(lost)), Services: []string{}, Certain: x.Certain}
		if at, ok := s.v.Network.Node(x.ID); ok && x.Kind == "node" {
			v.Name = s.v.Network.Nodes[at].Label
		}
		for _, l := range lost {
			if !l.Core {
				v.Outside++
			}
		}
		for _, y := range s.v.ServicesLost(x) {
			if y.Site == "" && s.seesAll(nil) || y.Site != "" && s.sees(y.Site) {
				v.Services = append(v.Services, y.Title)
			}
		}
		v.Words = lossInWords(v)
		out = append(out, v)
	}
	return out
}

// ofSingle names a single point as impact takes it.
func ofSingle(v *live.View, x live.Single) string {
	switch x.Kind {
	case "node":
		if _, device := v.DeviceSite(x.ID); device {
			return "device:" + x.ID
		}
	}
	return x.Kind + ":" + x.ID
}

func kindOf(v *live.View, x live.Single) string {
	switch x.Kind {
	case "node":
		if _, device := v.DeviceSite(x.ID); device {
			return "device"
		}
	case "risk":
		for _, r := range v.Risks {
			if r.Name == x.ID {
				return cmp.Or(r.Kind, "risk")
			}
		}
	}
	return x.Kind
}

func lossInWords(v singleView) string {
	words := plural(v.Devices, "device") + " cut off"
	if v.Outside == v.Devices {
		words = plural(v.Devices, "device") + " cut off from the outside"
	}
	if !v.Certain {
		words += ", as far as all links are known"
	}
	return words
}

func (a *API) without(ctx context.Context, s sight, from, to int64) (withoutView, error) {
	out := withoutView{From: stamp(from * 1000), To: stamp(to * 1000), Sites: []siteTimeView{}, Groups: []groupTime{}, LongestLosses: []lossView{}}
	groups, sites, err := a.deps.Topology.Times(ctx, from, to, func(_ string, sites []string) bool { return s.seesAll(sites) })
	if err != nil {
		return out, err
	}
	known, repaired, restored := int64(0), 0.0, 0
	end := min(to, a.deps.Now().Unix())
	for _, g := range groups {
		out.Seconds += g.Without
		known += g.Known
		out.Losses += len(g.Losses)
		repaired += g.MTTR * float64(g.Restored)
		restored += g.Restored
		out.OutageFirst += outageFirst(g)
		out.Groups = append(out.Groups, groupTime{g.Name, g.Without, g.Known, len(g.Losses)})
		for _, l := range g.Losses {
			x := lossView{Group: g.Name, Class: l.State.String(), From: stamp(l.From * 1000)}
			if l.To < end-1 {
				x.To = stampOrNull(l.To * 1000)
			}
			out.LongestLosses = append(out.LongestLosses, x)
		}
	}
	slices.SortStableFunc(out.LongestLosses, func(x, y lossView) int { return strings.Compare(y.From, x.From) })
	out.LongestLosses = out.LongestLosses[:min(len(out.LongestLosses), 100)]
	if restored > 0 {
		mean := int64(repaired / float64(restored))
		out.MTTRSeconds = &mean
	}
	if known > 0 {
		ratio := 1 - float64(out.Seconds)/float64(known)
		out.FullRatio = &ratio
	}
	for _, x := range sites {
		if s.sees(x.Site) {
			out.Sites = append(out.Sites, siteTimeView{x.Site, x.Without, x.Known, x.Target, x.Budget, x.Budget - x.Without})
		}
	}
	return out, nil
}

// outageFirst counts losses that began as a failure.
func outageFirst(g live.GroupTime) int {
	n := 0
	for _, l := range g.Losses {
		for _, x := range g.Line {
			if x.From == l.From && x.State == topology.Failed {
				n++
			}
		}
	}
	return n
}

// redundancyAnswer says what one failure would cost, what is lost already, and what could not carry its load.
func redundancyAnswer(v redundancyView, s sight) []phrase {
	var out sentence
	lost := v.Counts.Reduced + v.Counts.AtRisk + v.Counts.SplitBrain
	fails := 0
	for _, x := range v.N1 {
		if !x.Holds {
			fails++
		}
	}
	switch {
	case v.Nodes == 0:
		out.strong("Nothing is known of the network yet.")
		out.say(" Devices tell their neighbours, bundles and parts when they are read by SNMP.")
		return out
	case len(v.Singles) == 0 && len(v.Groups) == 0:
		out.strong("No failure of one device or link would cut another off.")
		out.say(" No redundancy group is known yet: bundles, power supplies and routers that stand in for each other are found by themselves, others are written in the inventory.")
		return out
	case len(v.Singles) == 0:
		out.strong("No single failure would cut anything off.")
	default:
		out.strong(capital(numberInWords(len(v.Singles))) + " single failure" + s1(len(v.Singles)) + " would cut " + cutInWords(v.Singles) + " off;")
		out.say(" the largest, " + v.Singles[0].Name + ", takes ")
		out.strong(worstInWords(v.Singles[0], s))
		out.say(".")
	}
	switch {
	case v.Counts.Failed > 0 && lost > 0:
		out.say(" ")
		out.tone("risk", capital(numberInWords(lost))+" "+redundancies(lost)+" lost already")
		out.say(" and ")
		out.tone("down", numberInWords(v.Counts.Failed)+" "+hasHave(v.Counts.Failed)+" failed")
		out.say(".")
	case v.Counts.Failed > 0:
		out.say(" ")
		out.tone("down", capital(numberInWords(v.Counts.Failed))+" redundancy group"+s1(v.Counts.Failed)+" "+hasHave(v.Counts.Failed)+" failed.")
	case lost > 0:
		out.say(" ")
		out.tone("risk", capital(numberInWords(lost))+" "+redundancies(lost)+" lost already.")
	case v.Counts.Full > 0:
		out.say(" No redundancy is lost.")
	}
	if fails > 0 {
		out.say(" " + capital(numberInWords(fails)) + " group" + s1(fails) + " could not carry " + map[bool]string{true: "its", false: "their"}[fails == 1] + " traffic after one failure.")
	}
	if v.Counts.Unknown > 0 {
		out.say(" Of " + numberInWords(v.Counts.Unknown) + " it is not known.")
	}
	return out
}

func s1(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func hasHave(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

func redundancies(n int) string {
	if n == 1 {
		return "redundancy is"
	}
	return "redundancies are"
}

func cutInWords(singles []singleView) string {
	for _, x := range singles {
		if x.Users > 0 {
			return "users"
		}
	}
	return "devices"
}

func worstInWords(x singleView, s sight) string {
	words := plural(x.Devices, "device")
	if x.Users > 0 {
		words = plural(x.Users, "user")
	}
	if len(x.Sites) == 1 && x.Sites[0] != "" {
		words += " in " + s.v.SiteTitle(x.Sites[0])
	}
	return words
}

// numberInWords is one to twelve in words, and others in figures.
func numberInWords(n int) string {
	words := []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
	if n >= 0 && n < len(words) {
		return words[n]
	}
	return countInWords(n)
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// unknownThing makes the error of the topology an answer.
func unknownThing(err error) error {
	if errors.Is(err, live.ErrUnknownThing) {
		return newProblem(404, "there is no such device, link, circuit or risk group, or it is at a site that you may not see; write device:NAME, link:ID, interface:DEVICE/PORT, circuit:NAME or risk:NAME")
	}
	return err
}
