package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"ninewatch/collector/alert"
	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
	"ninewatch/collector/webhook"
	"ninewatch/internal/conf"
)

const problemType = "application/problem+json"

// problem is an error as the API tells it (RFC 9457). It never holds a value that was sent: that may be a
// secret in the wrong place.
type problem struct {
	Type      string   `json:"type"`
	Title     string   `json:"title"`
	Status    int      `json:"status"`
	Detail    string   `json:"detail"`
	RequestID string   `json:"request_id,omitempty"`
	Errors    []string `json:"errors,omitempty"` // all mistakes, one each, where there are several

	headers http.Header
}

func (p *problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *problem) GetHeaders() http.Header { return p.headers }

// ContentType implements huma.ContentTypeFilter.
func (p *problem) ContentType(string) string { return problemType }

func newProblem(status int, format string, args ...any) *problem {
	return &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

func notFound(kind, name string) *problem {
	return newProblem(http.StatusNotFound, "there is no %s %q, or it is at a site that you may not see", kind, name)
}

func badRequest(format string, args ...any) *problem {
	return newProblem(http.StatusBadRequest, format, args...)
}

// transformProblem gives problems the id of their request, and makes problems of huma's own errors. The registry has
// the schemas of bodies.
func transformProblem(registry huma.Registry, ctx huma.Context, v any) (any, error) {
	switch e := v.(type) {
	case *problem:
		out := *e
		out.RequestID = requestID(ctx.Context())
		return &out, nil
	case *huma.ErrorModel:
		out := newProblem(e.Status, "%s", e.Detail)
		out.RequestID = requestID(ctx.Context())
		for _, d := range e.Errors {
			out.Errors = append(out.Errors, strings.TrimPrefix(d.Location+": "+d.Message, ": ")+hint(ctx, registry, d))
		}
		if len(out.Errors) > 0 {
			out.Detail = strings.Join(out.Errors, "; ")
		}
		return out, nil
	}
	return v, nil
}

// known translates the errors of the packages below: kinds become answers here and nowhere else.
var known = []struct {
	is     error
	status int
}{
	{inventory.ErrUnknown, http.StatusNotFound},
	{alert.ErrUnknownIncident, http.StatusNotFound},
	{uptime.ErrUnknownScope, http.StatusNotFound},
	{webhook.ErrUnknownDelivery, http.StatusNotFound},
	{webhook.ErrUnknownReceiver, http.StatusNotFound},
	{auth.ErrUnknownAgent, http.StatusNotFound},
	{auth.ErrUnknownUser, http.StatusNotFound},
	{alert.ErrResolved, http.StatusConflict},
	{inventory.ErrDecided, http.StatusConflict},
	{inventory.ErrInvalid, http.StatusUnprocessableEntity},
	{auth.ErrCredentials, http.StatusUnauthorized},
	{auth.ErrNoSession, http.StatusUnauthorized},
	{auth.ErrTooMany, http.StatusTooManyRequests},
	{auth.ErrInvalid, http.StatusUnprocessableEntity},
}

// fail is the one place where an error becomes an answer. What is not known is logged, and not told.
func (a *API) fail(ctx context.Context, operation string, err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	var mistakes conf.Problems
	if errors.As(err, &mistakes) {
		p := newProblem(http.StatusUnprocessableEntity, "%s", mistakes.Error())
		for _, m := range mistakes {
			p.Errors = append(p.Errors, m.String())
		}
		return p
	}
	for _, k := range known {
		if errors.Is(err, k.is) {
			return newProblem(k.status, "%s", err.Error())
		}
	}
	if ctx.Err() != nil {
		return newProblem(http.StatusServiceUnavailable, "the request took too long, or was given up")
	}
	a.m.failures.Inc()
	a.log.Error("request failed", "operation", operation, "request", requestID(ctx), "err", err)
	return newProblem(http.StatusInternalServerError, "something went wrong in the collector: its log says what, under request %s", requestID(ctx))
}

// writeProblem answers where huma does not.
func writeProblem(w http.ResponseWriter, r *http.Request, p *problem) {
	out := *p
	out.RequestID = requestID(r.Context())
	body, _ := json.Marshal(out) // texts and numbers
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	w.Write(body) //nolint:errcheck // the client has gone
}

// absent makes the answer to an error that is unknown the same as for what may not be seen.
func absent(err, unknown error, kind, name string) error {
	if errors.Is(err, unknown) {
		return notFound(kind, name)
	}
	return err
}
