package uptime

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
)

type sloInput struct {
	Period      periodVector    `json:"period"`
	Target      json.Number     `json:"target_pct"`
	Down        []windowVector  `json:"down"`
	Unknown     []windowVector  `json:"unknown"`
	Maintenance []windowVector  `json:"maintenance"`
	Calendar    *calendarVector `json:"calendar"`
	EvaluateAt  []instant       `json:"evaluate_at"`
}

type sloOutput struct {
	Budget      float64         `json:"budget_s"`
	Consumed    int64           `json:"consumed_s"`
	Remaining   float64         `json:"remaining_s"`
	Evaluations []sloEvaluation `json:"evaluations"`
}

type sloEvaluation struct {
	At    instant             `json:"at"`
	Burn  map[string]*float64 `json:"burn"` // null: undetermined
	Fires []string            `json:"fires"`
}

func sloVector(raw json.RawMessage) (any, error) {
	var in sloInput
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	period, err := in.Period.window()
	if err != nil {
		return nil, err
	}
	objective, err := objectiveVector(in.Target)
	if err != nil {
		return nil, err
	}
	if objective == nil {
		return nil, fmt.Errorf("target_pct is missing: want a percentage")
	}
	calendar, err := in.Calendar.calendar()
	if err != nil {
		return nil, err
	}
	timeline := in.timeline(period)
	s := Summarize(timeline, Terms{Period: period, Calendar: calendar, Maintenance: windows(in.Maintenance), Objective: objective})
	budget := s.Budget()
	out := sloOutput{Consumed: s.D(), Evaluations: []sloEvaluation{}}
	out.Budget, _ = budget.Float64()
	out.Remaining, _ = new(big.Rat).Sub(budget, new(big.Rat).SetInt64(s.D())).Float64()
	for _, at := range in.EvaluateAt {
		b := BurnRates(timeline, objective, s.Period, int64(at))
		e := sloEvaluation{At: at, Burn: map[string]*float64{}, Fires: append([]string{}, b.Fires...)}
		for w, rate := range b.Rates {
			e.Burn[strconv.FormatInt(w, 10)] = round4(rate)
		}
		out.Evaluations = append(out.Evaluations, e)
	}
	return out, nil
}

// timeline is up except where the input says otherwise, for as long as any look-back may ask.
func (in sloInput) timeline(period Window) []Interval {
	from, to := period.From, period.To
	for _, at := range in.EvaluateAt {
		from, to = min(from, int64(at)), max(to, int64(at))
	}
	out := []Interval{{From: from - 259_200, To: to, State: Up}}
	for _, w := range windows(in.Unknown) {
		out = overlay(out, Interval{From: w.From, To: w.To, State: Unknown})
	}
	for _, w := range windows(in.Down) {
		out = overlay(out, Interval{From: w.From, To: w.To, State: Down})
	}
	return out
}

type mefInput struct {
	N           int       `json:"n"`
	P           int       `json:"p"`
	C           float64   `json:"C"`
	FLR         []float64 `json:"flr"`
	Maintenance [][2]int  `json:"maintenance"` // half-open ranges of interval numbers
}

type mefOutput struct {
	Available    []int           `json:"available"`
	Availability *fractionVector `json:"availability"`
	HLI          int             `json:"hli"`
	CHLI         int             `json:"chli"`
}

func mefVector(raw json.RawMessage) (any, error) {
	var in mefInput
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	if in.N < 1 || in.P < 1 {
		return nil, fmt.Errorf("n %d and p %d: want at least 1", in.N, in.P)
	}
	s := SlidingWindow(in.FLR, in.N, in.P, in.C, func(i int) bool {
		for _, m := range in.Maintenance {
			if m[0] <= i && i < m[1] {
				return true
			}
		}
		return false
	})
	out := mefOutput{Available: []int{}, Availability: fraction(s.Availability), HLI: s.HLI, CHLI: s.CHLI}
	for _, a := range s.Available {
		n := 0
		if a {
			n = 1
		}
		out.Available = append(out.Available, n)
	}
	return out, nil
}
