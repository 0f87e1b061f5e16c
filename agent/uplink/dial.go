package uplink

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"ninewatch/internal/tlsconf"
)

// Why there is no connection. Their texts say what to do.
var (
	ErrOtherCA = errors.New("the collector there proves itself with another CA than this agent knows: " +
		"the address leads to another collector, or its CA was made anew; enrol the agent with a token of this collector")
	ErrClock   = errors.New("the collector's certificate is not valid at this time: set the clock of this host, or the collector's")
	ErrRefused = errors.New("the collector refused")
	// ErrUnreachable is every reason that may go away by itself.
	ErrUnreachable = errors.New("the collector cannot be reached")
)

// trouble is that the collector answered, but cannot serve us now.
type trouble string

func (t trouble) Error() string        { return "the collector ended the request: " + string(t) }
func (t trouble) Is(target error) bool { return target == ErrUnreachable }

// conn is a connection to one address.
type conn struct {
	*grpc.ClientConn
	address   string
	handshake *handshake
}

// dial prepares a connection; the first RPC makes it.
func dial(address string, config *tls.Config) (conn, error) {
	h := &handshake{TransportCredentials: credentials.NewTLS(config)}
	c, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(h),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepaliveEvery, Timeout: keepaliveWait}),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.DefaultConfig, MinConnectTimeout: helloTimeout}),
		grpc.WithDisableServiceConfig(),
		grpc.WithIdleTimeout(0),
	)
	if err != nil {
		return conn{}, fmt.Errorf("collector address %q: %w", address, err)
	}
	return conn{ClientConn: c, address: address, handshake: h}, nil
}

// handshake remembers why the TLS handshake failed: gRPC hands on only text.
type handshake struct {
	credentials.TransportCredentials
	mu  sync.Mutex
	err error
}

func (h *handshake) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	c, info, err := h.TransportCredentials.ClientHandshake(ctx, authority, raw)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
	return c, info, err
}

// Clone keeps h itself: one connection has one memory.
func (h *handshake) Clone() credentials.TransportCredentials { return h }

func (h *handshake) failure() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// explain turns the error of an RPC into one clear sentence.
func (c conn) explain(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("collector %s: %w", c.address, c.cause(err))
}

func (c conn) cause(err error) error {
	failure := c.handshake.failure()
	invalid := x509.CertificateInvalidError{}
	switch {
	case errors.Is(failure, tlsconf.ErrOtherCA):
		return ErrOtherCA
	case errors.As(failure, &invalid) && invalid.Reason == x509.Expired:
		return ErrClock
	}
	st, ok := status.FromError(err)
	if !ok {
		return err
	}
	switch text := st.Message(); {
	case st.Code() == codes.Unavailable, st.Code() == codes.DeadlineExceeded:
		return fmt.Errorf("%w: %s", ErrUnreachable, plain(text))
	case st.Code() == codes.Canceled:
		return context.Canceled
	case st.Code() == codes.Internal, st.Code() == codes.Aborted, st.Code() == codes.ResourceExhausted, st.Code() == codes.Unknown:
		return trouble(text)
	default:
		return fmt.Errorf("%w: %s", ErrRefused, text)
	}
}

// plain takes gRPC's words away from around the cause.
func plain(text string) string {
	for _, before := range []string{`transport: Error while dialing: `, `transport: authentication handshake failed: `, `error reading from server: `} {
		if _, after, ok := strings.Cut(text, before); ok {
			text = after
		}
	}
	return strings.TrimSuffix(strings.TrimPrefix(text, "connection error: desc = "), `"`)
}
