package inventory

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
)

// Users live in the table of package auth, whose rows also hold what no file does: the password.

func loadUsers(ctx context.Context, q querier, name string) ([]object, error) {
	rows, err := q.QueryContext(ctx, `SELECT name, roles, source, created_ms FROM users WHERE ?1 = '' OR name = ?1 ORDER BY name`, name)
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	defer rows.Close()
	var out []object
	for rows.Next() {
		o := object{id: id{kind: KindUser}}
		var roles []byte
		if err := rows.Scan(&o.name, &roles, &o.source, &o.updated); err != nil {
			return nil, fmt.Errorf("read users: %w", err)
		}
		u := User{Name: o.name}
		if err := json.Unmarshal(roles, &u.Roles); err != nil {
			return nil, fmt.Errorf("read roles of %q: %w", o.name, err)
		}
		o.spec = mustJSON(u)
		out = append(out, o)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	return out, nil
}

// putUser makes an account without a password, with which nobody can sign in, or changes the roles of one.
func putUser(ctx context.Context, tx *sql.Tx, o object, now int64) error {
	var u User
	if err := decode(o.spec, &u); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO users (name, password_hash, roles, created_ms, source) VALUES (?1, '', ?2, ?3, ?4)
		ON CONFLICT (name) DO UPDATE SET roles = ?2`, u.Name, mustJSON(u.Roles), now, o.source)
	return err
}

func removeUser(ctx context.Context, tx *sql.Tx, name string) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE user_name = ?`, name); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM users WHERE name = ?`, name)
	return err
}
