// Package journal is an append-only segment log.
package journal

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

var errNotYet = errors.New("journal: being written")

// Options says where a journal lives and how it grows.
type Options struct {
	Dir          string
	SegmentBytes int64
	Now          func() time.Time
	Log          *slog.Logger
}

// Journal is the log.
type Journal struct{}

// SegmentInfo describes one segment file.
type SegmentInfo struct {
	First, Last uint64
	Bytes       int64
	Newest      time.Time
}

// Reader reads forward.
type Reader struct{}

func Open(o Options) (*Journal, error)                                { return nil, errNotYet }
func (j *Journal) Append(recs ...[]byte) (first uint64, err error)    { return 0, errNotYet }
func (j *Journal) Sync(ctx context.Context) error                     { return errNotYet }
func (j *Journal) NextLSN() uint64                                    { return 0 }
func (j *Journal) FirstLSN() uint64                                   { return 0 }
func (j *Journal) Bytes() int64                                       { return 0 }
func (j *Journal) Damaged() uint64                                    { return 0 }
func (j *Journal) Read(from uint64) *Reader                           { return nil }
func (j *Journal) Changed() <-chan struct{}                           { return nil }
func (j *Journal) DropBefore(lsn uint64) error                        { return errNotYet }
func (j *Journal) DropOldestSegment() (first, last uint64, err error) { return 0, 0, errNotYet }
func (j *Journal) Segments() []SegmentInfo                            { return nil }
func (j *Journal) Close() error                                       { return nil }
func (r *Reader) Next() (lsn uint64, rec []byte, err error)           { return 0, nil, errNotYet }
func (r *Reader) Close() error                                        { return nil }
