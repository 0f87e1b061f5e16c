package topology

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"ninewatch/internal/vectors"
)

// VectorKinds answers test vectors of kinds group, fhrp and rootcause (analytics, sections C.2 to C.4), each in the form of its
// expectation.
var VectorKinds = vectors.Kinds{
	"group":     groupVector,
	"fhrp":      fhrpVector,
	"rootcause": rootCauseVector,
}

// decimal is a JSON number, or a text that holds one.
type decimal float64

func (d *decimal) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
		return fmt.Errorf("%.40q: want a decimal number", text)
	}
	*d = decimal(x)
	return nil
}

type groupInput struct {
	Mode    Mode `json:"mode"`
	Members []struct {
		ID       string  `json:"id"`
		Capacity decimal `json:"cap_mbps"`
		State    State   `json:"state"`
		Priority int     `json:"prio"`
	} `json:"members"`
	Min       *int                `json:"min"`
	Designed  int                 `json:"designed"`
	Load      *decimal            `json:"load_mbps"`
	Limit     *decimal            `json:"limit"`
	Imbalance *decimal            `json:"imbalance"`
	Risks     map[string][]string `json:"srlg"`
}

type groupOutput struct {
	Up        int                      `json:"up"`
	Unknown   int                      `json:"unknown"`
	Size      int                      `json:"n"`
	Class     Class                    `json:"class"`
	Worst     Class                    `json:"worst"`
	Best      Class                    `json:"best"`
	Redundant bool                     `json:"redundant_by_design"`
	Now       *outcomeOutput           `json:"now,omitempty"`
	Scenarios map[string]outcomeOutput `json:"scenarios,omitzero"`
	Holds     *bool                    `json:"n_minus_1_ok,omitempty"`
}

type outcomeOutput struct {
	Util *float64 `json:"util"`
	Fits bool     `json:"fits"`
}

func groupVector(input json.RawMessage) (any, error) {
	var in groupInput
	if err := json.Unmarshal(input, &in); err != nil {
		return nil, err
	}
	g, err := in.group()
	if err != nil {
		return nil, err
	}
	out := groupOutput{Size: g.Size(), Redundant: g.Redundant()}
	out.Up, out.Unknown = g.Count()
	v := g.Verdict()
	out.Class, out.Worst, out.Best = v.Class, v.Worst, v.Best
	if !g.Mode.Carries() || in.Load == nil {
		return out, nil
	}
	n1 := g.Survive(Load{Rate: float64(*in.Load), Limit: or(in.Limit, DefaultLimit), Imbalance: or(in.Imbalance, 1)})
	now := outcomeOf(n1.Now)
	out.Now, out.Holds, out.Scenarios = &now, &n1.Holds, map[string]outcomeOutput{}
	for _, s := range n1.Scenarios {
		out.Scenarios[s.Scenario] = outcomeOf(s)
	}
	return out, nil
}

func (in groupInput) group() (Group, error) {
	g := Group{Mode: in.Mode, Needed: 1, Designed: in.Designed}
	if in.Min != nil {
		g.Needed = *in.Min
	}
	if in.Mode == "" {
		g.Mode = LAG
	}
	if in.Load != nil && !g.Mode.Carries() {
		return g, fmt.Errorf("mode %.40q: want %s, %s, %s or %s for a group with a load", in.Mode, LAG, ECMP, WeightedECMP, ActiveBackup)
	}
	if g.Needed < 0 || g.Designed < 0 {
		return g, fmt.Errorf("min %d, designed %d: want 0 or more", g.Needed, g.Designed)
	}
	if in.Load != nil && *in.Load < 0 || or(in.Imbalance, 1) < 1 {
		return g, errors.New("load_mbps is 0 or more, and imbalance 1 or more")
	}
	known := map[string]bool{}
	for i, m := range in.Members {
		if known[m.ID] {
			return g, fmt.Errorf("members[%d]: %.40q stands twice: give each member an id of its own", i, m.ID)
		}
		if m.Capacity < 0 {
			return g, fmt.Errorf("members[%d]: cap_mbps %v: want 0 or more", i, m.Capacity)
		}
		known[m.ID] = true
		g.Members = append(g.Members, Member{ID: m.ID, State: m.State, Capacity: float64(m.Capacity), Priority: m.Priority})
	}
	for name, members := range in.Risks { // may name what is no member: a duct holds other links too
		g.Risks = append(g.Risks, Risk{Name: name, Members: members})
	}
	slices.SortFunc(g.Risks, func(a, b Risk) int { return strings.Compare(a.Name, b.Name) })
	return g, nil
}

func outcomeOf(o Outcome) outcomeOutput {
	out := outcomeOutput{Fits: o.Fits}
	if !math.IsInf(o.Util, 0) {
		util, err := strconv.ParseFloat(strconv.FormatFloat(o.Util, 'f', 6, 64), 64)
		if err == nil {
			out.Util = &util
		}
	}
	return out
}

func or(d *decimal, otherwise float64) float64 {
	if d == nil {
		return otherwise
	}
	return float64(*d)
}

func fhrpVector(input json.RawMessage) (any, error) {
	var in struct {
		States []string `json:"states"`
	}
	if err := json.Unmarshal(input, &in); err != nil {
		return nil, err
	}
	roles := make([]Role, len(in.States))
	for i, s := range in.States {
		var err error
		if roles[i], err = ParseRole(s); err != nil {
			return nil, fmt.Errorf("states[%d]: %w", i, err)
		}
	}
	return map[string]Class{"class": ClassifyFHRP(roles)}, nil
}

func rootCauseVector(input json.RawMessage) (any, error) {
	var in struct {
		Edges    [][]string       `json:"edges"`
		Vantages []string         `json:"vantages"`
		State    map[string]State `json:"state"`
	}
	if err := json.Unmarshal(input, &in); err != nil {
		return nil, err
	}
	s := Situation{Vantages: in.Vantages, State: in.State}
	for i, e := range in.Edges {
		if len(e) != 2 {
			return nil, fmt.Errorf("edges[%d]: %d ends: want a pair of node names", i, len(e))
		}
		s.Edges = append(s.Edges, [2]string(e))
	}
	return RootCauses(s), nil
}
