package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"ninewatch/collector/auth"
	"ninewatch/internal/conf"
)

type userView struct {
	Name      string      `json:"name"`
	Roles     []auth.Role `json:"roles" nullable:"false"`
	CreatedAt string      `json:"created_at"`
}

type userRequest struct {
	Name string `path:"name"`
	Body struct {
		Password string      `json:"password,omitempty" doc:"empty: the one that is there stays"`
		Roles    []auth.Role `json:"roles" nullable:"false"`
	}
}

type userName struct {
	Name string `path:"name"`
}

type apiTokenRequest struct {
	Body struct {
		Name  string      `json:"name"`
		Roles []auth.Role `json:"roles" nullable:"false"`
		TTL   string      `json:"ttl,omitempty" doc:"for example 90d; empty: it does not end"`
	}
}

type apiTokenView struct {
	Token string `json:"token" doc:"shown only now"`
}

type passwordRequest struct {
	Body struct {
		Old string `json:"old"`
		New string `json:"new"`
	}
}

type setPasswordRequest struct {
	Name string `path:"name"`
	Body struct {
		Password string `json:"password"`
	}
}

type tokenInfoView struct {
	Name      string      `json:"name"`
	Roles     []auth.Role `json:"roles" nullable:"false"`
	CreatedAt string      `json:"created_at"`
	ExpiresAt *string     `json:"expires_at" doc:"null: it does not end"`
	LastUsed  *string     `json:"last_used_at" doc:"to the minute"`
}

type auditQuery struct {
	Paging
	Q string `query:"q" maxLength:"200" doc:"part of who, what, on which object"`
}

type auditView struct {
	ID     int64  `json:"id"`
	Time   string `json:"time"`
	Who    string `json:"who"`
	Action string `json:"action"`
	Object string `json:"object"`
	Detail string `json:"detail"`
}

func (a *API) userRoutes() {
	route(a, http.MethodPut, "/me/password", "change-password", "Change the own password", viewer, a.changePassword)
	route(a, http.MethodPut, "/users/{name}/password", "set-password", "Give an account a new password, and end its sessions", adminOfAll, a.setPassword)
	get(a, "/api-tokens", "list-api-tokens", "The tokens for programs, without themselves", adminOfAll, a.listAPITokens)
	get(a, "/audit", "list-audit", "What people and programs changed, newest first", adminOfAll, a.listAudit)
	get(a, "/users", "list-users", "The accounts", adminOfAll, a.listUsers)
	route(a, http.MethodPut, "/users/{name}", "set-user", "Make or change an account", adminOfAll, a.setUser)
	route(a, http.MethodDelete, "/users/{name}", "delete-user", "Remove an account and end its sessions", adminOfAll, a.deleteUser)
	do(a, http.MethodPost, "/api-tokens", "create-api-token", "Make a token for programs", adminOfAll, a.createAPIToken)
	route(a, http.MethodDelete, "/api-tokens/{name}", "delete-api-token", "Remove the tokens of a name", adminOfAll, a.deleteAPIToken)
}

func (a *API) listUsers(ctx context.Context, _ caller, _ *nothing) (page[userView], error) {
	all, err := a.deps.Auth.Users(ctx)
	return list(each(all, func(u auth.User) userView { return userView{u.Name, u.Roles, stamp(u.Created)} })), err
}

func (a *API) setUser(ctx context.Context, _ caller, in *userRequest) (*struct{}, error) {
	return nil, a.deps.Auth.SetUser(ctx, in.Name, conf.Secret(in.Body.Password), in.Body.Roles)
}

func (a *API) deleteUser(ctx context.Context, c caller, in *userName) (*struct{}, error) {
	if in.Name == c.Name {
		return nil, newProblem(http.StatusConflict, "nobody can remove the account that they are signed in with: let another administrator do it")
	}
	return nil, a.deps.Auth.DeleteUser(ctx, in.Name)
}

func (a *API) createAPIToken(ctx context.Context, _ caller, in *apiTokenRequest) (apiTokenView, error) {
	var ttl time.Duration
	if in.Body.TTL != "" {
		var err error
		if ttl, err = conf.ParseDuration(in.Body.TTL); err != nil || ttl <= 0 {
			return apiTokenView{}, badRequest("ttl is not a duration, write for example 90d")
		}
	}
	token, err := a.deps.Auth.CreateAPIToken(ctx, in.Body.Name, in.Body.Roles, ttl)
	return apiTokenView{token}, err
}

func (a *API) deleteAPIToken(ctx context.Context, _ caller, in *userName) (*struct{}, error) {
	n, err := a.deps.Auth.DeleteAPITokens(ctx, in.Name)
	if err == nil && n == 0 {
		return nil, notFound("API token", in.Name)
	}
	return nil, err
}

// changePassword ends the other sessions of the person.
func (a *API) changePassword(ctx context.Context, c caller, in *passwordRequest) (*struct{}, error) {
	r := request(ctx)
	cookie, err := r.Cookie(auth.CookieName(a.secure(r)))
	if err != nil || r.Header.Get("Authorization") != "" {
		return nil, newProblem(http.StatusForbidden, "an API token has no password: sign in to change yours")
	}
	err = a.deps.Auth.ChangePassword(ctx, c.Name, conf.Secret(in.Body.Old), conf.Secret(in.Body.New), cookie.Value)
	if errors.Is(err, auth.ErrCredentials) {
		return nil, newProblem(http.StatusUnprocessableEntity, "The old password is not right.") // 401 would end the session in browsers
	}
	return nil, err
}

func (a *API) setPassword(ctx context.Context, _ caller, in *setPasswordRequest) (*struct{}, error) {
	return nil, a.deps.Auth.SetPassword(ctx, in.Name, conf.Secret(in.Body.Password))
}

func (a *API) listAPITokens(ctx context.Context, _ caller, _ *nothing) (page[tokenInfoView], error) {
	all, err := a.deps.Auth.APITokens(ctx)
	return list(each(all, func(t auth.TokenInfo) tokenInfoView {
		return tokenInfoView{t.Name, t.Roles, stamp(t.Created), stampOrNull(t.Expires), stampOrNull(t.LastUsed)}
	})), err
}

func (a *API) listAudit(ctx context.Context, _ caller, in *auditQuery) (page[auditView], error) {
	before, err := in.afterID()
	if err != nil {
		return page[auditView]{}, err
	}
	lines, err := a.deps.Auth.AuditLog(ctx, in.Q, before, in.Limit+1)
	return cut(each(lines, func(l auth.AuditLine) auditView {
		return auditView{l.ID, stamp(l.Time), l.Who, l.Action, l.Object, l.Detail}
	}), in.Limit, func(v auditView) string { return strconv.FormatInt(v.ID, 10) }), err
}
