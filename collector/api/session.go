package api

import (
	"context"
	"net"
	"net/http"

	"ninewatch/collector/auth"
	"ninewatch/internal/conf"
	"ninewatch/internal/version"
)

type sessionUser struct {
	Name  string      `json:"name"`
	Role  string      `json:"role" doc:"the strongest of the roles"`
	Roles []auth.Role `json:"roles" nullable:"false"`
}

type session struct {
	User         sessionUser `json:"user"`
	Demo         bool        `json:"demo"`
	Version      string      `json:"version"`
	Organisation string      `json:"organisation"`
}

type credentials struct {
	Body struct {
		Name     string `json:"name" maxLength:"200"`
		Password string `json:"password" maxLength:"1000"`
	}
}

// cookie is the answer to a login and a logout.
type cookie struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (a *API) sessionRoutes() {
	get(a, "/session", "get-session", "Who is signed in", viewer, a.session)
	route(a, http.MethodPost, "/session", "sign-in", "Sign in with name and password", public, a.signIn)
	route(a, http.MethodDelete, "/session", "sign-out", "Sign out", public, a.signOut)
}

func (a *API) session(_ context.Context, c caller, _ *nothing) (session, error) {
	return session{
		User: sessionUser{c.Name, c.Highest(), c.Roles},
		Demo: a.deps.Demo, Version: version.Version, Organisation: a.deps.Organisation,
	}, nil
}

func (a *API) signIn(ctx context.Context, _ caller, in *credentials) (*cookie, error) {
	r := request(ctx)
	remote, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		remote = r.RemoteAddr
	}
	s, _, err := a.deps.Auth.Login(ctx, in.Body.Name, conf.Secret(in.Body.Password), remote)
	if err != nil {
		return nil, a.loginProblem(ctx, err)
	}
	c := a.cookie(r, s.Token)
	c.Expires = s.Expires
	return &cookie{c}, nil
}

// loginProblem makes sentences of what went wrong with a login.
func (a *API) loginProblem(ctx context.Context, err error) error {
	p := a.fail(ctx, "sign-in", err)
	switch p.Status {
	case http.StatusUnauthorized:
		p.Detail = "Name and password do not match."
	case http.StatusTooManyRequests:
		p.Detail = "Too many tries. Wait up to 15 minutes, then try again."
		p.headers = http.Header{"Retry-After": {"900"}}
	}
	return p
}

func (a *API) signOut(ctx context.Context, _ caller, _ *nothing) (*cookie, error) {
	r := request(ctx)
	if c, err := r.Cookie(auth.CookieName(a.secure(r))); err == nil {
		if err := a.deps.Auth.Logout(ctx, c.Value); err != nil {
			return nil, err
		}
	}
	c := a.cookie(r, "")
	c.MaxAge = -1
	return &cookie{c}, nil
}

func (a *API) cookie(r *http.Request, value string) http.Cookie {
	secure := a.secure(r)
	return http.Cookie{
		Name: auth.CookieName(secure), Value: value, Path: "/", Secure: secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
}
