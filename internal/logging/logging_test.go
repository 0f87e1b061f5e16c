package logging

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestNewRejectsUnknownWords(t *testing.T) {
	if _, err := New(nil, "loud", "text"); err == nil || !strings.Contains(err.Error(), "debug, info, warn, error") {
		t.Errorf("level: got %v", err)
	}
	if _, err := New(nil, "info", "xml"); err == nil || !strings.Contains(err.Error(), "text, json") {
		t.Errorf("format: got %v", err)
	}
}

func TestNewWritesFromTheLevelUp(t *testing.T) {
	var out strings.Builder
	log, err := New(&out, "warn", "json")
	if err != nil {
		t.Fatal(err)
	}
	log.Info("silent")
	log.Warn("heard", "device", "sw1")
	if got := out.String(); strings.Contains(got, "silent") || !strings.Contains(got, `"device":"sw1"`) {
		t.Errorf("got %q", got)
	}
}

func TestQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQuiet(time.Minute)
		f := func(key string, wantSuppressed int, wantOK bool) {
			t.Helper()
			if n, ok := q.Allow(key); n != wantSuppressed || ok != wantOK {
				t.Errorf("%q: got %d, %t; want %d, %t", key, n, ok, wantSuppressed, wantOK)
			}
		}
		f("a", 0, true)
		f("a", 0, false)
		f("a", 0, false)
		f("b", 0, true)
		time.Sleep(time.Minute)
		f("a", 2, true)
	})
}

func TestQuietIsBounded(t *testing.T) {
	q := NewQuiet(time.Hour)
	for i := range 3 * maxKeys {
		q.Allow(fmt.Sprint(i))
	}
	if len(q.keys) > maxKeys+1 {
		t.Errorf("got %d keys, want at most %d", len(q.keys), maxKeys+1)
	}
}
