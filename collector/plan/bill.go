package plan

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"ninewatch/collector/capacity"
)

// Bill is the 95th percentile of a month of a line (analytics B.3), in bit/s.
type Bill struct {
	Resource string     `json:"resource"`
	Series   string     `json:"series"`
	Month    string     `json:"month"`
	Zone     string     `json:"zone"`
	Mode     string     `json:"mode" enum:"max_of_p95,p95_of_max,p95_of_sum"`
	Value    *float64   `json:"value" doc:"billed bit/s"`
	In       Percentile `json:"in"`
	Out      Percentile `json:"out"`
	Max      Percentile `json:"max" doc:"of the larger direction of each bucket"`
	Sum      Percentile `json:"sum" doc:"of both directions together"`
	ZeroFill bool       `json:"zero_fill" doc:"missing buckets count as zero"`
	Complete bool       `json:"complete" doc:"the month is over"`
	Withheld string     `json:"withheld,omitempty" doc:"why there is no value: its buckets are kept no longer, or it has not begun"`

	lines [2][]float64
	from  []int64
}

// Percentile is a percentile and what it rests on.
type Percentile struct {
	Value     *float64 `json:"value"`
	N         int      `json:"n"`
	Missing   int      `json:"missing"`
	Rank      int      `json:"rank"`
	Discarded int      `json:"discarded"`
	Coverage  float64  `json:"coverage"`
	At        *string  `json:"at" doc:"beginning of the bucket that gives the value"`
}

// Bill bills a month, such as 2026-10, of an interface or a circuit.
func (s *Service) Bill(ctx context.Context, resource, month string, mode capacity.Mode, zeroFill bool) (Bill, error) {
	found := s.Answers(Scope{Resource: resource})
	if len(found) == 0 || found[0].Unit != "bit/s" {
		return Bill{}, fmt.Errorf("look up line %q: %w", resource, ErrUnknown)
	}
	first, err := time.Parse("2006-01", month)
	if err != nil {
		return Bill{}, fmt.Errorf("month %q is not one, write for example 2026-10: %w", month, err)
	}
	w, err := s.look(ctx)
	if err != nil {
		return Bill{}, err
	}
	zone := w.zone(found[0].Site)
	b := Bill{Resource: found[0].Resource, Series: found[0].Series, Month: month, Zone: zone.String(), Mode: string(mode), ZeroFill: zeroFill}
	from := capacity.Date{Year: first.Year(), Month: first.Month(), Day: 1}
	end := plus(from, first.AddDate(0, 1, -1).Day())
	b.Complete = s.deps.Now().UnixMilli() >= end.Start(zone)
	if s.deps.Now().UnixMilli() < from.Start(zone) {
		b.Withheld = "the month has not begun"
		return b, nil
	}
	days, err := s.buckets(ctx, b.Series, from, plus(end, -1))
	if err != nil {
		return Bill{}, err
	}
	if b.Withheld, err = s.gone(ctx, b.Series, from, days); err != nil || b.Withheld != "" {
		return b, err
	}
	for d := from; between(d, end) > 0; d = plus(d, 1) {
		if dayFrom, _ := dayBounds(d, zone); dayFrom > s.deps.Now().UnixMilli() {
			break
		}
		b.add(d, zone, days[number(d)])
	}
	bill := capacity.NewBill(b.lines[0], b.lines[1], zeroFill)
	b.In, b.Out, b.Max, b.Sum = b.percentile(bill.In), b.percentile(bill.Out), b.percentile(bill.Max), b.percentile(bill.Sum)
	b.Value = known(bill.Value(mode))
	return b, nil
}

// gone tells that buckets of a month have been deleted: a bill of the rest would be wrong, and nobody could count
// again.
func (s *Service) gone(ctx context.Context, series string, first capacity.Date, days map[int64]day) (string, error) {
	month, err := s.month(ctx, series, number(first)/100)
	if err != nil {
		return "", err
	}
	lost := 0
	for d := range month {
		if _, ok := days[number(first)+int64(d)-1]; !ok {
			lost++
		}
	}
	if lost == 0 {
		return "", nil
	}
	return fmt.Sprintf("the buckets of %d days of this month are kept no longer: those of interfaces for %d days, those of circuits for %d; a circuit in the inventory keeps them longer",
		lost, s.cfg.BucketDays, s.cfg.CircuitDays), nil
}

// add appends the buckets of a day; those that nobody stored are missing.
func (b *Bill) add(d capacity.Date, zone *time.Location, stored day) {
	from, to := dayBounds(d, zone)
	for i := range int((to - from) / bucketMillis) {
		b.from = append(b.from, from+int64(i)*bucketMillis)
		for line := range 2 {
			v := math.NaN()
			if line < len(stored.lines) && i < len(stored.lines[line].rate) {
				v = stored.lines[line].rate[i]
			}
			b.lines[line] = append(b.lines[line], v)
		}
	}
}

func (b *Bill) percentile(p capacity.Percentile95) Percentile {
	out := Percentile{Value: known(p.Value), N: p.N, Missing: p.Missing, Rank: p.Rank, Discarded: p.Discarded, Coverage: p.Coverage()}
	if p.At >= 0 && p.At < len(b.from) {
		at := time.UnixMilli(b.from[p.At]).UTC().Format(time.RFC3339)
		out.At = &at
	}
	return out
}

// CSV writes the buckets behind the bill, by which anybody can count again.
func (b *Bill) CSV(to io.Writer) error {
	w := csv.NewWriter(to)
	if err := w.Write([]string{"from", "in_bps", "out_bps"}); err != nil {
		return err
	}
	for i, at := range b.from {
		if err := w.Write([]string{time.UnixMilli(at).UTC().Format(time.RFC3339), decimal(b.lines[0][i]), decimal(b.lines[1][i])}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func decimal(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// HistoryCSV writes the days of an answer.
func (a Outlook) HistoryCSV(to io.Writer) error {
	w := csv.NewWriter(to)
	if err := w.Write([]string{"date", "p95", "max", "mean", "coverage", "capacity"}); err != nil {
		return err
	}
	of := func(v *float64) string {
		if v == nil {
			return ""
		}
		return decimal(*v)
	}
	for _, d := range a.History {
		if err := w.Write([]string{d.Date, of(d.P95), of(d.Max), of(d.Mean), decimal(d.Coverage), decimal(d.Capacity)}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
