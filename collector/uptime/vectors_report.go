package uptime

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

type reportVector struct {
	Period       instantPair             `json:"period"`
	Targets      map[string]targetReport `json:"targets"`
	Services     map[string]targetReport `json:"services,omitempty"`
	MTTA         *float64                `json:"-"`
	Unacked      int                     `json:"-"`
	acknowledged bool
}

type instantPair struct {
	From instant `json:"from"`
	To   instant `json:"to"`
}

// MarshalJSON adds what is only said where acknowledgements were given.
func (r reportVector) MarshalJSON() ([]byte, error) {
	type plain reportVector
	if !r.acknowledged {
		return json.Marshal(plain(r))
	}
	return json.Marshal(struct {
		plain
		MTTA    *float64 `json:"mtta_s"`
		Unacked int      `json:"unacked"`
	}{plain(r), r.MTTA, r.Unacked})
}

type targetReport struct {
	Period       int64            `json:"period_s"`
	Agreed       int64            `json:"agreed_s"`
	Maintenance  int64            `json:"maintenance_s"`
	Outside      int64            `json:"outside_calendar_s"`
	NotInService *int64           `json:"not_in_service_s,omitempty"`
	Seconds      secondsVector    `json:"seconds"`
	Availability *fractionVector  `json:"availability"`
	Low          *fractionVector  `json:"availability_low"`
	High         *fractionVector  `json:"availability_high"`
	Coverage     *fractionVector  `json:"coverage"`
	Verdict      *string          `json:"verdict"`
	Outages      []outageVector   `json:"outages"`
	Failures     int64            `json:"failures"`
	MTBF         *float64         `json:"mtbf_s"`
	MTTR         *float64         `json:"mttr_s"`
	Intervals    []intervalVector `json:"intervals"`
	Restarts     []restartVector  `json:"restarts,omitempty"`
}

type secondsVector struct {
	Up          int64 `json:"up"`
	Degraded    int64 `json:"degraded"`
	Down        int64 `json:"down"`
	Unreachable int64 `json:"unreachable"`
	Unknown     int64 `json:"unknown"`
}

type outageVector struct {
	From     instant `json:"from"`
	To       instant `json:"to"`
	Raw      int64   `json:"raw_down_s"`
	Counted  int64   `json:"counted_down_s"`
	Started  bool    `json:"started_in_period"`
	Restored bool    `json:"restored_in_period"`
	Failure  bool    `json:"counts_as_failure"`
}

type intervalVector Interval

func (x intervalVector) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{instant(x.From), instant(x.To), x.State})
}

type restartVector struct {
	At      instant  `json:"at"`
	Kind    string   `json:"kind"`
	From    *instant `json:"down_from,omitempty"`
	Longest *instant `json:"down_max_from,omitempty"`
}

// judgedVector is the outcome of a timeline case before it is measured.
type judgedVector struct {
	in       timelineInput
	pol      Policy
	whole    Window // all the time that samples or the period cover
	raw      map[string][]Interval
	resolved map[string][]Interval
	restarts map[string][]Restart
}

func timelineVector(raw json.RawMessage) (any, error) {
	var in timelineInput
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	period, err := in.Period.window()
	if err != nil {
		return nil, err
	}
	calendar, err := in.Calendar.calendar()
	if err != nil {
		return nil, err
	}
	objective, err := objectiveVector(in.Target)
	if err != nil {
		return nil, err
	}
	j, err := judge(in, period)
	if err != nil {
		return nil, err
	}
	terms := Terms{Period: period, Calendar: calendar, Objective: objective, UnreachableCounts: in.Policy.Unreachable == "down"}
	out := reportVector{Period: instantPair{instant(period.From), instant(period.To)}, Targets: map[string]targetReport{}}
	for name, t := range in.Targets {
		out.Targets[name] = j.report(name, j.resolved[name], t.Created, terms)
	}
	if len(in.Services) > 0 {
		out.Services = map[string]targetReport{}
	}
	for name := range in.Services {
		e, err := in.expr(in.Services[name], []string{name})
		if err != nil {
			return nil, fmt.Errorf("service %q: %w", name, err)
		}
		out.Services[name] = j.report(name, Compose(e, j.resolved, j.whole.From, j.whole.To), nil, terms)
	}
	in.acknowledge(&out)
	return out, nil
}

// judge evaluates all targets, parents before children.
func judge(in timelineInput, period Window) (*judgedVector, error) {
	pol, err := in.policy()
	if err != nil {
		return nil, err
	}
	j := &judgedVector{
		in: in, pol: pol, whole: period,
		raw: map[string][]Interval{}, resolved: map[string][]Interval{}, restarts: map[string][]Restart{},
	}
	asOf := int64(1) << 62
	if in.AsOf != nil {
		asOf = int64(*in.AsOf) * 1000
	}
	var away [][2]int64
	for _, w := range in.AgentAway {
		away = append(away, [2]int64{w.From * 1000, w.To * 1000})
	}
	for name, t := range in.Targets {
		streams, readings, err := t.streams(pol.ICMP.Interval, away)
		if err != nil {
			return nil, fmt.Errorf("target %q: %w", name, err)
		}
		j.restarts[name] = Restarts(readings, streams, pol)
		line := toSeconds(combine(streams, pol, asOf, 0))
		line = WithReboots(line, j.restarts[name])
		j.raw[name] = line
		if len(line) > 0 {
			j.whole.From = min(j.whole.From, line[0].From)
			j.whole.To = max(j.whole.To, line[len(line)-1].To)
		}
	}
	for name := range in.Targets {
		if err := j.resolve(name, nil); err != nil {
			return nil, err
		}
	}
	return j, nil
}

func (j *judgedVector) resolve(name string, path []string) error {
	if _, done := j.resolved[name]; done {
		return nil
	}
	t, ok := j.in.Targets[name]
	if !ok {
		return fmt.Errorf("parent %q is not a target", name)
	}
	if slices.Contains(path, name) {
		return fmt.Errorf("target %q is its own ancestor", name)
	}
	mode := AnyParent
	switch t.ParentMode {
	case "all":
		mode = AllParents
	case "any", "":
	default:
		return fmt.Errorf("target %q: parent_mode %q: want any or all", name, t.ParentMode)
	}
	var parents [][]Interval
	for _, p := range t.Parents {
		if err := j.resolve(p, append(path, name)); err != nil {
			return err
		}
		parents = append(parents, j.resolved[p])
	}
	line := clip(j.raw[name], j.whole.From, j.whole.To)
	j.resolved[name] = ApplyParents(line, parents, mode, j.pol.Skew)
	return nil
}

func (j *judgedVector) report(name string, line []Interval, created *instant, terms Terms) targetReport {
	terms.Maintenance = j.maintenance(name)
	if created != nil {
		terms.Since = int64(*created)
	} else {
		terms.Since = terms.Period.From
	}
	s := Summarize(line, terms)
	out := targetReport{
		Period: s.Period, Agreed: s.Agreed, Maintenance: s.Maintenance, Outside: s.Outside,
		Seconds:      secondsVector{s.Up, s.Degraded, s.Down, s.Unreachable, s.Unknown},
		Availability: fraction(s.Availability()), Low: fraction(s.Low()), High: fraction(s.High()),
		Coverage: fraction(s.Coverage()), Outages: []outageVector{}, Failures: s.Failures,
		MTBF: quotient(s.MTBF()), MTTR: quotient(s.MTTR()), Intervals: []intervalVector{},
	}
	if created != nil {
		out.NotInService = &s.NotInService
	}
	if v := s.Verdict(); v != "" {
		out.Verdict = &v
	}
	for _, o := range s.Outages {
		out.Outages = append(out.Outages, outageVector{
			instant(o.From), instant(o.To), o.Raw, o.Counted, o.Started, o.Restored, o.Counted > 0,
		})
	}
	for _, x := range byState(clip(line, terms.Period.From, terms.Period.To)) {
		out.Intervals = append(out.Intervals, intervalVector(x))
	}
	for _, r := range j.restarts[name] {
		if r.At >= terms.Period.From && r.At < terms.Period.To {
			out.Restarts = append(out.Restarts, newRestartVector(r))
		}
	}
	return out
}

func newRestartVector(r Restart) restartVector {
	out := restartVector{At: instant(r.At), Kind: r.Kind}
	if r.Kind == Reboot {
		from, longest := instant(r.From), instant(r.Longest)
		out.From, out.Longest = &from, &longest
	}
	return out
}

// maintenance is the windows of a target or service. One made after its start counts only by policy.
func (j *judgedVector) maintenance(name string) Windows {
	var in []windowVector
	for _, w := range slices.Concat(j.in.Maintenance["*"], j.in.Maintenance[name]) {
		if w.created != nil && int64(*w.created) > w.From && j.in.Policy.Retroactive != "exclude" {
			continue
		}
		in = append(in, w)
	}
	return windows(in)
}

func (in timelineInput) acknowledge(out *reportVector) {
	if in.Acks == nil {
		return
	}
	out.acknowledged = true
	var f Fraction
	for _, a := range in.Acks {
		if a.Acked == nil {
			out.Unacked++
			continue
		}
		f.Num, f.Den = f.Num+int64(*a.Acked-a.Alerted), f.Den+1
	}
	out.MTTA = quotient(f)
}

// exprVector is a name, {k, of}, {any: [...]} or {all: [...]}.
type exprVector struct {
	Target string
	K      int          `json:"k"`
	Of     []exprVector `json:"of"`
	Any    []exprVector `json:"any"`
	All    []exprVector `json:"all"`
}

func (e *exprVector) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &e.Target); err == nil {
		return nil
	}
	type plain exprVector
	return json.Unmarshal(b, (*plain)(e))
}

// expr resolves names of services in e, and checks it.
func (in timelineInput) expr(e exprVector, path []string) (Expr, error) {
	if e.Target != "" {
		if _, ok := in.Targets[e.Target]; ok {
			return Expr{Target: e.Target}, nil
		}
		s, ok := in.Services[e.Target]
		if !ok {
			return Expr{}, fmt.Errorf("member %q is neither a target nor a service", e.Target)
		}
		if slices.Contains(path, e.Target) {
			return Expr{}, fmt.Errorf("service %q contains itself", e.Target)
		}
		return in.expr(s, append(path, e.Target))
	}
	out, members := Expr{K: e.K}, e.Of
	switch {
	case e.Any != nil:
		out.K, members = 1, e.Any
	case e.All != nil:
		out.K, members = len(e.All), e.All
	}
	if len(members) == 0 || out.K < 1 || out.K > len(members) {
		return out, errors.New("want k from 1 to the number of members, any or all")
	}
	for _, m := range members {
		x, err := in.expr(m, path)
		if err != nil {
			return out, err
		}
		out.Of = append(out.Of, x)
	}
	return out, nil
}
