package plan

import (
	"context"
	"fmt"
	"time"

	"ninewatch/collector/capacity"
)

const (
	hoursOfWeek = 168
	bandDays    = 56 // of hours that a normal band is learnt from
	bandWidth   = 3  // scaled deviations: what Hampel takes for an outlier
)

// NormalBand is the usual range of each hour of the week of a resource, with the last week beside it.
type NormalBand struct {
	Resource  string     `json:"resource"`
	Direction string     `json:"direction,omitempty"`
	Unit      string     `json:"unit"`
	Withheld  string     `json:"withheld,omitempty"`
	Hours     []BandHour `json:"hours" nullable:"false"`
}

// BandHour is an hour of the last week.
type BandHour struct {
	At      string   `json:"at"`
	Low     float64  `json:"low"`
	Middle  float64  `json:"middle"`
	High    float64  `json:"high"`
	Mean    *float64 `json:"mean" doc:"what came"`
	Unusual float64  `json:"unusual" doc:"half widths outside of the band; 0 inside, negative below"`
}

// Band learns the normal band of a resource from its last 8 weeks but the last, and sets that beside it.
func (s *Service) Band(ctx context.Context, resource string) (NormalBand, error) {
	found := s.Answers(Scope{Resource: resource})
	if len(found) == 0 {
		return NormalBand{}, fmt.Errorf("look up %q: %w", resource, ErrUnknown)
	}
	a := found[0]
	w, err := s.look(ctx)
	if err != nil {
		return NormalBand{}, err
	}
	zone := w.zone(a.Site)
	today := dateIn(s.deps.Now().UnixMilli(), zone)
	series, err := s.hours(ctx, a.Series, lineOf(a.Direction), plus(today, -bandDays), today, zone)
	if err != nil {
		return NormalBand{}, err
	}
	out := NormalBand{Resource: a.Resource, Direction: a.Direction, Unit: a.Unit, Hours: []BandHour{}}
	for i := range series.Values {
		series.Values[i] *= signOf(a.Series)
	}
	n := len(series.Values) - hoursOfWeek
	band, ok := capacity.NewBand(series, max(0, n), hoursOfWeek, capacity.Calendar{Zone: zone, Holidays: w.holidays[a.Site]}, bandWidth)
	if n < 0 || !ok {
		out.Withheld = "not enough history: it takes two weeks before the last one"
		return out, nil
	}
	for i := n; i < len(series.Values); i++ {
		at := series.Start + int64(i)*series.Step
		low, middle, high, ok := band.At(at)
		if !ok {
			continue
		}
		h := BandHour{At: time.UnixMilli(at).UTC().Format(time.RFC3339), Low: low, Middle: middle, High: high, Mean: known(series.Values[i])}
		if h.Mean != nil {
			h.Unusual = known0(band.Unusual(at, series.Values[i]))
		}
		out.Hours = append(out.Hours, h)
	}
	return out, nil
}

// hours are the hourly means of a line over some days.
func (s *Service) hours(ctx context.Context, name string, line int, from, to capacity.Date, zone *time.Location) (capacity.Series, error) {
	days, err := s.buckets(ctx, name, from, plus(to, -1))
	if err != nil {
		return capacity.Series{}, err
	}
	first := to // the first day that is there
	for d := from; between(d, to) > 0; d = plus(d, 1) {
		if _, ok := days[number(d)]; ok {
			first = d
			break
		}
	}
	begin, _ := dayBounds(first, zone)
	var values []float64
	for d := first; between(d, to) > 0; d = plus(d, 1) {
		a, b := dayBounds(d, zone)
		l := newLine(int((b - a) / bucketMillis))
		if stored, ok := days[number(d)]; ok && line < len(stored.lines) && len(stored.lines[line].rate) == len(l.rate) {
			l = stored.lines[line]
		}
		values = append(values, l.rate...)
	}
	out := capacity.Series{Start: begin, Step: hourMillis}
	for i := 0; i+perHour <= len(values); i += perHour {
		out.Values = append(out.Values, mean(values[i:i+perHour]))
	}
	return out, nil
}
