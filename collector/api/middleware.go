package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"ninewatch/collector/auth"
)

type requestIDKey struct{}

// requestID names a request in its answer and in the log.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

type requestKey struct{}

// request is what huma keeps from handlers: the request itself.
func request(ctx context.Context) *http.Request {
	return ctx.Value(requestKey{}).(*http.Request)
}

func newRequestID() string {
	var b [6]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand.Read never fails
	return hex.EncodeToString(b[:])
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController flush and set deadlines.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// around is what every request passes, from outside to inside: its id, headers, a net for panics, requests
// forged by other sites, and who asks.
func (a *API) around(next http.Handler) http.Handler {
	forged := http.NewCrossOriginProtection()
	forged.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, r, newProblem(http.StatusForbidden, "this request comes from another site's page: open the pages of this collector itself"))
	}))
	inner := forged.Handler(a.identified(next))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		rec := &recorder{ResponseWriter: w}
		id := newRequestID()
		r = r.WithContext(context.WithValue(context.WithValue(r.Context(), requestKey{}, r), requestIDKey{}, id))
		a.headers(rec.Header(), r, id)
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				a.m.failures.Inc()
				a.log.Error("request panicked", "path", r.URL.Path, "request", id, "err", p)
				if rec.status == 0 {
					writeProblem(rec, r, newProblem(http.StatusInternalServerError, "something went wrong in the collector: its log says what, under request %s", id))
				}
			}
			a.m.observe(rec.status, time.Since(began))
		}()
		inner.ServeHTTP(rec, r)
	})
}

// headers sets what protects browsers. Pages set their own policy over it (collector/ui).
func (a *API) headers(h http.Header, r *http.Request, id string) {
	h.Set("X-Request-Id", id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	if a.secure(r) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// secure tells whether the browser speaks TLS, to us or to a proxy before us.
func (a *API) secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	u, err := url.Parse(a.deps.ExternalURL)
	return err == nil && u.Scheme == "https"
}

// identified puts who asks into the context. Whoever is not known goes on as nobody: each route decides.
func (a *API) identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := a.principal(r)
		switch {
		case err == nil:
			r = r.WithContext(auth.With(r.Context(), p))
		case !errors.Is(err, auth.ErrNoSession):
			writeProblem(w, r, a.fail(r.Context(), "identify", err))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// principal is who sent r. A request with an Authorization header stands by that alone.
func (a *API) principal(r *http.Request) (auth.Principal, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return auth.Principal{}, auth.ErrNoSession
		}
		return a.deps.Auth.APIToken(r.Context(), strings.TrimSpace(token))
	}
	cookie, err := r.Cookie(auth.CookieName(a.secure(r)))
	if err != nil {
		return auth.Principal{}, auth.ErrNoSession
	}
	return a.deps.Auth.Session(r.Context(), cookie.Value)
}

// authenticated lets only those pass who are known.
func (a *API) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := auth.From(r.Context()); !ok {
			p := errNotSignedIn()
			for k, v := range p.headers {
				w.Header()[k] = v
			}
			writeProblem(w, r, p)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refuse answers in the middle of huma.
func (a *API) refuse(ctx huma.Context, operation string, err error) {
	r, w := humago.Unwrap(ctx)
	p := a.fail(r.Context(), operation, err)
	for k, v := range p.headers {
		w.Header()[k] = v
	}
	writeProblem(w, r, p)
}

// nothingHere answers paths of the API that do not exist, which the pages would answer otherwise.
func (a *API) nothingHere(w http.ResponseWriter, r *http.Request) {
	if _, ok := auth.From(r.Context()); !ok {
		writeProblem(w, r, errNotSignedIn())
		return
	}
	writeProblem(w, r, newProblem(http.StatusNotFound, "there is nothing at %s %s: /api/v1/openapi.json lists what there is", r.Method, r.URL.Path))
}
