package plan

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"ninewatch/collector/inventory"
	"ninewatch/collector/state"
)

const (
	mostEvaluated = 1000 // series of an expression
	lateDays      = 8    // that the sample store takes late samples
	daysAtOnce    = 8    // of an expression that are computed in one pass
)

// Evaluate asks an expression in PromQL at each step of a span, its beginning and its end included; sites narrows what
// it sees, all without.
type Evaluate func(ctx context.Context, expr string, sites []string, from, to time.Time, step time.Duration) ([]Evaluated, error)

// Evaluated is one series of an answer.
type Evaluated struct {
	Site, Device string // its labels of these names
	Labels       string // the others
	Times        []int64
	Values       []float64
}

// asked is how far an expression has been computed. It is kept in meta, so that one that changes while the program
// is off is computed anew after the start.
type asked struct {
	Expr string `json:"expr"` // with the sites that it sees
	To   int64  `json:"to"`   // Unix ms
	Day  string `json:"day"`  // on which what may have come late was computed again
}

const metaAsked = "capacity.expression/" // and the name of the rule

// Evaluate computes the hours of expressions that are over. Each day those in which samples may have come late are
// computed again.
func (s *Service) Evaluate(ctx context.Context) error {
	s.collecting.Lock()
	defer s.collecting.Unlock()
	w, err := s.look(ctx)
	if err != nil {
		return err
	}
	over := s.deps.Now().Add(-s.cfg.Settle).UnixMilli()
	over -= over % hourMillis
	var errs []error
	for _, rule := range w.rules {
		if rule.Expr == "" || ctx.Err() != nil {
			continue
		}
		if err := s.expression(ctx, w, rule, over); err != nil {
			errs = append(errs, fmt.Errorf("capacity rule %q: %w", rule.Name, err))
		}
	}
	return errors.Join(errs...)
}

func (s *Service) expression(ctx context.Context, w *world, rule inventory.Capacity, over int64) error {
	before, err := s.askedOf(ctx, rule.Name)
	if err != nil {
		return err
	}
	oldest, today := over-int64(s.cfg.BucketDays)*dayMillis, dateText(dateIn(over, time.UTC))
	was := before
	if what := rule.Expr + "\n" + strings.Join(rule.Match.Site, "\n"); was.Expr != what {
		was = asked{what, oldest, today}
	}
	if was.Day != today {
		was.Day, was.To = today, was.To-lateDays*dayMillis
	}
	was.To = min(max(was.To, oldest), over)
	for range daysAtOnce {
		to := min(was.To-was.To%dayMillis+dayMillis, over)
		if to <= was.To {
			break
		}
		if err := s.evaluated(ctx, w, rule, was.To, to); err != nil {
			return err
		}
		was.To = to
	}
	if was == before {
		return nil
	}
	return s.keepAsked(ctx, rule.Name, was)
}

// askedOf is how far a rule has been computed; nothing of a new one.
func (s *Service) askedOf(ctx context.Context, rule string) (asked, error) {
	if was, ok := s.asked[rule]; ok {
		return was, nil
	}
	text, err := state.Meta(ctx, s.deps.Read, metaAsked+rule)
	if err != nil || text == "" {
		return asked{}, err
	}
	var was asked
	if err := json.Unmarshal([]byte(text), &was); err != nil {
		return asked{}, fmt.Errorf("read how far it has been computed: %w", err)
	}
	return was, nil
}

func (s *Service) keepAsked(ctx context.Context, rule string, was asked) error {
	text, err := json.Marshal(was)
	if err != nil {
		return err
	}
	err = s.deps.Write(ctx, func(tx *sql.Tx) error { return state.SetMeta(tx, metaAsked+rule, string(text)) })
	if err == nil {
		s.asked[rule] = was
	}
	return err
}

// evaluated computes a span of less than a day.
func (s *Service) evaluated(ctx context.Context, w *world, rule inventory.Capacity, from, to int64) error {
	const step = bucketMillis * time.Millisecond
	last := time.UnixMilli(to).Add(-time.Millisecond) // what is known at the end of each bucket
	found, err := s.deps.Evaluate(ctx, rule.Expr, rule.Match.Site, time.UnixMilli(from).Add(step-time.Millisecond), last, step)
	if err != nil {
		return err
	}
	if len(found) > mostEvaluated {
		return fmt.Errorf("its expression gives %d series, at most %d are planned with: narrow it", len(found), mostEvaluated)
	}
	for _, e := range found {
		series, ok := seriesOf(rule, e)
		if !ok {
			continue
		}
		l, sign := newLine(span{from, to}.buckets()), signOf(series)
		for i, at := range e.Times {
			b := (at - from) / bucketMillis
			if v := e.Values[i]; at >= from && at < to && !math.IsNaN(v) && !math.IsInf(v, 0) {
				l.rate[b], l.peak[b] = sign*v, sign*v
			}
		}
		if err := s.lay(ctx, series, w.zone(site(rule, e)), from, piece{lines: []line{l}, size: rule.Max, fine: true}); err != nil {
			return err
		}
	}
	return nil
}

func site(rule inventory.Capacity, e Evaluated) string {
	if e.Site == "" && len(rule.Match.Site) == 1 {
		return rule.Match.Site[0]
	}
	return e.Site
}

// seriesOf names what an expression gives. Not ok when a label would be taken for two.
func seriesOf(rule inventory.Capacity, e Evaluated) (string, bool) {
	at := site(rule, e)
	if strings.Contains(at+e.Device+rule.Name, "/") || len(e.Labels) > 300 {
		return "", false
	}
	name := KindExpr + ":" + rule.Name + "/" + at + "/" + e.Device + "/" + e.Labels
	if rule.Min > 0 {
		name = belowPrefix + name
	}
	return name, true
}

// lay stores buckets that begin at an instant into the days of a zone.
func (s *Service) lay(ctx context.Context, series string, zone *time.Location, begin int64, p piece) error {
	end := begin + int64(len(p.lines[0].rate))*bucketMillis
	return s.deps.Write(ctx, func(tx *sql.Tx) error {
		for date := dateIn(begin, zone); ; date = plus(date, 1) {
			from, to := dayBounds(date, zone)
			in := span{max(from, begin), min(to, end)}
			if in.from >= in.to {
				return nil
			}
			part := piece{size: p.size, fine: p.fine}
			a, b := (in.from-begin)/bucketMillis, (in.to-begin)/bucketMillis
			for _, l := range p.lines {
				part.lines = append(part.lines, line{l.rate[a:b], l.peak[a:b]})
			}
			if err := put(ctx, tx, series, date, zone, in, part); err != nil {
				return err
			}
		}
	})
}
