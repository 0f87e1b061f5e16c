package inventory

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Port is an interface of a device.
type Port struct{ Device, Key string }

// LearnedPort is a port of a neighbor that a device is reached through, as topology showed it from From to Until
// (Unix ms).
type LearnedPort struct {
	Port
	From, Until int64 // math.MaxInt64: it is one now
}

// Lead is a port that topology shows to lead to a device, and since when (Unix ms; 0: a person wrote it down).
type Lead struct {
	Port
	Since int64
}

func (p *Parents) readPorts(ctx context.Context, q querier) error {
	rows, err := q.QueryContext(ctx, `SELECT device, parent, if_key, from_ms, coalesce(until_ms, ?) FROM learned_ports
		ORDER BY device, from_ms, parent, if_key`, int64(math.MaxInt64))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var device string
		var l LearnedPort
		if err := rows.Scan(&device, &l.Device, &l.Key, &l.From, &l.Until); err != nil {
			return err
		}
		p.ports[device] = append(p.ports[device], l)
	}
	return rows.Err()
}

// Ports are the ports by which a device was reached at a time (Unix ms): all of its parents', or none while those of
// one of them are not known.
func (p *Parents) Ports(device string, at int64) []Port {
	var out []Port
	for _, parent := range p.At(device, at) {
		known := len(out)
		for _, l := range p.ports[device] {
			if l.Device == parent && l.From <= at && at < l.Until {
				out = append(out, l.Port)
			}
		}
		if len(out) == known {
			return nil
		}
	}
	return out
}

// LearnedPorts is all that topology showed of the ports that lead to a device, the oldest first.
func (p *Parents) LearnedPorts(device string) []LearnedPort { return p.ports[device] }

// ShownPorts is what topology showed last, sorted.
func (p *Parents) ShownPorts(device string) []Port {
	var out []Port
	for _, l := range p.ports[device] {
		if l.Until == math.MaxInt64 {
			out = append(out, l.Port)
		}
	}
	slices.SortFunc(out, comparePorts)
	return out
}

func comparePorts(a, b Port) int {
	return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Key, b.Key))
}

// LearnPorts stores which ports of their parents topology shows to lead to the devices in leads; of all others what
// is known stays. It tells whether anything changed.
func (s *Store) LearnPorts(ctx context.Context, now int64, leads map[string][]Lead) (changed bool, err error) {
	known, err := s.Parents(ctx)
	if err != nil {
		return false, err
	}
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		changed = false
		for _, device := range slices.Sorted(maps.Keys(leads)) {
			n, err := known.learnPorts(ctx, tx, now, device, leads[device])
			if err != nil {
				return fmt.Errorf("store ports that lead to %q: %w", device, err)
			}
			changed = changed || n > 0
		}
		return nil
	})
	if err == nil && changed {
		s.Notify()
	}
	return err == nil && changed, err
}

// learnPorts closes what is over and begins what is new, as learn does with parents.
func (p *Parents) learnPorts(ctx context.Context, tx *sql.Tx, now int64, device string, leads []Lead) (n int, err error) {
	open := p.ShownPorts(device)
	for _, x := range open {
		if slices.ContainsFunc(leads, func(l Lead) bool { return l.Port == x }) {
			continue
		}
		n++
		if _, err := tx.ExecContext(ctx, `UPDATE learned_ports SET until_ms = ? WHERE device = ? AND parent = ? AND if_key = ? AND until_ms IS NULL`,
			now, device, x.Device, x.Key); err != nil {
			return n, err
		}
	}
	for _, l := range leads {
		if slices.Contains(open, l.Port) {
			continue
		}
		n++
		from := now
		if first := !slices.ContainsFunc(p.ports[device], func(x LearnedPort) bool { return x.Device == l.Device }); first {
			from = min(l.Since, now)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO learned_ports (device, parent, if_key, from_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET until_ms = NULL`,
			device, l.Device, l.Key, from); err != nil {
			return n, err
		}
	}
	return n, nil
}
