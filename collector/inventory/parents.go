package inventory

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Parents is what devices are reached through: the one answer for the ledger, for incidents and for the agents.
//
// What a person wrote down wins, for all time. A device without any has those that topology showed, each from when
// its links were first heard until topology showed others; before that it has none, so that what is learned today
// explains nothing of last month. Learned parents that lead round in a circle, and never to a device that has none,
// do not count: such a circle would explain itself.
type Parents struct {
	configured map[string][]string
	learned    map[string][]LearnedParent // by from, then by name
	ports      map[string][]LearnedPort   // by from, then by parent and port
}

// LearnedParent is a parent that topology showed from From to Until (Unix ms).
type LearnedParent struct {
	Parent string
	From   int64
	Until  int64 // math.MaxInt64: it is one now
}

// ReadParents reads the parents of all devices as q sees them.
func ReadParents(ctx context.Context, q querier) (*Parents, error) {
	p := &Parents{configured: map[string][]string{}, learned: map[string][]LearnedParent{}, ports: map[string][]LearnedPort{}}
	if err := p.readConfigured(ctx, q); err != nil {
		return nil, fmt.Errorf("read parents: %w", err)
	}
	if err := p.readPorts(ctx, q); err != nil {
		return nil, fmt.Errorf("read learned ports: %w", err)
	}
	rows, err := q.QueryContext(ctx, `SELECT device, parent, from_ms, coalesce(until_ms, ?) FROM learned_parents ORDER BY device, from_ms, parent`, int64(math.MaxInt64))
	if err != nil {
		return nil, fmt.Errorf("read learned parents: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var device string
		var l LearnedParent
		if err := rows.Scan(&device, &l.Parent, &l.From, &l.Until); err != nil {
			return nil, fmt.Errorf("read learned parents: %w", err)
		}
		p.learned[device] = append(p.learned[device], l)
	}
	return p, rows.Err()
}

func (p *Parents) readConfigured(ctx context.Context, q querier) error {
	rows, err := q.QueryContext(ctx, `SELECT name, json_extract(spec, '$.parents') FROM objects
		WHERE kind = 'device' AND json_valid(spec) AND json_type(spec, '$.parents') = 'array'`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var list []byte
		if err := rows.Scan(&name, &list); err != nil {
			return err
		}
		var parents []string
		if err := json.Unmarshal(list, &parents); err != nil {
			continue // who reads the device tells of it
		}
		if len(parents) > 0 {
			p.configured[name] = parents
		}
	}
	return rows.Err()
}

// Parents reads the parents of all devices.
func (s *Store) Parents(ctx context.Context) (*Parents, error) { return ReadParents(ctx, s.db.Read()) }

// At is what a device was reached through at a time (Unix ms).
func (p *Parents) At(device string, at int64) []string {
	step := func(name string) []string { return p.said(name, at) }
	if len(p.configured[device]) > 0 {
		step = func(name string) []string { return p.configured[name] }
	}
	if !grounded(device, step) {
		return nil
	}
	return step(device)
}

// Now is what a device is reached through.
func (p *Parents) Now(device string) []string { return p.At(device, math.MaxInt64-1) }

// Learned is what topology showed of a device without parents of its own, the oldest first.
func (p *Parents) Learned(device string) []LearnedParent {
	if len(p.configured[device]) > 0 {
		return nil
	}
	return p.learned[device]
}

// Ever lists all that a device is or was reached through, sorted.
func (p *Parents) Ever(device string) []string {
	out := slices.Clone(p.configured[device])
	for _, l := range p.Learned(device) {
		out = append(out, l.Parent)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (p *Parents) said(device string, at int64) []string {
	if out := p.configured[device]; len(out) > 0 {
		return out
	}
	var out []string
	for _, l := range p.learned[device] {
		if l.From <= at && at < l.Until {
			out = append(out, l.Parent)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// grounded tells whether following parents from a device leads to one that has none.
func grounded(device string, parents func(string) []string) bool {
	seen, todo := map[string]bool{device: true}, []string{device}
	for len(todo) > 0 {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		next := parents(name)
		if len(next) == 0 {
			return true
		}
		for _, x := range next {
			if !seen[x] {
				seen[x] = true
				todo = append(todo, x)
			}
		}
	}
	return false
}

// Way is what topology shows a device to be reached through, and since when (Unix ms; 0: as of now).
type Way struct {
	Parents []string
	Since   int64
}

// LearnParents stores what topology shows of the devices in ways; of all others what is known stays. It tells
// whether anything changed: all who go by parents are told then.
func (s *Store) LearnParents(ctx context.Context, now int64, ways map[string]Way) (changed bool, err error) {
	known, err := s.Parents(ctx)
	if err != nil {
		return false, err
	}
	for device, w := range ways {
		if slices.Equal(known.Shown(device), w.Parents) {
			delete(ways, device)
		}
	}
	if len(ways) == 0 {
		return false, nil
	}
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		for _, device := range slices.Sorted(maps.Keys(ways)) {
			if err := known.learn(ctx, tx, now, device, ways[device]); err != nil {
				return fmt.Errorf("store parents of %q: %w", device, err)
			}
		}
		return nil
	})
	if err == nil {
		s.Notify()
	}
	return err == nil, err
}

// Shown is what topology showed last that a device is reached through, sorted, whatever a person says.
func (p *Parents) Shown(device string) []string {
	var out []string
	for _, l := range p.learned[device] {
		if l.Until == math.MaxInt64 {
			out = append(out, l.Parent)
		}
	}
	slices.Sort(out)
	return out
}

// learn closes what is over and begins what is new. The first ones begin when their links were first heard; others
// take over now, for until now those before were what was shown.
func (p *Parents) learn(ctx context.Context, tx *sql.Tx, now int64, device string, w Way) error {
	open := p.Shown(device)
	for _, parent := range open {
		if !slices.Contains(w.Parents, parent) {
			if _, err := tx.ExecContext(ctx, `UPDATE learned_parents SET until_ms = ? WHERE device = ? AND parent = ? AND until_ms IS NULL`, now, device, parent); err != nil {
				return err
			}
		}
	}
	from := now
	if len(p.learned[device]) == 0 && w.Since > 0 {
		from = min(w.Since, now)
	}
	for _, parent := range w.Parents {
		if !slices.Contains(open, parent) {
			if _, err := tx.ExecContext(ctx, `INSERT INTO learned_parents (device, parent, from_ms) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET until_ms = NULL`, device, parent, from); err != nil {
				return err
			}
		}
	}
	return nil
}
