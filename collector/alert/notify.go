package alert

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// notices are what a step tells: what receivers then know, and what is to be sent.
type notices struct {
	told  []Told
	sends []notice
	flush bool // something that waited is due
}

type notice struct {
	send
	incident Incident
}

// notices plans for all incidents that the world holds.
func (e *Engine) notices(now int64) notices {
	n := notices{flush: e.waiting != 0 && now >= e.waiting}
	mute := func(i *Incident) string { return e.mute(i, now) }
	for _, id := range e.world.ids() {
		i := e.world.incidents[id]
		sends, changed := plan(i, e.told[id], e.book, mute, now)
		n.told = append(n.told, changed...)
		for _, s := range sends {
			n.sends = append(n.sends, notice{s, i.copy()})
		}
	}
	return n
}

// mute says why i is not to be told of now.
func (e *Engine) mute(i *Incident, now int64) string {
	for _, s := range e.silent {
		if s.Active(now) && s.matches(i) {
			return s.words()
		}
	}
	return e.deps.Planned(i.Site, i.Device, now)
}

// remember takes over what is stored now.
func (e *Engine) remember(n notices) {
	for _, t := range n.told {
		if e.told[t.Incident] == nil {
			e.told[t.Incident] = map[toldKey]Told{}
		}
		e.told[t.Incident][toldKey{t.Route, t.Receiver, t.Escalates}] = t
	}
	for id := range e.told {
		if e.world.incidents[id] == nil {
			delete(e.told, id)
		}
	}
}

// storeNotices writes what receivers know, and queues what they are to be told. It returns when the next that
// waits is due.
func (e *Engine) storeNotices(tx *sql.Tx, n notices, now int64) (int64, error) {
	for _, t := range n.told {
		if err := saveTold(tx, t); err != nil {
			return 0, err
		}
	}
	for _, s := range n.sends {
		if !s.alone || s.due > now {
			if err := wait(tx, s); err != nil {
				return 0, err
			}
			continue
		}
		item, err := itemOf(tx, s.kind, s.incident)
		if err != nil {
			return 0, err
		}
		if err := e.deps.Deliver(tx, Message{Receiver: s.told.Receiver, Route: s.told.Route, Items: []Item{item}}); err != nil {
			return 0, err
		}
	}
	if n.flush {
		if err := e.flush(tx, now); err != nil {
			return 0, err
		}
	}
	var next int64
	err := tx.QueryRow(`SELECT coalesce(min(due_ms), 0) FROM waiting_notices`).Scan(&next)
	return next, err
}

// itemOf adds to an incident what it hides.
func itemOf(tx *sql.Tx, event string, i Incident) (Item, error) {
	list, err := problems(context.Background(), tx, `WHERE incident = ? AND hidden = 1 ORDER BY device, object`, i.ID)
	if err != nil {
		return Item{}, err
	}
	i.Hidden = make([]string, 0, len(list))
	for _, p := range list {
		i.Hidden = append(i.Hidden, p.object())
	}
	return Item{Event: event, Incident: i}, nil
}

func wait(tx *sql.Tx, s notice) error {
	_, err := tx.Exec(`INSERT INTO waiting_notices (id, receiver, route, group_key, incident, type, due_ms)
		VALUES ((SELECT coalesce(max(id), 0) + 1 FROM waiting_notices), ?, ?, ?, ?, ?, ?)`,
		s.told.Receiver, s.told.Route, s.group, s.incident.ID, s.kind, s.due)
	if err != nil {
		return fmt.Errorf("queue a notice: %w", err)
	}
	return nil
}

// waiting is a notice that waits.
type waiting struct {
	id, incident, due          int64
	receiver, route, key, kind string
}

// flush delivers what has waited long enough, all of a group at once. Of an incident only the last is told; one
// that began and ended while a calendar was closed is not told at all.
func (e *Engine) flush(tx *sql.Tx, now int64) error {
	list, err := readWaiting(tx)
	if err != nil {
		return err
	}
	for len(list) > 0 {
		first := list[0]
		same := func(x waiting) bool {
			return x.receiver == first.receiver && x.route == first.route && x.key == first.key && (first.key != "" || x.incident == first.incident)
		}
		var group []waiting
		for _, x := range list {
			if same(x) {
				group = append(group, x)
			}
		}
		list = slices.DeleteFunc(list, same)
		if !slices.ContainsFunc(group, func(x waiting) bool { return x.due <= now }) {
			continue
		}
		if err := e.deliverGroup(tx, group); err != nil {
			return err
		}
	}
	return nil
}

func readWaiting(tx *sql.Tx) ([]waiting, error) {
	rows, err := tx.Query(`SELECT id, incident, due_ms, receiver, route, group_key, type FROM waiting_notices ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read waiting notices: %w", err)
	}
	defer rows.Close()
	var out []waiting
	for rows.Next() {
		var x waiting
		if err := rows.Scan(&x.id, &x.incident, &x.due, &x.receiver, &x.route, &x.key, &x.kind); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// groupLimit bounds how many incidents stand in one message.
const groupLimit = 100

func (e *Engine) deliverGroup(tx *sql.Tx, group []waiting) error {
	kinds, order := map[int64][]string{}, []int64{}
	for _, x := range group {
		if _, err := tx.Exec(`DELETE FROM waiting_notices WHERE id = ?`, x.id); err != nil {
			return fmt.Errorf("take a waiting notice: %w", err)
		}
		if kinds[x.incident] == nil {
			order = append(order, x.incident)
		}
		kinds[x.incident] = append(kinds[x.incident], x.kind)
	}
	m := Message{Receiver: group[0].receiver, Route: group[0].route}
	for _, id := range order {
		seen := kinds[id]
		last := seen[len(seen)-1]
		if seen[0] == EventOpened && last == EventResolved && group[0].key == "" {
			continue
		}
		if seen[0] == EventOpened && last != EventResolved {
			last = EventOpened
		}
		i, err := one(tx.Query(selectIncidents+` WHERE id = ?`, id))
		if err != nil {
			return err
		}
		item, err := itemOf(tx, last, i)
		if err != nil {
			return err
		}
		if m.Items = append(m.Items, item); len(m.Items) == groupLimit {
			if err := e.deps.Deliver(tx, m); err != nil {
				return err
			}
			m.Items = nil
		}
	}
	if len(m.Items) == 0 {
		return nil
	}
	return e.deps.Deliver(tx, m)
}

func saveTold(tx *sql.Tx, t Told) error {
	_, err := tx.Exec(`INSERT OR REPLACE INTO incident_told (incident, route, receiver, escalates, stage, reopened, revision, first_ms, last_ms, withheld, withheld_ms)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, t.Incident, t.Route, t.Receiver, t.Escalates, t.Stage, t.Reopened, t.Revision, t.First, t.Last, t.Withheld, t.Since)
	if err != nil {
		return fmt.Errorf("save what %q knows: %w", t.Receiver, err)
	}
	return nil
}

const selectTold = `SELECT incident, route, receiver, escalates, stage, reopened, revision, first_ms, last_ms, withheld, withheld_ms FROM incident_told `

func manyTold(ctx context.Context, db queryer, where string, args ...any) ([]Told, error) {
	rows, err := db.QueryContext(ctx, selectTold+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read what receivers know: %w", err)
	}
	defer rows.Close()
	out := []Told{}
	for rows.Next() {
		var t Told
		if err := rows.Scan(&t.Incident, &t.Route, &t.Receiver, &t.Escalates, &t.Stage, &t.Reopened, &t.Revision, &t.First, &t.Last, &t.Withheld, &t.Since); err != nil {
			return nil, fmt.Errorf("read what receivers know: %w", err)
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

func readTold(ctx context.Context, db queryer, since int64) (map[int64]map[toldKey]Told, error) {
	list, err := manyTold(ctx, db, `WHERE incident IN (SELECT id FROM incidents WHERE status <> 'resolved' OR ended_ms >= ?)`, since)
	out := map[int64]map[toldKey]Told{}
	for _, t := range list {
		if out[t.Incident] == nil {
			out[t.Incident] = map[toldKey]Told{}
		}
		out[t.Incident][toldKey{t.Route, t.Receiver, t.Escalates}] = t
	}
	return out, err
}
