package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode"

	"google.golang.org/grpc"

	"ninewatch/collector/auth"
	"ninewatch/internal/telemetry"
	"ninewatch/internal/tlsconf"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

type agentStream = grpc.BidiStreamingServer[telemetryv1.AgentMessage, telemetryv1.CollectorMessage]

// session is one stream of an agent. Three goroutines share it: Stream watches over it, read receives,
// work journals and sends.
type session struct {
	s      *Service
	log    *slog.Logger
	stream agentStream
	peer   tlsconf.Peer
	hello  *telemetryv1.Hello
	agent  *agentState
	inbox  *inbox

	mu      sync.Mutex
	term, n uint64 // of the assignment that the agent applied
	sent    [2]uint64
}

// Stream implements the RPC.
func (s *Service) Stream(stream agentStream) error {
	ctx, cancel := context.WithCancelCause(stream.Context())
	defer cancel(nil)
	c, err := s.open(ctx, stream)
	if err != nil {
		s.m.refused.Inc()
		return s.fail("stream", err)
	}
	remove := s.streams.add(streamKey{c.peer.Agent, c.hello.GetLane()}, c.peer.Site, cancel)
	defer remove()
	c.log.Info("stream open", "addr", remote(ctx), "version", c.hello.GetVersion(), "backlog", c.hello.GetLane() == telemetryv1.Lane_LANE_BACKLOG)
	ended := make(chan error, 2)
	s.wg.Go(func() { ended <- c.read(ctx) })
	s.wg.Go(func() { ended <- c.work(ctx) })
	// A goroutine that hangs in Send or Recv ends when this function has returned.
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	cancel(err)
	if errors.Is(err, io.EOF) {
		c.log.Info("stream closed by the agent")
		return nil
	}
	c.log.Info("stream ended", "err", err)
	return s.fail("stream", err)
}

// open checks who is there and hears the Hello.
func (s *Service) open(ctx context.Context, stream agentStream) (*session, error) {
	p, err := s.peer(ctx)
	if err != nil {
		return nil, err
	}
	if p.Expired {
		return nil, errExpired
	}
	known, err := s.deps.Auth.Agent(ctx, p.Site, p.Agent)
	if err != nil {
		return nil, err
	}
	hello, err := s.hear(ctx, stream)
	if err != nil {
		return nil, err
	}
	if err := checkHello(hello); err != nil {
		return nil, err
	}
	c := &session{
		s:      s,
		log:    s.log.With("site", p.Site, "agent", p.Agent),
		stream: stream,
		peer:   p,
		hello:  hello,
		agent:  s.seen.agent(p.Agent),
		inbox:  newInbox(),
		term:   hello.GetAssignmentTerm(),
		n:      hello.GetAssignmentN(),
		sent:   [2]uint64{hello.GetAssignmentTerm(), hello.GetAssignmentN()},
	}
	c.measureClock(known)
	return c, nil
}

// hear waits for the first message.
func (s *Service) hear(ctx context.Context, stream agentStream) (*telemetryv1.Hello, error) {
	type answer struct {
		m   *telemetryv1.AgentMessage
		err error
	}
	first := make(chan answer, 1)
	s.wg.Go(func() {
		m, err := stream.Recv()
		first <- answer{m, err}
	})
	timeout := time.NewTimer(s.cfg.HelloTimeout)
	defer timeout.Stop()
	select {
	case a := <-first:
		if a.err != nil {
			return nil, a.err
		}
		if h := a.m.GetHello(); h != nil {
			return h, nil
		}
		return nil, fmt.Errorf("%w: the first message is no Hello", errProtocol)
	case <-timeout.C:
		return nil, errNoHello
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func checkHello(h *telemetryv1.Hello) error {
	low, high := h.GetProtocolMin(), h.GetProtocolMax()
	switch {
	case low > telemetry.ProtocolMax:
		return fmt.Errorf("%w: the agent speaks %d to %d, the collector %d to %d: upgrade the collector",
			errVersions, low, high, telemetry.ProtocolMin, telemetry.ProtocolMax)
	case high < telemetry.ProtocolMin:
		return fmt.Errorf("%w: the agent speaks %d to %d, the collector %d to %d: upgrade the agent",
			errVersions, low, high, telemetry.ProtocolMin, telemetry.ProtocolMax)
	case low > high:
		return fmt.Errorf("%w: protocol versions %d to %d", errProtocol, low, high)
	case h.GetLane() != telemetryv1.Lane_LANE_LIVE && h.GetLane() != telemetryv1.Lane_LANE_BACKLOG:
		return fmt.Errorf("%w: lane %d", errProtocol, h.GetLane())
	case len(h.GetEpochs()) > maxHelloEpochs:
		return fmt.Errorf("%w: %d epochs in Hello", errTooMany, len(h.GetEpochs()))
	}
	for _, e := range append(h.GetEpochs(), h.GetEpoch()) {
		if _, err := epochOf(e); err != nil {
			return err
		}
	}
	return nil
}

// measureClock compares the clocks, and goes on from what the state store knows after a restart.
func (c *session) measureClock(known auth.Agent) {
	c.agent.mu.Lock()
	defer c.agent.mu.Unlock()
	if len(c.agent.clock.segments) == 0 && known.BootID != "" {
		c.agent.clock.segments = []clockSegment{{boot: known.BootID, offset: known.ClockOffset}}
	}
	c.agent.clock.measure(c.hello.GetBootId(), c.hello.GetTimeUnixMs(), c.s.deps.Now().UnixMilli())
}

// read receives until the stream ends. Heartbeats do not wait for batches.
func (c *session) read(ctx context.Context) error {
	for {
		m, err := c.stream.Recv()
		if err != nil {
			return err
		}
		switch m := m.GetMessage().(type) {
		case *telemetryv1.AgentMessage_Batch:
			if !c.inbox.put(ctx, m.Batch) {
				return context.Cause(ctx)
			}
		case *telemetryv1.AgentMessage_Heartbeat:
			c.contact(m.Heartbeat)
		case *telemetryv1.AgentMessage_Applied:
			c.applied(m.Applied)
		case *telemetryv1.AgentMessage_Hello:
			return fmt.Errorf("%w: a second Hello", errProtocol)
		}
		// What this version does not know is left alone: a newer agent may say more.
	}
}

// contact passes a sign of life on.
func (c *session) contact(h *telemetryv1.Heartbeat) {
	c.agent.mu.Lock()
	offset := c.agent.clock.newest()
	c.agent.mu.Unlock()
	c.mu.Lock()
	term, n := c.term, c.n
	c.mu.Unlock()
	c.s.deps.OnContact(auth.Contact{
		Site:        c.peer.Site,
		Agent:       c.peer.Agent,
		Received:    c.s.deps.Now().UnixMilli(),
		Version:     c.hello.GetVersion(),
		BootID:      c.hello.GetBootId(),
		ClockOffset: offset,
		Term:        term,
		N:           n,
		Heartbeat:   heartbeatFromWire(h),
	})
}

func heartbeatFromWire(h *telemetryv1.Heartbeat) telemetry.Heartbeat {
	out := telemetry.Heartbeat{
		Time:         h.GetTimeUnixMs(),
		Watermark:    h.GetWatermarkUnixMs(),
		SpoolRecords: h.GetSpoolRecords(),
		SpoolBytes:   h.GetSpoolBytes(),
		Produced:     h.GetSamplesProduced(),
		Acknowledged: h.GetSamplesAcknowledged(),
		Queued:       h.GetSamplesQueued(),
		Devices:      h.GetDevices(),
	}
	for _, p := range h.GetProblems()[:min(len(h.GetProblems()), telemetry.MaxProblems)] {
		out.Problems = append(out.Problems, plain(p))
	}
	const maxReasons = 32 // there are a handful
	for reason, n := range h.GetSamplesDropped() {
		if out.Dropped == nil {
			out.Dropped = map[string]uint64{}
		}
		if len(out.Dropped) < maxReasons && len(reason) <= maxReasons {
			out.Dropped[reason] = n
		}
	}
	return out
}

// plain is a text of an agent as a line for people: not too long, and without control characters.
func plain(s string) string {
	const longest = 1024
	s = strings.ToValidUTF8(s[:min(len(s), longest)], "")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// applied notes what the agent works by now.
func (c *session) applied(a *telemetryv1.Applied) {
	c.mu.Lock()
	c.term, c.n = a.GetTerm(), a.GetN()
	c.mu.Unlock()
	c.log.Info("agent applied its assignment", "term", a.GetTerm(), "n", a.GetN(), "problems", len(a.GetProblems()))
	for i, p := range a.GetProblems() {
		if i == maxProblems {
			break
		}
		c.log.Warn("agent refused a part of its assignment", "problem", p)
	}
}

// work welcomes the agent, then journals and acknowledges what comes.
func (c *session) work(ctx context.Context) error {
	if err := c.welcome(ctx); err != nil {
		return err
	}
	for {
		var changed <-chan struct{}
		if c.hello.GetLane() == telemetryv1.Lane_LANE_LIVE {
			changed = c.s.deps.AssignChanged()
			if err := c.assign(ctx); err != nil {
				return err
			}
		}
		if err := c.workUntil(ctx, changed); err != nil {
			return err
		}
	}
}

// workUntil takes batches until the assignment may have changed.
func (c *session) workUntil(ctx context.Context, changed <-chan struct{}) error {
	for {
		select {
		case <-c.inbox.filled:
		case <-changed:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := c.waitForSpace(ctx); err != nil {
			return err
		}
		batches := c.inbox.take(maxGroup)
		if len(batches) == 0 {
			continue
		}
		acks, err := c.accept(ctx, batches)
		if err != nil {
			return err
		}
		for _, a := range acks {
			if err := c.stream.Send(&telemetryv1.CollectorMessage{Message: &telemetryv1.CollectorMessage_Ack{Ack: a}}); err != nil {
				return err
			}
		}
	}
}

// waitForSpace returns when the collector is not paused any more.
func (c *session) waitForSpace(ctx context.Context) error {
	if !c.s.deps.Pause() {
		return nil
	}
	c.s.m.paused.Inc()
	if suppressed, ok := c.s.quiet.Allow("pause"); ok {
		c.log.Warn("no space: nothing is acknowledged, agents keep their data", "suppressed", suppressed)
	}
	tick := time.NewTicker(pausePoll)
	defer tick.Stop()
	for c.s.deps.Pause() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// welcome answers the Hello with what is durable of the epochs that the agent holds.
func (c *session) welcome(ctx context.Context) error {
	if err := c.s.deps.Journal.Sync(ctx); err != nil {
		c.s.m.syncErrors.Inc()
		return c.journalFailed(err)
	}
	w := &telemetryv1.Welcome{
		Protocol:   min(c.hello.GetProtocolMax(), telemetry.ProtocolMax),
		CaBundle:   c.s.deps.Auth.CA().Bundle(),
		Site:       c.peer.Site,
		Agent:      c.peer.Agent,
		TimeUnixMs: c.s.deps.Now().UnixMilli(),
		Durable:    c.durable(),
	}
	return c.stream.Send(&telemetryv1.CollectorMessage{Message: &telemetryv1.CollectorMessage_Welcome{Welcome: w}})
}

func (c *session) durable() []*telemetryv1.Ack {
	c.agent.mu.Lock()
	defer c.agent.mu.Unlock()
	held := map[telemetry.Epoch]bool{}
	var out []*telemetryv1.Ack
	ranges := 0
	for _, b := range append(c.hello.GetEpochs(), c.hello.GetEpoch()) {
		e := telemetry.Epoch(b)
		set := c.agent.epochs[e]
		if held[e] {
			continue
		}
		held[e] = true
		if set == nil || ranges+len(*set) > maxDurable {
			continue
		}
		ranges += len(*set)
		out = append(out, ackOf(e, *set))
	}
	c.s.m.epochsForgotten.Add(c.agent.forget(held))
	return out
}

// assign sends the assignment when the agent does not have it yet.
func (c *session) assign(ctx context.Context) error {
	a, err := c.s.deps.Assign(ctx, c.peer.Agent, c.peer.Site)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		c.log.Error("cannot make the assignment, the agent keeps the one it has", "err", err)
		return nil
	}
	if c.sent == [2]uint64{a.Term, a.N} || a.Older(c.sent[0], c.sent[1]) {
		return nil
	}
	for _, chunk := range chunks(a, chunkSize) {
		m := &telemetryv1.CollectorMessage{Message: &telemetryv1.CollectorMessage_Assignment{Assignment: chunk}}
		if err := c.stream.Send(m); err != nil {
			return err
		}
	}
	c.sent = [2]uint64{a.Term, a.N}
	c.log.Info("assignment sent", "term", a.Term, "n", a.N, "devices", len(a.Devices))
	return nil
}
