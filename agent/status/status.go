package status

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"ninewatch/internal/lifecycle"
	"ninewatch/internal/listen"
)

const (
	maxConnections = 64
	maxHeader      = 16 << 10
	patience       = 30 * time.Second // a page of metrics has some 10 KB
)

// Page is what a path answers.
type Page struct {
	ContentType string
	Write       func(io.Writer)
}

// Server serves pages at an address.
type Server struct {
	address  string
	pages    map[string]Page // by path
	fatal    chan<- error    // told when the server ends by itself
	listener net.Listener
	room     chan struct{} // one place for each connection
	running  sync.WaitGroup
	cancel   context.CancelFunc
}

// New returns a Server that is not started.
func New(address string, pages map[string]Page, fatal chan<- error) *Server {
	return &Server{address: address, pages: pages, fatal: fatal, room: make(chan struct{}, maxConnections)}
}

// Start listens and returns; the error names the address and the mend.
func (s *Server) Start(context.Context) error {
	listener, err := listen.TCP(s.address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.listener, s.cancel = listener, cancel
	s.running.Go(func() { s.accept(ctx) })
	return nil
}

// Addr is where the server listens, once it has started.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Stop lets the answers that are under way finish until ctx ends. It waits for no client that has yet to ask.
func (s *Server) Stop(ctx context.Context) error {
	if s.listener == nil {
		return nil
	}
	s.cancel()
	s.listener.Close() //nolint:errcheck // of a second Stop
	return lifecycle.Wait(ctx, &s.running, "the answers of "+s.address)
}

func (s *Server) accept(ctx context.Context) {
	for {
		select {
		case s.room <- struct{}{}:
		case <-ctx.Done():
			return
		}
		conn, err := s.listener.Accept()
		switch {
		case err == nil:
			s.running.Go(func() { s.serve(ctx, conn) })
			continue
		case ctx.Err() != nil:
			return
		case !short(err):
			s.fatal <- fmt.Errorf("serve HTTP on %s: %w", s.address, err)
			return
		}
		<-s.room
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
}

// short tells a host that is short of descriptors or memory for now from a listener that is broken.
func short(err error) bool {
	return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ENOBUFS) || errors.Is(err, unix.ENOMEM)
}

// serve answers the one request of a connection.
func (s *Server) serve(ctx context.Context, conn net.Conn) {
	defer func() { <-s.room }()
	defer conn.Close()
	if conn.SetDeadline(time.Now().Add(patience)) != nil {
		return
	}
	stop := context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) }) //nolint:errcheck // it is closed then
	defer stop()
	request, err := http.ReadRequest(bufio.NewReader(io.LimitReader(conn, maxHeader)))
	var answer *http.Response
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, unix.ECONNRESET):
		return // nothing was asked
	case err != nil:
		answer = text(http.StatusBadRequest, fmt.Sprintf("not a request of %d bytes at most: %s\n", maxHeader, err))
	default:
		answer = s.answer(request)
	}
	answer.Write(conn) //nolint:errcheck // a client that went away
}

func (s *Server) answer(request *http.Request) *http.Response {
	page, known := s.pages[request.URL.Path]
	var answer *http.Response
	switch {
	case !known:
		answer = text(http.StatusNotFound, "there is no such page\n")
	case request.Method != http.MethodGet && request.Method != http.MethodHead:
		answer = text(http.StatusMethodNotAllowed, "only GET and HEAD are answered here\n")
		answer.Header.Set("Allow", "GET, HEAD")
	default:
		var body bytes.Buffer
		page.Write(&body)
		answer = text(http.StatusOK, body.String())
		answer.Header.Set("Content-Type", page.ContentType)
	}
	answer.Request = request // HEAD has no body
	return answer
}

func text(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Close: true,
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewBufferString(body)),
		Header: http.Header{
			"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"},
			"Date": {time.Now().UTC().Format(http.TimeFormat)},
		},
	}
}
