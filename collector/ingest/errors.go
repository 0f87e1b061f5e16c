package ingest

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"ninewatch/collector/auth"
)

// Why the collector ends a stream.
var (
	errStopping = errors.New("the collector is stopping")
	errReplaced = errors.New("a newer stream of the same agent and lane took over")
	errNoHello  = errors.New("no Hello came in time")
	errProtocol = errors.New("protocol violated")
	errTooMany  = errors.New("limit exceeded")
	errJournal  = errors.New("the collector cannot write its journal")
	errVersions = errors.New("no common protocol version")
	errNoPeer   = errors.New("no valid client certificate")
	errOtherCA  = errors.New("the certificate of this agent is of another CA: enrol it with a token of this collector")
	errExpired  = errors.New("the certificate of this agent has expired: renew it")
)

// codeOf is the one place where an error becomes a gRPC status code.
var codeOf = []struct {
	err  error
	code codes.Code
}{
	{auth.ErrTokenUnknown, codes.PermissionDenied},
	{auth.ErrTokenUsed, codes.PermissionDenied},
	{auth.ErrTokenExpired, codes.PermissionDenied},
	{auth.ErrRevoked, codes.PermissionDenied},
	{auth.ErrUnknownAgent, codes.PermissionDenied},
	{auth.ErrRequest, codes.InvalidArgument},
	{errNoPeer, codes.Unauthenticated},
	{errOtherCA, codes.Unauthenticated},
	{errExpired, codes.Unauthenticated},
	{errVersions, codes.FailedPrecondition},
	{errProtocol, codes.InvalidArgument},
	{errNoHello, codes.InvalidArgument},
	{errTooMany, codes.ResourceExhausted},
	{errReplaced, codes.Aborted},
	{errStopping, codes.Unavailable},
	{errJournal, codes.Unavailable},
	{context.Canceled, codes.Canceled},
	{context.DeadlineExceeded, codes.DeadlineExceeded},
}

// fail turns err into what the agent sees. Errors of our own stay here, in the log.
func (s *Service) fail(what string, err error) error {
	if _, ok := status.FromError(err); ok {
		return err
	}
	for _, c := range codeOf {
		if errors.Is(err, c.err) {
			return status.Error(c.code, err.Error())
		}
	}
	if suppressed, ok := s.quiet.Allow(what); ok {
		s.log.Error("request of an agent failed", "what", what, "err", err, "suppressed", suppressed)
	}
	return status.Error(codes.Internal, fmt.Sprintf("%s: internal error, see the collector's log", what))
}
