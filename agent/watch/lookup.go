package watch

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"ninewatch/internal/order"
	"ninewatch/internal/telemetry"
)

const (
	lookupTimeout = 3 * time.Second // of one name
	lookupsAtOnce = 16
	// lookupEvery is how soon a changed address is followed, and a name found that was not there.
	lookupEvery = time.Minute
)

// lookupFunc is net.Resolver.LookupNetIP in production.
type lookupFunc func(ctx context.Context, network, host string) ([]netip.Addr, error)

// names are the host names of an assignment, with what is known of them.
type names struct {
	lookup lookupFunc
	known  map[string]answer
}

// answer is what a name stands for.
type answer struct {
	addr netip.Addr // the one that is used; invalid: none was ever found
	many int        // addresses that the name had when it was last found
	err  error      // of the latest attempt
}

// equal tells whether a and b come to the same, for probes and for people.
func (a answer) equal(b answer) bool { return a.addr == b.addr && a.many == b.many }

func newNames() names {
	return names{lookup: net.DefaultResolver.LookupNetIP, known: map[string]answer{}}
}

// refresh looks up names, and forgets all others. A name that is not found now keeps its address.
func (n *names) refresh(ctx context.Context, hosts []string) (changed []string) {
	answers := make([]answer, len(hosts))
	places := make(chan struct{}, lookupsAtOnce)
	var wg sync.WaitGroup
	for i, host := range hosts {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			answers[i] = n.ask(ctx, host)
		})
	}
	wg.Wait()
	known := make(map[string]answer, len(hosts))
	for i, host := range hosts {
		if answers[i].addr != n.known[host].addr {
			changed = append(changed, host)
		}
		known[host] = answers[i]
	}
	n.known = known
	return changed
}

// ask looks up one name. Of several addresses it keeps to the one in use while the name still has it, else it
// takes the lowest of IPv4, or of IPv6 where there is no other: the order of an answer changes from one to the next.
func (n *names) ask(ctx context.Context, host string) answer {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	a := n.known[host]
	found, err := n.lookup(ctx, "ip", host)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("no address")
	}
	if a.err = err; err != nil {
		return a
	}
	for i := range found {
		found[i] = found[i].Unmap()
	}
	order.Sort(found, netip.Addr.Compare)
	found = slices.Compact(found)
	a.many = len(found)
	if !slices.Contains(found, a.addr) {
		a.addr = found[0]
	}
	return a
}

// hostsOf are the host names of a, each once.
func hostsOf(a telemetry.Assignment) (hosts []string) {
	add := func(address string) {
		if _, err := netip.ParseAddr(address); err != nil && address != "" {
			hosts = append(hosts, address)
		}
	}
	for _, d := range a.Devices {
		add(d.Address)
	}
	for _, t := range a.Targets {
		add(t.Address)
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// address is that of a device or target. note says in words what is odd, but can be watched.
func (n *names) address(text string) (addr netip.Addr, note string, err error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr.Unmap(), "", nil
	}
	a := n.known[text]
	switch {
	case !a.addr.IsValid() && a.err == nil:
		return a.addr, "", fmt.Errorf("address %q is not an IP address, and not a name", text)
	case !a.addr.IsValid():
		return a.addr, "", fmt.Errorf("name %q is not found: %w; correct it, or enter the IP address (it is looked up again every minute)", text, a.err)
	case a.many > 1:
		note = fmt.Sprintf("name %q has %d addresses, %s is watched: enter that of the one you mean", text, a.many, a.addr)
	}
	return a.addr, note, nil
}
