package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"

	"ninewatch/internal/telemetry"
)

// ErrNoSpace means that free disk is below the reserve. Feed the same entries again later.
var ErrNoSpace = errors.New("free disk is below the reserve")

// Name is the name of the store's cursor.
func (s *Store) Name() string { return "samples" }

// Cursor is the last entry that is durably stored.
func (s *Store) Cursor(ctx context.Context) (uint64, error) { return s.deps.Cursor(ctx) }

// Apply stores the samples of entries, makes them durable, and then advances the cursor. After an error the
// same entries may be fed again.
func (s *Store) Apply(ctx context.Context, entries []telemetry.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	if s.Paused() {
		return ErrNoSpace
	}
	appender := s.db.Appender(ctx)
	for i := range entries {
		if entries[i].Quarantine || entries[i].Record.Frame == nil {
			continue
		}
		if err := s.appendFrame(appender, &entries[i]); err != nil {
			return errors.Join(err, appender.Rollback())
		}
	}
	if err := appender.Commit(); err != nil {
		return fmt.Errorf("commit samples: %w", err)
	}
	if err := errors.Join(s.wal.sync(), s.wbl.sync()); err != nil {
		return err
	}
	return s.deps.SetCursor(ctx, entries[len(entries)-1].LSN)
}

func (s *Store) appendFrame(appender storage.Appender, e *telemetry.Entry) error {
	frame := e.Record.Frame
	t := s.template(e)
	for _, poll := range frame.Polls {
		at := poll.Time + e.Offset
		for i, v := range poll.Values {
			number := v.Float64()
			switch {
			case v.Kind == telemetry.Absent:
				continue
			case v.Kind == telemetry.Stale:
				number = math.Float64frombits(value.StaleNaN)
			case math.IsNaN(number) || math.IsInf(number, 0):
				s.m.notANumber.Inc()
				continue
			}
			ref, err := appender.Append(t.refs[i], t.labels[i], at, number)
			if err != nil {
				if !s.refused(err) {
					return fmt.Errorf("append sample of device %q: %w", frame.Device, err)
				}
				continue
			}
			t.refs[i] = ref
			s.m.appended.Inc()
		}
	}
	return nil
}

// refused tells errors that concern one sample, and counts them, from those of the store.
func (s *Store) refused(err error) bool {
	switch {
	case errors.Is(err, storage.ErrDuplicateSampleForTimestamp):
		s.m.duplicate.Inc()
	case errors.Is(err, storage.ErrOutOfBounds), errors.Is(err, storage.ErrTooOldSample), errors.Is(err, storage.ErrOutOfOrderSample):
		s.m.tooOld.Inc()
	default:
		return false
	}
	return true
}

// template is what the TSDB knows of the series of one device as one agent sends them.
type template struct {
	series []telemetry.Series
	labels []labels.Labels
	refs   []storage.SeriesRef
}

// A frame's series come as several templates a device: counters of one poll, latency of another. The first
// series tells them apart.
type cacheKey struct{ agent, device, first string }

// maxTemplates bounds the cache; at the limit it starts anew.
const maxTemplates = 300_000

func (s *Store) template(e *telemetry.Entry) *template {
	frame := e.Record.Frame
	key := cacheKey{agent: e.Agent, device: frame.Device}
	if len(frame.Template) > 0 {
		key.first = frame.Template[0].Name
	}
	if t := s.cache[key]; t != nil && slices.EqualFunc(t.series, frame.Template, sameSeries) {
		return t
	}
	t := &template{
		series: frame.Template,
		labels: make([]labels.Labels, len(frame.Template)),
		refs:   make([]storage.SeriesRef, len(frame.Template)),
	}
	for i, series := range frame.Template {
		t.labels[i] = labelsOf(e, series)
	}
	if len(s.cache) >= maxTemplates {
		clear(s.cache)
	}
	s.cache[key] = t
	return t
}

func sameSeries(a, b telemetry.Series) bool {
	return a.Name == b.Name && a.Vantage == b.Vantage && slices.Equal(a.Labels, b.Labels)
}

// nameLabel holds the name of a series.
const nameLabel = "__name__"

// labelsOf is the identity of a series in the store. What the envelope says wins over what the payload claims.
func labelsOf(e *telemetry.Entry, series telemetry.Series) labels.Labels {
	b := labels.NewScratchBuilder(len(series.Labels) + 4)
	for _, l := range series.Labels {
		switch l.Name {
		case nameLabel, "site", "device", "agent":
		default:
			b.Add(l.Name, l.Value)
		}
	}
	b.Add(nameLabel, series.Name)
	b.Add("site", e.Site)
	b.Add("device", e.Record.Frame.Device)
	if series.Vantage {
		b.Add("agent", e.Agent)
	}
	b.Sort()
	return b.Labels()
}
