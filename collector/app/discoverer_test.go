package app

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// TestDiscoverer: at the start and every three minutes, an error notwithstanding, until it is stopped.
func TestDiscoverer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		d := &discoverer{log: slog.New(slog.DiscardHandler), discover: func(context.Context) error {
			n++
			return errors.New("the store is away")
		}}
		if err := d.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := d.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(7 * time.Minute)
		synctest.Wait()
		if err := d.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n != 3 {
			t.Errorf("looked %d times in 7 minutes, want 3", n)
		}
	})
}
