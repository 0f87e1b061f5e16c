package promapi

import (
	"context"
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// Scoped reads only what carries one of sites in its label site. With no sites it reads nothing.
func Scoped(q storage.Queryable, sites []string) storage.Queryable {
	quoted := make([]string, len(sites))
	for i, s := range sites {
		quoted[i] = regexp.QuoteMeta(s)
	}
	// No site has a name with a space: without sites the expression matches nothing.
	expression := "no site"
	if len(sites) > 0 {
		expression = strings.Join(quoted, "|")
	}
	return scopedQueryable{q, labels.MustNewMatcher(labels.MatchRegexp, "site", expression)}
}

type scopedQueryable struct {
	storage.Queryable
	site *labels.Matcher
}

func (s scopedQueryable) Querier(mint, maxt int64) (storage.Querier, error) {
	q, err := s.Queryable.Querier(mint, maxt)
	if err != nil {
		return nil, err
	}
	return scopedQuerier{q, s.site}, nil
}

type scopedQuerier struct {
	storage.Querier
	site *labels.Matcher
}

func (s scopedQuerier) forced(matchers []*labels.Matcher) []*labels.Matcher {
	return append(append(make([]*labels.Matcher, 0, len(matchers)+1), matchers...), s.site)
}

func (s scopedQuerier) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	return s.Querier.Select(ctx, sorted, hints, s.forced(matchers)...)
}

func (s scopedQuerier) LabelValues(ctx context.Context, name string, hints *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return s.Querier.LabelValues(ctx, name, hints, s.forced(matchers)...)
}

func (s scopedQuerier) LabelNames(ctx context.Context, hints *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return s.Querier.LabelNames(ctx, hints, s.forced(matchers)...)
}
