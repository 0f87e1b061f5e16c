package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"ninewatch/internal/conf"
)

// adminName is the account that the first start makes.
const adminName = "admin"

// User is an account of a person.
type User struct {
	Name    string
	Roles   []Role
	Created int64 // Unix ms
}

// Session is a login. Token goes into the cookie.
type Session struct {
	Token   string
	Expires time.Time
}

// CookieName is the name of the session cookie: __Host- binds it to one host, and browsers take that
// prefix over TLS alone.
func CookieName(tls bool) string {
	if tls {
		return "__Host-ninewatch"
	}
	return "ninewatch"
}

// EnsureAdmin makes the account admin with a random password when there are no users at all.
func (a *Auth) EnsureAdmin(ctx context.Context) (password conf.Secret, created bool, err error) {
	var n int
	if err := a.deps.DB.Read().QueryRowContext(ctx, `SELECT count(*) FROM users`).Scan(&n); err != nil {
		return "", false, fmt.Errorf("count users: %w", err)
	}
	if n > 0 {
		return "", false, nil
	}
	password = conf.Secret(newSecret("")[:20]) // 120 bits
	err = a.SetUser(ctx, adminName, password, []Role{{Role: "admin", Sites: []string{AnySite}}})
	return password, err == nil, err
}

// SetUser makes or changes an account. An empty password leaves the one that is there. A new password
// ends the sessions of the account.
func (a *Auth) SetUser(ctx context.Context, name string, password conf.Secret, roles []Role) error {
	raw, err := encodeRoles(name, roles)
	if err != nil {
		return err
	}
	hash := ""
	if password != "" {
		if n := len(password.Reveal()); n < minPassword || n > maxPassword {
			return fmt.Errorf("%w: a password has %d to %d bytes", ErrInvalid, minPassword, maxPassword)
		}
		hash = hashPassword(password.Reveal(), a.memory)
	}
	return a.deps.DB.Write(ctx, func(tx *sql.Tx) error {
		if err := saveUser(ctx, tx, name, hash, raw, a.nowMS()); err != nil {
			return err
		}
		return a.AuditTx(ctx, tx, "user.set", name, raw)
	})
}

func saveUser(ctx context.Context, tx *sql.Tx, name, hash, roles string, now int64) error {
	if hash == "" {
		res, err := tx.ExecContext(ctx, `UPDATE users SET roles = ? WHERE name = ?`, roles, name)
		if err != nil {
			return fmt.Errorf("save user %q: %w", name, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("%w: %q is new and needs a password", ErrInvalid, name))
		}
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO users (name, password_hash, roles, created_ms) VALUES (?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash, roles = excluded.roles`, name, hash, roles, now)
	if err == nil {
		_, err = tx.ExecContext(ctx, `DELETE FROM sessions WHERE user_name = ?`, name)
	}
	if err != nil {
		return fmt.Errorf("save user %q: %w", name, err)
	}
	return nil
}

// DeleteUser removes an account and ends its sessions.
func (a *Auth) DeleteUser(ctx context.Context, name string) error {
	return a.deps.DB.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM users WHERE name = ?`, name)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("%w: %q", ErrUnknownUser, name))
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE user_name = ?`, name); err != nil {
			return err
		}
		return a.AuditTx(ctx, tx, "user.delete", name, "")
	})
}

// Users lists all accounts by name.
func (a *Auth) Users(ctx context.Context) ([]User, error) {
	rows, err := a.deps.DB.Read().QueryContext(ctx, `SELECT name, roles, created_ms FROM users ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	defer rows.Close()
	var out []User
	for rows.Next() {
		var u User
		var roles string
		if err := rows.Scan(&u.Name, &roles, &u.Created); err != nil {
			return nil, fmt.Errorf("read users: %w", err)
		}
		p, err := principal(u.Name, roles)
		if err != nil {
			return nil, err
		}
		u.Roles = p.Roles
		out = append(out, u)
	}
	return out, rows.Err()
}

// Login checks a password and opens a session. remote is the address that asks, without its port.
// The error is ErrCredentials or ErrTooMany, or of the database.
func (a *Auth) Login(ctx context.Context, name string, password conf.Secret, remote string) (Session, Principal, error) {
	account, address := "account "+cleanText(name), "address "+remote
	if !a.logins.take(address, limitPerAddress) || !a.logins.take(account, limitPerAccount) {
		a.m.loginsMany.Inc()
		return Session{}, Principal{}, fmt.Errorf("%w: wait up to %s", ErrTooMany, limitWindow)
	}
	hash, roles := a.absent(), "" // of nobody, so that the answer takes as long
	err := a.deps.DB.Read().QueryRowContext(ctx, `SELECT password_hash, roles FROM users WHERE name = ?`, name).Scan(&hash, &roles)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Session{}, Principal{}, fmt.Errorf("look up a user: %w", err)
	}
	if hash == "" { // an account that apply made, to which nobody has given a password
		hash = a.absent()
	}
	if len(password) > maxPassword || !a.passwordMatches(ctx, hash, password) || err != nil {
		a.m.loginsWrong.Inc()
		return Session{}, Principal{}, ErrCredentials
	}
	a.logins.giveBack(address)
	a.logins.giveBack(account)
	p, err := principal(name, roles)
	if err != nil {
		return Session{}, Principal{}, err
	}
	s, err := a.openSession(With(ctx, p), name)
	if err == nil {
		a.m.logins.Inc()
	}
	return s, p, err
}

// passwordMatches hashes one password at a time: each takes 24 MiB, and anybody can ask.
func (a *Auth) passwordMatches(ctx context.Context, hash string, password conf.Secret) bool {
	select {
	case a.hashing <- struct{}{}:
		defer func() { <-a.hashing }()
		return checkPassword(hash, password.Reveal())
	case <-ctx.Done():
		return false
	}
}

func (a *Auth) openSession(ctx context.Context, name string) (Session, error) {
	s := Session{Token: newSecret(""), Expires: a.deps.Now().Add(a.cfg.Session)}
	err := a.deps.DB.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE expires_ms <= ?`, a.nowMS()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO sessions (hash, user_name, created_ms, expires_ms) VALUES (?, ?, ?, ?)`,
			hashSecret(s.Token), name, a.nowMS(), s.Expires.UnixMilli())
		if err != nil {
			return fmt.Errorf("open a session: %w", err)
		}
		return a.AuditTx(ctx, tx, "session.open", name, "")
	})
	return s, err
}

// Session returns whose session token is, or ErrNoSession.
func (a *Auth) Session(ctx context.Context, token string) (Principal, error) {
	var name, roles string
	err := a.deps.DB.Read().QueryRowContext(ctx, `SELECT u.name, u.roles FROM sessions s JOIN users u ON u.name = s.user_name
		WHERE s.hash = ? AND s.expires_ms > ?`, hashSecret(token), a.nowMS()).Scan(&name, &roles)
	if errors.Is(err, sql.ErrNoRows) {
		return Principal{}, ErrNoSession
	}
	if err != nil {
		return Principal{}, fmt.Errorf("look up a session: %w", err)
	}
	return principal(name, roles)
}

// Logout ends a session. An unknown one is no error.
func (a *Auth) Logout(ctx context.Context, token string) error {
	return a.deps.DB.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE hash = ?`, hashSecret(token))
		return err
	})
}
