package store

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
)

// infoEvery keeps info series within LookbackDelta, with two emissions to spare.
const infoEvery = 5 * time.Minute

// LookbackDelta is how long a sample stands for the present in queries: three info intervals, and longer than
// the slowest poll.
const LookbackDelta = 15 * time.Minute

// Info is a series with the value 1 whose labels hold what may change: ninewatch_device_info and the like.
// Identity names what it is about; a changed label set of the same identity ends the old series.
type Info struct {
	Identity string
	Labels   map[string]string // __name__ included
}

func (s *Store) emitInfo(ctx context.Context) {
	// Soon after the start for a page that is looked at now, then steadily.
	next := time.NewTimer(5 * time.Second)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		if err := s.EmitInfo(ctx); err != nil && !errors.Is(err, context.Canceled) {
			s.log.Warn("info series not written, next try in a minute", "err", err)
			next.Reset(time.Minute)
			continue
		}
		next.Reset(infoEvery)
	}
}

// EmitInfo writes the info series as they are now, and ends those that are no more.
func (s *Store) EmitInfo(ctx context.Context) error {
	if s.Paused() {
		return ErrNoSpace
	}
	series, err := s.deps.Info(ctx)
	if err != nil {
		return err
	}
	s.infoMu.Lock()
	defer s.infoMu.Unlock()
	now := s.deps.Now().UnixMilli()
	appender := s.db.Appender(ctx)
	current := make(map[string]Info, len(series))
	for _, i := range series {
		l := labels.FromMap(i.Labels)
		if old, ok := s.info[i.Identity]; ok && !labels.Equal(labels.FromMap(old.Labels), l) {
			err = errors.Join(err, s.appendInfo(appender, old, now, math.Float64frombits(value.StaleNaN)))
		}
		err = errors.Join(err, s.appendInfo(appender, i, now, 1))
		current[i.Identity] = i
	}
	for identity, old := range s.info {
		if _, ok := current[identity]; !ok {
			err = errors.Join(err, s.appendInfo(appender, old, now, math.Float64frombits(value.StaleNaN)))
		}
	}
	if err != nil {
		return errors.Join(err, appender.Rollback())
	}
	s.info = current
	return appender.Commit()
}

func (s *Store) appendInfo(appender storage.Appender, i Info, at int64, v float64) error {
	_, err := appender.Append(0, labels.FromMap(i.Labels), at, v)
	if err != nil && s.refused(err) {
		return nil
	}
	return err
}
