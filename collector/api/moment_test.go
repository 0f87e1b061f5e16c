package api

import (
	"testing"
	"time"
)

func TestMoment(t *testing.T) {
	f := func(text string, want time.Time, wrong bool) {
		t.Helper()
		got, err := moment(text)
		if (err != nil) != wrong || err == nil && !got.Equal(want) {
			t.Errorf("%s: got %s, %v; want %s", text, got, err, want)
		}
	}
	f("", time.Time{}, false)
	f("2026-03-01", time.Date(2026, 3, 1, 23, 59, 59, 999_000_000, time.UTC), false)
	f("2026-03-01T13:00:00+01:00", time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), false)
	f("2026-02-30", time.Time{}, true)
	f("yesterday", time.Time{}, true)
}
