package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"ninewatch/collector/auth"
	"ninewatch/collector/uptime"
)

// annotation is what a person said of time that nobody saw.
type annotation struct {
	ID          int64   `json:"id"`
	Scope       string  `json:"scope"`
	From        string  `json:"from"`
	To          string  `json:"to"`
	State       string  `json:"state"`
	Reason      string  `json:"reason"`
	Who         string  `json:"who"`
	CreatedAt   string  `json:"created_at"`
	WithdrawnAt *string `json:"withdrawn_at" doc:"null: it counts"`
	WithdrawnBy *string `json:"withdrawn_by"`
}

func annotationOf(a uptime.Annotation) annotation {
	return annotation{
		ID: a.ID, Scope: a.Scope, From: stamp(a.From * 1000), To: stamp(a.To * 1000), State: string(a.State), Reason: a.Reason, Who: a.Who,
		CreatedAt: stamp(a.Created), WithdrawnAt: stampOrNull(a.Withdrawn), WithdrawnBy: textOrNull(a.WithdrawnBy),
	}
}

type annotationsQuery struct {
	Span
}

type annotationPost struct {
	Body struct {
		Scope  string `json:"scope" maxLength:"300" doc:"device:NAME, circuit:NAME for what is probed beyond it, or site:NAME for all of its devices"`
		From   string `json:"from" doc:"RFC 3339"`
		To     string `json:"to" doc:"RFC 3339, not in the future"`
		State  string `json:"state" enum:"up,down" doc:"what the unknown time was"`
		Reason string `json:"reason" maxLength:"2000" doc:"how this is known; it stands in reports"`
	}
}

type annotationID struct {
	ID int64 `path:"id" minimum:"1"`
}

func (a *API) annotationRoutes() {
	get(a, "/availability/annotations", "list-annotations", "What people said of time that nobody saw, also what was withdrawn", viewer, a.annotations)
	do(a, http.MethodPost, "/availability/annotations", "create-annotation", "Say whether unknown time was up or down", operator, a.annotate)
	do(a, http.MethodDelete, "/availability/annotations/{id}", "withdraw-annotation", "Take an annotation back; it stays on record", operator, a.withdraw)
}

func (a *API) annotations(_ context.Context, c caller, in *annotationsQuery) (page[annotation], error) {
	from, to, err := in.window(time.UTC, a.deps.Now())
	if err != nil {
		return page[annotation]{}, err
	}
	out := []annotation{}
	for _, x := range a.deps.Uptime.Annotations(from, to) {
		if site, err := a.deps.Uptime.SiteOf(x.Scope); err == nil && c.seesScope(site) {
			out = append(out, annotationOf(x))
		}
	}
	return list(out), nil
}

func (a *API) annotate(ctx context.Context, c caller, in *annotationPost) (annotation, error) {
	b := in.Body
	s, err := a.scope(ctx, c, b.Scope)
	if err != nil {
		return annotation{}, err
	}
	if err := c.mayOperate(s.site, "scope", b.Scope); err != nil {
		return annotation{}, err
	}
	span := Span{From: b.From, To: b.To}
	if b.From == "" || b.To == "" {
		return annotation{}, badRequest("from and to are needed: say for which time it is known")
	}
	from, to, err := span.window(s.zone, a.deps.Now())
	if err != nil {
		return annotation{}, err
	}
	made, err := a.deps.Uptime.Annotate(ctx, uptime.Annotation{Scope: b.Scope, From: from, To: to, State: uptime.State(b.State), Reason: b.Reason, Who: c.Name})
	if err != nil {
		return annotation{}, refusedAnnotation(err)
	}
	return annotationOf(made), a.deps.Auth.Audit(ctx, "ledger.annotate", b.Scope, fmt.Sprintf("annotation %d: %s from %s to %s: %s", made.ID, b.State, b.From, b.To, b.Reason))
}

// mayOperate checks for the right at a site; what is of no site is for those who may operate all.
func (c caller) mayOperate(site, kind, name string) error {
	if site == "" {
		return c.mayEverywhere(auth.Operate)
	}
	return c.may(auth.Operate, site, kind, name)
}

func refusedAnnotation(err error) error {
	if errors.Is(err, uptime.ErrAnnotation) {
		return badRequest("%s", err)
	}
	return err
}

func (a *API) withdraw(ctx context.Context, c caller, in *annotationID) (annotation, error) {
	name := strconv.FormatInt(in.ID, 10)
	for _, x := range a.deps.Uptime.Annotations(0, a.deps.Now().Unix()) {
		if x.ID != in.ID {
			continue
		}
		site, err := a.deps.Uptime.SiteOf(x.Scope)
		if err != nil {
			break
		}
		if err := c.mayOperate(site, "annotation", name); err != nil {
			return annotation{}, err
		}
		back, err := a.deps.Uptime.Withdraw(ctx, in.ID, c.Name)
		if err != nil {
			return annotation{}, refusedAnnotation(err)
		}
		return annotationOf(back), a.deps.Auth.Audit(ctx, "ledger.withdraw", x.Scope, "annotation "+name)
	}
	return annotation{}, notFound("annotation", name)
}
