package auth

import (
	"errors"
	"time"
)

// Config is what an Auth works by.
type Config struct {
	TokenTTL   time.Duration // of a join token, when its maker asks for none
	AgentLife  time.Duration // of an agent's certificate
	RenewGrace time.Duration // how long after its end a certificate can still be renewed by its key
	Session    time.Duration // of a login
}

// DefaultConfig is 72 h for a token, 7 days for a certificate, 90 days of grace, 7 days for a login.
func DefaultConfig() Config {
	return Config{TokenTTL: 72 * time.Hour, AgentLife: 7 * day, RenewGrace: 90 * day, Session: 7 * day}
}

const day = 24 * time.Hour

// Validate reports every mistake in c.
func (c Config) Validate() error {
	var errs []error
	if c.TokenTTL <= 0 {
		errs = append(errs, errors.New("TokenTTL is not positive"))
	}
	if c.AgentLife < time.Hour {
		errs = append(errs, errors.New("AgentLife is below 1h: agents could not renew in time"))
	}
	if c.RenewGrace < 0 {
		errs = append(errs, errors.New("RenewGrace is negative"))
	}
	if c.Session <= 0 {
		errs = append(errs, errors.New("Session is not positive"))
	}
	return errors.Join(errs...)
}
