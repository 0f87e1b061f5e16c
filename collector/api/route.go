package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"ninewatch/collector/auth"
)

// right is what a route asks for before its handler runs; the handler checks the object that is named.
type right struct {
	action     auth.Action // at any site at least; 0: nothing
	everywhere bool        // for all sites
}

var (
	public        = right{}
	viewer        = right{action: auth.View}
	operator      = right{action: auth.Operate}
	admin         = right{action: auth.Admin}
	adminOfAll    = right{action: auth.Admin, everywhere: true}
	smallBody     = int64(64 << 10)
	inventoryBody = int64(32 << 20) // 100,000 devices have about 25 MB (internal/conf)
)

// output is an answer with a body.
type output[T any] struct{ Body T }

// nothing is an input without parameters.
type nothing struct{}

// errNotSignedIn is the answer to whoever is not known.
func errNotSignedIn() *problem {
	p := newProblem(http.StatusUnauthorized, "sign in first, or send an API token: Authorization: Bearer nwt_…")
	p.headers = http.Header{"WWW-Authenticate": {`Bearer realm="ninewatch"`}}
	return p
}

// allowed checks the right of a route.
func (r right) allowed(ctx context.Context) (caller, error) {
	p, known := auth.From(ctx)
	c := caller{p}
	if r == public {
		return c, nil
	}
	if !known {
		return c, errNotSignedIn()
	}
	if r.everywhere {
		return c, c.mayEverywhere(r.action)
	}
	if sites, all := p.Sites(r.action); !all && len(sites) == 0 {
		return c, newProblem(http.StatusForbidden, "this needs the role %s", roleFor(r.action))
	}
	return c, nil
}

// route registers an operation. There is no other way to the API, so that none is without its right.
func route[I, O any](a *API, method, path, id, summary string, need right, h func(context.Context, caller, *I) (*O, error)) {
	op := huma.Operation{Method: method, Path: path, OperationID: id, Summary: summary, MaxBodyBytes: smallBody}
	op.Errors = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}
	if need != public {
		op.Security = []map[string][]string{{"token": {}}, {"session": {}}}
	}
	if id == "apply" {
		op.MaxBodyBytes = inventoryBody
	}
	op.Middlewares = huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
		// Before the input is looked at: who may not call learns nothing of what would be right.
		if _, err := need.allowed(ctx.Context()); err != nil {
			a.refuse(ctx, id, err)
			return
		}
		next(ctx)
	}}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		c, err := need.allowed(ctx)
		if err != nil {
			return nil, err
		}
		out, err := h(ctx, c, in)
		if err != nil {
			return nil, a.fail(ctx, id, err)
		}
		return out, nil
	})
}

// get registers an operation that reads.
func get[I, T any](a *API, path, id, summary string, need right, h func(context.Context, caller, *I) (T, error)) {
	do(a, http.MethodGet, path, id, summary, need, h)
}

// do registers an operation whose output is a body.
func do[I, T any](a *API, method, path, id, summary string, need right, h func(context.Context, caller, *I) (T, error)) {
	route(a, method, path, id, summary, need, func(ctx context.Context, c caller, in *I) (*output[T], error) {
		body, err := h(ctx, c, in)
		return &output[T]{body}, err
	})
}
