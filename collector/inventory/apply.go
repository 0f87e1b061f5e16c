package inventory

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
)

// ApplyOptions change what Apply does.
type ApplyOptions struct {
	DryRun bool   // only tell
	Prune  bool   // delete what an earlier apply created and inv does not have
	Source string // of what is created: SourceApply when empty
	Delete []ID   // what is deleted besides, whoever created it
}

// Apply makes the stored inventory hold what inv says, in one transaction. Objects that inv does not
// name stay, but for Prune. Mistakes that show only against the stored inventory are a conf.Problems.
func (s *Store) Apply(ctx context.Context, inv Inventory, opts ApplyOptions) (Diff, error) {
	wanted := inv.objects()
	for i := range wanted {
		wanted[i].source = cmp.Or(opts.Source, SourceApply)
		wanted[i].fingerprint = s.vault.fingerprint(wanted[i].id, wanted[i].secrets)
	}
	if opts.DryRun {
		p, err := s.preview(ctx, wanted, inv, opts)
		return Diff{p.changes}, err
	}
	var p plan
	err := s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		if p, err = s.planIn(ctx, tx, wanted, inv, opts); err != nil {
			return err
		}
		return s.execute(ctx, tx, p)
	})
	if err != nil {
		return Diff{}, err
	}
	diff := Diff{p.changes}
	if diff.Changed() {
		s.log.Info("inventory changed", "objects", len(p.puts), "deleted", len(p.deletes), "renamed", len(p.renames))
		s.Notify()
	}
	return diff, nil
}

func (s *Store) preview(ctx context.Context, wanted []object, inv Inventory, opts ApplyOptions) (plan, error) {
	tx, err := s.db.Read().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return plan{}, fmt.Errorf("read inventory: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // it only reads
	return s.planIn(ctx, tx, wanted, inv, opts)
}

func (s *Store) planIn(ctx context.Context, q querier, wanted []object, inv Inventory, opts ApplyOptions) (plan, error) {
	stored, err := loadObjects(ctx, q, "", "")
	if err != nil {
		return plan{}, err
	}
	agents, err := loadAgents(ctx, q)
	if err != nil {
		return plan{}, err
	}
	p := makePlan(withMentions(stored), wanted, inv, opts, agents, s.now())
	return p, p.problems.Err()
}

func loadAgents(ctx context.Context, q querier) (map[string]int, error) {
	rows, err := q.QueryContext(ctx, `SELECT site, count(*) FROM agents WHERE revoked_ms IS NULL GROUP BY site`)
	if err != nil {
		return nil, fmt.Errorf("read agents: %w", err)
	}
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var site string
		var n int
		if err := rows.Scan(&site, &n); err != nil {
			return nil, fmt.Errorf("read agents: %w", err)
		}
		out[site] = n
	}
	return out, rows.Err()
}

// loadObjects reads all objects, or those of one kind, or one.
func loadObjects(ctx context.Context, q querier, kind, name string) ([]object, error) {
	var out []object
	if kind != KindUser {
		rows, err := q.QueryContext(ctx, `SELECT kind, name, site, spec, sealed, fingerprint, source, updated_ms FROM objects
			WHERE (?1 = '' OR kind = ?1) AND (?2 = '' OR name = ?2) ORDER BY kind, name`, kind, name)
		if err != nil {
			return nil, fmt.Errorf("read inventory: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var o object
			if err := rows.Scan(&o.kind, &o.name, &o.site, &o.spec, &o.sealed, &o.fingerprint, &o.source, &o.updated); err != nil {
				return nil, fmt.Errorf("read inventory: %w", err)
			}
			out = append(out, o)
		}
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("read inventory: %w", err)
		}
	}
	if kind == "" || kind == KindUser {
		users, err := loadUsers(ctx, q, name)
		return append(out, users...), err
	}
	return out, nil
}

// withMentions fills what loadObjects leaves out, because lists do without.
func withMentions(list []object) []object {
	for i, o := range list {
		if len(kinds[kindIndex(o.kind)].refs) > 0 {
			list[i].mentions = mentions(o.kind, fields(o.spec))
		}
	}
	return list
}

func (s *Store) execute(ctx context.Context, tx *sql.Tx, p plan) error {
	if err := renameAll(ctx, tx, p.renames); err != nil {
		return err
	}
	for _, gone := range p.deletes {
		if err := remove(ctx, tx, gone); err != nil {
			return fmt.Errorf("delete %s %q: %w", gone.kind, gone.name, err)
		}
	}
	for _, o := range p.puts {
		if err := s.put(ctx, tx, o); err != nil {
			return fmt.Errorf("store %s %q: %w", o.kind, o.name, err)
		}
	}
	return forgetReused(ctx, tx, p)
}

func remove(ctx context.Context, tx *sql.Tx, gone id) error {
	if gone.kind == KindUser {
		return removeUser(ctx, tx, gone.name)
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM objects WHERE kind = ? AND name = ?`, gone.kind, gone.name)
	return err
}

func (s *Store) put(ctx context.Context, tx *sql.Tx, o object) error {
	if o.kind == KindUser {
		return putUser(ctx, tx, o, s.now().UnixMilli())
	}
	sealed := o.sealed // of a stored object that is kept
	if o.secrets != nil {
		var err error
		if sealed, err = s.vault.seal(o.secrets); err != nil {
			return err
		}
	}
	now := s.now().UnixMilli()
	_, err := tx.ExecContext(ctx, `INSERT INTO objects (kind, name, site, spec, sealed, fingerprint, source, created_ms, updated_ms)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
		ON CONFLICT (kind, name) DO UPDATE SET site = ?3, spec = ?4, sealed = ?5, fingerprint = ?6, updated_ms = ?8`,
		o.kind, o.name, o.site, o.spec, sealed, o.fingerprint, o.source, now)
	return err
}
