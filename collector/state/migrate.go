package state

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNewer means that a newer program has migrated the database.
var ErrNewer = errors.New("schema is newer than this program")

// migrate brings the schema to the version of this program, each step in its own transaction.
func migrate(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	return migrateWith(ctx, db, sub, log)
}

func migrateWith(ctx context.Context, db *sql.DB, files fs.FS, log *slog.Logger) error {
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	has, knows, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if has > knows {
		return fmt.Errorf("%w: the database has version %d, this program knows up to %d; start the newer ninewatch-collector again, or restore a backup from before the upgrade", ErrNewer, has, knows)
	}
	results, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate from version %d to %d: %w", has, knows, err)
	}
	if len(results) > 0 {
		log.Info("schema migrated", "from", has, "to", knows)
	}
	return nil
}
