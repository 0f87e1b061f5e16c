package uplink

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"ninewatch/agent/spool"
	"ninewatch/internal/telemetry"
	"ninewatch/internal/tlsconf"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

var (
	errClockStep = errors.New("the clock of this host was set: connecting anew so that the collector measures it")
	errNoWelcome = errors.New("the collector does not answer the greeting")
)

// connection is one connection with its two lanes.
type connection struct {
	u       *Uplink
	c       conn
	client  telemetryv1.AgentsClient
	opened  time.Time // with the monotonic clock
	durable map[telemetry.Epoch]telemetry.RangeSet
}

// connect works with the collector at address until the connection ends, and says why it did.
func (u *Uplink) connect(ctx context.Context, address string) error {
	if err := u.renewFirst(ctx, address); err != nil {
		return err
	}
	id := u.identity()
	k, err := u.dial(address, id)
	if err != nil {
		return err
	}
	defer k.c.Close() //nolint:errcheck // nothing to do about it
	err = k.run(ctx)
	if len(id.Certificates) > 1 && errors.Is(err, ErrRefused) {
		u.log.Warn("the collector refuses the renewed certificate, going back to the one before", "err", err)
		return errors.Join(err, u.change(func(id *identity) { id.Certificates = id.Certificates[1:] }))
	}
	return err
}

func (u *Uplink) dial(address string, id identity) (*connection, error) {
	c, err := dial(address, tlsconf.Client(id.certificate(), id.roots, u.deps.Now))
	if err != nil {
		return nil, err
	}
	return &connection{u: u, c: c, client: telemetryv1.NewAgentsClient(c), opened: time.Now()}, nil
}

// renewFirst renews a certificate that is due. That it cannot is an error only when it has expired.
func (u *Uplink) renewFirst(ctx context.Context, address string) error {
	id := u.identity()
	due, end := renewal(id.Certificates[0])
	if u.deps.Now().Before(due) {
		return nil
	}
	k, err := u.dial(address, id)
	if err != nil {
		return err
	}
	defer k.c.Close() //nolint:errcheck // nothing to do about it
	err = k.renew(ctx)
	if err != nil && u.deps.Now().Before(end) {
		u.warnRenewal(err, end)
		return nil
	}
	return err
}

// run opens the lanes and works until one of them ends.
func (k *connection) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	defer func() {
		cancel(nil)
		wg.Wait()
		k.u.connected.Store(false)
		k.u.deps.Queue.Return(spool.Live)
		k.u.deps.Queue.Return(spool.Backlog)
	}()
	live, err := k.open(ctx, spool.Live)
	if err != nil {
		return err
	}
	backlog, err := k.open(ctx, spool.Backlog)
	if err != nil {
		return err
	}
	k.u.m.connects.Inc()
	k.u.connected.Store(true)
	k.u.log.Info("connected to the collector", "addr", k.c.address)
	for _, f := range []func(context.Context) error{live.send, live.receive, backlog.send, backlog.receive, k.keepCertificate} {
		wg.Go(func() {
			if err := f(ctx); err != nil {
				cancel(err)
			}
		})
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

// open greets the collector on a lane.
func (k *connection) open(ctx context.Context, which spool.Lane) (*lane, error) {
	// The stream lives as long as ctx; the timer ends it when no Welcome comes.
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(helloTimeout, func() { cancel(errNoWelcome) })
	stream, err := k.client.Stream(ctx)
	if err != nil {
		cancel(nil)
		return nil, k.c.explain(err)
	}
	l := newLane(k, which, stream)
	welcome, err := l.greet()
	if !timer.Stop() {
		err = fmt.Errorf("collector %s: %w", k.c.address, errNoWelcome)
	}
	if err == nil {
		err = k.welcomed(welcome)
	}
	if err != nil {
		cancel(nil)
		return nil, err
	}
	return l, nil // ctx ends with its parent
}

// welcomed takes over what the collector says of itself.
func (k *connection) welcomed(w *telemetryv1.Welcome) error {
	if p := w.GetProtocol(); p < telemetry.ProtocolMin || p > telemetry.ProtocolMax {
		return fmt.Errorf("collector %s: it chose protocol version %d, and this agent speaks %d to %d: upgrade the older one",
			k.c.address, p, telemetry.ProtocolMin, telemetry.ProtocolMax)
	}
	if k.durable == nil {
		k.durable = map[telemetry.Epoch]telemetry.RangeSet{}
	}
	for _, ack := range w.GetDurable() {
		e, ranges, err := ackFromWire(ack)
		if err != nil {
			return fmt.Errorf("collector %s: %w", k.c.address, err)
		}
		set := k.durable[e]
		for _, r := range ranges {
			set.Add(r)
		}
		k.durable[e] = set
		if err := k.u.deps.Queue.Ack(e, ranges...); err != nil {
			return err
		}
	}
	return k.u.settle(w.GetCaBundle())
}

// settle drops the certificate before the one that has just connected, and takes a new CA bundle over.
func (u *Uplink) settle(bundle []byte) error {
	id := u.identity()
	changed := len(bundle) > 0 && string(bundle) != id.CABundle
	if len(id.Certificates) == 1 && !changed {
		return nil
	}
	roots := id.roots
	if changed {
		var err error
		if roots, err = tlsconf.ParseBundle(bundle); err != nil {
			return fmt.Errorf("CA bundle from the collector: %w", err)
		}
		u.log.Info("new CA bundle from the collector")
	}
	return u.change(func(id *identity) {
		id.Certificates = id.Certificates[:1]
		if changed {
			id.CABundle, id.roots = string(bundle), roots
		}
	})
}

// renew asks for a fresh certificate over this connection, whose own may have expired.
func (k *connection) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, renewTimeout)
	defer cancel()
	id := k.u.identity()
	csr, err := id.request()
	if err != nil {
		return fmt.Errorf("make a certificate request: %w", err)
	}
	answer, err := k.client.Renew(ctx, &telemetryv1.RenewRequest{Csr: csr})
	if err == nil {
		_, err = id.checkCertificate(answer.GetCertificate())
	} else {
		err = k.c.explain(err)
	}
	if err == nil {
		err = k.u.change(func(id *identity) {
			id.Certificates = append([][]byte{answer.GetCertificate()}, id.Certificates[0])
		})
	}
	if err != nil {
		k.u.m.renewalErrors.Inc()
		return fmt.Errorf("renew the certificate: %w", err)
	}
	k.u.m.renewals.Inc()
	_, end := renewal(answer.GetCertificate())
	k.u.log.Info("certificate renewed", "not_after", end.UTC().Format(time.RFC3339))
	return nil
}

// keepCertificate renews the certificate when it is due. A connection that stands needs no new one; the
// next one uses it.
func (k *connection) keepCertificate(ctx context.Context) error {
	const again = 10 * time.Minute // also the longest sleep, for clocks that are set
	for {
		due, end := renewal(k.u.identity().Certificates[0])
		select {
		case <-time.After(min(max(due.Sub(k.u.deps.Now()), time.Second), again)):
		case <-ctx.Done():
			return nil
		}
		if k.u.deps.Now().Before(due) {
			continue
		}
		if err := k.renew(ctx); err != nil && ctx.Err() == nil {
			k.u.warnRenewal(err, end)
			select {
			case <-time.After(again):
			case <-ctx.Done():
				return nil
			}
		}
	}
}

func (u *Uplink) warnRenewal(err error, end time.Time) {
	if suppressed, ok := u.quiet.Allow("renewal"); ok {
		u.log.Warn("cannot renew the certificate, will try again", "err", err, "not_after", end.UTC().Format(time.RFC3339), "suppressed", suppressed)
	}
}
