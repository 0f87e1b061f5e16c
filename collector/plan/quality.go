package plan

import (
	"context"
	"fmt"
	"time"

	"ninewatch/collector/capacity"
)

// qualityDay is how far back the quality of a line looks.
const qualityDay = 24 * time.Hour

// LineQuality is what else the counters of a line say of the last day: packets that were lost on it, and whether it is
// faster than its speed.
type LineQuality struct {
	Resource     string     `json:"resource"`
	From         string     `json:"from"`
	To           string     `json:"to"`
	In           LineLosses `json:"in"`
	Out          LineLosses `json:"out"`
	Speed        *float64   `json:"speed" doc:"bit/s that the device tells, or the larger one that is configured"`
	SpeedSuspect bool       `json:"speed_suspect" doc:"three readings in a row were faster than the speed: it is wrong"`
}

// LineLosses are shares of packets, 0 to 1; null where the counters are not read or did not move.
type LineLosses struct {
	Packets  float64  `json:"packets"`
	Errors   *float64 `json:"errors" doc:"of packets and errors together"`
	Discards *float64 `json:"discards" doc:"of packets and discards together"`
}

// Quality reads the last day of a line.
func (s *Service) Quality(ctx context.Context, resource string) (LineQuality, error) {
	found := s.Answers(Scope{Resource: resource})
	if len(found) == 0 || found[0].Unit != "bit/s" {
		return LineQuality{}, fmt.Errorf("look up line %q: %w", resource, ErrUnknown)
	}
	a, to := found[0], s.deps.Now()
	w, err := s.look(ctx)
	if err != nil {
		return LineQuality{}, err
	}
	d, ok := w.devices[a.Device]
	if !ok {
		return LineQuality{}, fmt.Errorf("look up line %q: %w", resource, ErrUnknown)
	}
	facts, err := s.factsOf(ctx, w, d)
	if err != nil {
		return LineQuality{}, err
	}
	r := newReadings()
	r.speed = func(key string) uint64 { return uint64(max(facts.speed[key], facts.width[key])) }
	from := to.Add(-qualityDay)
	if err := s.deps.Samples.Read(ctx, d.Site, d.Name, lossNames, from.UnixMilli(), to.UnixMilli(), r.take); err != nil {
		return LineQuality{}, err
	}
	out := LineQuality{Resource: a.Resource, From: from.UTC().Format(time.RFC3339), To: to.UTC().Format(time.RFC3339), In: r.losses(a.Interface, "In"), Out: r.losses(a.Interface, "Out")}
	if speed := r.speed(a.Interface); speed > 0 {
		v := float64(speed)
		out.Speed, out.SpeedSuspect = &v, r.suspect(a.Interface, "In") || r.suspect(a.Interface, "Out")
	}
	return out, nil
}

// lossNames are the counters behind LineQuality.
var lossNames = func() []string {
	out := append([]string{}, upTimeNames...)
	out = append(append(out, trafficNames...), discontinues...)
	for _, way := range []string{"In", "Out"} {
		for _, cast := range casts {
			out = append(out, "ifHC"+way+cast, "if"+way+cast)
		}
		out = append(out, "if"+way+"Errors", "if"+way+"Discards")
	}
	return out
}()

var casts = []string{"UcastPkts", "MulticastPkts", "BroadcastPkts"}

func (r *readings) losses(key, way string) LineLosses {
	packets := uint64(0)
	for _, cast := range casts {
		n, ok := r.moved(key, 64, "ifHC"+way+cast)
		if !ok {
			n, _ = r.moved(key, 32, "if"+way+cast)
		}
		packets += n
	}
	share := func(name string) *float64 {
		n, ok := r.moved(key, 32, name)
		if !ok {
			return nil
		}
		if v, ok := capacity.Ratio(n, packets); ok {
			return &v
		}
		return nil
	}
	return LineLosses{float64(packets), share("if" + way + "Errors"), share("if" + way + "Discards")}
}

// moved is how far a counter went over the pairs that can be trusted; not ok without any.
func (r *readings) moved(key string, width int, name string) (sum uint64, ok bool) {
	for _, p := range capacity.Pairs(width, r.counter(key, r.byName[name][key], 0)) {
		if p.Status == capacity.StatusOK {
			sum, ok = sum+p.Octets, true
		}
	}
	return sum, ok
}

// suspect tells whether one direction is faster than the speed again and again.
func (r *readings) suspect(key, way string) bool {
	width, samples := 64, r.byName["ifHC"+way+"Octets"][key]
	if len(samples.Times) == 0 {
		width, samples = 32, r.byName["if"+way+"Octets"][key]
	}
	return capacity.SpeedSuspect(capacity.JoinCached(capacity.Pairs(width, r.counter(key, samples, r.speed(key)))))
}
