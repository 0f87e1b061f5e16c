package up

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"ninewatch/internal/lifecycle"
)

// The pauses before an agent that ended is started again.
const (
	firstRestart = time.Second
	lastRestart  = 30 * time.Second
)

// agents runs one agent process a site, for as long as up runs.
type agents struct {
	log    *slog.Logger
	binary string
	out    io.Writer // of the processes
	config []string  // a file each
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// agentBinary is the other program, beside this one or in the path.
func agentBinary() (string, error) {
	const name = "ninewatch-agent"
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	beside := filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(beside); err == nil {
		return beside, nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("the program %s is neither beside %s nor in the PATH: build both with \"make build\"", name, self)
	}
	return path, nil
}

// Start starts the agents; they are started again when they end.
func (a *agents) Start(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	a.cancel = cancel
	for i, config := range a.config {
		a.wg.Go(func() { a.keep(ctx, config, environment(os.Environ(), i == 0)) })
	}
	return nil
}

// Stop ends the agents as a signal would, and waits for them.
func (a *agents) Stop(ctx context.Context) error {
	if a.cancel == nil {
		return nil
	}
	a.cancel()
	return lifecycle.Wait(ctx, &a.wg, "agents")
}

// ofOne are the variables that place an agent on this host: no two can listen there.
var ofOne = []string{"NINEWATCH_LISTEN=", "NINEWATCH_TRAPS_LISTEN="}

// environment is what an agent is given of ours: what only one can have, the first, which watches this host, has.
func environment(all []string, first bool) []string {
	return slices.DeleteFunc(all, func(variable string) bool {
		return !first && slices.ContainsFunc(ofOne, func(name string) bool { return strings.HasPrefix(variable, name) })
	})
}

func (a *agents) keep(ctx context.Context, config string, env []string) {
	pause := firstRestart
	for ctx.Err() == nil {
		began := time.Now()
		err := a.run(ctx, config, env)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > time.Minute {
			pause = firstRestart
		}
		a.log.Warn("agent ended, it is started again", "component", "collector/up", "config", config, "err", err, "pause", pause)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, lastRestart)
	}
}

func (a *agents) run(ctx context.Context, config string, env []string) error {
	// The kernel ties the child to the thread that made it, so this goroutine keeps its thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	command := exec.CommandContext(ctx, a.binary, "run", "--config", config)
	command.Stdout, command.Stderr = a.out, a.out
	command.Env = env
	command.WaitDelay = 10 * time.Second
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	endWithParent(command)
	err := command.Run()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
