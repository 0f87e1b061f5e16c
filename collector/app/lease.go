package app

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"ninewatch/collector/auth"
	"ninewatch/internal/lifecycle"
)

// What a device says of itself is read by one agent of its site, the holder of the lease; all of them ping.
const (
	leaseTime  = 90 * time.Second // a holder that says nothing for so long loses its lease
	leaseCheck = 5 * time.Second
)

// leases knows which agent of each site reads SNMP.
type leases struct {
	log     *slog.Logger
	agents  func(context.Context) ([]auth.Agent, error)
	changed func() // assignments differ now
	now     func() time.Time

	mu      sync.Mutex
	holders map[string]string // by site
	cancel  context.CancelFunc
	wg      sync.WaitGroup
}

func (l *leases) Start(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	l.wg.Go(func() {
		ticker := time.NewTicker(leaseCheck)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				l.check(ctx)
			}
		}
	})
	return nil
}

func (l *leases) Stop(ctx context.Context) error {
	if l.cancel == nil {
		return nil
	}
	l.cancel()
	return lifecycle.Wait(ctx, &l.wg, "leases")
}

// holds tells whether agent reads SNMP at site. The first that asks for a site without a holder does.
func (l *leases) holds(agent, site string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holders[site] == "" {
		l.holders[site] = agent
	}
	return l.holders[site] == agent
}

// check moves the leases of holders that fell silent.
func (l *leases) check(ctx context.Context) {
	agents, err := l.agents(ctx)
	if err != nil {
		return // tried again soon; the leases stay where they are
	}
	l.mu.Lock()
	moved := false
	for site, holder := range l.holders {
		next := nextHolder(holder, site, agents, l.now().Add(-leaseTime).UnixMilli())
		if next != holder {
			l.log.Info("another agent reads SNMP", "component", "collector/app", "site", site, "agent", next, "before", holder)
			l.holders[site], moved = next, true
		}
	}
	l.mu.Unlock()
	if moved {
		l.changed()
	}
}

// nextHolder is the holder as long as it was heard since, else the agent of the site that was; with none of
// them the holder stays.
func nextHolder(holder, site string, agents []auth.Agent, since int64) string {
	alive := func(a auth.Agent) bool { return a.Site == site && a.Revoked == 0 && a.LastSeen >= since }
	if slices.ContainsFunc(agents, func(a auth.Agent) bool { return a.ID == holder && alive(a) }) {
		return holder
	}
	if i := slices.IndexFunc(agents, alive); i >= 0 {
		return agents[i].ID
	}
	return holder
}
