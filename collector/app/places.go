package app

import (
	"context"
	"sync"

	"ninewatch/collector/inventory"
)

// places knows the site of each device. It is asked for each record, and reads the inventory when that changed.
type places struct {
	store *inventory.Store

	mu      sync.Mutex
	changed <-chan struct{}
	sites   map[string]string
}

// site is the site of a device; false when the inventory does not have it.
func (p *places) site(device string) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.changed:
		p.read()
	default:
		if p.changed == nil {
			p.read()
		}
	}
	site, ok := p.sites[device]
	return site, ok
}

func (p *places) read() {
	changed := p.store.Changed()
	devices, err := p.store.Devices(context.Background(), inventory.Filter{})
	if err != nil {
		return // what was known last; the read is tried again at the next call
	}
	p.changed, p.sites = changed, make(map[string]string, len(devices))
	for _, d := range devices {
		p.sites[d.Name] = d.Site
	}
}
