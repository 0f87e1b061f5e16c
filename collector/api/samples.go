package api

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
)

// Limits of the queries behind lists: far below those of people's own.
const (
	listTimeout = 20 * time.Second
	listSamples = 10_000_000
	p95Window   = 24 * time.Hour
)

// samples asks the sample store for the numbers in lists. What it returns is not cut to a caller's sites:
// callers ask by devices that they may see.
type samples struct {
	engine *promql.Engine
	store  storage.Queryable
	now    func() time.Time
}

func newSamples(deps Deps) *samples {
	return &samples{store: deps.Queryable, now: deps.Now, engine: promql.NewEngine(promql.EngineOpts{
		Logger: deps.Log, MaxSamples: listSamples, Timeout: listTimeout, LookbackDelta: deps.Lookback,
		Parser:                   parser.NewParser(parser.Options{}),
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
	})}
}

// by is the newest value of a query for each value of a label.
func (s *samples) by(ctx context.Context, label, query string) (map[string]float64, error) {
	q, err := s.engine.NewInstantQuery(ctx, s.store, nil, query, s.now())
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", query, err)
	}
	defer q.Close()
	result := q.Exec(ctx)
	vector, err := result.Vector()
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", query, err)
	}
	out := make(map[string]float64, len(vector))
	for _, v := range vector {
		if !math.IsNaN(v.F) && !math.IsInf(v.F, 0) {
			out[v.Metric.Get(label)] = v.F
		}
	}
	return out, nil
}

// roundTrips is the median round trip of devices in seconds, the shortest where several agents look.
func (s *samples) roundTrips(ctx context.Context, devices []string) (map[string]float64, error) {
	if len(devices) == 0 {
		return nil, nil
	}
	selector := ""
	if len(devices) <= 50 { // else all of them cost less than the expression
		selector = `,device=~` + quoted(strings.Join(each(devices, quoteMeta), "|"))
	}
	return s.by(ctx, "device", `min by (device) (ninewatch_icmp_rtt_seconds{quantile="0.5"`+selector+`})`)
}

// quoteMeta escapes what a name may hold and an expression reads otherwise.
func quoteMeta(name string) string { return strings.ReplaceAll(name, ".", `\.`) }

// traffic is what the interfaces of one device carry, by interface key.
type traffic struct {
	in, out, inP95, outP95 map[string]float64 // bit/s
	errors                 map[string]float64 // share of the packets of an hour
}

// traffic asks for the rates of a device that is polled every interval.
func (s *samples) traffic(ctx context.Context, device string, interval time.Duration) (traffic, error) {
	window := max(4*interval, 5*time.Minute)
	name := quoted(device)
	p95 := func(direction string) string {
		return fmt.Sprintf("quantile_over_time(0.95, (%s)[%ds:%ds])", bitRate(name, direction, window), int(p95Window.Seconds()), int(max(interval, 5*time.Minute).Seconds()))
	}
	var t traffic
	var err error
	for _, q := range []struct {
		into  *map[string]float64
		query string
	}{
		{&t.in, bitRate(name, "In", window)}, {&t.out, bitRate(name, "Out", window)}, {&t.inP95, p95("In")}, {&t.outP95, p95("Out")},
	} {
		if *q.into, err = s.by(ctx, "ifName", q.query); err != nil {
			return t, err
		}
	}
	t.errors, err = s.errors(ctx, name)
	return t, err
}

// bitRate is the traffic of each interface, by the wide counter where there is one.
func bitRate(device, direction string, window time.Duration) string {
	rate := func(object string) string {
		return fmt.Sprintf("rate(%s%sOctets{device=%s}[%ds])", object, direction, device, int(window.Seconds()))
	}
	return "max by (ifName) (8 * (" + rate("ifHC") + " or " + rate("if") + "))"
}

// errors is the share of erroneous packets in all packets of the last hour. Each object is a query of its own:
// increase drops the names, by which alone they differ.
func (s *samples) errors(ctx context.Context, device string) (map[string]float64, error) {
	hour := func(object string) string { return fmt.Sprintf("increase(%s{device=%s}[1h])", object, device) }
	wrong, all := map[string]float64{}, map[string]float64{}
	for _, direction := range []string{"In", "Out"} {
		for _, kind := range []string{"Errors", "UcastPkts", "MulticastPkts", "BroadcastPkts"} {
			query := hour("if" + direction + kind)
			if kind != "Errors" {
				query = hour("ifHC"+direction+kind) + " or " + query
			}
			found, err := s.by(ctx, "ifName", "max by (ifName) ("+query+")")
			if err != nil {
				return nil, err
			}
			for name, n := range found {
				all[name] += n
				if kind == "Errors" {
					wrong[name] += n
				}
			}
		}
	}
	out := map[string]float64{}
	for name, n := range wrong {
		if all[name] > 0 {
			out[name] = n / all[name]
		}
	}
	return out, nil
}
