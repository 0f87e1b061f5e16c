package feed

import (
	"errors"
	"io"

	"ninewatch/internal/journal"
	"ninewatch/internal/telemetry"
)

// batcher reads batches for one loop, from behind its cursor on.
type batcher struct {
	loop   *loop
	reader *journal.Reader
}

func newBatcher(l *loop) *batcher { return &batcher{loop: l} }

// next returns what there is, up to the limits of a batch; nothing at the present end of the journal.
// What was read before an error is returned by the call after close.
func (b *batcher) next() ([]telemetry.Entry, error) {
	if b.reader == nil {
		b.reader = b.loop.feed.deps.Journal.Read(b.loop.cursor.Load() + 1)
	}
	var entries []telemetry.Entry
	for size := 0; len(entries) < maxEntries && size < maxBytes; {
		lsn, data, err := b.reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		size += len(data)
		e, err := b.loop.feed.deps.Decode(data)
		if err != nil {
			b.undecodable(lsn, err)
			continue
		}
		e.LSN = lsn
		entries = append(entries, e)
	}
	return entries, nil
}

func (b *batcher) undecodable(lsn uint64, err error) {
	l := b.loop
	l.m.undecodable.Inc()
	if suppressed, ok := l.feed.quiet.Allow("decode " + l.sink.Name()); ok {
		l.feed.log.Warn("an entry of the journal cannot be read, going on without it",
			"sink", l.sink.Name(), "lsn", lsn, "err", err, "suppressed", suppressed)
	}
}

// close makes the next call of next begin behind the cursor again.
func (b *batcher) close() {
	if b.reader != nil {
		b.reader.Close() //nolint:errcheck // it only read
		b.reader = nil
	}
}
