package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"ninewatch/agent/uplink"
	"ninewatch/internal/jointoken"
	"ninewatch/internal/version"
)

// enrolAgain is how long to wait before the next try with a collector that cannot be reached.
const enrolAgain = 10 * time.Second

// startUplink connects. At the first start it enrols with the token file before, however long the collector
// cannot be reached; meanwhile local devices are measured. A token that is refused ends the agent.
func (a *App) startUplink(ctx context.Context) error {
	enrolled, err := uplink.Enrolled(a.cfg.StateDir)
	if err != nil {
		return err
	}
	if enrolled {
		return a.uplink.Start(ctx)
	}
	token, err := a.token()
	if err != nil {
		return err
	}
	err = uplink.Enroll(ctx, token, a.cfg.StateDir, version.String())
	if err == nil {
		return a.uplink.Start(ctx)
	}
	if !errors.Is(err, uplink.ErrUnreachable) {
		return err
	}
	a.log.Warn("not enrolled yet, next try in a moment", "component", "agent/app", "err", err)
	a.running.Go(func() { a.keepEnrolling(ctx, token) })
	return nil
}

func (a *App) token() (jointoken.Token, error) {
	text, err := os.ReadFile(a.cfg.Join.TokenFile)
	if err != nil {
		return jointoken.Token{}, fmt.Errorf("this agent is not enrolled, and its join token cannot be read: %w", err)
	}
	token, err := jointoken.Parse(strings.TrimSpace(string(text)))
	if err != nil {
		return jointoken.Token{}, fmt.Errorf("%s: %w", a.cfg.Join.TokenFile, err)
	}
	return token, nil
}

// keepEnrolling tries until it is enrolled, refused, or stopped; it says so once a minute.
func (a *App) keepEnrolling(ctx context.Context, token jointoken.Token) {
	ticker := time.NewTicker(enrolAgain)
	defer ticker.Stop()
	told := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := uplink.Enroll(ctx, token, a.cfg.StateDir, version.String())
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			if err := a.uplink.Start(ctx); err != nil {
				a.fatal <- err
			}
			return
		case !errors.Is(err, uplink.ErrUnreachable):
			a.fatal <- err
			return
		case time.Since(told) >= time.Minute:
			told = time.Now()
			a.log.Warn("not enrolled yet, still trying", "component", "agent/app", "err", err)
		}
	}
}
