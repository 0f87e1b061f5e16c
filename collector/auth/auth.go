package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// Errors that callers tell apart. Their texts are fit for the one who asked.
var (
	ErrTokenUnknown = errors.New("the collector does not know this join token")
	ErrTokenUsed    = errors.New("this join token has been used already")
	ErrTokenExpired = errors.New("this join token has expired")
	ErrUnknownAgent = errors.New("the collector does not know this agent")
	ErrRevoked      = errors.New("this agent has been revoked")
	ErrRequest      = errors.New("invalid certificate request")
	ErrCredentials  = errors.New("wrong name or password")
	ErrTooMany      = errors.New("too many attempts")
	ErrNoSession    = errors.New("not logged in")
	ErrUnknownUser  = errors.New("unknown user")
	ErrInvalid      = errors.New("invalid value")
)

// DB is the state store: a pool of readers and one writer.
type DB interface {
	Read() *sql.DB
	Write(context.Context, func(*sql.Tx) error) error
}

// Deps are the things an Auth uses but does not own. All are required.
type Deps struct {
	Log     *slog.Logger
	Metrics *metrics.Set
	DB      DB
	CA      *CA
	Now     func() time.Time
}

// Auth answers who somebody is and what they may do.
type Auth struct {
	cfg     Config
	deps    Deps
	log     *slog.Logger
	m       authMetrics
	logins  *limiter
	hashing chan struct{} // holds one while a password is hashed
	memory  uint32        // KiB that a hash of a password takes
	absent  func() string // the hash of no password at all

	mu      sync.Mutex
	revoked chan struct{} // closed at the next revocation
	touched map[string]int64
}

// New returns an Auth. It reads and writes nothing yet.
func New(cfg Config, deps Deps) (*Auth, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	a := &Auth{
		cfg:     cfg,
		deps:    deps,
		log:     deps.Log.With("component", "collector/auth"),
		m:       newAuthMetrics(deps.Metrics),
		logins:  newLimiter(deps.Now),
		hashing: make(chan struct{}, 1),
		revoked: make(chan struct{}),
		touched: map[string]int64{},
		memory:  argonMemory,
	}
	a.absent = sync.OnceValue(func() string { return hashPassword("", a.memory) })
	return a, nil
}

// CA is the collector's certificate authority.
func (a *Auth) CA() *CA { return a.deps.CA }

func (a *Auth) nowMS() int64 { return a.deps.Now().UnixMilli() }

// Audit appends a line about what the principal of ctx did.
func (a *Auth) Audit(ctx context.Context, action, object, detail string) error {
	return a.deps.DB.Write(ctx, func(tx *sql.Tx) error { return a.AuditTx(ctx, tx, action, object, detail) })
}

// AuditTx is Audit within the transaction of the change itself.
func (a *Auth) AuditTx(ctx context.Context, tx *sql.Tx, action, object, detail string) error {
	who := "collector"
	if p, ok := From(ctx); ok {
		who = p.Name
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO audit (time_ms, who, action, object, detail) VALUES (?, ?, ?, ?, ?)`,
		a.nowMS(), who, action, object, detail)
	if err != nil {
		return fmt.Errorf("append to the audit log: %w", err)
	}
	return nil
}

// newSecret returns a random 256 bit secret as text behind prefix.
func newSecret(prefix string) string {
	var b [32]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand.Read never fails
	return prefix + base64.RawURLEncoding.EncodeToString(b[:])
}

// hashSecret is what is kept of a random secret. A slow hash would add nothing to 256 random bits.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
