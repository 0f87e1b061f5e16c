package plan

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"ninewatch/collector/capacity"
	"ninewatch/collector/inventory"
)

const (
	maxListed = 20_000          // notes of one pass
	patience  = 5 * time.Second // that a pass waits for the sample store
	minMargin = 15 * 60_000     // of readings around a span, in which the pairs at its ends begin
)

// noted is a note as it is stored.
type noted struct {
	note
	lsn int64
}

// Collect computes the hours that are over and have new samples.
func (s *Service) Collect(ctx context.Context) error {
	s.collecting.Lock()
	defer s.collecting.Unlock()
	list, err := s.list(ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	notes := make([]note, len(list))
	for i := range list {
		notes[i] = list[i].note
	}
	if stored, err := s.await(ctx, s.deps.Sink.forget(notes)); err != nil || !stored {
		return err
	}
	w, err := s.look(ctx)
	if err != nil {
		return err
	}
	for len(list) > 0 && ctx.Err() == nil {
		n := 1
		for n < len(list) && list[n].device == list[0].device {
			n++
		}
		if err := s.device(ctx, w, list[:n]); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// list is the notes of hours that are over.
func (s *Service) list(ctx context.Context) ([]noted, error) {
	over := s.deps.Now().Add(-s.cfg.Settle).UnixMilli() - hourMillis
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT device, hour_ms, lsn FROM capacity_touched WHERE hour_ms <= ? ORDER BY device, hour_ms LIMIT ?`, over, maxListed)
	if err != nil {
		return nil, fmt.Errorf("read touched hours: %w", err)
	}
	defer rows.Close()
	var out []noted
	for rows.Next() {
		var n noted
		if err := rows.Scan(&n.device, &n.hour, &n.lsn); err != nil {
			return nil, fmt.Errorf("read touched hours: %w", err)
		}
		out = append(out, n)
	}
	return out, rows.Err()
}

// await waits a while until the sample store has taken an entry.
func (s *Service) await(ctx context.Context, lsn uint64) (bool, error) {
	for end := time.Now().Add(patience); ; {
		has, err := s.deps.Samples.Cursor(ctx)
		if err != nil || has >= lsn {
			return err == nil, err
		}
		if time.Now().After(end) {
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, nil
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// device computes the noted hours of one device, days after days.
func (s *Service) device(ctx context.Context, w *world, list []noted) error {
	d, ok := w.devices[list[0].device]
	if !ok {
		return s.deps.Write(ctx, func(tx *sql.Tx) error { return dropNotes(ctx, tx, list) })
	}
	facts, err := s.factsOf(ctx, w, d)
	if err != nil {
		return err
	}
	zone := w.zone(d.Site)
	for len(list) > 0 {
		date := dateIn(list[0].hour, zone)
		from, to := dayBounds(date, zone)
		n, end := 1, list[0].hour+hourMillis
		for n < len(list) && list[n].hour == end && end < to {
			end += hourMillis
			n++
		}
		// An hour may reach into the next day, where days do not begin on the hour.
		spans := []struct {
			date capacity.Date
			span
		}{{date, span{max(from, list[0].hour), min(to, end)}}}
		if end > to {
			spans = append(spans, struct {
				date capacity.Date
				span
			}{plus(date, 1), span{to, end}})
		}
		for i, x := range spans {
			pieces, err := s.computed(ctx, w, d, facts, x.span)
			if err != nil {
				return err
			}
			err = s.deps.Write(ctx, func(tx *sql.Tx) error {
				for series, p := range pieces {
					if err := put(ctx, tx, series, x.date, zone, x.span, p); err != nil {
						return err
					}
				}
				if i == len(spans)-1 {
					return dropNotes(ctx, tx, list[:n])
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		s.m.hours.Add(n)
		list = list[n:]
	}
	return nil
}

// portFacts is what is known of the interfaces of a device.
type portFacts struct {
	speed   map[string]float64 // of the line in bit/s, by key
	width   map[string]float64 // configured
	ignored map[string]bool
	members map[string][]string
	maxGap  int64
}

const softwareLoopback = 24 // ifType

func (s *Service) factsOf(ctx context.Context, w *world, d inventory.Device) (portFacts, error) {
	f := portFacts{speed: map[string]float64{}, width: map[string]float64{}, ignored: map[string]bool{}, members: map[string][]string{}}
	every := d.SNMPInterval().Milliseconds()
	if every <= 0 {
		every = inventory.DefaultSNMPInterval.Milliseconds()
	}
	f.maxGap = every * 5 / 2
	ports, err := s.deps.Inventory.Interfaces(ctx, d.Name)
	if err != nil {
		return f, err
	}
	for _, p := range ports {
		f.speed[p.Facts.Key] = float64(p.Facts.SpeedBps)
		f.ignored[p.Facts.Key] = p.Facts.IfType == softwareLoopback
		if width := w.width[d.Name+"/"+p.Facts.Key]; width > 0 {
			f.width[p.Facts.Key] = width
		}
	}
	facts, err := s.deps.Facts.FactsAt(ctx, d.Name, s.deps.Now().UnixMilli())
	if err != nil && !errors.Is(err, inventory.ErrUnknown) {
		return f, err
	}
	for _, lag := range facts.LAGs {
		total := 0.0
		for _, m := range lag.Members {
			f.members[lag.Key] = append(f.members[lag.Key], m.Key)
			total += f.speed[m.Key]
		}
		if f.speed[lag.Key] == 0 {
			f.speed[lag.Key] = total
		}
	}
	return f, nil
}

// computed is what the samples of a span say.
func (s *Service) computed(ctx context.Context, w *world, d inventory.Device, f portFacts, in span) (map[string]piece, error) {
	r := newReadings()
	r.maxGap, r.members = f.maxGap, f.members
	r.speed = func(key string) uint64 { return uint64(max(f.speed[key], f.width[key])) }
	r.sensor = func(class, name string) (gauged, bool) { return w.sensor(d, class, name) }
	margin := max(int64(minMargin), 2*f.maxGap)
	if err := s.deps.Samples.Read(ctx, d.Site, d.Name, allNames, in.from-margin, in.to+margin, r.take); err != nil {
		return nil, err
	}
	out := r.pieces(d.Name, in)
	for key, ignored := range f.ignored {
		series := "interface:" + d.Name + "/" + key
		if ignored {
			delete(out, series)
			continue
		}
		if p, ok := out[series]; ok {
			if p.size = f.speed[key]; f.width[key] > 0 {
				p.size = f.width[key]
			}
			out[series] = p
		}
	}
	return out, nil
}
