package store

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// Samples are those of one series, ascending. NaN is where the series ended.
type Samples struct {
	Name   string
	Labels map[string]string // without name, site and device
	Times  []int64           // Unix ms
	Values []float64
}

// Read hands the samples of a device from an instant up to another, inclusive, to take, series by series. names
// are exact.
func (s *Store) Read(ctx context.Context, site, device string, names []string, from, to int64, take func(Samples)) (err error) {
	q, err := s.db.Querier(from, to)
	if err != nil {
		return fmt.Errorf("read samples of %q: %w", device, err)
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	for _, name := range names {
		found := q.Select(ctx, false, nil,
			labels.MustNewMatcher(labels.MatchEqual, nameLabel, name),
			labels.MustNewMatcher(labels.MatchEqual, "device", device),
			labels.MustNewMatcher(labels.MatchEqual, "site", site))
		var it chunkenc.Iterator
		for found.Next() {
			series := found.At()
			out := Samples{Name: name, Labels: map[string]string{}}
			series.Labels().Range(func(l labels.Label) {
				if l.Name != nameLabel && l.Name != "site" && l.Name != "device" {
					out.Labels[l.Name] = l.Value
				}
			})
			it = series.Iterator(it)
			for it.Next() == chunkenc.ValFloat {
				at, v := it.At()
				if value.IsStaleNaN(v) {
					v = math.NaN()
				}
				out.Times, out.Values = append(out.Times, at), append(out.Values, v)
			}
			if err := it.Err(); err != nil {
				return fmt.Errorf("read samples of %q: %w", device, err)
			}
			take(out)
		}
		if err := found.Err(); err != nil {
			return fmt.Errorf("read samples of %q: %w", device, err)
		}
	}
	return nil
}
