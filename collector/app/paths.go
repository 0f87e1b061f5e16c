package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"

	"ninewatch/collector/alert"
	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
)

// How loss and round-trip times are judged: over pathWindow, against what was usual in the seven days before.
const (
	pathsEvery    = 30 * time.Second
	pathWindow    = 5 * time.Minute
	baselineDays  = 7
	baselineStep  = 2 * time.Hour
	baselineEvery = time.Hour
	baselineLeast = 12               // measurements: a day
	baselineAgain = 5 * time.Minute  // after one that could not be read
	baselineSpend = 10 * time.Second // for reading, before what is now is judged: the other sites wait for the next time
	lossLeast     = 0.05             // loss of a device that is no news below
	lossLost      = 5                // echoes: fewer that are lost say nothing
	rttLeast      = 0.010            // s above what is usual that is no news
	pathCalm      = 0.8              // of the limit: below, what was told is over
	siteTogether  = 3                // devices of a site that are slow at once are one finding
)

// The measurements of paths, as agents see them; the best agent counts: what one of two does not see is no
// fault of the device.
const (
	rttQuery  = `min by (device, circuit) (avg_over_time(ninewatch_icmp_rtt_seconds{quantile="0.5", reference="" %[1]s}[5m]))`
	sentQuery = `min by (device, circuit) (increase(ninewatch_icmp_sent_total{reference="" %[1]s}[5m]))`
	lostQuery = `min by (device, circuit) (increase(ninewatch_icmp_sent_total{reference="" %[1]s}[5m]) - increase(ninewatch_icmp_received_total{reference="" %[1]s}[5m]))`
	lossQuery = `min by (device, circuit) (1 - increase(ninewatch_icmp_received_total{reference="" %[1]s}[5m]) / increase(ninewatch_icmp_sent_total{reference="" %[1]s}[5m]))`
)

// everywhere and atSite narrow a query.
const everywhere = ""

func atSite(site string) string { return ", site=" + strconv.Quote(site) }

// path names what is measured: a device, or a circuit beyond one.
type path struct{ device, circuit string }

// usual is what a path showed before.
type usual struct {
	n           int
	median, q90 float64
}

// paths judges loss and round-trip times against contracts, and where there is none against what is usual.
type paths struct {
	log       *slog.Logger
	engine    *promql.Engine
	samples   func() storage.Queryable
	inventory interface {
		Circuits(context.Context) ([]inventory.Circuit, error)
	}
	states func(context.Context) []uptime.Verdict
	outage func(device string, from, to int64) bool // Unix s: it was down for a part of that
	book   func() *alert.Book
	now    func() time.Time

	mu   sync.Mutex
	past map[string]baseline // by site
	told map[alert.Key]bool  // by the last judgement
}

// baseline is what is usual at a site.
type baseline struct {
	due       time.Time // when it is read again
	rtt, loss map[path]usual
}

// measured is one path as it is now.
type measured struct {
	path
	sent, lost, loss, rtt float64
	hasRTT                bool
}

// findings judges all paths.
func (p *paths) findings(ctx context.Context) ([]alert.Finding, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now().Add(-rulesDelay)
	book := p.book()
	p.learn(ctx, book, now)
	list, err := p.measure(ctx, now)
	if err != nil {
		return nil, err
	}
	circuits, err := p.inventory.Circuits(ctx)
	if err != nil {
		return nil, err
	}
	j := pathJudge{
		now: now.UnixMilli(), outage: p.outage, states: map[string]uptime.State{}, circuits: map[string]inventory.Circuit{}, book: book, rtt: map[path]usual{}, loss: map[path]usual{}, told: p.told,
	}
	for _, b := range p.past {
		maps.Copy(j.rtt, b.rtt)
		maps.Copy(j.loss, b.loss)
	}
	for _, v := range p.states(ctx) {
		j.states[v.Device] = uptime.State(v.State)
	}
	for _, c := range circuits {
		j.circuits[c.Name] = c
	}
	out := j.judge(list)
	p.told = map[alert.Key]bool{}
	for _, f := range out {
		if f.State == alert.Down {
			p.told[alert.Key{Kind: f.Kind, Device: f.Device, Object: f.Object}] = true
		}
	}
	return out, nil
}

// measure reads what all paths are like at a time.
func (p *paths) measure(ctx context.Context, at time.Time) ([]measured, error) {
	by := map[path]*measured{}
	for query, set := range map[string]func(*measured, float64){
		sentQuery: func(m *measured, v float64) { m.sent = v },
		lostQuery: func(m *measured, v float64) { m.lost = v },
		lossQuery: func(m *measured, v float64) { m.loss = v },
		rttQuery:  func(m *measured, v float64) { m.rtt, m.hasRTT = v, true },
	} {
		found, err := p.ask(ctx, fmt.Sprintf(query, everywhere), at, at, time.Minute)
		if err != nil {
			return nil, err
		}
		for k, values := range found {
			if by[k] == nil {
				by[k] = &measured{path: k}
			}
			set(by[k], values[len(values)-1])
		}
	}
	out := make([]measured, 0, len(by))
	for _, m := range by {
		out = append(out, *m)
	}
	slices.SortFunc(out, func(a, b measured) int {
		return cmp.Or(cmp.Compare(a.device, b.device), cmp.Compare(a.circuit, b.circuit))
	})
	return out, nil
}

// learn reads what was usual at the sites where that is due. What was known of a site stays where it cannot be read,
// and what is now is judged all the same.
func (p *paths) learn(ctx context.Context, book *alert.Book, at time.Time) {
	sites := map[string]bool{}
	for _, d := range book.Devices {
		sites[d.Site] = true
	}
	maps.DeleteFunc(p.past, func(site string, _ baseline) bool { return !sites[site] })
	began := p.now()
	for _, site := range slices.Sorted(maps.Keys(sites)) {
		if at.Before(p.past[site].due) {
			continue
		}
		if ctx.Err() != nil || p.now().Sub(began) > baselineSpend {
			return
		}
		fresh, err := p.usualAt(ctx, site, at)
		fresh.due = at.Add(baselineEvery)
		if err != nil {
			p.log.Warn("what is usual at a site could not be read, what was known of it stays", "site", site, "err", err)
			fresh = p.past[site]
			fresh.due = at.Add(baselineAgain)
		}
		p.past[site] = fresh
	}
}

// usualAt reads what was usual at a site before a time.
func (p *paths) usualAt(ctx context.Context, site string, at time.Time) (b baseline, err error) {
	for query, into := range map[string]*map[path]usual{rttQuery: &b.rtt, lossQuery: &b.loss} {
		found, err := p.ask(ctx, fmt.Sprintf(query, atSite(site)), at.Add(-baselineDays*24*time.Hour), at.Add(-baselineStep/2), baselineStep)
		if err != nil {
			return b, err
		}
		learnt := make(map[path]usual, len(found))
		for k, values := range found {
			slices.Sort(values)
			learnt[k] = usual{n: len(values), median: values[len(values)/2], q90: values[len(values)*9/10]}
		}
		*into = learnt
	}
	return b, nil
}

func (p *paths) ask(ctx context.Context, query string, from, to time.Time, step time.Duration) (map[path][]float64, error) {
	q, err := p.engine.NewRangeQuery(ctx, p.samples(), nil, query, from, to, step)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	matrix, err := q.Exec(ctx).Matrix()
	if err != nil {
		return nil, fmt.Errorf("measure paths: %w", err)
	}
	out := make(map[path][]float64, len(matrix))
	for _, s := range matrix {
		k := path{s.Metric.Get("device"), s.Metric.Get("circuit")}
		for _, v := range s.Floats {
			if v.F == v.F { // not a number where nothing was sent
				out[k] = append(out[k], v.F)
			}
		}
	}
	maps.DeleteFunc(out, func(_ path, values []float64) bool { return len(values) == 0 })
	return out, nil
}
