package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"ninewatch/internal/lifecycle"
)

// discoverEvery is how often proposals are made of what devices say of their neighbours: facts are sent when
// they change, so that this is how late a new device shows at most.
const discoverEvery = 3 * time.Minute

// discoverer makes proposals of neighbours, and lets rules decide on them.
type discoverer struct {
	log      *slog.Logger
	discover func(context.Context) error // Store.Discover in production
	wake     chan struct{}               // holds one when a scan has found something
	cancel   context.CancelFunc
	wg       sync.WaitGroup
}

func (d *discoverer) Start(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	d.cancel = cancel
	d.wg.Go(func() {
		ticker := time.NewTicker(discoverEvery)
		defer ticker.Stop()
		for {
			if err := d.discover(ctx); err != nil && !errors.Is(err, context.Canceled) {
				d.log.Error("neighbours of devices not looked at, next try in 3 min", "err", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			case <-d.wake:
			}
		}
	})
	return nil
}

func (d *discoverer) Stop(ctx context.Context) error {
	if d.cancel == nil {
		return nil
	}
	d.cancel()
	return lifecycle.Wait(ctx, &d.wg, "discovery")
}

// again has it look at once. It does not wait.
func (d *discoverer) again() {
	select {
	case d.wake <- struct{}{}:
	default: // it is to look already
	}
}
