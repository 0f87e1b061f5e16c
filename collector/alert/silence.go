package alert

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Silence keeps notifications back until it ends; what is wrong is seen and shown all the same. Times are Unix ms.
type Silence struct {
	ID      int64
	Match   SilenceMatch
	From    int64
	Until   int64
	Author  string
	Reason  string
	Created int64
	Ended   int64 // by a person, before Until; 0: not
}

// SilenceMatch chooses incidents: each list that is not empty has to match with one of its values, in which *
// stands for any text.
type SilenceMatch struct {
	Sites      []string `json:"sites,omitempty"`
	Devices    []string `json:"devices,omitempty"`
	Kinds      []string `json:"kinds,omitempty"`
	Severities []string `json:"severities,omitempty"`
	Incident   int64    `json:"incident,omitempty"`
}

// longestSilence bounds silences: what is meant for ever belongs into a route.
const longestSilence = 90 * 24 * time.Hour

// Errors of silences.
var (
	ErrUnknownSilence = errors.New("unknown silence")
	ErrSilence        = errors.New("not a silence")
)

// Validate says what is wrong with a new silence, at now.
func (s Silence) Validate(now int64) error {
	switch m := s.Match; {
	case strings.TrimSpace(s.Reason) == "":
		return fmt.Errorf("%w: reason is empty, say why", ErrSilence)
	case len(s.Reason) > 1000:
		return fmt.Errorf("%w: reason is longer than 1000 bytes", ErrSilence)
	case len(m.Sites)+len(m.Devices)+len(m.Kinds)+len(m.Severities) == 0 && m.Incident == 0:
		return fmt.Errorf("%w: it would silence everything, name sites, devices, kinds, severities or an incident", ErrSilence)
	case s.Until <= max(s.From, now):
		return fmt.Errorf("%w: until has to lie after from and in the future", ErrSilence)
	case s.Until-max(s.From, now) > longestSilence.Milliseconds():
		return fmt.Errorf("%w: a silence lasts 90 days at most", ErrSilence)
	}
	for _, k := range s.Match.Kinds {
		if !strings.Contains(k, "*") && !slices.Contains(Kinds(), k) {
			return fmt.Errorf("%w: %q is no kind of incident, it is one of %s", ErrSilence, k, strings.Join(Kinds(), ", "))
		}
	}
	return nil
}

// Active tells whether the silence holds at now.
func (s Silence) Active(now int64) bool { return s.Ended == 0 && s.From <= now && now < s.Until }

func (s Silence) matches(i *Incident) bool {
	m := s.Match
	list := func(patterns []string, texts ...string) bool { return len(patterns) == 0 || anyMatch(patterns, texts) }
	return (m.Incident == 0 || m.Incident == i.ID) && list(m.Sites, i.Site) && list(m.Devices, append([]string{i.Device}, i.Roots...)...) &&
		list(m.Kinds, i.Kind) && list(m.Severities, string(i.Severity))
}

// words says that and why the silence keeps back.
func (s Silence) words() string {
	return fmt.Sprintf("silenced by %s until %s: %s", s.Author, time.UnixMilli(s.Until).UTC().Format("2006-01-02 15:04 UTC"), s.Reason)
}

// Silences returns those that are not over, or all, newest first.
func (e *Engine) Silences(ctx context.Context, all bool) ([]Silence, error) {
	return silences(ctx, e.deps.Read, all, e.deps.Now().UnixMilli())
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func silences(ctx context.Context, db queryer, all bool, now int64) ([]Silence, error) {
	rows, err := db.QueryContext(ctx, `SELECT id, matches, from_ms, until_ms, author, reason, created_ms, coalesce(ended_ms, 0) FROM silences
		WHERE ? OR (until_ms > ? AND ended_ms IS NULL) ORDER BY id DESC LIMIT 1000`, all, now)
	if err != nil {
		return nil, fmt.Errorf("read silences: %w", err)
	}
	defer rows.Close()
	out := []Silence{}
	for rows.Next() {
		var s Silence
		var match string
		if err := rows.Scan(&s.ID, &match, &s.From, &s.Until, &s.Author, &s.Reason, &s.Created, &s.Ended); err != nil {
			return nil, fmt.Errorf("read silences: %w", err)
		}
		if err := json.Unmarshal([]byte(match), &s.Match); err != nil {
			return nil, fmt.Errorf("read silence %d: %w", s.ID, err)
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// Silence stores a new silence, and returns it with its number.
func (e *Engine) Silence(ctx context.Context, s Silence) (Silence, error) {
	now := e.deps.Now().UnixMilli()
	if s.From == 0 {
		s.From = now
	}
	s.Created, s.Ended = now, 0
	if err := s.Validate(now); err != nil {
		return s, err
	}
	match, err := json.Marshal(s.Match)
	if err != nil {
		return s, err
	}
	err = e.deps.Write(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRow(`SELECT coalesce(max(id), 0) + 1 FROM silences`).Scan(&s.ID); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO silences (id, matches, from_ms, until_ms, author, reason, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			s.ID, string(match), s.From, s.Until, s.Author, s.Reason, s.Created)
		return err
	})
	if err != nil {
		return s, fmt.Errorf("store silence: %w", err)
	}
	return s, e.readSilences(ctx)
}

// EndSilence ends silence id now.
func (e *Engine) EndSilence(ctx context.Context, id int64) error {
	err := e.deps.Write(ctx, func(tx *sql.Tx) error {
		done, err := tx.Exec(`UPDATE silences SET ended_ms = ? WHERE id = ? AND ended_ms IS NULL`, e.deps.Now().UnixMilli(), id)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrUnknownSilence)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("end silence %d: %w", id, err)
	}
	return e.readSilences(ctx)
}

func (e *Engine) readSilences(ctx context.Context) error {
	list, err := e.Silences(ctx, false)
	if err != nil {
		return err
	}
	e.mu.Lock()
	e.silent = list
	e.mu.Unlock()
	e.wake()
	return nil
}
