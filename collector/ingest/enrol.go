package ingest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"

	"ninewatch/collector/auth"
	"ninewatch/internal/tlsconf"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

// Enroll implements the RPC. It is open to anybody who holds a join token.
func (s *Service) Enroll(ctx context.Context, r *telemetryv1.EnrollRequest) (*telemetryv1.EnrollResponse, error) {
	id, err := s.deps.Auth.Enroll(ctx, auth.Enrolment{
		Secret:   r.GetTokenSecret(),
		Request:  r.GetCsr(),
		Hostname: r.GetHostname(),
		Version:  r.GetVersion(),
	})
	if err != nil {
		if suppressed, ok := s.quiet.Allow("enrol"); ok {
			s.log.Warn("enrolment refused", "addr", remote(ctx), "err", err, "suppressed", suppressed)
		}
		return nil, s.fail("enrol", err)
	}
	return &telemetryv1.EnrollResponse{
		Certificate: id.Certificate,
		CaBundle:    s.deps.Auth.CA().Bundle(),
		Site:        id.Site,
		Agent:       id.Agent,
	}, nil
}

// Renew implements the RPC. The certificate of the connection may have expired.
func (s *Service) Renew(ctx context.Context, r *telemetryv1.RenewRequest) (*telemetryv1.RenewResponse, error) {
	p, err := s.peer(ctx)
	if err != nil {
		return nil, s.fail("renew", err)
	}
	der, err := s.deps.Auth.Renew(ctx, p, r.GetCsr())
	if err != nil {
		if suppressed, ok := s.quiet.Allow("renew " + p.Agent); ok {
			s.log.Warn("renewal refused", "site", p.Site, "agent", p.Agent, "err", err, "suppressed", suppressed)
		}
		return nil, s.fail("renew", err)
	}
	return &telemetryv1.RenewResponse{Certificate: der, CaBundle: s.deps.Auth.CA().Bundle()}, nil
}

// peer returns the agent at the other end, whose certificate may have expired.
func (s *Service) peer(ctx context.Context) (tlsconf.Peer, error) {
	state, err := connectionState(ctx)
	if err != nil {
		return tlsconf.Peer{}, err
	}
	p, err := tlsconf.PeerOf(state, s.deps.Auth.CA().Roots(), s.deps.Now())
	if errors.Is(err, tlsconf.ErrOtherCA) {
		return tlsconf.Peer{}, errOtherCA
	}
	if err != nil {
		return tlsconf.Peer{}, fmt.Errorf("%w: %w", errNoPeer, err)
	}
	return p, nil
}

func connectionState(ctx context.Context) (tls.ConnectionState, error) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return tls.ConnectionState{}, errNoPeer
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok {
		return tls.ConnectionState{}, errors.Join(errNoPeer, errors.New("connection without TLS"))
	}
	return info.State, nil
}

func remote(ctx context.Context) string {
	if p, ok := peer.FromContext(ctx); ok {
		return p.Addr.String()
	}
	return ""
}
