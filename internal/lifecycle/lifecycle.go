// Package lifecycle starts the parts of a program in order and stops them in reverse.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// stopTimeout bounds the Stop of one part: systemd's default TimeoutStopSec is 90 s for all of them.
const stopTimeout = 15 * time.Second

// Part is a component: Start returns when the part works, Stop when its last goroutine has ended.
type Part struct {
	Name  string
	Start func(context.Context) error
	Stop  func(context.Context) error
}

// Run starts parts in order, waits for ctx or a fatal error, and then stops in reverse order what had
// started. Every Stop runs; all errors come back joined.
func Run(ctx context.Context, fatal <-chan error, parts ...Part) (err error) {
	for _, p := range parts {
		if err := p.Start(ctx); err != nil {
			return fmt.Errorf("start %s: %w", p.Name, err)
		}
		defer func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
			defer cancel()
			if e := p.Stop(ctx); e != nil {
				err = errors.Join(err, fmt.Errorf("stop %s: %w", p.Name, e))
			}
		}()
	}
	select {
	case <-ctx.Done():
		return nil
	case err = <-fatal:
		return err
	}
}

// Wait returns when wg is done, or says what is still running when ctx ends first.
func Wait(ctx context.Context, wg *sync.WaitGroup, what string) error {
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for %s: %w", what, ctx.Err())
	}
}
