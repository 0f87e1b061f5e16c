package auth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/collector/state"
	"ninewatch/internal/conf"
	"ninewatch/internal/telemetry"
	"ninewatch/internal/tlsconf"
)

// fixture is an Auth over a fresh database, whose clock the test moves.
type fixture struct {
	*Auth
	t   *testing.T
	log *bytes.Buffer

	mu  sync.Mutex
	now time.Time
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, log: &bytes.Buffer{}, now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
	log := slog.New(slog.NewTextHandler(f.log, nil))
	db, err := state.Open(t.Context(), state.Config{Path: filepath.Join(t.TempDir(), "state.db")}, state.Deps{Log: log, Now: f.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	ca, err := OpenCA(filepath.Join(t.TempDir(), "ca"), f.Now)
	if err != nil {
		t.Fatal(err)
	}
	f.Auth, err = New(DefaultConfig(), Deps{Log: log, Metrics: metrics.NewSet(), DB: db, CA: ca, Now: f.Now})
	if err != nil {
		t.Fatal(err)
	}
	f.memory = 64 // for speed
	return f
}

func (f *fixture) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fixture) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// token makes a join token and returns its secret.
func (f *fixture) token(site string) string {
	f.t.Helper()
	token, _, err := f.CreateToken(f.t.Context(), site, 0, "192.0.2.1:7443")
	if err != nil {
		f.t.Fatal(err)
	}
	return token.SecretText()
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func request(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{"evil.example.net"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func (f *fixture) enrol(secret string, key any) (Identity, error) {
	return f.Enroll(f.t.Context(), Enrolment{Secret: secret, Request: request(f.t, key), Hostname: "probe1\x1b[31m", Version: "1.0"})
}

// peer is the agent of id as its certificate shows it.
func (f *fixture) peer(id Identity) tlsconf.Peer {
	f.t.Helper()
	cert, err := x509.ParseCertificate(id.Certificate)
	if err != nil {
		f.t.Fatal(err)
	}
	return tlsconf.Peer{Site: id.Site, Agent: id.Agent, Certificate: cert, Expired: f.Now().After(cert.NotAfter)}
}

func TestEnroll(t *testing.T) {
	f := newFixture(t)
	key := newKey(t)
	id, err := f.enrol(f.token("lisbon"), key)
	if err != nil {
		t.Fatal(err)
	}
	cert := f.peer(id).Certificate
	if site, agent, err := tlsconf.ParseAgentID(cert); err != nil || site != "lisbon" || agent != id.Agent {
		t.Errorf("certificate names %q, %q, %v", site, agent, err)
	}
	if len(cert.DNSNames) != 0 || cert.IsCA {
		t.Errorf("names of the request came through: %v", cert.DNSNames)
	}
	if got, want := cert.NotAfter, f.Now().Add(7*24*time.Hour); !got.Equal(want) {
		t.Errorf("ends %s, want %s", got, want)
	}
	agents, err := f.Agents(t.Context())
	want := []Agent{{ID: id.Agent, Site: "lisbon", Hostname: "probe1[31m", Version: "1.0", Created: f.Now().UnixMilli(), NotAfter: cert.NotAfter.UnixMilli()}}
	if err != nil || !reflect.DeepEqual(agents, want) {
		t.Errorf("got %+v, %v\nwant %+v", agents, err, want)
	}
}

func TestTokenIsGoodForOneAgent(t *testing.T) {
	f := newFixture(t)
	secret, key := f.token("lisbon"), newKey(t)
	first, err := f.enrol(secret, key)
	if err != nil {
		t.Fatal(err)
	}
	// The answer got lost: the same agent asks again.
	again, err := f.enrol(secret, key)
	if err != nil || again.Agent != first.Agent {
		t.Errorf("the same again: got %v, %v", again.Agent, err)
	}
	if _, err := f.enrol(secret, newKey(t)); !errors.Is(err, ErrTokenUsed) {
		t.Errorf("another agent: got %v", err)
	}
	if _, err := f.enrol("x"+secret[1:], newKey(t)); !errors.Is(err, ErrTokenUnknown) {
		t.Errorf("wrong token: got %v", err)
	}
	late := f.token("lisbon")
	f.pass(72 * time.Hour)
	if _, err := f.enrol(late, newKey(t)); !errors.Is(err, ErrTokenExpired) || !strings.HasSuffix(err.Error(), "on 2026-11-27T12:00:00Z") {
		t.Errorf("expired: got %v", err)
	}
}

// TestOneTokenManyAtOnce: of many agents with one token exactly one gets in.
func TestOneTokenManyAtOnce(t *testing.T) {
	f := newFixture(t)
	secret := f.token("lisbon")
	results := make(chan error, 8)
	for range 8 {
		key := newKey(t)
		go func() {
			_, err := f.enrol(secret, key)
			results <- err
		}()
	}
	in := 0
	for range 8 {
		if err := <-results; err == nil {
			in++
		} else if !errors.Is(err, ErrTokenUsed) {
			t.Error(err)
		}
	}
	if in != 1 {
		t.Errorf("%d agents got in", in)
	}
}

func TestRequestsThatAreNone(t *testing.T) {
	f := newFixture(t)
	secret := f.token("lisbon")
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	broken := request(t, newKey(t))
	broken[len(broken)-1] ^= 1
	for name, der := range map[string][]byte{"empty": nil, "noise": []byte("noise"), "signature": broken, "rsa": request(t, weak), "large": make([]byte, 17<<10)} {
		if _, err := f.Enroll(t.Context(), Enrolment{Secret: secret, Request: der}); !errors.Is(err, ErrRequest) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := f.enrol(secret, newKey(t)); err != nil {
		t.Errorf("the token is spent: %v", err)
	}
}

func TestRenew(t *testing.T) {
	f := newFixture(t)
	key := newKey(t)
	id, err := f.enrol(f.token("lisbon"), key)
	if err != nil {
		t.Fatal(err)
	}
	renew := func(key any) (err error) {
		id.Certificate, err = func() ([]byte, error) {
			der, err := f.Renew(t.Context(), f.peer(id), request(t, key))
			if err != nil {
				return id.Certificate, err
			}
			return der, nil
		}()
		return err
	}
	f.pass(4 * 24 * time.Hour)
	if err := renew(key); err != nil {
		t.Fatal(err)
	}
	if got, want := f.peer(id).Certificate.NotAfter, f.Now().Add(7*24*time.Hour); !got.Equal(want) {
		t.Errorf("renewed until %s, want %s", got, want)
	}
	if err := renew(newKey(t)); !errors.Is(err, ErrRequest) {
		t.Errorf("other key: got %v", err)
	}
	f.pass(60 * 24 * time.Hour)
	if !f.peer(id).Expired {
		t.Fatal("not expired")
	}
	if err := renew(key); err != nil {
		t.Errorf("expired 53 days ago: got %v", err)
	}
	f.pass(98 * 24 * time.Hour)
	if err := renew(key); !errors.Is(err, ErrRequest) || !strings.Contains(err.Error(), "enrol the agent with a new token") {
		t.Errorf("expired 91 days ago: got %v", err)
	}
}

func TestRevoke(t *testing.T) {
	f := newFixture(t)
	key := newKey(t)
	id, err := f.enrol(f.token("lisbon"), key)
	if err != nil {
		t.Fatal(err)
	}
	told := f.Revocations()
	if _, err := f.Agent(t.Context(), "porto", id.Agent); !errors.Is(err, ErrUnknownAgent) {
		t.Errorf("other site: got %v", err)
	}
	if err := f.Revoke(With(t.Context(), Principal{Name: "ana"}), id.Agent); err != nil {
		t.Fatal(err)
	}
	select {
	case <-told:
	default:
		t.Error("nobody was told")
	}
	if _, err := f.Agent(t.Context(), "lisbon", id.Agent); !errors.Is(err, ErrRevoked) {
		t.Errorf("Agent: got %v", err)
	}
	if _, err := f.Renew(t.Context(), f.peer(id), request(t, key)); !errors.Is(err, ErrRevoked) {
		t.Errorf("Renew: got %v", err)
	}
	if _, err := f.enrol(f.token("lisbon"), key); !errors.Is(err, ErrRevoked) {
		t.Errorf("enrolled again with the same key: got %v", err)
	}
	if err := f.Revoke(t.Context(), "0000000000000000"); !errors.Is(err, ErrUnknownAgent) {
		t.Errorf("unknown: got %v", err)
	}
	wantAudit(t, f, "token.create lisbon by collector", "agent.enrol "+id.Agent+" by collector", "agent.revoke "+id.Agent+" by ana",
		"token.create lisbon by collector")
}

func wantAudit(t *testing.T, f *fixture, want ...string) {
	t.Helper()
	rows, err := f.deps.DB.Read().QueryContext(t.Context(), `SELECT action || ' ' || object || ' by ' || who FROM audit ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		got = append(got, s)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("audit log: got %q\nwant %q", got, want)
	}
}

func TestRecordContact(t *testing.T) {
	f := newFixture(t)
	id, err := f.enrol(f.token("lisbon"), newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	contact := Contact{Site: "lisbon", Agent: id.Agent, Received: 5000, Version: "1.1", BootID: "b", ClockOffset: -2000, Term: 1, N: 7,
		Heartbeat: telemetry.Heartbeat{Time: 7000, Watermark: 6500, Produced: 10, Acknowledged: 7, Queued: 2, Dropped: map[string]uint64{"age": 1}}}
	if err := f.RecordContact(t.Context(), contact); err != nil {
		t.Fatal(err)
	}
	earlier := contact
	earlier.Received, earlier.Heartbeat.Watermark = 4000, 6000
	if err := f.RecordContact(t.Context(), earlier); err != nil {
		t.Fatal(err)
	}
	got, err := f.Agent(t.Context(), "lisbon", id.Agent)
	if err != nil {
		t.Fatal(err)
	}
	if got.LastSeen != 5000 || got.Watermark != 4500 || got.Term != 1 || got.N != 7 || got.BootID != "b" || got.ClockOffset != -2000 ||
		got.Version != "1.1" || !reflect.DeepEqual(got.Heartbeat, earlier.Heartbeat) {
		t.Errorf("got %+v", got)
	}
	contact.Site = "porto"
	contact.Received = 9000
	if err := f.RecordContact(t.Context(), contact); err != nil {
		t.Fatal(err)
	}
	if got, err := f.Agent(t.Context(), "lisbon", id.Agent); err != nil || got.LastSeen != 5000 {
		t.Errorf("a contact of another site came through: %+v, %v", got, err)
	}
}

func TestCAStaysTheSame(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	open := func() (*CA, error) { return OpenCA(dir, func() time.Time { return now }) }
	first, err := open()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "ca.pem")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
	second, err := open()
	if err != nil || second.Pin() != first.Pin() || !bytes.Equal(second.Bundle(), first.Bundle()) {
		t.Errorf("another CA after opening it again: %v", err)
	}
	if bytes.Contains(first.Bundle(), []byte("PRIVATE")) {
		t.Error("the bundle holds the key")
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "can be read by others (mode 0644): run chmod 600 on it") {
		t.Errorf("open to others: got %v", err)
	}
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "certificate or key is missing: bring it back from a backup") {
		t.Errorf("damaged: got %v", err)
	}
}

func TestCollectorCertificateIsRenewed(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	ca, err := OpenCA(t.TempDir(), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	get := func() []byte {
		cert, err := ca.Certificate()
		if err != nil {
			t.Fatal(err)
		}
		return cert.Certificate[0]
	}
	first := get()
	now = now.Add(14 * 24 * time.Hour)
	if !bytes.Equal(get(), first) {
		t.Error("renewed after 14 of 30 days")
	}
	now = now.Add(24 * time.Hour)
	if bytes.Equal(get(), first) {
		t.Error("not renewed after 15 of 30 days")
	}
	now = now.Add(10 * 365 * 24 * time.Hour)
	if _, err := ca.Certificate(); err == nil || !strings.Contains(err.Error(), "make a new CA") {
		t.Errorf("CA at its end: got %v", err)
	}
}

// TestNoSecretIsKept: what was given out stands neither in the database nor in the log.
func TestNoSecretIsKept(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	password, created, err := f.EnsureAdmin(ctx)
	if err != nil || !created {
		t.Fatal(created, err)
	}
	session, _, err := f.Login(ctx, "admin", password, "192.0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	token, err := f.CreateAPIToken(ctx, "grafana", []Role{{Role: "viewer", Sites: []string{"*"}}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	join := f.token("lisbon")
	if _, err := f.enrol(join, newKey(t)); err != nil {
		t.Fatal(err)
	}
	kept := f.log.String() + dump(t, f)
	for name, secret := range map[string]string{"password": password.Reveal(), "session": session.Token, "API token": token, "join token": join} {
		if len(secret) < 20 || strings.Contains(kept, secret) {
			t.Errorf("%s is kept", name)
		}
	}
	if strings.Contains(string(conf.Secret(password).String()), password.Reveal()) {
		t.Error("the password prints")
	}
}

// dump returns all text of the tables that auth writes.
func dump(t *testing.T, f *fixture) string {
	t.Helper()
	var out strings.Builder
	for _, query := range []string{
		`SELECT hash || site || used_by FROM join_tokens`, `SELECT name || password_hash || roles FROM users`,
		`SELECT hash || user_name FROM sessions`, `SELECT hash || name || roles FROM api_tokens`,
		`SELECT who || action || object || detail FROM audit`, `SELECT id || site || hostname || heartbeat FROM agents`,
	} {
		rows, err := f.deps.DB.Read().QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			out.WriteString(s + "\n")
		}
		rows.Close()
	}
	return out.String()
}
