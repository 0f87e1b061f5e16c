package store

import (
	"context"
	"log/slog"
)

// quiet hands on what the TSDB logs: errors as they are, all else as debug. It warns of overlapping blocks, which
// are what late samples make, and reports each compaction.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return q.Handler.Enabled(ctx, below(level))
}

func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	r.Level = below(r.Level)
	return q.Handler.Handle(ctx, r)
}

func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }
func (q quiet) WithGroup(name string) slog.Handler       { return quiet{q.Handler.WithGroup(name)} }

func below(level slog.Level) slog.Level {
	if level >= slog.LevelError {
		return level
	}
	return slog.LevelDebug
}
