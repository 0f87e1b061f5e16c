package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// maxGroup bounds how many writers share one transaction, and so how long the first of them waits.
const maxGroup = 256

// ErrClosed means that the database is closed.
var ErrClosed = errors.New("state database is closed")

// errLost means that SQLite rolled the whole transaction back, as it does on some errors of one
// statement (an interrupt, a full disk).
var errLost = errors.New("transaction was rolled back")

type request struct {
	ctx      context.Context
	fn       func(*sql.Tx) error
	err      error
	panicked any
	done     chan struct{}
}

// Write runs fn in a transaction and returns when it is committed and on disk, or with the error for
// which nothing of it remains. fn shares the transaction with other writers: it neither commits nor
// rolls back, and closes its rows. It may run a second time when another writer's failure took the
// shared transaction along, so it sets what it returns to its caller anew on each run.
// A panic in fn comes back to the caller of Write.
func (d *DB) Write(ctx context.Context, fn func(*sql.Tx) error) error {
	r := &request{ctx: ctx, fn: fn, done: make(chan struct{})}
	select {
	case <-d.stop:
		return ErrClosed
	default:
	}
	select {
	case d.requests <- r:
	case <-d.stop:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	<-r.done
	if r.panicked != nil {
		panic(r.panicked)
	}
	return r.err
}

// writer is the one goroutine that writes.
func (d *DB) writer() {
	for {
		select {
		case <-d.stop:
			return
		case r := <-d.requests:
			group := d.gather(r)
			d.run(group)
			for _, r := range group {
				close(r.done)
			}
		}
	}
}

// gather takes all that wait at this moment.
func (d *DB) gather(first *request) []*request {
	group := []*request{first}
	for len(group) < maxGroup {
		select {
		case r := <-d.requests:
			group = append(group, r)
		default:
			return group
		}
	}
	return group
}

// run commits the group; a member that loses the transaction for all is left out, the others run again.
func (d *DB) run(group []*request) {
	for len(group) > 0 {
		lost, err := d.attempt(group)
		if lost < 0 {
			if err != nil {
				for _, r := range group {
					r.err = errors.Join(r.err, err)
				}
			}
			return
		}
		rest := append([]*request(nil), group[:lost]...)
		group = append(rest, group[lost+1:]...)
	}
}

// attempt runs the group in one transaction. It returns the member that lost it, or -1; an error
// concerns the whole group.
func (d *DB) attempt(group []*request) (lost int, err error) {
	tx, err := d.write.BeginTx(context.Background(), nil)
	if err != nil {
		return -1, fmt.Errorf("begin transaction: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to roll back
	for i, r := range group {
		if err := r.run(tx); errors.Is(err, errLost) {
			return i, nil
		} else if err != nil {
			return -1, err
		}
	}
	if err := tx.Commit(); err != nil {
		return -1, fmt.Errorf("commit transaction: %w", err)
	}
	return -1, nil
}

// run executes r within a savepoint. Its own failure goes to r.err; what it returns concerns the transaction.
func (r *request) run(tx *sql.Tx) error {
	if r.panicked != nil {
		return nil // this run is a second one, and the first has its answer
	}
	if r.err = r.ctx.Err(); r.err != nil {
		return nil
	}
	if _, err := tx.Exec("SAVEPOINT writer"); err != nil {
		return fmt.Errorf("begin savepoint: %w", err)
	}
	r.call(tx)
	if r.err == nil && r.panicked == nil {
		_, err := tx.Exec("RELEASE writer")
		if err == nil {
			return nil
		}
		r.err = fmt.Errorf("release savepoint: %w", err)
	}
	if _, err := tx.Exec("ROLLBACK TO writer; RELEASE writer"); err != nil {
		return errLost
	}
	return nil
}

func (r *request) call(tx *sql.Tx) {
	defer func() { r.panicked = recover() }()
	r.err = r.fn(tx)
}
