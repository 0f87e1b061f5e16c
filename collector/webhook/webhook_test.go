package webhook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ninewatch/collector/alert"
	"ninewatch/collector/state"
	"ninewatch/internal/conf"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

var incident = alert.Incident{
	ID: 12, Kind: "device_down", Severity: "critical", Status: "open", Site: "porto", Device: "opo-dist-1",
	Summary: "opo-dist-1 does not answer", Cause: "3 echo requests lost", Started: 1_790_000_000_000, UncertaintyMS: 500, Detected: 1_790_000_003_000,
}

func TestBody(t *testing.T) {
	f := func(event string, i alert.Incident, want string) {
		t.Helper()
		got, err := renderer{url: "https://nw.example.net"}.own(alert.Message{Items: []alert.Item{{Event: event, Incident: i}}})
		if err != nil || string(got) != want {
			t.Errorf("got %v\n%s\nwant\n%s", err, got, want)
		}
	}
	f("opened", incident, `{"version":1,"type":"incident.opened","incident":{"id":"INC-12","kind":"device_down","severity":"critical","status":"open","site":"porto","device":"opo-dist-1","object":"","summary":"opo-dist-1 does not answer","cause":"3 echo requests lost","impact":"","started_at":"2026-09-21T14:13:20.000Z","started_at_uncertainty_seconds":0.5,"detected_at":"2026-09-21T14:13:23.000Z","ended_at":null,"labels":{},"url":"https://nw.example.net/incidents/INC-12","suppressed":[]}}`)
	over := incident
	over.Status, over.Ended, over.Demo, over.Owner = "resolved", 1_790_000_060_000, true, "m.duarte"
	f("resolved", over, `{"version":1,"type":"incident.resolved","incident":{"id":"INC-12","kind":"device_down","severity":"critical","status":"resolved","site":"porto","device":"opo-dist-1","object":"","summary":"opo-dist-1 does not answer","cause":"3 echo requests lost","impact":"","started_at":"2026-09-21T14:13:20.000Z","started_at_uncertainty_seconds":0.5,"detected_at":"2026-09-21T14:13:23.000Z","ended_at":"2026-09-21T14:14:20.000Z","owner":"m.duarte","labels":{"demo":"true"},"url":"https://nw.example.net/incidents/INC-12","suppressed":[]}}`)
}

// TestSign: the example of the Standard Webhooks specification.
func TestSign(t *testing.T) {
	got, err := Sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
	if _, err := Sign("whsec_not base64", "m", 1, nil); err == nil || strings.Contains(err.Error(), "not base64 b") == strings.Contains(err.Error(), "whsec_not") {
		t.Errorf("got %v, want an error without the secret", err)
	}
}

func TestDenied(t *testing.T) {
	f := func(address string, allow []netip.Prefix, want bool) {
		t.Helper()
		if why := denied(netip.MustParseAddr(address), allow); (why != "") != want {
			t.Errorf("%s: got %q, want denied %t", address, why, want)
		}
	}
	for _, a := range []string{"127.0.0.1", "::1", "169.254.169.254", "fe80::1", "0.0.0.0", "100.64.1.1", "192.0.0.8", "198.18.0.1", "240.0.0.1",
		"255.255.255.255", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "::ffff:127.0.0.1", "224.0.0.1", "ff02::1"} {
		f(a, nil, true)
	}
	for _, a := range []string{"10.0.0.5", "192.168.1.1", "203.0.113.9", "2001:db8::1"} {
		f(a, nil, false)
	}
	f("127.0.0.1", loopback, false)
	f("::ffff:127.0.0.1", loopback, false)
}

func TestJudge(t *testing.T) {
	now := time.UnixMilli(1_790_000_000_000)
	f := func(code int, after string, wantAgain bool, wantAfter time.Duration, wantErr bool) {
		t.Helper()
		a := &http.Response{StatusCode: code, Status: http.StatusText(code), Header: http.Header{"Retry-After": {after}}}
		if r := judge(a, "", now); r.again != wantAgain || r.after != wantAfter || (r.err != "") != wantErr {
			t.Errorf("%d %s: got %+v", code, after, r)
		}
	}
	f(200, "", false, 0, false)
	f(204, "", false, 0, false)
	f(301, "", false, 0, true)
	f(400, "", false, 0, true)
	f(410, "", false, 0, true)
	f(429, "30", true, 30*time.Second, true)
	f(503, now.Add(2*time.Minute).UTC().Format(http.TimeFormat), true, 2*time.Minute, true)
	f(500, "999999", true, time.Hour, true)
	f(502, "-5", true, 0, true)
}

func TestPauseDoublesUpToAnHour(t *testing.T) {
	f := func(attempts int, low, high time.Duration) {
		t.Helper()
		for range 100 {
			if d := pause(attempts); d < low || d > high {
				t.Errorf("after %d attempts: got %s, want %s to %s", attempts, d, low, high)
			}
		}
	}
	f(1, 3750*time.Millisecond, 6250*time.Millisecond)
	f(2, 7500*time.Millisecond, 12500*time.Millisecond)
	f(11, 45*time.Minute, 75*time.Minute)
	f(1000, 45*time.Minute, 75*time.Minute)
}

// receiver is a real HTTP server that answers by a script and remembers what came.
type receiver struct {
	mu   sync.Mutex
	seen []string // id and type
	bad  []string // wrong signatures
	code func(n int) int
	got  chan struct{}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	var seconds int64
	fmt.Sscan(request.Header.Get("webhook-timestamp"), &seconds) //nolint:errcheck // a wrong one fails the signature
	if want, _ := Sign("s3cret", request.Header.Get("webhook-id"), seconds, body); request.Header.Get("webhook-signature") != want {
		r.bad = append(r.bad, request.Header.Get("webhook-signature"))
	}
	_, kind, _ := strings.Cut(string(body), `"type":"`)
	kind, _, _ = strings.Cut(kind, `"`)
	r.seen = append(r.seen, request.Header.Get("webhook-id")+" "+kind)
	w.WriteHeader(r.code(len(r.seen)))
	r.got <- struct{}{}
}

func newService(t *testing.T, path, url string) (*Service, *state.DB) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	db, err := state.Open(t.Context(), state.Config{Path: path}, state.Deps{Log: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return New(Config{Instance: "i", ExternalURL: "http://x", Allow: loopback}, Deps{
		Log: log, Metrics: metrics.NewSet(), Read: db.Read(), Write: db.Write, Now: time.Now,
		Receiver: func(_ context.Context, name string) (Receiver, error) {
			if url == "" {
				return Receiver{}, ErrUnknownReceiver
			}
			return Receiver{Name: name, URL: conf.Secret(url), Secret: "s3cret"}, nil
		},
	}), db
}

func notify(t *testing.T, s *Service, db *state.DB, events ...string) {
	t.Helper()
	for _, e := range events {
		if err := db.Write(t.Context(), func(tx *sql.Tx) error {
			return s.Deliver(tx, alert.Message{Receiver: "ops", Items: []alert.Item{{Event: e, Incident: incident}}})
		}); err != nil {
			t.Fatal(err)
		}
	}
	s.Wake()
}

func TestDeliveriesComeInOrderSignedAndOnce(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	r := &receiver{code: func(int) int { return 200 }, got: make(chan struct{}, 10)}
	server := httptest.NewServer(r)
	defer server.Close()
	s, db := newService(t, filepath.Join(t.TempDir(), "s.db"), server.URL)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	notify(t, s, db, "opened", "acknowledged", "resolved")
	for range 3 {
		<-r.got
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if diff := cmp.Diff(r.seen, []string{"msg_i_1 incident.opened", "msg_i_2 incident.acknowledged", "msg_i_3 incident.resolved"}); diff != "" {
		t.Error(diff)
	}
	if len(r.bad) > 0 {
		t.Errorf("wrong signatures: %v", r.bad)
	}
}

// TestOutbox steps through attempts by hand: an error delays, keeps the id and the order; a refusal is dead;
// Replay makes it pending again.
func TestOutbox(t *testing.T) {
	codes := map[int]int{1: 503, 2: 400, 3: 200}
	r := &receiver{code: func(n int) int { return codes[n] }, got: make(chan struct{}, 10)}
	server := httptest.NewServer(r)
	defer server.Close()
	path := filepath.Join(t.TempDir(), "s.db")
	s, db := newService(t, path, server.URL)
	notify(t, s, db, "opened", "resolved")
	step := func(wantDue int, after time.Duration) {
		t.Helper()
		list, err := s.due(t.Context(), time.Now().Add(after).UnixMilli())
		if err != nil || len(list) != wantDue {
			t.Fatalf("due: got %d, %v; want %d", len(list), err, wantDue)
		}
		s.serve(t.Context(), "ops", list)
	}
	status := func(want ...string) {
		t.Helper()
		list, err := s.Find(t.Context(), Filter{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range list {
			got = append(got, fmt.Sprintf("%d %s %d %d", d.ID, d.Status, d.Attempts, d.Code))
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Error(diff)
		}
	}
	step(1, 0) // 503
	status("2 pending 0 0", "1 pending 1 503")
	step(0, 0) // neither the first, which waits, nor the second behind it
	step(1, time.Minute)
	status("2 pending 0 0", "1 dead 2 400")
	step(1, 0)
	status("2 delivered 1 200", "1 dead 2 400")
	codes[4] = 200
	if err := s.Replay(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	step(1, 0)
	status("2 delivered 1 200", "1 delivered 1 200")
	if diff := cmp.Diff(r.seen, []string{"msg_i_1 incident.opened", "msg_i_1 incident.opened", "msg_i_2 incident.resolved", "msg_i_1 incident.opened"}); diff != "" {
		t.Error(diff)
	}
	if err := s.Replay(t.Context(), 99); !errors.Is(err, ErrUnknownDelivery) {
		t.Errorf("got %v, want ErrUnknownDelivery", err)
	}
}

func TestLoopbackIsRefusedUnlessAllowed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s, _ := newService(t, filepath.Join(t.TempDir(), "s.db"), "http://"+listener.Addr().String()+"/t0ken")
	s.client = newClient(nil)
	_, _, _, err = s.Test(t.Context(), "ops")
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1 is a loopback address") || strings.Contains(err.Error(), "t0ken") {
		t.Errorf("got %v", err)
	}
}

func TestARemovedReceiverMakesADeadLetter(t *testing.T) {
	s, db := newService(t, filepath.Join(t.TempDir(), "s.db"), "")
	notify(t, s, db, "opened")
	list, err := s.due(t.Context(), time.Now().UnixMilli())
	if err != nil {
		t.Fatal(err)
	}
	s.serve(t.Context(), "ops", list)
	log, err := s.Find(t.Context(), Filter{Limit: 1})
	if err != nil || log[0].Status != "dead" || log[0].Error != "the receiver has been removed" {
		t.Errorf("got %+v, %v", log, err)
	}
}
