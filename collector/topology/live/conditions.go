package live

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"ninewatch/collector/topology"
	"ninewatch/internal/telemetry"
)

// seriesSensorStatus is the series that tells the state of a sensor; its label part says of what it is one.
const seriesSensorStatus = "ninewatch_sensor_status"

// What a sensor says of its part: the values of seriesSensorStatus.
const (
	statusOK       = 0
	statusWarning  = 1
	statusCritical = 2
	statusAbsent   = 4
)

// sensorParts are the classes of components by the label part.
var sensorParts = map[string]string{"power_supply": "powerSupply", "fan": "fan"}

// maxSensors bounds the sensors of parts that are remembered of one device.
const maxSensors = 1024

// sensorKey names a sensor of a power supply or fan.
type sensorKey struct{ device, class, sensor string }

// condition is what a sensor said last, and since when.
type condition struct {
	status uint64
	since  int64 // Unix ms of the first poll that said so
	read   int64 // Unix ms of the last one
	well   bool  // it was ok or warned at some time: what is absent now was there
	ended  bool  // it is not read any more
}

// state is what a condition says of its part, where it says anything: what is not known is no evidence.
func (c condition) state() (_ topology.State, says bool) {
	switch c.status {
	case statusOK, statusWarning:
		return topology.Up, true
	case statusCritical:
		return topology.Down, true
	case statusAbsent:
		return topology.Down, c.well
	}
	return topology.Unknown, false
}

// empty tells whether a sensor shows a place in which nothing was ever seen.
func (c condition) empty() bool { return c.status == statusAbsent && !c.well }

// Sink takes entries of the feed.
type Sink interface {
	Name() string
	Cursor(ctx context.Context) (uint64, error)
	Apply(ctx context.Context, entries []telemetry.Entry) error
}

// sensing is a sink that shows the entries to a Service first.
type sensing struct {
	Sink
	s *Service
}

// Sensing returns sink with entries passing the Service before: it takes from them what devices say of their power
// supplies and fans. What it takes is durable before sink's cursor, and taking it again changes nothing.
func (s *Service) Sensing(sink Sink) Sink { return sensing{sink, s} }

// Apply is that of a sink.
func (x sensing) Apply(ctx context.Context, entries []telemetry.Entry) error {
	fresh := map[sensorKey]condition{}
	for i := range entries {
		e := &entries[i]
		if f := e.Record.Frame; f != nil && !e.Quarantine {
			for at, t := range f.Template {
				if k, ok := sensorOf(f.Device, t); ok {
					for _, p := range f.Polls {
						if at < len(p.Values) {
							x.s.sensed(fresh, k, p.Time+e.Offset, p.Values[at])
						}
					}
				}
			}
		}
	}
	if err := x.s.storeConditions(ctx, fresh); err != nil {
		return err
	}
	return x.Sink.Apply(ctx, entries)
}

func sensorOf(device string, t telemetry.Series) (k sensorKey, ok bool) {
	if t.Name != seriesSensorStatus {
		return k, false
	}
	k.device = device
	for _, l := range t.Labels {
		switch l.Name {
		case "part":
			k.class = sensorParts[l.Value]
		case "sensor":
			k.sensor = l.Value
		}
	}
	return k, k.class != "" && k.sensor != ""
}

// sensed adds to fresh what a value changes of what is known.
func (s *Service) sensed(fresh map[sensorKey]condition, k sensorKey, at int64, v telemetry.Value) {
	was, known := fresh[k]
	if !known {
		s.mu.Lock()
		was, known = s.sensors[k.device][k]
		s.mu.Unlock()
	}
	if known && at <= was.read || v.Kind == telemetry.Absent {
		return
	}
	next := condition{status: v.Bits, since: at, read: at, well: was.well, ended: v.Kind == telemetry.Stale}
	if next.ended {
		next.status, next.since = was.status, was.since
	} else if v.Kind != telemetry.Uint {
		return
	}
	if known && next.status == was.status && next.ended == was.ended {
		s.mu.Lock()
		if old, ok := s.sensors[k.device][k]; ok && old.status == next.status {
			old.read = at
			s.sensors[k.device][k] = old
		}
		s.mu.Unlock()
		return
	}
	if !known && next.ended {
		return
	}
	next.well = next.well || !next.ended && next.status <= statusWarning
	fresh[k] = next
}

// storeConditions stores what changed, and has the devices judged.
func (s *Service) storeConditions(ctx context.Context, fresh map[sensorKey]condition) error {
	if len(fresh) == 0 {
		return nil
	}
	err := s.deps.Write(ctx, func(tx *sql.Tx) error {
		for k, c := range fresh {
			var err error
			if c.ended {
				_, err = tx.ExecContext(ctx, `DELETE FROM part_conditions WHERE device = ? AND class = ? AND sensor = ?`, k.device, k.class, k.sensor)
			} else {
				_, err = tx.ExecContext(ctx, `INSERT INTO part_conditions (device, class, sensor, status, since_ms, well) VALUES (?, ?, ?, ?, ?, ?)
					ON CONFLICT (device, class, sensor) DO UPDATE SET status = excluded.status, since_ms = excluded.since_ms, well = excluded.well`,
					k.device, k.class, k.sensor, c.status, c.since, c.well)
			}
			if err != nil {
				return fmt.Errorf("store the state of %q of %q: %w", k.sensor, k.device, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	for k, c := range fresh {
		s.hold(k, c)
		s.touched[k.device] = true
	}
	s.mu.Unlock()
	s.poke()
	return nil
}

// hold remembers a condition. A sensor that comes or goes changes which members a group has. s.mu is held.
func (s *Service) hold(k sensorKey, c condition) {
	of := s.sensors[k.device]
	was, known := of[k]
	if of == nil {
		of = map[sensorKey]condition{}
		s.sensors[k.device] = of
	}
	switch {
	case c.ended:
		delete(of, k)
	case known || len(of) < maxSensors:
		of[k] = c
	}
	if known == c.ended || was.empty() != c.empty() {
		s.regroup = true
		s.sensing[k.device]++
	}
}

// readConditions reads what sensors said last, and forgets those of devices that are not in the inventory any more.
func (s *Service) readConditions(ctx context.Context) error {
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT device, class, sensor, status, since_ms, well FROM part_conditions`)
	if err != nil {
		return fmt.Errorf("read states of parts: %w", err)
	}
	defer rows.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for rows.Next() {
		var k sensorKey
		var c condition
		if err := rows.Scan(&k.device, &k.class, &k.sensor, &c.status, &c.since, &c.well); err != nil {
			return fmt.Errorf("read states of parts: %w", err)
		}
		c.read = c.since
		if _, known := s.sensors[k.device][k]; !known {
			s.hold(k, c)
		}
	}
	return rows.Err()
}

// forgetConditions drops those of devices that are not in the inventory any more.
func (s *Service) forgetConditions(ctx context.Context) error {
	s.mu.Lock()
	var gone []string
	for device := range s.sensors {
		if _, ok := s.plan.Devices[device]; !ok {
			gone = append(gone, device)
			delete(s.sensors, device)
			s.sensing[device]++
		}
	}
	s.mu.Unlock()
	if len(gone) == 0 {
		return nil
	}
	return s.deps.Write(ctx, func(tx *sql.Tx) error {
		for _, device := range gone {
			if _, err := tx.ExecContext(ctx, `DELETE FROM part_conditions WHERE device = ?`, device); err != nil {
				return fmt.Errorf("forget states of parts of %q: %w", device, err)
			}
		}
		return nil
	})
}

// toldBySensors is what sensors of a class of parts of a device say: the worst of each, by name.
func (s *Service) toldBySensors(device, class string) map[string]topology.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sensors[device]) == 0 {
		return nil
	}
	out := map[string]topology.State{}
	for k, c := range s.sensors[device] {
		if state, says := c.state(); says && k.class == class {
			out[k.sensor] = max(out[k.sensor], state) // Down is above Up
		}
	}
	return out
}

// places are parts without those whose sensor shows an empty place.
func (s *Service) places(device, class string, parts []component) []component {
	s.mu.Lock()
	defer s.mu.Unlock()
	empty := map[int]bool{}
	for k, c := range s.sensors[device] {
		if k.class == class && c.empty() {
			empty[partNamed(parts, k.sensor)] = true
		}
	}
	var out []component
	for i, c := range parts {
		if !empty[i] {
			out = append(out, c)
		}
	}
	return out
}

// conditionsOf tells the states of parts, by the sensors that are theirs: each sensor belongs to the one part that it
// names. A bad one that names none stands in the place of a part that no sensor is known of, under its own name:
// something is broken, and how much is left is what counts. Parts without a sensor are Unknown here.
func conditionsOf(parts []component, sensors map[string]topology.State) (states []topology.State, names []string) {
	states, names = make([]topology.State, len(parts)), make([]string, len(parts))
	var strays []string
	for _, sensor := range keys(sensors) {
		at := partNamed(parts, sensor)
		if at >= 0 {
			states[at] = max(states[at], sensors[sensor])
		} else if sensors[sensor] == topology.Down {
			strays = append(strays, sensor)
		}
	}
	for _, sensor := range strays {
		if at := slices.Index(states, topology.Unknown); at >= 0 {
			states[at], names[at] = topology.Down, sensor
		}
	}
	return states, names
}

// partNamed finds the one part that the name of a sensor means: by its name, by a name within the other, or by the
// numbers in both. It is -1 where none or several fit.
func partNamed(parts []component, sensor string) int {
	name, numbers := bare(sensor), numbersOf(sensor)
	for _, fits := range []func(text string) bool{
		func(text string) bool { return bare(text) == name },
		func(text string) bool {
			return slices.Equal(numbersOf(text), numbers) && (strings.Contains(name, bare(text)) || strings.Contains(bare(text), name))
		},
		func(text string) bool { return len(numbers) > 0 && slices.Equal(numbersOf(text), numbers) },
	} {
		found, several := -1, false
		for i, c := range parts {
			if slices.ContainsFunc([]string{c.Name, c.Descr, c.Key}, func(text string) bool { return bare(text) != "" && fits(text) }) {
				several = several || found >= 0
				found = i
			}
		}
		if found >= 0 {
			if several {
				return -1
			}
			return found
		}
	}
	return -1
}

// bare is a name without case, spaces and signs.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// numbersOf are the numbers in a name, without leading zeros.
func numbersOf(s string) []string {
	var out []string
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		out = append(out, strings.TrimLeft(f, "0"))
	}
	return out
}
