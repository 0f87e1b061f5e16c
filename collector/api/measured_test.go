package api

import (
	"context"
	"errors"
	"testing"
	"time"

	"ninewatch/collector/uptime"
)

func TestMeasuredIsKept(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 3, 0, 0, time.UTC)
	asked, last := 0, int64(0)
	c := newMeasured(func(_ context.Context, _ string, _, to int64) (*uptime.Promise, *uptime.Quality, error) {
		asked, last = asked+1, to
		return &uptime.Promise{}, &uptime.Quality{}, nil
	}, func() time.Time { return now })
	of := func(spec string, to time.Time) *uptime.Quality {
		t.Helper()
		_, q, err := c.of(t.Context(), "circuit:lis-a", spec, to.AddDate(0, -1, 0).Unix(), to.Unix())
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	first := of("10 ms", now)
	if want := now.Truncate(5 * time.Minute).Unix(); asked != 1 || last != want {
		t.Errorf("asked %d times, up to %d, want %d: what has not ended is measured up to a bound", asked, last, want)
	}
	now = now.Add(time.Minute) // as the last month, whose bounds go on with the clock
	if of("10 ms", now) != first || asked != 1 {
		t.Errorf("a minute later: asked %d times", asked)
	}
	if of("5 ms", now); asked != 2 {
		t.Errorf("with another contract: asked %d times, want 2", asked)
	}
	now = now.Add(measuredFor)
	if of("10 ms", now); asked != 3 {
		t.Errorf("later: asked %d times, want 3", asked)
	}
	over := now.AddDate(0, 0, -9).Add(time.Second)
	if of("10 ms", over); last != over.Unix() {
		t.Errorf("a period that is over was measured up to %d, want %d", last, over.Unix())
	}
	for i := range 2 * measuredMost {
		if _, _, err := c.of(t.Context(), "circuit:lis-a", "", int64(i), over.Unix()); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.kept) > measuredMost {
		t.Errorf("%d answers are kept", len(c.kept))
	}
}

func TestMeasuringTakesTurns(t *testing.T) {
	c := newMeasured(nil, time.Now)
	end, err := c.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.begin(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("a request that has gone: %v", err)
	}
	end()
	if end, err = c.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	end()
}
