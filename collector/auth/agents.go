package auth

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ninewatch/internal/jointoken"
	"ninewatch/internal/telemetry"
	"ninewatch/internal/tlsconf"
)

// Agent is a row of the agents table.
type Agent struct {
	ID, Site, Hostname, Version string
	Created                     int64 // Unix ms, as all times here
	Revoked                     int64 // 0: it is not
	NotAfter                    int64 // end of its certificate
	LastSeen                    int64 // on the collector's clock; 0: never
	Watermark                   int64
	Heartbeat                   telemetry.Heartbeat
	BootID                      string
	ClockOffset                 int64
	Term, N                     uint64 // of the assignment that it applied
}

// Enrolment is what an agent asks for with a join token.
type Enrolment struct {
	Secret            string // Token.SecretText
	Request           []byte // PKCS #10, DER
	Hostname, Version string // for people only
}

// Identity is what an agent gets.
type Identity struct {
	Site, Agent string
	Certificate []byte // DER
}

// Contact is a sign of life of an agent.
type Contact struct {
	Site, Agent string
	Received    int64 // Unix ms on the collector's clock
	Version     string
	BootID      string
	ClockOffset int64 // ms to add to the agent's times
	Term, N     uint64
	Heartbeat   telemetry.Heartbeat // on the agent's clock
}

// Enroll redeems a join token: it makes the agent of the key in the request known and certifies it.
// The agent's id is a hash of its key, so that the same request again gets the same identity.
// Errors are ErrToken…, ErrRevoked or ErrRequest, or of the database.
func (a *Auth) Enroll(ctx context.Context, e Enrolment) (Identity, error) {
	id, err := a.enroll(ctx, e)
	if err != nil {
		a.m.enrolmentsRefused.Inc()
		return Identity{}, err
	}
	a.m.enrolments.Inc()
	a.log.Info("agent enrolled", "site", id.Site, "agent", id.Agent, "hostname", e.Hostname)
	return id, nil
}

func (a *Auth) enroll(ctx context.Context, e Enrolment) (Identity, error) {
	csr, err := parseRequest(e.Request)
	if err != nil {
		return Identity{}, err
	}
	id := Identity{Agent: agentID(csr)}
	err = a.deps.DB.Write(ctx, func(tx *sql.Tx) error {
		hash := jointoken.Hash(e.Secret)
		if id.Site, err = a.tokenSite(ctx, tx, hash, id.Agent); err != nil {
			return err
		}
		var revoked sql.NullInt64
		err := tx.QueryRowContext(ctx, `SELECT revoked_ms FROM agents WHERE id = ?`, id.Agent).Scan(&revoked)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if revoked.Valid {
			return fmt.Errorf("%w: delete its state folder, then enrol it with a new token", ErrRevoked)
		}
		var notAfter time.Time
		if id.Certificate, notAfter, err = a.deps.CA.issueAgent(csr, id.Site, id.Agent, a.cfg.AgentLife); err != nil {
			return err
		}
		return a.saveEnrolment(ctx, tx, e, id, hash, notAfter)
	})
	return id, err
}

// tokenSite returns the site that the token of hash is for, when agent may use it.
func (a *Auth) tokenSite(ctx context.Context, tx *sql.Tx, hash, agent string) (string, error) {
	var site, usedBy string
	var expires int64
	var used sql.NullInt64
	err := tx.QueryRowContext(ctx, `SELECT site, expires_ms, used_ms, used_by FROM join_tokens WHERE hash = ?`, hash).
		Scan(&site, &expires, &used, &usedBy)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", ErrTokenUnknown
	case err != nil:
		return "", err
	case used.Valid && usedBy != agent:
		return "", ErrTokenUsed
	case a.nowMS() >= expires:
		return "", fmt.Errorf("%w on %s", ErrTokenExpired, time.UnixMilli(expires).UTC().Format(time.RFC3339))
	}
	return site, nil
}

func (a *Auth) saveEnrolment(ctx context.Context, tx *sql.Tx, e Enrolment, id Identity, hash string, notAfter time.Time) error {
	now := a.nowMS()
	if _, err := tx.ExecContext(ctx, `UPDATE join_tokens SET used_ms = ?, used_by = ? WHERE hash = ?`, now, id.Agent, hash); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO agents (id, site, hostname, version, created_ms, not_after_ms) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET site = excluded.site, hostname = excluded.hostname, version = excluded.version,
		not_after_ms = excluded.not_after_ms`,
		id.Agent, id.Site, cleanText(e.Hostname), cleanText(e.Version), now, notAfter.UnixMilli())
	if err != nil {
		return err
	}
	return a.AuditTx(ctx, tx, "agent.enrol", id.Agent, "site "+id.Site+", host "+cleanText(e.Hostname))
}

// agentID is the first 64 bits of the hash of the key, in hex.
func agentID(csr *x509.CertificateRequest) string {
	sum := sha256.Sum256(csr.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:8])
}

// Renew certifies the key of peer anew. The certificate may have expired up to Config.RenewGrace ago:
// a collector that was away for long does not lock its agents out.
// Errors are ErrUnknownAgent, ErrRevoked or ErrRequest, or of the database.
func (a *Auth) Renew(ctx context.Context, peer tlsconf.Peer, request []byte) (der []byte, err error) {
	if der, err = a.renew(ctx, peer, request); err != nil {
		a.m.renewalsRefused.Inc()
		return nil, err
	}
	if peer.Expired {
		a.m.renewalsExpired.Inc()
		return der, nil
	}
	a.m.renewals.Inc()
	return der, nil
}

func (a *Auth) renew(ctx context.Context, peer tlsconf.Peer, request []byte) ([]byte, error) {
	csr, err := parseRequest(request)
	if err != nil {
		return nil, err
	}
	if !samePublicKey(csr.PublicKey, peer.Certificate.PublicKey) {
		return nil, fmt.Errorf("%w: it is for another key than the connection's certificate", ErrRequest)
	}
	if end := peer.Certificate.NotAfter; a.deps.Now().After(end.Add(a.cfg.RenewGrace)) {
		return nil, fmt.Errorf("%w: the certificate ended on %s, too long ago to renew it: enrol the agent with a new token",
			ErrRequest, end.Format(time.DateOnly))
	}
	if _, err := a.Agent(ctx, peer.Site, peer.Agent); err != nil {
		return nil, err
	}
	der, notAfter, err := a.deps.CA.issueAgent(csr, peer.Site, peer.Agent, a.cfg.AgentLife)
	if err != nil {
		return nil, err
	}
	return der, a.deps.DB.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE agents SET not_after_ms = ? WHERE id = ?`, notAfter.UnixMilli(), peer.Agent)
		return err
	})
}

// Agent returns an agent that may talk to the collector. The error is ErrUnknownAgent or ErrRevoked
// when it may not; an agent that was moved to another site is not known by its old certificate.
func (a *Auth) Agent(ctx context.Context, site, id string) (Agent, error) {
	agents, err := a.agents(ctx, `WHERE id = ?`, id)
	if err != nil {
		return Agent{}, err
	}
	if len(agents) == 0 || agents[0].Site != site {
		return Agent{}, fmt.Errorf("%w: %q of site %q", ErrUnknownAgent, id, site)
	}
	if agents[0].Revoked != 0 {
		return Agent{}, ErrRevoked
	}
	return agents[0], nil
}

// Agents lists all agents, the revoked too, by site and id.
func (a *Auth) Agents(ctx context.Context) ([]Agent, error) { return a.agents(ctx, "") }

func (a *Auth) agents(ctx context.Context, where string, args ...any) ([]Agent, error) {
	rows, err := a.deps.DB.Read().QueryContext(ctx, `SELECT id, site, hostname, version, created_ms, COALESCE(revoked_ms, 0),
		not_after_ms, last_seen_ms, watermark_ms, heartbeat, boot_id, clock_offset_ms, term, n
		FROM agents `+where+` ORDER BY site, id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read agents: %w", err)
	}
	defer rows.Close()
	var out []Agent
	for rows.Next() {
		var g Agent
		var heartbeat string
		var term, n int64
		if err := rows.Scan(&g.ID, &g.Site, &g.Hostname, &g.Version, &g.Created, &g.Revoked, &g.NotAfter, &g.LastSeen,
			&g.Watermark, &heartbeat, &g.BootID, &g.ClockOffset, &term, &n); err != nil {
			return nil, fmt.Errorf("read agents: %w", err)
		}
		if err := json.Unmarshal([]byte(heartbeat), &g.Heartbeat); err != nil {
			return nil, fmt.Errorf("read heartbeat of agent %q: %w", g.ID, err)
		}
		g.Term, g.N = uint64(term), uint64(n)
		out = append(out, g)
	}
	return out, rows.Err()
}

// Revoke ends the identity of an agent for good. Its streams end within 5 s (collector/ingest).
func (a *Auth) Revoke(ctx context.Context, id string) error {
	err := a.deps.DB.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE agents SET revoked_ms = COALESCE(revoked_ms, ?) WHERE id = ?`, a.nowMS(), id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("%w: %q", ErrUnknownAgent, id))
		}
		return a.AuditTx(ctx, tx, "agent.revoke", id, "")
	})
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.revoked)
	a.revoked = make(chan struct{})
	return nil
}

// Revocations returns a channel that is closed at the next revocation.
func (a *Auth) Revocations() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.revoked
}

// RecordContact keeps a sign of life. Its watermark goes onto the collector's clock and never back.
func (a *Auth) RecordContact(ctx context.Context, c Contact) error {
	heartbeat, err := json.Marshal(c.Heartbeat)
	if err != nil {
		return err
	}
	watermark := c.Heartbeat.Watermark
	if watermark != 0 {
		watermark += c.ClockOffset
	}
	return a.deps.DB.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE agents SET last_seen_ms = max(last_seen_ms, ?), watermark_ms = max(watermark_ms, ?),
			heartbeat = ?, boot_id = ?, clock_offset_ms = ?, version = ?, term = ?, n = ? WHERE id = ? AND site = ?`,
			c.Received, watermark, string(heartbeat), cleanText(c.BootID), c.ClockOffset, cleanText(c.Version),
			int64(c.Term), int64(c.N), c.Agent, c.Site)
		return err
	})
}
