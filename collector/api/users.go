package api

import (
	"context"
	"net/http"
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

func (a *API) userRoutes() {
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
