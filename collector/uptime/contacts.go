package uptime

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// contactHole (ms) is the longest silence that is none: agents send a sign of life each 10 s.
const contactHole = 30_000

// CollectorAgent is the name under which a collector records its own signs of life.
const CollectorAgent = ""

// RecordContact stores that an agent was heard at seen (Unix ms, the collector's clock). Signs of life
// without a silence between them are one row; those of another start of the agent's host are not.
func RecordContact(ctx context.Context, tx *sql.Tx, agent, bootID string, seen int64) error {
	done, err := tx.ExecContext(ctx, `UPDATE agent_contacts SET to_ms = max(to_ms, ?) WHERE agent = ? AND boot_id = ?
		AND from_ms = (SELECT max(from_ms) FROM agent_contacts WHERE agent = ?) AND from_ms <= ? AND ? - to_ms <= ?`,
		seen, agent, bootID, agent, seen, seen, contactHole)
	if err != nil {
		return fmt.Errorf("record sign of life of agent %q: %w", agent, err)
	}
	if n, err := done.RowsAffected(); err != nil || n > 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO agent_contacts (agent, from_ms, to_ms, boot_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		agent, seen, seen, bootID)
	if err != nil {
		return fmt.Errorf("record sign of life of agent %q: %w", agent, err)
	}
	return nil
}

// presence is when each agent was heard, as [from, to] in ms, in order.
func (f facts) presence(ctx context.Context) (map[string][][2]int64, error) {
	rows, err := f.db.QueryContext(ctx, `SELECT agent, from_ms, to_ms FROM agent_contacts ORDER BY agent, from_ms`)
	if err != nil {
		return nil, fmt.Errorf("read signs of life: %w", err)
	}
	defer rows.Close()
	out := map[string][][2]int64{}
	for rows.Next() {
		var agent string
		var x [2]int64
		if err := rows.Scan(&agent, &x[0], &x[1]); err != nil {
			return nil, fmt.Errorf("read signs of life: %w", err)
		}
		out[agent] = append(out[agent], x)
	}
	return out, rows.Err()
}

// absences is the time (ms) between the rows of presence.
func absences(present [][2]int64) [][2]int64 {
	var out [][2]int64
	for i := 1; i < len(present); i++ {
		if from, to := present[i-1][1]+1, present[i][0]; from < to {
			out = append(out, [2]int64{from, to})
		}
	}
	return out
}

// Away is when an agent measured nothing (ms): it was not heard, and no stream of it went on at its rhythm
// meanwhile. What it measured unheard and delivered later is known.
func Away(streams []Stream, silences [][2]int64, degradedPPM uint32) [][2]int64 {
	if len(silences) == 0 {
		return nil
	}
	var active []Window
	for _, s := range streams {
		list := mergeRuns(s.Runs, degradedPPM, never)
		for i, x := range list {
			end := x.last()
			if i+1 < len(list) && list[i+1].t-end <= x.every*3/2 {
				end = list[i+1].t
			}
			active = append(active, Window{x.t, end + 1})
		}
	}
	var set []Window
	for _, a := range silences {
		set = append(set, Window{a[0], a[1]})
	}
	var out [][2]int64
	for _, w := range NewWindows(set...).Minus(NewWindows(active...)) {
		out = append(out, [2]int64{w.From, w.To})
	}
	return out
}

// withAway returns streams that know when their agents were away.
func withAway(streams []Stream, silences map[string][][2]int64, degradedPPM uint32) []Stream {
	of := map[string][]Stream{}
	for _, s := range streams {
		of[s.Agent] = append(of[s.Agent], s)
	}
	out := slices.Clone(streams)
	for i := range out {
		out[i].Away = Away(of[out[i].Agent], silences[out[i].Agent], degradedPPM)
	}
	return out
}

// explainUnknown gives unknown time the reason that is known of it: the collector was away, or all agents
// that watch the target were. AsOf (s) is where the timeline ends.
func explainUnknown(line []Interval, agents []string, silences map[string][][2]int64, asOf int64) []Interval {
	var away Windows
	for i, a := range agents {
		own := secondsOf(silences[a])
		if i == 0 {
			away = own
		} else {
			away = away.Intersect(own)
		}
	}
	collector := secondsOf(silences[CollectorAgent])
	if len(away) == 0 && len(collector) == 0 || len(line) == 0 {
		return line
	}
	line = clip(line, line[0].From, max(line[len(line)-1].To, asOf))
	var out []Interval
	for _, x := range line {
		if x.State != Unknown || x.Why != whyNoData {
			out = append(out, x)
			continue
		}
		out = append(out, split(x, away, collector)...)
	}
	return coalesce(out)
}

// split cuts an unknown interval by whose absence explains it.
func split(x Interval, agent, collector Windows) []Interval {
	out := []Interval{x}
	for _, why := range []struct {
		set  Windows
		word string
	}{{agent, whyAgent}, {collector, whyCollector}} {
		for _, w := range why.set.clip(Window{x.From, x.To}) {
			out = overlayWhy(out, w, why.word)
		}
	}
	return out
}

func overlayWhy(in []Interval, w Window, why string) []Interval {
	var out []Interval
	for _, x := range in {
		if x.To <= w.From || x.From >= w.To {
			out = append(out, x)
			continue
		}
		left, mid, right := x, x, x
		left.To, mid.From, mid.To, right.From = max(x.From, w.From), max(x.From, w.From), min(x.To, w.To), min(x.To, w.To)
		mid.Why = why
		for _, y := range []Interval{left, mid, right} {
			if y.From < y.To {
				out = append(out, y)
			}
		}
	}
	return out
}

// secondsOf is the seconds that lie in windows of milliseconds.
func secondsOf(in [][2]int64) Windows {
	var out []Window
	for _, x := range in {
		out = append(out, Window{floorSecond(x[0]), floorSecond(x[1])})
	}
	return NewWindows(out...)
}
