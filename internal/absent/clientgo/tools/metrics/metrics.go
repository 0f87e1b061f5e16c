// Package metrics stands in for the client of Kubernetes: see internal/absent/README.md.
package metrics

import (
	"context"
	"net/url"
	"time"
)

// LatencyMetric and ResultMetric would observe requests.
type (
	LatencyMetric interface {
		Observe(ctx context.Context, verb string, u url.URL, latency time.Duration)
	}
	ResultMetric interface {
		Increment(ctx context.Context, code, method, host string)
	}
)

// RegisterOpts are what Register takes.
type RegisterOpts struct {
	RequestLatency LatencyMetric
	RequestResult  ResultMetric
}

// Register does nothing.
func Register(RegisterOpts) {}
