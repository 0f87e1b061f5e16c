package inventory

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"ninewatch/internal/telemetry"
)

// ErrInvalid means that a value cannot be used; the text says what would be right.
var ErrInvalid = errors.New("invalid value")

// ErrDecided means that a proposal has been approved or rejected before.
var ErrDecided = errors.New("this is decided already")

// maxProposals bounds what is kept for one site.
const maxProposals = 20_000

// Discover looks at what devices say of their neighbours, and at what scans of agents found, keeps what might be a device as a proposal, and
// lets rules decide. It is called now and then, and changes nothing when nothing is new.
func (s *Store) Discover(ctx context.Context) error {
	if err := s.takeReplies(ctx); err != nil {
		return err
	}
	rules, err := s.DiscoveryRules(ctx)
	if err != nil {
		return err
	}
	devices, facts, err := s.surroundings(ctx)
	if err != nil {
		return err
	}
	arp := func(site string) bool {
		for _, r := range rules {
			if (r.Site == "" || r.Site == site) && len(r.Match.Via) > 0 && globs(r.Match.Via, ViaARP) && r.Then != "reject" {
				return true
			}
		}
		return false
	}
	return s.propose(ctx, ProposeNeighbors(devices, facts, arp), rules)
}

// Scanned keeps what a scan of a site found.
func (s *Store) Scanned(ctx context.Context, site string, answers []Reply) error {
	if _, err := s.Site(ctx, site); err != nil {
		return err
	}
	rules, err := s.DiscoveryRules(ctx)
	if err != nil {
		return err
	}
	devices, facts, err := s.surroundings(ctx)
	if err != nil {
		return err
	}
	return s.propose(ctx, ProposeAnswers(site, answers, devices, facts), rules)
}

func (s *Store) surroundings(ctx context.Context) ([]Device, []telemetry.DeviceFacts, error) {
	devices, err := s.Devices(ctx, Filter{})
	if err != nil {
		return nil, nil, err
	}
	facts, err := s.AllFacts(ctx)
	return devices, facts, err
}

// propose stores proposals, and lets the first rule that matches decide on each that nobody has decided.
func (s *Store) propose(ctx context.Context, found []Proposal, rules []DiscoveryRule) error {
	now := s.now().UnixMilli()
	for _, p := range found {
		if err := s.keepProposal(ctx, p, now); err != nil {
			return fmt.Errorf("keep proposal %q: %w", p.Identity, err)
		}
	}
	open, err := s.Proposals(ctx, Proposed)
	if err != nil {
		return err
	}
	for _, p := range open {
		for _, r := range rules {
			if !r.matches(p) || r.Then == "propose" {
				continue
			}
			who := "rule " + r.Name
			if r.Then == "reject" {
				err = s.Reject(ctx, p.ID, who)
			} else {
				_, err = s.Approve(ctx, p.ID, Device{Credential: r.Credential, Role: r.Role}, who)
			}
			if err != nil {
				s.log.Warn("a rule of discovery cannot decide, the proposal stays", "rule", r.Name, "addr", p.Address, "err", err)
			}
			break
		}
	}
	return nil
}

func (s *Store) keepProposal(ctx context.Context, p Proposal, now int64) error {
	return s.db.Write(ctx, func(tx *sql.Tx) error {
		old, err := proposals(ctx, tx, `site = ?1 AND (identity = ?2 OR address = ?3 AND ?3 <> '')`, p.Site, p.Identity, p.Address)
		if err != nil {
			return err
		}
		if len(old) > 0 {
			kept := old[0]
			kept.absorb(p)
			return exec(ctx, tx, `UPDATE proposals SET address = ?, name = ?, evidence = ?, facts = ?, last_ms = ? WHERE id = ?`,
				kept.Address, kept.Name, mustJSON(kept.Evidence), mustJSON(kept.Hints), now, kept.ID)
		}
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM proposals WHERE site = ?`, p.Site).Scan(&n); err != nil || n >= maxProposals {
			return err
		}
		return exec(ctx, tx, `INSERT INTO proposals (id, site, identity, address, name, status, evidence, facts, first_ms, last_ms)
			SELECT coalesce(max(id), 0) + 1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8 FROM proposals`,
			p.Site, p.Identity, p.Address, p.Name, Proposed, mustJSON(p.Evidence), mustJSON(p.Hints), now)
	})
}

func proposals(ctx context.Context, q querier, where string, args ...any) ([]Proposal, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, site, identity, address, name, status, evidence, facts, first_ms, last_ms, coalesce(decided_ms, 0), decided_by, device
		FROM proposals WHERE `+where+` ORDER BY id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read proposals: %w", err)
	}
	defer rows.Close()
	var out []Proposal
	for rows.Next() {
		var p Proposal
		var evidence, hints []byte
		if err := rows.Scan(&p.ID, &p.Site, &p.Identity, &p.Address, &p.Name, &p.Status, &evidence, &hints, &p.First, &p.Last, &p.Decided, &p.By, &p.Device); err != nil {
			return nil, fmt.Errorf("read proposals: %w", err)
		}
		if err := decodeEvidence(evidence, hints, &p); err != nil {
			return nil, fmt.Errorf("read proposal %d: %w", p.ID, err)
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// Proposals lists those of a status, or all, in the order in which they came up.
func (s *Store) Proposals(ctx context.Context, status string) ([]Proposal, error) {
	return proposals(ctx, s.db.Read(), `?1 = '' OR status = ?1`, status)
}

// Proposal returns one, or an error that is ErrUnknown.
func (s *Store) Proposal(ctx context.Context, number int64) (Proposal, error) {
	found, err := proposals(ctx, s.db.Read(), `id = ?`, number)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("proposal %d: %w", number, ErrUnknown)
	}
	if err != nil {
		return Proposal{}, err
	}
	return found[0], nil
}

// Approve makes a device of a proposal. What wish says is stronger than what was found. The error is ErrUnknown,
// ErrDecided, or conf.Problems when no device can be made of it.
func (s *Store) Approve(ctx context.Context, number int64, wish Device, who string) (Device, error) {
	p, err := s.Proposal(ctx, number)
	if err != nil {
		return Device{}, err
	}
	if p.Status == Approved {
		return Device{}, fmt.Errorf("proposal %d became device %q: %w", number, p.Device, ErrDecided)
	}
	d := wish
	d.Name, d.Site, d.Address = cmp.Or(wish.Name, p.Name), cmp.Or(wish.Site, p.Site), cmp.Or(wish.Address, p.Address)
	if d.Credential == "" && p.Hints.Credential != "" {
		if _, err := s.Credential(ctx, p.Hints.Credential); err == nil {
			d.Credential = p.Hints.Credential
		}
	}
	if d.Port == 0 {
		d.Port = p.Hints.Port
	}
	kind, _ := KindOf(KindDevice)
	body := fields(mustJSON(d))
	delete(body, "source")
	inv, problems := Body(kind, body)
	if err := problems.Err(); err != nil {
		return Device{}, err
	}
	if _, err := s.Device(ctx, d.Name); err == nil {
		return Device{}, fmt.Errorf("%w: there is a device %q already, give another name", ErrInvalid, d.Name)
	}
	if _, err := s.Apply(ctx, inv, ApplyOptions{Source: SourceAPI}); err != nil {
		return Device{}, err
	}
	return d, s.decide(ctx, number, Approved, who, d.Name)
}

// Reject keeps a proposal from coming up again. The error is ErrUnknown or ErrDecided.
func (s *Store) Reject(ctx context.Context, number int64, who string) error {
	p, err := s.Proposal(ctx, number)
	if err != nil {
		return err
	}
	if p.Status == Approved {
		return fmt.Errorf("proposal %d became device %q: %w", number, p.Device, ErrDecided)
	}
	return s.decide(ctx, number, Rejected, who, "")
}

func (s *Store) decide(ctx context.Context, number int64, status, who, device string) error {
	return s.db.Write(ctx, func(tx *sql.Tx) error {
		return exec(ctx, tx, `UPDATE proposals SET status = ?, decided_ms = ?, decided_by = ?, device = ? WHERE id = ?`, status, s.now().UnixMilli(), who, device, number)
	})
}

// DiscoveryRules lists the rules by name.
func (s *Store) DiscoveryRules(ctx context.Context) ([]DiscoveryRule, error) {
	rows, err := s.db.Read().QueryContext(ctx, `SELECT spec, site FROM discovery_rules ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("read rules of discovery: %w", err)
	}
	defer rows.Close()
	var out []DiscoveryRule
	for rows.Next() {
		var r DiscoveryRule
		var spec, site string
		if err := rows.Scan(&spec, &site); err != nil {
			return nil, fmt.Errorf("read rules of discovery: %w", err)
		}
		if err := decode(spec, &r); err != nil {
			return nil, fmt.Errorf("read rules of discovery: %w", err)
		}
		r.Site = site // it may have been renamed
		out = append(out, r)
	}
	return out, rows.Err()
}

// SetDiscoveryRule makes or changes a rule. The error is ErrInvalid or ErrUnknown.
func (s *Store) SetDiscoveryRule(ctx context.Context, r DiscoveryRule) error {
	if err := r.Validate(); err != nil {
		return err
	}
	if r.Site != "" {
		if _, err := s.Site(ctx, r.Site); err != nil {
			return err
		}
	}
	if r.Credential != "" {
		if _, err := s.Object(ctx, KindCredential, r.Credential); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *sql.Tx) error {
		return exec(ctx, tx, `INSERT INTO discovery_rules (name, site, spec, created_ms) VALUES (?1, ?2, ?3, ?4)
			ON CONFLICT (name) DO UPDATE SET site = ?2, spec = ?3`, r.Name, r.Site, mustJSON(r), s.now().UnixMilli())
	})
}

// DeleteDiscoveryRule removes a rule, or returns ErrUnknown.
func (s *Store) DeleteDiscoveryRule(ctx context.Context, name string) error {
	return s.db.Write(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `DELETE FROM discovery_rules WHERE name = ?`, name)
		if err != nil {
			return fmt.Errorf("delete rule %q: %w", name, err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("rule %q: %w", name, ErrUnknown))
		}
		return nil
	})
}

// discoverEvery is how fresh proposals are that somebody looks at.
const discoverEvery = time.Minute

// Discovered is Proposals after a Discover that is not older than a minute.
func (s *Store) Discovered(ctx context.Context, status string) ([]Proposal, error) {
	s.discovering.Lock()
	defer s.discovering.Unlock()
	if now := s.now(); now.Sub(s.discovered) >= discoverEvery {
		if err := s.Discover(ctx); err != nil {
			return nil, err
		}
		s.discovered = now
	}
	return s.Proposals(ctx, status)
}
