package observe

import (
	"cmp"
	"slices"

	"ninewatch/internal/order"
	"ninewatch/internal/telemetry"
)

// Subject is how the samples of something that is watched are labelled.
type Subject struct {
	Device string
	Labels []telemetry.Label // beside those of the series
}

func (s Subject) equal(o Subject) bool {
	return s.Device == o.Device && slices.Equal(s.Labels, o.Labels)
}

// series is one of the series of s, with its labels in order.
func (s Subject) series(name string, labels ...telemetry.Label) telemetry.Series {
	labels = append(labels, s.Labels...)
	order.Sort(labels, func(a, b telemetry.Label) int { return cmp.Compare(a.Name, b.Name) })
	return telemetry.Series{Name: name, Labels: labels, Vantage: true}
}
