package webhook

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ninewatch/collector/state"
	"ninewatch/internal/conf"
)

// bad is a receiver that serves each connection by a function, and never right.
func bad(t *testing.T, serve func(c net.Conn, release <-chan struct{})) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				serve(c, release)
			})
		}
	})
	t.Cleanup(func() { close(release); l.Close(); wg.Wait() })
	return "http://" + l.Addr().String()
}

// answers reads a request and writes text.
func answers(text string) func(net.Conn, <-chan struct{}) {
	return func(c net.Conn, _ <-chan struct{}) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			fmt.Fprint(c, text) //nolint:errcheck // the other end may have gone
		}
	}
}

// good is a receiver that takes all, and remembers what came.
type good struct {
	*httptest.Server
	mu  sync.Mutex
	ids []string
}

func newGood(t *testing.T) *good {
	t.Helper()
	g := &good{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.ids = append(g.ids, r.Header.Get("webhook-id"))
	}))
	t.Cleanup(g.Close)
	return g
}

// turn serves what is due once, a day of waiting later.
func turn(t *testing.T, s *Service) {
	t.Helper()
	list, err := s.due(t.Context(), time.Now().Add(24*time.Hour).UnixMilli())
	if err != nil {
		t.Fatal(err)
	}
	s.serve(t.Context(), "ops", list)
}

// pointed is a service whose receiver is where to points.
func pointed(t *testing.T, to *string) (*Service, *state.DB) {
	t.Helper()
	s, db := newService(t, filepath.Join(t.TempDir(), "s.db"), "http://x")
	s.deps.Receiver = func(_ context.Context, name string) (Receiver, error) {
		return Receiver{Name: name, URL: conf.Secret(*to), Secret: "s3cret"}, nil
	}
	return s, db
}

func statuses(t *testing.T, s *Service) (out []string) {
	t.Helper()
	list, err := s.Find(t.Context(), Filter{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range slices.Backward(list) {
		out = append(out, d.MessageID+" "+d.Status)
	}
	return out
}

// TestReceiversThatMisbehave: of each kind, three attempts are made; then the receiver is well. What is worth another
// attempt comes in order under its id; what is not is a dead letter, which a person sends again.
func TestReceiversThatMisbehave(t *testing.T) {
	elsewhere := newGood(t)
	waits := func(c net.Conn, release <-chan struct{}) { <-release }
	slow := func(c net.Conn, release <-chan struct{}) {
		http.ReadRequest(bufio.NewReader(c)) //nolint:errcheck // it is not answered
		<-release
	}
	drips := func(c net.Conn, release <-chan struct{}) {
		http.ReadRequest(bufio.NewReader(c)) //nolint:errcheck // it is not answered
		for {
			select {
			case <-release:
				return
			case <-time.After(20 * time.Millisecond):
				if _, err := c.Write([]byte("H")); err != nil {
					return
				}
			}
		}
	}
	resets := func(c net.Conn, _ <-chan struct{}) { c.(*net.TCPConn).SetLinger(0) } //nolint:errcheck // a test
	t.Run("again", func(t *testing.T) {
		for name, serve := range map[string]func(net.Conn, <-chan struct{}){
			"never reads": waits, "slow": slow, "drips": drips, "resets": resets, "garbage": answers("\x00\xff garbage\r\n\r\n"), "nothing": answers(""),
			"cut off": answers("HTTP/1.1 200 OK\r\nContent-"), "endless header": answers("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20)),
			"500": answers("HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n"), "429": answers("HTTP/1.1 429 x\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"),
		} {
			t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
				to := bad(t, serve)
				s, db := pointed(t, &to)
				s.client.Timeout = 300 * time.Millisecond
				notify(t, s, db, "opened", "acknowledged", "resolved")
				for range 3 {
					turn(t, s)
				}
				if diff := cmp.Diff([]string{"msg_i_1 pending", "msg_i_2 pending", "msg_i_3 pending"}, statuses(t, s)); diff != "" {
					t.Errorf("while it is so (-want +got):\n%s", diff)
				}
				mend(t, s, &to, nil)
			})
		}
	})
	t.Run("dead", func(t *testing.T) {
		for name, text := range map[string]string{
			"400": "HTTP/1.1 400 x\r\nContent-Length: 0\r\n\r\n",
			"301": "HTTP/1.1 301 x\r\nLocation: " + elsewhere.URL + "\r\nContent-Length: 0\r\n\r\n",
			"418": "HTTP/1.1 418 x\r\nContent-Length: 99999999\r\n\r\n" + strings.Repeat("x", 100_000),
		} {
			t.Run(name, func(t *testing.T) {
				to := bad(t, answers(text))
				s, db := pointed(t, &to)
				notify(t, s, db, "opened", "acknowledged", "resolved")
				turn(t, s)
				if diff := cmp.Diff([]string{"msg_i_1 dead", "msg_i_2 pending", "msg_i_3 pending"}, statuses(t, s)); diff != "" {
					t.Errorf("while it is so (-want +got):\n%s", diff)
				}
				mend(t, s, &to, []int64{1})
			})
		}
	})
	if len(elsewhere.ids) != 0 {
		t.Errorf("a redirect was followed: %v", elsewhere.ids)
	}
}

// mend points s at a receiver that is well: all comes in order, and then what is sent again.
func mend(t *testing.T, s *Service, to *string, dead []int64) {
	t.Helper()
	well := newGood(t)
	*to, s.client.Timeout = well.URL, 15*time.Second
	var want []string
	for id := int64(1); id <= 3; id++ {
		if !slices.Contains(dead, id) {
			want = append(want, fmt.Sprintf("msg_i_%d", id))
		}
	}
	for range 3 {
		turn(t, s)
	}
	for _, id := range dead {
		if err := s.Replay(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		turn(t, s)
		want = append(want, fmt.Sprintf("msg_i_%d", id))
	}
	if diff := cmp.Diff(want, well.ids); diff != "" {
		t.Errorf("once it is well (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"msg_i_1 delivered", "msg_i_2 delivered", "msg_i_3 delivered"}, statuses(t, s)); diff != "" {
		t.Errorf("once it is well (-want +got):\n%s", diff)
	}
}

// TestDownReceiver: nobody listens, then somebody does.
func TestDownReceiver(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to := "http://" + l.Addr().String()
	l.Close() //nolint:errcheck // nobody listens there now
	s, db := pointed(t, &to)
	notify(t, s, db, "opened", "acknowledged", "resolved")
	turn(t, s)
	list, err := s.Find(t.Context(), Filter{ID: 1, Limit: 1})
	if err != nil || list[0].Code != 0 || !strings.Contains(list[0].Error, "connection refused") {
		t.Errorf("got %+v, %v", list, err)
	}
	mend(t, s, &to, nil)
}

// TestRetryAfterIsHonoured: the next attempt waits at least as long as the receiver asks.
func TestRetryAfterIsHonoured(t *testing.T) {
	to := bad(t, answers("HTTP/1.1 429 x\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n"))
	s, db := pointed(t, &to)
	now := time.Unix(1_790_000_000, 0)
	s.deps.Now = func() time.Time { return now }
	notify(t, s, db, "opened")
	turn(t, s)
	list, err := s.Find(t.Context(), Filter{ID: 1, Limit: 1})
	if err != nil || list[0].Next != now.Add(10*time.Minute).UnixMilli() || list[0].Code != 429 {
		t.Errorf("got %+v, %v", list, err)
	}
}

// TestGivesUpAfterThreeDays: what never gets through is a dead letter in the end.
func TestGivesUpAfterThreeDays(t *testing.T) {
	to := bad(t, answers("HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n"))
	s, db := pointed(t, &to)
	now := time.Unix(1_790_000_000, 0)
	s.deps.Now = func() time.Time { return now }
	notify(t, s, db, "opened", "resolved")
	once := func() {
		list, err := s.due(t.Context(), now.UnixMilli())
		if err != nil {
			t.Fatal(err)
		}
		s.serve(t.Context(), "ops", list)
	}
	once()
	now = now.Add(3*24*time.Hour - time.Second)
	once()
	if got := statuses(t, s); got[0] != "msg_i_1 pending" {
		t.Errorf("a second before three days: got %v", got)
	}
	now = now.Add(2 * time.Hour)
	once()
	once()
	if diff := cmp.Diff([]string{"msg_i_1 dead", "msg_i_2 dead"}, statuses(t, s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestGoneReceiver: 410 ends sending to a URL, over a restart too; a new URL, a test and sending again end that.
func TestGoneReceiver(t *testing.T) {
	calls, code := 0, 410
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { calls++; w.WriteHeader(code) }))
	defer server.Close()
	to := server.URL
	s, db := pointed(t, &to)
	notify(t, s, db, "opened", "resolved")
	turn(t, s)
	turn(t, s)
	if diff := cmp.Diff([]string{"msg_i_1 dead", "msg_i_2 dead"}, statuses(t, s)); diff != "" || calls != 1 {
		t.Errorf("%d calls (-want +got):\n%s", calls, diff)
	}
	list, err := s.Find(t.Context(), Filter{ID: 2, Limit: 1})
	if err != nil || !strings.HasPrefix(list[0].Error, "nothing is sent to the receiver since it answered 410 Gone at ") {
		t.Errorf("got %+v, %v", list, err)
	}
	gone := func(want int) {
		t.Helper()
		if got, err := s.Gone(t.Context()); err != nil || len(got) != want {
			t.Errorf("got %v, %v; want %d", got, err, want)
		}
	}
	gone(1)
	to = server.URL + "/new"
	gone(0)
	notify(t, s, db, "opened")
	turn(t, s)
	if calls != 2 {
		t.Errorf("at its new URL: %d calls, want 2", calls)
	}
	gone(1)
	code = 200
	if _, _, _, err := s.Test(t.Context(), "ops"); err != nil {
		t.Error(err)
	}
	gone(0)
	code = 410
	if err := s.Replay(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	turn(t, s)
	gone(1)
	code = 200
	if err := s.Replay(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	turn(t, s)
	gone(0)
	if got := statuses(t, s)[0]; got != "msg_i_1 delivered" {
		t.Errorf("got %s", got)
	}
}

// TestTroubles: what keeps messages from a receiver is told with the mend, and no more when it takes them.
func TestTroubles(t *testing.T) {
	code := 503
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }))
	defer server.Close()
	to := server.URL
	s, db := pointed(t, &to)
	now := time.Unix(1_790_000_000, 0) // 2026-09-21 14:13:20
	s.deps.Now = func() time.Time { return now }
	words := func(want ...string) {
		t.Helper()
		got, err := s.Troubles(t.Context())
		if diff := cmp.Diff(want, got["ops"].Words()); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	try := func() {
		t.Helper()
		list, err := s.due(t.Context(), now.Add(time.Hour).UnixMilli())
		if err != nil {
			t.Fatal(err)
		}
		s.serve(t.Context(), "ops", list)
	}
	notify(t, s, db, "opened")
	words()
	for range 4 {
		try()
	}
	words("1 delivery did not arrive yet, and will be tried again.")
	try()
	words("It failed 5 times in a row or more and rests; the next delivery is tried at 2026-09-21 14:13:50 UTC: look at what it answered in the delivery log.",
		"1 delivery did not arrive yet, and will be tried again.")
	code = 410
	try()
	words("It answered 410 Gone at 2026-09-21 14:13:20 UTC, and nothing is sent to it: change its URL, or send it a test when it is back.",
		"1 dead letter: send again from the delivery log what it still has to know.")
	code = 200
	if err := s.Replay(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	try()
	words()
}
