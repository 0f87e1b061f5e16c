package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Traffic tells from the sample store what ports carry together: live.Traffic. It asks the query engine, in
// steps of five minutes.
type Traffic struct{ samples *samples }

// NewTraffic needs Log, Now, Queryable and Lookback of Deps.
func NewTraffic(deps Deps) (*Traffic, error) {
	if deps.Log == nil || deps.Now == nil || deps.Queryable == nil || deps.Lookback <= 0 {
		return nil, errors.New("api: a dependency of the traffic is missing")
	}
	return &Traffic{newSamples(deps)}, nil
}

// trafficStep is how far apart the rates lie whose percentile is taken, and over how long each is.
const (
	trafficStep   = 5 * time.Minute
	trafficWindow = 15 * time.Minute
)

// Together is the 95th percentile over a window of the sum over ports in bit/s, of the busier direction, and by
// how much the busiest port carries more than its share.
func (t *Traffic) Together(ctx context.Context, ports []string, window time.Duration) (rate, imbalance float64, ok bool, err error) {
	for _, direction := range []string{"In", "Out"} {
		each := make([]string, len(ports))
		for i, p := range ports {
			each[i] = "(" + portRate(p, direction) + ")"
		}
		query := fmt.Sprintf("quantile_over_time(0.95, (sum(%s))[%ds:%ds])", strings.Join(each, " or "), int(window.Seconds()), int(trafficStep.Seconds()))
		sum, err := t.samples.by(ctx, "", query)
		if err != nil {
			return 0, 0, false, err
		}
		for _, v := range sum {
			ok, rate = true, max(rate, v)
		}
		mean := fmt.Sprintf("avg_over_time((%s)[1d:%ds])", strings.Join(each, " or "), int(trafficStep.Seconds()))
		shares, err := t.samples.by(ctx, "port", mean)
		if err != nil {
			return 0, 0, false, err
		}
		most, total := 0.0, 0.0
		for _, v := range shares {
			most, total = max(most, v), total+v
		}
		if total > 0 && len(shares) == len(ports) {
			imbalance = max(imbalance, most/total*float64(len(ports)))
		}
	}
	return rate, max(1, imbalance), ok, nil
}

// portRate is the traffic of a port (device/interface) in bit/s, by the wide counter where there is one; with
// the label port.
func portRate(port, direction string) string {
	device, key, _ := strings.Cut(port, "/")
	selector := "{device=" + quoted(device) + ",ifName=" + quoted(key) + "}"
	rate := func(object string) string {
		return fmt.Sprintf("rate(%s%sOctets%s[%ds])", object, direction, selector, int(trafficWindow.Seconds()))
	}
	return fmt.Sprintf(`label_replace(max(8 * (%s or %s)), "port", %s, "", "")`, rate("ifHC"), rate("if"), quoted(strings.ReplaceAll(port, "$", "$$")))
}

// Now is what each port of some devices carries now in bit/s, of the busier direction, by device/interface.
func (t *Traffic) Now(ctx context.Context, devices []string) (map[string]float64, error) {
	if len(devices) == 0 {
		return nil, nil
	}
	selector := ""
	if len(devices) <= 50 { // else all of them cost less than the expression
		selector = "{device=~" + quoted(strings.Join(each(devices, quoteMeta), "|")) + "}"
	}
	out := map[string]float64{}
	for _, direction := range []string{"In", "Out"} {
		rate := func(object string) string {
			return fmt.Sprintf("rate(%s%sOctets%s[%ds])", object, direction, selector, int(trafficWindow.Seconds()))
		}
		query := fmt.Sprintf(`label_join(max by (device, ifName) (8 * (%s or %s)), "port", "/", "device", "ifName")`, rate("ifHC"), rate("if"))
		found, err := t.samples.by(ctx, "port", query)
		if err != nil {
			return nil, err
		}
		for port, v := range found {
			out[port] = max(out[port], v)
		}
	}
	return out, nil
}
