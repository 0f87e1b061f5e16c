package api

import (
	"context"
	"strings"
	"testing"

	"ninewatch/collector/uptime"
)

func (l *ledger) Annotations(int64, int64) []uptime.Annotation {
	return []uptime.Annotation{
		{ID: 2, Scope: "device:opo-sw-1", From: t0 / 1000, To: t0/1000 + 60, State: uptime.Up, Reason: "the site was called", Who: "rui", Created: t0},
		{ID: 1, Scope: "device:lis-sw-1", From: t0 / 1000, To: t0/1000 + 60, State: uptime.Down, Reason: "no power", Who: "ana", Created: t0},
	}
}

func (l *ledger) Annotate(_ context.Context, a uptime.Annotation) (uptime.Annotation, error) {
	if strings.TrimSpace(a.Reason) == "" {
		return a, uptime.ErrAnnotation
	}
	a.ID, a.Created = 3, t0
	return a, nil
}

func (l *ledger) Withdraw(_ context.Context, id int64, who string) (uptime.Annotation, error) {
	return uptime.Annotation{ID: id, Scope: "device:lis-sw-1", State: uptime.Down, Who: "ana", Withdrawn: t0, WithdrawnBy: who}, nil
}

// TestAnnotations: who operates a site says what nobody saw there, under his own name, with a reason, and on record.
func TestAnnotations(t *testing.T) {
	w := newWorld(t)
	body := func(reason string) string {
		return `{"scope":"device:lis-sw-1","from":"2026-11-20T01:00:00Z","to":"2026-11-20T02:00:00Z","state":"down","reason":"` + reason + `"}`
	}
	code, answer := w.ask("operator", "POST", "/api/v1/availability/annotations", body("no power"))
	if code != 200 || !strings.Contains(answer, `"id":3`) || !strings.Contains(answer, `"withdrawn_at":null`) {
		t.Errorf("got %d %s", code, answer)
	}
	if code, answer = w.ask("operator", "POST", "/api/v1/availability/annotations", body(" ")); code != 400 {
		t.Errorf("without a reason: got %d %s, want 400", code, answer)
	}
	if code, answer = w.ask("operator", "GET", "/api/v1/availability/annotations", ""); code != 200 || strings.Contains(answer, "opo-sw-1") || !strings.Contains(answer, "no power") {
		t.Errorf("list: got %d %s", code, answer)
	}
}
