// Package state keeps what a collector knows beside samples in one SQLite database: schema,
// migrations, the single writer, cursors and meta values. It does not know what the rows mean.
//
// Promises:
//   - when Write returns nil, what its function did is on disk: a kill -9 or a power cut keeps it whole;
//   - when Write returns an error, nothing of what its function did remains;
//   - writers share transactions (group commit), but a failing one never costs the others anything;
//   - a database that a newer program has migrated is refused in words, never touched.
//
// Reads go through Read, from any goroutine: WAL mode lets them see the last commit while the writer
// works. Writes go through Write, from any goroutine but never from inside the function of another Write.
package state
