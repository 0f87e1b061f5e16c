package status

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// started serves "/page", and "/slow", which waits until release is closed.
func started(t *testing.T) (s *Server, asked, release chan struct{}) {
	t.Helper()
	asked, release = make(chan struct{}), make(chan struct{})
	s = New("127.0.0.1:0", map[string]Page{
		"/page": {"text/plain; version=0.0.4", func(w io.Writer) { fmt.Fprintln(w, "a 1") }},
		"/slow": {"text/plain", func(w io.Writer) { close(asked); <-release; fmt.Fprint(w, "late") }},
	}, make(chan error, 1))
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, asked, release
}

func dial(t *testing.T, s *Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute)) //nolint:errcheck // test
	return conn
}

func TestAnswers(t *testing.T) {
	defer goleak.VerifyNone(t)
	s, _, _ := started(t)
	f := func(request string, status int, body string) *http.Response {
		t.Helper()
		conn := dial(t, s)
		defer conn.Close()
		io.WriteString(conn, request) //nolint:errcheck // test
		method, _, _ := strings.Cut(request, " ")
		answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
		if err != nil {
			t.Fatalf("%.40q: %v", request, err)
		}
		got, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != status || !strings.HasPrefix(string(got), body) || !answer.Close {
			t.Errorf("%.40q: got %d %q (close %t), %v; want %d %q", request, answer.StatusCode, got, answer.Close, err, status, body)
		}
		return answer
	}
	const host = " HTTP/1.1\r\nHost: a\r\n\r\n"
	got := f("GET /page"+host, 200, "a 1\n")
	if got.Header.Get("Content-Type") != "text/plain; version=0.0.4" || got.ContentLength != 4 {
		t.Errorf("got %v, %d octets", got.Header, got.ContentLength)
	}
	if _, err := http.ParseTime(got.Header.Get("Date")); err != nil { // RFC 9110, 6.6.1
		t.Error(err)
	}
	f("GET /page?x=1"+host, 200, "a 1\n")
	f("GET /page HTTP/1.0\r\n\r\n", 200, "a 1\n")
	if got := f("HEAD /page"+host, 200, ""); got.ContentLength != 4 { // RFC 9110, 9.3.2
		t.Errorf("HEAD: got a length of %d", got.ContentLength)
	}
	if got := f("POST /page"+host, 405, "only GET and HEAD"); got.Header.Get("Allow") != "GET, HEAD" { // RFC 9110, 15.5.6
		t.Errorf("POST: got %v", got.Header)
	}
	f("GET /page/"+host, 404, "there is no such page")
	f("GET /"+host, 404, "there is no such page")
	f("PRI * HTTP/2.0\r\n\r\n", 404, "there is no such page")
	f("what is this\r\n\r\n", 400, "not a request")
	f("GET /page HTTP/1.1\r\nno colon\r\n\r\n", 400, "not a request")
	f("GET /page HTTP/1.1\r\nA: "+strings.Repeat("a", maxHeader-23), 400, "not a request of 16384 bytes at most")
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// A client that says nothing does not hold up the end, an answer under way does.
func TestStopWaitsForAnswersOnly(t *testing.T) {
	defer goleak.VerifyNone(t)
	s, asked, release := started(t)
	dial(t, s)
	busy := dial(t, s)
	io.WriteString(busy, "GET /slow HTTP/1.0\r\n\r\n") //nolint:errcheck // test
	<-asked
	stopped := make(chan error)
	go func() { stopped <- s.Stop(t.Context()) }()
	select {
	case err := <-stopped:
		t.Errorf("stopped before the answer was out: %v", err)
		return
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if all, err := io.ReadAll(busy); err != nil || !strings.HasSuffix(string(all), "\r\n\r\nlate") {
		t.Errorf("got %q, %v", all, err)
	}
}

// Clients beyond the limit are answered once others have gone.
func TestConnectionsAreBounded(t *testing.T) {
	defer goleak.VerifyNone(t)
	s, _, _ := started(t)
	var silent []net.Conn
	for range maxConnections {
		silent = append(silent, dial(t, s))
	}
	late := dial(t, s)
	io.WriteString(late, "GET /page HTTP/1.0\r\n\r\n") //nolint:errcheck // test
	for len(s.room) < maxConnections {
		time.Sleep(time.Millisecond)
	}
	for _, conn := range silent {
		conn.Close()
	}
	if all, err := io.ReadAll(late); err != nil || !strings.HasSuffix(string(all), "\r\n\r\na 1\n") {
		t.Errorf("got %q, %v", all, err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPortInUseIsToldInWords(t *testing.T) {
	s, _, _ := started(t)
	defer s.Stop(t.Context()) //nolint:errcheck // test
	err := New(s.Addr().String(), nil, nil).Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), s.Addr().String()+" is in use by another program") {
		t.Errorf("got %v", err)
	}
}

func TestStopWithoutStart(t *testing.T) {
	if err := New("127.0.0.1:0", nil, nil).Stop(t.Context()); err != nil {
		t.Error(err)
	}
}
