package webhook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"ninewatch/collector/alert"
)

// Sample is the incident of test messages.
func (s *Service) Sample() alert.Incident {
	now := s.deps.Now().UnixMilli()
	return alert.Incident{
		Kind: alert.DeviceDown, Severity: alert.Warning, Status: alert.Open, Site: "test", Device: "test-device", Summary: "test-device does not answer",
		Cause: "this is a test that a person asked for: nothing is wrong", Impact: "none", Started: now - 60_000, Detected: now - 55_000,
		More: alert.More{Labels: map[string]string{"test": "true"}},
	}
}

// Preview is what a message would look like, with secrets left out.
func (s *Service) Preview(m alert.Message) (string, error) {
	r, err := s.render(m, s.shape(m.Receiver), newMarker())
	return r.shown(), err
}

// Test sends a sample message in the real shape of a receiver at once, outside the outbox, and says what was
// sent and what came back.
func (s *Service) Test(ctx context.Context, name string) (code int, sent, answer string, err error) {
	to, err := s.deps.Receiver(ctx, name)
	if err != nil {
		return 0, "", "", err
	}
	out, err := s.render(alert.Message{Receiver: name, Items: []alert.Item{{Event: eventTest, Incident: s.Sample()}}}, to.Shape, newMarker())
	if err != nil {
		return 0, "", "", fmt.Errorf("the message could not be written: %w", err)
	}
	r := s.send(ctx, to, delivery{messageID: fmt.Sprintf("msg_%s_test_%d", s.cfg.Instance, s.deps.Now().UnixNano()), rendered: out})
	err = s.deps.Write(ctx, func(tx *sql.Tx) error { return noteGone(tx, to, r, s.deps.Now().UnixMilli()) })
	if err != nil {
		return r.code, out.shown(), r.answer, fmt.Errorf("keep what the test of %q came to: %w", name, err)
	}
	if r.err != "" {
		return r.code, out.shown(), r.answer, errors.New(r.err)
	}
	s.rested(name)
	return r.code, out.shown(), r.answer, nil
}
