package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"ninewatch/internal/conf"
)

// SetPassword gives an account a new password, and ends its sessions. The error is ErrUnknownUser,
// ErrInvalid, or of the database.
func (a *Auth) SetPassword(ctx context.Context, name string, password conf.Secret) error {
	return a.savePassword(ctx, name, password, "")
}

// ChangePassword does the same for the person who knows the old one. The session keep goes on. Besides the
// errors of SetPassword there are ErrCredentials and ErrTooMany.
func (a *Auth) ChangePassword(ctx context.Context, name string, old, password conf.Secret, keep string) error {
	account := "password of " + cleanText(name)
	if !a.logins.take(account, limitPerAccount) {
		return fmt.Errorf("%w: wait up to %s", ErrTooMany, limitWindow)
	}
	var hash string
	err := a.deps.DB.Read().QueryRowContext(ctx, `SELECT password_hash FROM users WHERE name = ?`, name).Scan(&hash)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%w: %q", ErrUnknownUser, name)
	}
	if err != nil {
		return fmt.Errorf("look up a user: %w", err)
	}
	if len(old) > maxPassword || !a.passwordMatches(ctx, hash, old) {
		return ErrCredentials
	}
	a.logins.giveBack(account)
	return a.savePassword(ctx, name, password, keep)
}

func (a *Auth) savePassword(ctx context.Context, name string, password conf.Secret, keep string) error {
	if n := len(password.Reveal()); n < minPassword || n > maxPassword {
		return fmt.Errorf("%w: a password has %d to %d bytes", ErrInvalid, minPassword, maxPassword)
	}
	hash := hashPassword(password.Reveal(), a.memory)
	return a.deps.DB.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE users SET password_hash = ? WHERE name = ?`, hash, name)
		if err != nil {
			return fmt.Errorf("save the password of %q: %w", name, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("%w: %q", ErrUnknownUser, name))
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE user_name = ? AND hash <> ?`, name, hashSecret(keep)); err != nil {
			return fmt.Errorf("end sessions of %q: %w", name, err)
		}
		return a.AuditTx(ctx, tx, "user.password", name, "")
	})
}

// TokenInfo is what is known of an API token besides itself. Times are Unix ms; 0: never.
type TokenInfo struct {
	Name     string
	Roles    []Role
	Created  int64
	Expires  int64
	LastUsed int64
}

// APITokens lists the tokens for programs, by name and age.
func (a *Auth) APITokens(ctx context.Context) ([]TokenInfo, error) {
	rows, err := a.deps.DB.Read().QueryContext(ctx, `SELECT name, roles, created_ms, coalesce(expires_ms, 0), coalesce(last_used_ms, 0)
		FROM api_tokens ORDER BY name, created_ms`)
	if err != nil {
		return nil, fmt.Errorf("read API tokens: %w", err)
	}
	defer rows.Close()
	var out []TokenInfo
	for rows.Next() {
		var t TokenInfo
		var roles string
		if err := rows.Scan(&t.Name, &roles, &t.Created, &t.Expires, &t.LastUsed); err != nil {
			return nil, fmt.Errorf("read API tokens: %w", err)
		}
		p, err := principal(t.Name, roles)
		if err != nil {
			return nil, err
		}
		t.Roles = p.Roles
		out = append(out, t)
	}
	return out, rows.Err()
}

// AuditLine is one thing that somebody did.
type AuditLine struct {
	ID     int64
	Time   int64 // Unix ms
	Who    string
	Action string
	Object string
	Detail string
}

// AuditLog lists the newest lines with an id below before (0: all) that contain a text, in any case.
func (a *Auth) AuditLog(ctx context.Context, text string, before int64, limit int) ([]AuditLine, error) {
	rows, err := a.deps.DB.Read().QueryContext(ctx, `SELECT rowid, time_ms, who, action, object, detail FROM audit
		WHERE (?1 = 0 OR rowid < ?1) AND (?2 = '' OR instr(lower(who || ' ' || action || ' ' || object || ' ' || detail), lower(?2)) > 0)
		ORDER BY rowid DESC LIMIT ?3`, before, text, limit)
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	defer rows.Close()
	var out []AuditLine
	for rows.Next() {
		var l AuditLine
		if err := rows.Scan(&l.ID, &l.Time, &l.Who, &l.Action, &l.Object, &l.Detail); err != nil {
			return nil, fmt.Errorf("read the audit log: %w", err)
		}
		out = append(out, l)
	}
	return out, rows.Err()
}
