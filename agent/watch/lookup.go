package watch

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"ninewatch/internal/telemetry"
)

const (
	lookupTimeout = 3 * time.Second // of one name
	lookupsAtOnce = 16
)

// addresses are the devices with host names looked up, once for an assignment. A name that is not found stays:
// it is then a problem of its device.
func addresses(devices []telemetry.AssignedDevice) []telemetry.AssignedDevice {
	out := slices.Clone(devices)
	places := make(chan struct{}, lookupsAtOnce)
	var wg sync.WaitGroup
	for i := range out {
		if _, err := netip.ParseAddr(out[i].Address); err == nil {
			continue
		}
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			out[i].Address = lookup(out[i].Address)
		})
	}
	wg.Wait()
	return out
}

// lookup is the first address of a name, or the name.
func lookup(name string) string {
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	if err != nil || len(found) == 0 {
		return name
	}
	return found[0].Unmap().String()
}
