package httpserver

import (
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func newServer(t *testing.T, address string, h http.Handler) *Server {
	t.Helper()
	return New(address, Deps{Log: slog.New(slog.DiscardHandler), Handler: h, Fatal: make(chan error, 1)})
}

func TestServerLives(t *testing.T) {
	defer goleak.VerifyNone(t)
	waiting := make(chan struct{})
	s := newServer(t, "127.0.0.1:0", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			close(waiting)
			<-r.Context().Done() // as a stream of events does
			return
		}
		io.WriteString(w, "hello") //nolint:errcheck // test
	}))
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	url := "http://" + s.Addr().String()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	answer.Body.Close()
	if string(body) != "hello" {
		t.Errorf("got %q", body)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if answer, err := http.Get(url + "/wait"); err == nil {
			answer.Body.Close()
		}
	}()
	<-waiting
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	<-ended
	http.DefaultClient.CloseIdleConnections()
}

func TestPortInUseIsToldInWords(t *testing.T) {
	first := newServer(t, "127.0.0.1:0", http.NotFoundHandler())
	if err := first.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer first.Stop(t.Context()) //nolint:errcheck // test
	err := newServer(t, first.Addr().String(), nil).Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), first.Addr().String()+" is in use by another program") {
		t.Errorf("got %v", err)
	}
}

func TestStopWithoutStart(t *testing.T) {
	if err := newServer(t, "127.0.0.1:0", nil).Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// What Secure returns is what the server accepts from, at the address that Addr tells.
func TestSecureIsLaidOverTheListener(t *testing.T) {
	over := func(plain net.Listener) net.Listener {
		server := httptest.NewUnstartedServer(nil) // for its certificate
		server.StartTLS()
		t.Cleanup(server.Close)
		return tls.NewListener(plain, &tls.Config{Certificates: server.TLS.Certificates})
	}
	s := New("127.0.0.1:0", Deps{Log: slog.New(slog.DiscardHandler), Handler: http.NotFoundHandler(), Fatal: make(chan error, 1), Secure: over})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.Stop(t.Context())                                                              //nolint:errcheck // test
	conn, err := tls.Dial("tcp", s.Addr().String(), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // only that it is TLS matters
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
