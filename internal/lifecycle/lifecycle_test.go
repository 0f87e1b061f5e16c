package lifecycle

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func recorder(log *[]string, name string, startErr, stopErr error) Part {
	return Part{
		Name:  name,
		Start: func(context.Context) error { *log = append(*log, "start "+name); return startErr },
		Stop:  func(context.Context) error { *log = append(*log, "stop "+name); return stopErr },
	}
}

func TestRunStopsInReverse(t *testing.T) {
	var log []string
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Run(ctx, nil, recorder(&log, "a", nil, nil), recorder(&log, "b", nil, nil)); err != nil {
		t.Fatal(err)
	}
	if want := []string{"start a", "start b", "stop b", "stop a"}; !slices.Equal(log, want) {
		t.Errorf("got %v, want %v", log, want)
	}
}

func TestRunStopsWhatHadStartedAndLosesNoError(t *testing.T) {
	var log []string
	errStart, errStop := errors.New("port in use"), errors.New("disk full")
	err := Run(t.Context(), nil, recorder(&log, "a", nil, errStop), recorder(&log, "b", errStart, nil))
	if !errors.Is(err, errStart) || !errors.Is(err, errStop) {
		t.Errorf("got %v, want both %v and %v", err, errStart, errStop)
	}
	if want := []string{"start a", "start b", "stop a"}; !slices.Equal(log, want) {
		t.Errorf("got %v, want %v", log, want)
	}
}

func TestRunEndsOnAFatalError(t *testing.T) {
	fatal := make(chan error, 1)
	fatal <- errors.New("journal: input/output error")
	var log []string
	err := Run(t.Context(), fatal, recorder(&log, "a", nil, nil))
	if err == nil || !strings.Contains(err.Error(), "input/output error") {
		t.Errorf("got %v, want the fatal error", err)
	}
}

func TestWaitNamesWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wg sync.WaitGroup
		wg.Add(1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := Wait(ctx, &wg, "polls in flight"); err == nil || !strings.Contains(err.Error(), "polls in flight") {
			t.Errorf("got %v, want an error that names the polls in flight", err)
		}
		wg.Done()
		if err := Wait(t.Context(), &wg, "polls in flight"); err != nil {
			t.Error(err)
		}
	})
}
