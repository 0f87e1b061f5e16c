package auth

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"ninewatch/internal/jointoken"
)

// APITokenPrefix begins each API token, so that scanners find those that leak.
const APITokenPrefix = "nwt_"

// CreateToken makes a join token for one agent of site. The zero ttl means Config.TokenTTL. addresses
// are where agents reach this collector, host:port.
func (a *Auth) CreateToken(ctx context.Context, site string, ttl time.Duration, addresses ...string) (jointoken.Token, time.Time, error) {
	if ttl == 0 {
		ttl = a.cfg.TokenTTL
	}
	if ttl < 0 {
		return jointoken.Token{}, time.Time{}, fmt.Errorf("%w: a token cannot live for %s", ErrInvalid, ttl)
	}
	t := jointoken.New(addresses, a.deps.CA.Pin())
	if _, err := t.Encode(); err != nil {
		return jointoken.Token{}, time.Time{}, err
	}
	expires := a.deps.Now().Add(ttl)
	err := a.deps.DB.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO join_tokens (hash, site, created_ms, expires_ms) VALUES (?, ?, ?, ?)`,
			jointoken.Hash(t.SecretText()), site, a.nowMS(), expires.UnixMilli())
		if err != nil {
			return fmt.Errorf("keep the join token: %w", err)
		}
		return a.AuditTx(ctx, tx, "token.create", site, "expires "+expires.UTC().Format(time.RFC3339))
	})
	return t, expires, err
}

// CreateAPIToken makes a token for programs; it is shown once. The zero ttl means that it does not end.
func (a *Auth) CreateAPIToken(ctx context.Context, name string, roles []Role, ttl time.Duration) (string, error) {
	raw, err := encodeRoles(name, roles)
	if err != nil {
		return "", err
	}
	token := newSecret(APITokenPrefix)
	var expires sql.NullInt64
	if ttl > 0 {
		expires = sql.NullInt64{Int64: a.deps.Now().Add(ttl).UnixMilli(), Valid: true}
	}
	err = a.deps.DB.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO api_tokens (hash, name, roles, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?)`,
			hashSecret(token), name, raw, a.nowMS(), expires)
		if err != nil {
			return fmt.Errorf("keep the API token: %w", err)
		}
		return a.AuditTx(ctx, tx, "api_token.create", name, raw)
	})
	return token, err
}

// DeleteAPITokens removes the API tokens called name and tells how many there were.
func (a *Auth) DeleteAPITokens(ctx context.Context, name string) (int, error) {
	var n int64
	err := a.deps.DB.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM api_tokens WHERE name = ?`, name)
		if err != nil {
			return err
		}
		if n, err = res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return a.AuditTx(ctx, tx, "api_token.delete", name, "")
	})
	return int(n), err
}

// APIToken returns whom a token stands for, or ErrNoSession. Its last use is kept to the minute.
func (a *Auth) APIToken(ctx context.Context, token string) (Principal, error) {
	if !strings.HasPrefix(token, APITokenPrefix) {
		return Principal{}, ErrNoSession
	}
	hash := hashSecret(token)
	var name, roles string
	var expires sql.NullInt64
	err := a.deps.DB.Read().QueryRowContext(ctx, `SELECT name, roles, expires_ms FROM api_tokens WHERE hash = ?`, hash).
		Scan(&name, &roles, &expires)
	if errors.Is(err, sql.ErrNoRows) || err == nil && expires.Valid && a.nowMS() >= expires.Int64 {
		return Principal{}, ErrNoSession
	}
	if err != nil {
		return Principal{}, fmt.Errorf("look up an API token: %w", err)
	}
	a.touch(ctx, hash)
	return principal("token "+name, roles)
}

// touch writes the last use of an API token at most once a minute.
func (a *Auth) touch(ctx context.Context, hash string) {
	now := a.nowMS()
	a.mu.Lock()
	due := now-a.touched[hash] >= time.Minute.Milliseconds()
	if due {
		a.touched[hash] = now // known hashes only: as many as there are tokens
	}
	a.mu.Unlock()
	if !due {
		return
	}
	err := a.deps.DB.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE api_tokens SET last_used_ms = ? WHERE hash = ?`, now, hash)
		return err
	})
	if err != nil && ctx.Err() == nil {
		a.log.Warn("cannot keep the last use of an API token", "err", err)
	}
}

func encodeRoles(name string, roles []Role) (string, error) {
	if name == "" || cleanText(name) != name || len(name) > 100 {
		return "", fmt.Errorf("%w: name %q has to be 1 to 100 bytes of plain text", ErrInvalid, name)
	}
	if len(roles) == 0 {
		return "", fmt.Errorf("%w: %q has no roles, so that it could do nothing", ErrInvalid, name)
	}
	for _, r := range roles {
		if err := r.Validate(); err != nil {
			return "", fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	raw, err := json.Marshal(roles)
	return string(raw), err
}

func principal(name, roles string) (Principal, error) {
	p := Principal{Name: name}
	if err := json.Unmarshal([]byte(roles), &p.Roles); err != nil {
		return Principal{}, fmt.Errorf("read roles of %q: %w", name, err)
	}
	return p, nil
}

// cleanText makes text that came over the wire fit to be kept and shown.
func cleanText(s string) string {
	const longest = 255
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "")
	}
	return s
}
