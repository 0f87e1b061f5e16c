// Package httpserver runs one HTTP server: timeouts against slow clients, a port that is in use told in
// words, and an orderly end. What it serves is the business of its Handler.
package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"ninewatch/internal/listen"
)

// Deps are what a Server uses but does not own. All but Secure are required.
type Deps struct {
	Log     *slog.Logger
	Handler http.Handler
	Fatal   chan<- error                    // told when the server ends by itself
	Secure  func(net.Listener) net.Listener // lays TLS over the listener; nil: plain HTTP
}

// Server is an HTTP server with a life of its own.
type Server struct {
	address  string
	deps     Deps
	http     *http.Server
	listener net.Listener
	wg       sync.WaitGroup
	cancel   context.CancelFunc
}

// New returns a Server for address that is not started.
func New(address string, deps Deps) *Server { return &Server{address: address, deps: deps} }

// Start listens and returns; the error names the address and the mend.
func (s *Server) Start(context.Context) error {
	listener, err := listen.TCP(s.address)
	if err != nil {
		return err
	}
	if s.deps.Secure != nil {
		listener = s.deps.Secure(listener)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.listener, s.cancel = listener, cancel
	s.http = &http.Server{
		Handler:           s.deps.Handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.deps.Log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	s.wg.Go(func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.deps.Fatal <- fmt.Errorf("serve HTTP on %s: %w", s.address, err)
		}
	})
	return nil
}

// Addr is where the server listens, once it has started.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Stop ends the requests that wait (their contexts are cancelled), lets the others finish until ctx ends,
// and then cuts them off.
func (s *Server) Stop(ctx context.Context) error {
	if s.http == nil {
		return nil
	}
	s.cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	s.wg.Wait()
	return err
}
