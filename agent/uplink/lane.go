package uplink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"

	"ninewatch/agent/spool"
	"ninewatch/internal/record"
	"ninewatch/internal/telemetry"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

// lane is one stream. send and receive run in a goroutine each.
type lane struct {
	k       *connection
	u       *Uplink
	which   spool.Lane
	stream  grpc.BidiStreamingClient[telemetryv1.AgentMessage, telemetryv1.CollectorMessage]
	window  *window
	applied chan *telemetryv1.Applied // from receive to send
}

func newLane(k *connection, which spool.Lane, stream grpc.BidiStreamingClient[telemetryv1.AgentMessage, telemetryv1.CollectorMessage]) *lane {
	return &lane{k: k, u: k.u, which: which, stream: stream, window: newWindow(k.u.cfg.Window), applied: make(chan *telemetryv1.Applied, 4)}
}

// greet sends the Hello and waits for the Welcome. The epochs are named once, on the live lane, which
// is greeted first.
func (l *lane) greet() (*telemetryv1.Welcome, error) {
	epoch := l.u.deps.Queue.Epoch()
	l.u.mu.Lock()
	term, n := l.u.term, l.u.n
	l.u.mu.Unlock()
	hello := &telemetryv1.Hello{
		ProtocolMin:    telemetry.ProtocolMin,
		ProtocolMax:    telemetry.ProtocolMax,
		Version:        l.u.cfg.Version,
		Epoch:          epoch[:],
		BootId:         bootID(),
		TimeUnixMs:     l.u.deps.Now().UnixMilli(),
		Lane:           telemetryv1.Lane_LANE_BACKLOG,
		AssignmentTerm: term,
		AssignmentN:    n,
	}
	if l.which == spool.Live {
		hello.Lane = telemetryv1.Lane_LANE_LIVE
		for _, e := range l.u.deps.Queue.Epochs() {
			hello.Epochs = append(hello.Epochs, e[:])
		}
	}
	// When Send fails the reason comes from Recv.
	if err := l.stream.Send(&telemetryv1.AgentMessage{Message: &telemetryv1.AgentMessage_Hello{Hello: hello}}); err != nil && !errors.Is(err, io.EOF) {
		return nil, l.k.c.explain(err)
	}
	m, err := l.stream.Recv()
	if err != nil {
		return nil, l.k.c.explain(err)
	}
	if m.GetWelcome() == nil {
		return nil, fmt.Errorf("collector %s: its first message is no Welcome", l.k.c.address)
	}
	return m.GetWelcome(), nil
}

// bootID names this boot of the kernel; empty where there is no such file.
func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// send hands the queue's records to the collector as far as the window allows.
func (l *lane) send(ctx context.Context) error {
	var tick <-chan time.Time
	if l.which == spool.Live {
		ticker := time.NewTicker(l.u.cfg.Heartbeat)
		defer ticker.Stop()
		tick = ticker.C
		if err := l.heartbeat(); err != nil {
			return err
		}
	}
	for {
		changed := l.u.deps.Queue.Changed()
		n, err := l.sendSome()
		if err != nil {
			return err
		}
		if n > 0 {
			changed = closed // there may be more: only look at what else waits
		}
		select {
		case <-tick:
			err = l.heartbeat()
		case a := <-l.applied:
			err = l.put(&telemetryv1.AgentMessage{Message: &telemetryv1.AgentMessage_Applied{Applied: a}})
		case <-changed:
		case <-l.window.freed:
		case <-ctx.Done():
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// closed is a channel from which one can always receive.
var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// sendSome sends what fits into the window, and tells how many records that were.
func (l *lane) sendSome() (int, error) {
	limit := l.window.room(itemsAtOnce)
	if limit == 0 {
		return 0, nil
	}
	items := l.u.deps.Queue.Next(l.which, limit)
	for _, item := range items {
		if err := l.sendItem(item); err != nil {
			return 0, err
		}
	}
	return len(items), nil
}

func (l *lane) sendItem(item spool.Item) error {
	b, err := record.ToWire(item.Data)
	if err != nil || len(item.Data) > maxRecord {
		// The queue would hand it out for ever. It checks what it takes, so this is a bug or damage.
		l.u.m.oversized.Inc()
		l.u.log.Error("a record cannot be sent and is given up", "epoch", item.Epoch.String(), "seq", item.Seq, "bytes", len(item.Data), "err", err)
		return l.u.deps.Queue.Ack(item.Epoch, telemetry.Range{First: item.Seq, Last: item.Seq})
	}
	b.Epoch, b.Seq = item.Epoch[:], item.Seq
	l.window.sent(recordID{item.Epoch, item.Seq}, len(item.Data))
	l.u.m.records.Inc()
	l.u.m.bytes.Add(len(item.Data))
	return l.put(&telemetryv1.AgentMessage{Message: &telemetryv1.AgentMessage_Batch{Batch: b}})
}

// put sends m. When that fails because the stream has ended, receive knows why.
func (l *lane) put(m *telemetryv1.AgentMessage) error {
	err := l.stream.Send(m)
	if errors.Is(err, io.EOF) {
		return nil
	}
	return l.k.c.explain(err)
}

func (l *lane) heartbeat() error {
	now := time.Now()
	if step := now.Round(0).Sub(l.k.opened.Round(0)) - now.Sub(l.k.opened); step.Abs() >= clockStep {
		return errClockStep
	}
	h := l.u.deps.Heartbeat()
	return l.put(&telemetryv1.AgentMessage{Message: &telemetryv1.AgentMessage_Heartbeat{Heartbeat: &telemetryv1.Heartbeat{
		TimeUnixMs:          l.u.deps.Now().UnixMilli(),
		WatermarkUnixMs:     h.Watermark,
		SpoolRecords:        h.SpoolRecords,
		SpoolBytes:          h.SpoolBytes,
		SamplesProduced:     h.Produced,
		SamplesAcknowledged: h.Acknowledged,
		SamplesQueued:       h.Queued,
		SamplesDropped:      h.Dropped,
		Devices:             h.Devices,
		Problems:            h.Problems,
	}}})
}

// receive takes acknowledgements and assignments.
func (l *lane) receive(ctx context.Context) error {
	var parts assembly
	for {
		m, err := l.stream.Recv()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("collector %s: it closed the stream", l.k.c.address)
		}
		if err != nil {
			return l.k.c.explain(err)
		}
		switch m := m.GetMessage().(type) {
		case *telemetryv1.CollectorMessage_Ack:
			err = l.acknowledged(m.Ack)
		case *telemetryv1.CollectorMessage_Assignment:
			err = l.assigned(ctx, &parts, m.Assignment)
		}
		if err != nil {
			return err
		}
	}
}

func (l *lane) acknowledged(a *telemetryv1.Ack) error {
	e, ranges, err := ackFromWire(a)
	if err != nil {
		return fmt.Errorf("collector %s: %w", l.k.c.address, err)
	}
	l.u.m.acks.Inc()
	if err := l.u.deps.Queue.Ack(e, ranges...); err != nil {
		return err
	}
	l.window.acknowledged(e, ranges)
	return nil
}

func ackFromWire(a *telemetryv1.Ack) (e telemetry.Epoch, ranges []telemetry.Range, err error) {
	if len(a.GetEpoch()) != len(e) {
		return e, nil, fmt.Errorf("acknowledgement with an epoch of %d bytes", len(a.GetEpoch()))
	}
	copy(e[:], a.GetEpoch())
	for _, r := range a.GetRanges() {
		if r.GetFirst() == 0 || r.GetFirst() > r.GetLast() {
			return e, nil, fmt.Errorf("acknowledgement of %d to %d", r.GetFirst(), r.GetLast())
		}
		ranges = append(ranges, telemetry.Range{First: r.GetFirst(), Last: r.GetLast()})
	}
	return e, ranges, nil
}

// assigned puts an assignment to work when chunk completes it. A new term says that the collector was
// restored from a backup: what it does not hold any more is sent again.
func (l *lane) assigned(ctx context.Context, parts *assembly, chunk *telemetryv1.AssignmentChunk) error {
	whole, err := parts.add(chunk)
	if err != nil {
		l.u.m.assignmentsBad.Inc()
		return fmt.Errorf("collector %s: %w", l.k.c.address, err)
	}
	if whole == nil {
		return nil
	}
	problems, newTerm, taken := l.u.take(whole)
	if newTerm {
		for _, e := range l.u.deps.Queue.Epochs() {
			if err := l.u.deps.Queue.Requeue(e, l.k.durable[e]); err != nil {
				return err
			}
		}
	}
	if !taken {
		return nil
	}
	select {
	case l.applied <- &telemetryv1.Applied{Term: whole.GetTerm(), N: whole.GetN(), Problems: problems}:
	case <-ctx.Done():
	}
	return nil
}
