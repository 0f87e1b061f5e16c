package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/capacity"
)

// ErrUnknown means that there is no such resource.
var ErrUnknown = errors.New("unknown resource")

// Outlook is what is known of the future of a resource. Dates are local days; null is what cannot be said, or will
// not happen within the horizon.
type Outlook struct {
	Resource  string `json:"resource"`
	Kind      string `json:"kind" enum:"interface,circuit,processor,memory,storage,power,sensor,expression"`
	Title     string `json:"title"`
	Site      string `json:"site"`
	Device    string `json:"device"`
	Interface string `json:"interface,omitempty"`
	Provider  string `json:"provider,omitempty"`
	Series    string `json:"series" doc:"what is measured: of a circuit its interface"`
	Direction string `json:"direction,omitempty" enum:"in,out" doc:"of traffic, the one that fills up first"`
	Unit      string `json:"unit" enum:"bit/s,bytes,percent,watts,celsius,minutes,volts,amperes,rpm,hertz,number"`

	Capacity     *float64 `json:"capacity"`
	Limit        *float64 `json:"limit" doc:"in the unit"`
	LimitPercent float64  `json:"limit_percent"`
	Minimum      bool     `json:"minimum,omitempty" doc:"the limit is what it must not fall below; p95 is then the 5th percentile"`
	LeadDays     float64  `json:"lead_time_days"`

	P95         *float64   `json:"p95" doc:"median of the last 7 daily 95th percentiles"`
	Mean        *float64   `json:"mean" doc:"mean of the last 28 days"`
	MeanBefore  *float64   `json:"mean_before" doc:"the same 91 days earlier"`
	TrendPerDay *float64   `json:"trend_per_day"`
	Forecast    []Expected `json:"forecast" nullable:"false" doc:"medians of 7 days"`
	FullOn      FullOn     `json:"full_on"`
	OverSince   *string    `json:"over_since" doc:"the limit has been reached since"`
	OrderBy     *string    `json:"order_by"`
	Overdue     bool       `json:"overdue"`

	Probability []Chance   `json:"probability" nullable:"false" doc:"of reaching the limit"`
	Backtest    Backtest   `json:"backtest"`
	Model       string     `json:"model"`
	Withheld    string     `json:"withheld,omitempty" doc:"why there are no dates"`
	Idle        bool       `json:"idle,omitempty" doc:"it carries next to nothing, or always the same"`
	Shifts      []Rebase   `json:"shifts" nullable:"false" doc:"where the level or the slope changed; what was before is not fitted"`
	Beyond      bool       `json:"beyond,omitempty" doc:"dates lie further ahead than twice the history"`
	HistoryDays int        `json:"history_days"`
	Coverage    float64    `json:"coverage" doc:"share of days with data"`
	Day         string     `json:"day" doc:"local day on which this was computed"`
	MadeAt      string     `json:"made_at"`
	History     []PastDay  `json:"history,omitempty"`
	Compared    *Compared  `json:"compared,omitempty"`
	Held        HeldCounts `json:"held"`

	made time.Time
}

// Expected is a forecast of a day.
type Expected struct {
	Date string  `json:"date"`
	P10  float64 `json:"p10"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
}

// FullOn is when the limit is reached: earliest plausible, middle, latest plausible.
type FullOn struct {
	P10 *string `json:"p10"`
	P50 *string `json:"p50"`
	P90 *string `json:"p90"`
}

// Chance is the probability of reaching the limit within some days.
type Chance struct {
	Days int     `json:"days"`
	P    float64 `json:"p"`
}

// Backtest is how the forecast did on the past.
type Backtest struct {
	MASE       *float64 `json:"mase"`
	NaiveMASE  *float64 `json:"naive_mase"`
	Coverage80 *float64 `json:"coverage80"`
	N          int      `json:"n"`
}

// Rebase is where a series began to behave otherwise.
type Rebase struct {
	Date string  `json:"date"`
	By   float64 `json:"by"`
	Kind string  `json:"kind" enum:"level,slope"`
}

// PastDay is a day of the history.
type PastDay struct {
	Date     string   `json:"date"`
	P95      *float64 `json:"p95"`
	Max      *float64 `json:"max"`
	Mean     *float64 `json:"mean"`
	Coverage float64  `json:"coverage"`
	Capacity float64  `json:"capacity"`
}

// Compared is an earlier forecast beside what happened.
type Compared struct {
	MadeAt      string     `json:"made_at"`
	Points      []Expected `json:"points" nullable:"false"`
	Inside80    float64    `json:"inside80" doc:"share of points that came to lie between p10 and p90"`
	MedianError float64    `json:"median_error" doc:"median of (what came - p50) / what came"`
	N           int        `json:"n"`
}

// HeldCounts are evaluations in a row, one a day, of which the chance within the lead time was so large.
type HeldCounts struct {
	Warning  int `json:"warning"`
	Critical int `json:"critical"`
}

// Scope chooses resources: all fields that are set have to match.
type Scope struct {
	Site     string
	Device   string
	Resource string // its name, or what is measured
}

// ParseScope reads company, site:NAME, device:NAME or the name of a resource.
func ParseScope(text string) Scope {
	kind, name, _ := strings.Cut(text, ":")
	switch kind {
	case "company", "":
		return Scope{}
	case "site":
		return Scope{Site: name}
	case "device":
		return Scope{Device: name}
	}
	return Scope{Resource: text}
}

func (s Scope) takes(r Resource) bool {
	return (s.Site == "" || s.Site == r.Site) && (s.Device == "" || s.Device == r.Device) && (s.Resource == "" || s.Resource == r.Name || s.Resource == r.Series)
}

// Answers are those of a scope, what has to be ordered first in front, and what has no date behind.
func (s *Service) Answers(scope Scope) []Outlook {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []Outlook
	for _, a := range s.answers {
		if scope.takes(Resource{Name: a.Resource, Series: a.Series, Site: a.Site, Device: a.Device}) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, byOrder)
	return out
}

// byOrder is the order of the plan.
func byOrder(a, b Outlook) int {
	return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(text(a.OrderBy), text(b.OrderBy)), cmp.Compare(fill(b), fill(a)), strings.Compare(a.Resource, b.Resource))
}

func rank(a Outlook) int {
	switch {
	case a.OverSince != nil:
		return 0
	case a.OrderBy != nil:
		return 1
	case a.Withheld == "":
		return 2
	case !a.Idle:
		return 3
	}
	return 4
}

// fill is the load as a share of the limit.
func fill(a Outlook) float64 {
	if a.P95 == nil || a.Limit == nil || *a.Limit <= 0 {
		return 0
	}
	if a.Minimum {
		return *a.Limit / max(*a.P95, *a.Limit/1e6)
	}
	return *a.P95 / *a.Limit
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// Detail is the answer of one resource with its history and an earlier forecast beside what came.
func (s *Service) Detail(ctx context.Context, resource string) (Outlook, error) {
	found := s.Answers(Scope{Resource: resource})
	if len(found) == 0 {
		return Outlook{}, fmt.Errorf("look up %q: %w", resource, ErrUnknown)
	}
	a := found[0]
	p, err := s.past(ctx, a.Series, plus(s.todayOf(a), 0))
	if err != nil {
		return a, err
	}
	a.History = historyOf(p, lineOf(a.Direction), signOf(a.Series))
	a.Compared, err = s.compare(ctx, a, p)
	return a, err
}

// todayOf is the day after the last that the forecast knew.
func (s *Service) todayOf(a Outlook) capacity.Date {
	t, err := time.Parse(time.DateOnly, a.Day)
	if err != nil {
		return dateIn(s.deps.Now().UnixMilli(), time.UTC)
	}
	return capacity.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}
}

func lineOf(direction string) int {
	if direction == "out" {
		return 1
	}
	return 0
}

func historyOf(p past, line int, sign float64) []PastDay {
	out := make([]PastDay, len(p.days))
	for i, f := range p.days {
		out[i].Date, out[i].Capacity = dateText(p.date(i)), f.Capacity
		if line < len(f.Lines) {
			l := f.Lines[line]
			out[i].P95, out[i].Max, out[i].Mean, out[i].Coverage = known(sign*l.P95), known(sign*l.Max), known(sign*l.Mean), known0(l.Coverage)
		}
	}
	return out
}

// known is nil for what is not a number.
func known(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func known0(v float64) float64 {
	if p := known(v); p != nil {
		return *p
	}
	return 0
}
