package app

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"ninewatch/collector/config"
	"ninewatch/internal/jointoken"
	"ninewatch/internal/record"
	"ninewatch/internal/telemetry"
	"ninewatch/internal/tlsconf"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

// eventually waits for what other goroutines do: real sockets have no virtual clock.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// rig is a whole collector in this process, and a person who is signed in.
type rig struct {
	*App
	t      *testing.T
	dir    string
	client *http.Client
}

// testConfig listens on loopback, at ports that are free, and sends webhooks there.
func testConfig(dir string) config.Config {
	cfg := config.Default()
	cfg.DataDir = dir
	cfg.Listen = config.Listen{HTTP: "127.0.0.1:0", GRPC: "127.0.0.1:0"}
	cfg.Samples.Embedded.ReserveDisk = 16 << 20
	cfg.Webhooks.AllowAddresses = []string{"127.0.0.0/8"}
	return cfg
}

func newRig(t *testing.T) *rig {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, dir: filepath.Join(t.TempDir(), "data"), client: &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}}
	r.start()
	return r
}

func (r *rig) start() {
	r.t.Helper()
	var err error
	if r.App, err = New(r.t.Context(), testConfig(r.dir), Options{}, slog.New(slog.DiscardHandler)); err != nil {
		r.t.Fatal(err)
	}
	if err := r.Start(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) stop() {
	r.t.Helper()
	if err := r.Stop(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// call makes a request with a JSON body and decodes the answer into out, where that is not nil.
func (r *rig) call(method, path string, body, out any) (status int) {
	r.t.Helper()
	var b bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&b).Encode(body); err != nil {
			r.t.Fatal(err)
		}
	}
	q, err := http.NewRequestWithContext(r.t.Context(), method, r.URL()+path, &b)
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	answer, err := r.client.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			r.t.Fatalf("%s %s: %s: %s", method, path, answer.Status, text)
		}
	}
	return answer.StatusCode
}

// signIn signs in as admin.
func (r *rig) signIn(password string) int {
	r.t.Helper()
	return r.call(http.MethodPost, "/api/v1/session", map[string]string{"name": "admin", "password": password}, nil)
}

// samples are the values of an instant query, by their labels.
func (r *rig) samples(query string) map[string]string {
	r.t.Helper()
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	r.call(http.MethodGet, "/prometheus/api/v1/query?query="+query, nil, &answer)
	out := map[string]string{}
	for _, s := range answer.Data.Result {
		delete(s.Metric, "__name__")
		out[fmt.Sprint(s.Metric)] = fmt.Sprint(s.Value[1])
	}
	return out
}

// state is the verdict on a device now.
func (r *rig) state(device string) string {
	r.t.Helper()
	var d struct{ State string }
	r.call(http.MethodGet, "/api/v1/devices/"+device, nil, &d)
	return d.State
}

// incidents counts all that there ever were.
func (r *rig) incidents() int {
	r.t.Helper()
	var list struct{ Items []any }
	r.call(http.MethodGet, "/api/v1/incidents?status=all", nil, &list)
	return len(list.Items)
}

// probe is an agent's end of the wire.
type probe struct {
	r        *rig
	identity tls.Certificate
	roots    *x509.CertPool
	epoch    telemetry.Epoch
	seq      uint64
	conn     *grpc.ClientConn
	stream   telemetryv1.Agents_StreamClient
	welcome  *telemetryv1.Welcome
}

// enrol joins an agent with a token that a person made.
func (r *rig) enrol(site string) *probe {
	r.t.Helper()
	var made struct{ Token string }
	if status := r.call(http.MethodPost, "/api/v1/tokens", map[string]string{"site": site, "ttl": "1h"}, &made); status != http.StatusOK {
		r.t.Fatalf("make a join token: status %d", status)
	}
	token, err := jointoken.Parse(made.Token)
	if err != nil {
		r.t.Fatal(err)
	}
	if len(token.Addresses) == 0 || token.Addresses[0] != r.GRPC().String() {
		r.t.Errorf("the token leads to %v, want %s", token.Addresses, r.GRPC())
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		r.t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		r.t.Fatal(err)
	}
	conn := r.dial(tlsconf.Pinned(token.CAPin, time.Now))
	defer conn.Close()
	answer, err := telemetryv1.NewAgentsClient(conn).Enroll(r.t.Context(), &telemetryv1.EnrollRequest{TokenSecret: token.SecretText(), Csr: csr, Hostname: "probe", Version: "test"})
	if err != nil {
		r.t.Fatal(err)
	}
	p := &probe{r: r, identity: tls.Certificate{Certificate: [][]byte{answer.GetCertificate()}, PrivateKey: key}, epoch: telemetry.NewEpoch()}
	if p.roots, err = tlsconf.ParseBundle(answer.GetCaBundle()); err != nil {
		r.t.Fatal(err)
	}
	return p
}

func (r *rig) dial(config *tls.Config) *grpc.ClientConn {
	r.t.Helper()
	conn, err := grpc.NewClient(r.GRPC().String(), grpc.WithTransportCredentials(credentials.NewTLS(config)))
	if err != nil {
		r.t.Fatal(err)
	}
	return conn
}

// connect opens the live stream; close it before the collector stops.
func (p *probe) connect() {
	p.r.t.Helper()
	p.conn = p.r.dial(tlsconf.Client(p.identity, p.roots, time.Now))
	var err error
	if p.stream, err = telemetryv1.NewAgentsClient(p.conn).Stream(p.r.t.Context()); err != nil {
		p.r.t.Fatal(err)
	}
	p.send(&telemetryv1.AgentMessage{Message: &telemetryv1.AgentMessage_Hello{Hello: &telemetryv1.Hello{
		ProtocolMin: 1, ProtocolMax: 1, Version: "test", Epoch: p.epoch[:], BootId: "boot", TimeUnixMs: time.Now().UnixMilli(),
		Lane: telemetryv1.Lane_LANE_LIVE, Epochs: [][]byte{p.epoch[:]},
	}}})
	if p.welcome = p.recv().GetWelcome(); p.welcome == nil {
		p.r.t.Fatal("the first message is no Welcome")
	}
}

func (p *probe) close() { p.conn.Close() } //nolint:errcheck // nothing to lose

func (p *probe) send(m *telemetryv1.AgentMessage) {
	p.r.t.Helper()
	if err := p.stream.Send(m); err != nil {
		p.r.t.Fatal(err)
	}
}

func (p *probe) recv() *telemetryv1.CollectorMessage {
	p.r.t.Helper()
	m, err := p.stream.Recv()
	if err != nil {
		p.r.t.Fatal(err)
	}
	return m
}

// assigned waits for an assignment and returns the names of its devices.
func (p *probe) assigned() (names []string) {
	p.r.t.Helper()
	for {
		if a := p.recv().GetAssignment(); a != nil {
			for _, d := range a.GetDevices() {
				names = append(names, d.GetName())
			}
			return names
		}
	}
}

// tell sends records and a heartbeat whose watermark is now, and waits until all are acknowledged.
func (p *probe) tell(records ...telemetry.Record) {
	p.r.t.Helper()
	missing := telemetry.RangeSet{}
	for _, r := range records {
		p.seq++
		r.Epoch, r.Seq = p.epoch, p.seq
		data, err := record.Encode(&r)
		if err != nil {
			p.r.t.Fatal(err)
		}
		batch, err := record.ToWire(data)
		if err != nil {
			p.r.t.Fatal(err)
		}
		p.send(&telemetryv1.AgentMessage{Message: &telemetryv1.AgentMessage_Batch{Batch: batch}})
		missing.Add(telemetry.Range{First: p.seq, Last: p.seq})
	}
	now := time.Now().UnixMilli()
	p.send(&telemetryv1.AgentMessage{Message: &telemetryv1.AgentMessage_Heartbeat{Heartbeat: &telemetryv1.Heartbeat{TimeUnixMs: now, WatermarkUnixMs: now}}})
	for len(missing) > 0 {
		for _, r := range p.recv().GetAck().GetRanges() {
			missing.Remove(telemetry.Range{First: r.GetFirst(), Last: r.GetLast()})
		}
	}
}

// echoes is a run of ICMP probes, one a second.
func echoes(device string, from, to time.Time, result telemetry.Result) telemetry.Record {
	run := telemetry.Run{Device: device, Probe: telemetry.ProbeICMP, From: from.UnixMilli(), To: to.UnixMilli(), Every: 1000, Result: result}
	if result == telemetry.Fail {
		run.Reason = "timeout"
	}
	return telemetry.Record{Runs: []telemetry.Run{run}}
}

// octets is one reading of a counter.
func octets(device string, at time.Time, n uint64) telemetry.Record {
	return telemetry.Record{Frame: &telemetry.Frame{
		Device:   device,
		Template: []telemetry.Series{{Name: "ifHCInOctets", Labels: []telemetry.Label{{Name: "ifName", Value: "lan"}}}},
		Polls:    []telemetry.Poll{{Time: at.UnixMilli(), Values: []telemetry.Value{telemetry.UintValue(n)}}},
	}}
}

const hookSecret = "whsec_bmluZXdhdGNoIHRlc3RzIG9mIGEgY29sbGVjdG9yIDE="

// receiver takes webhooks and checks their signatures.
type receiver struct {
	*httptest.Server
	t *testing.T

	mu  sync.Mutex
	got []string // type, device and incident of each message
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{t: t}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err == nil {
		err = verify(q.Header, body)
	}
	var m struct {
		Type     string
		Incident struct{ ID, Device string }
	}
	if err = errors.Join(err, json.Unmarshal(body, &m)); err != nil {
		r.t.Errorf("webhook: %v: %s", err, body)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, m.Type+" "+m.Incident.Device+" "+m.Incident.ID)
}

func (r *receiver) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.got...)
}

// verify checks a message as Standard Webhooks 1.0 says.
func verify(h http.Header, body []byte) error {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(hookSecret, "whsec_"))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", h.Get("webhook-id"), h.Get("webhook-timestamp"), body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); h.Get("webhook-signature") != want {
		return fmt.Errorf("signature %q, want %q", h.Get("webhook-signature"), want)
	}
	return nil
}
