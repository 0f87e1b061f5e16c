package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
	"ninewatch/internal/conf"
)

// Objects of the inventory have the shapes of inventory as code, in lists, alone, and as bodies. Kinds that
// pages show with what is measured of them have lists of their own (sites, devices, …).

// anObject is an object as JSON, without its secrets.
type anObject = map[string]any

type objectQuery struct {
	Paging
	Site string `query:"site"`
	Q    string `query:"q" maxLength:"200" doc:"part of a name or of any other text"`
}

type objectName struct {
	Name string `path:"name" maxLength:"2000"`
}

type objectBody struct {
	Body anObject `doc:"an object in the shape of inventory as code"`
}

type objectPut struct {
	Name string   `path:"name" maxLength:"2000"`
	Body anObject `doc:"the whole object in the shape of inventory as code; secrets that are left out stay"`
}

// pathOf is where the objects of a kind are: "capacity" is what the rules of that kind lead to.
func pathOf(k inventory.Kind) string {
	if k.Name == inventory.KindCapacity {
		return "/capacity-rules"
	}
	return "/" + k.List
}

// ownLists are the kinds whose list is registered elsewhere, and ownChanges those whose changes are.
var (
	ownLists   = []string{inventory.KindSite, inventory.KindDevice, inventory.KindCredential, inventory.KindReceiver, inventory.KindUser}
	ownChanges = []string{inventory.KindUser}
)

func (a *API) objectRoutes() {
	for _, k := range inventory.Kinds() {
		words := strings.ReplaceAll(k.Name, "_", " ")
		id := strings.ReplaceAll(k.Name, "_", "-")
		read, change := viewer, admin
		if k.Name == inventory.KindUser {
			read = adminOfAll
		}
		if k.Name == inventory.KindMaintenance {
			change = operator
		}
		path := pathOf(k)
		one := path + "/{name}"
		if !slices.Contains(ownLists, k.Name) {
			get(a, path, "list-"+strings.ReplaceAll(k.List, "_", "-"), "Objects of the kind "+words, read, a.listObjects(k))
		}
		if k.Name != inventory.KindDevice {
			get(a, one, "get-"+id, "A "+words+" as it stands in a file", read, a.getObject(k))
		}
		if slices.Contains(ownChanges, k.Name) {
			continue
		}
		wide := change // a site that is not there is nobody's yet
		if k.Name == inventory.KindSite {
			wide = adminOfAll
		}
		route(a, http.MethodPost, path, "create-"+id, "Make a "+words, wide, a.createObject(k))
		do(a, http.MethodPut, one, "put-"+id, "Make or change a "+words, change, a.putObject(k))
		route(a, http.MethodDelete, one, "delete-"+id, "Remove a "+words, wide, a.deleteObject(k))
	}
	get(a, "/export", "export", "The whole inventory as code, without secrets", viewer, a.export)
}

// changes is what somebody needs to change objects of a kind.
func changes(kind string) auth.Action {
	if kind == inventory.KindMaintenance {
		return auth.Operate
	}
	return auth.Admin
}

// show is o as the caller may see it. Names of other sites are left out of lists of sites; what else is about
// a site that the caller does not see is not shown at all.
func (c caller) show(o inventory.Object) (anObject, bool) {
	if o.Kind == inventory.KindUser && c.mayEverywhere(auth.Admin) != nil {
		return nil, false
	}
	var v anObject
	if err := json.Unmarshal(o.Spec, &v); err != nil {
		return nil, false
	}
	v["source"] = o.Source
	if len(o.Sites) == 0 {
		return v, true
	}
	if o.Kind == inventory.KindCredential || o.Kind == inventory.KindReceiver {
		v["sites"] = c.shown(o.Sites)
		return v, c.seesAny(o.Sites)
	}
	return v, !slices.ContainsFunc(o.Sites, func(s string) bool { return !c.sees(s) })
}

func (a *API) listObjects(k inventory.Kind) func(context.Context, caller, *objectQuery) (page[anObject], error) {
	return func(ctx context.Context, c caller, in *objectQuery) (page[anObject], error) {
		after, err := in.after()
		if err != nil {
			return page[anObject]{}, err
		}
		all, err := a.deps.Inventory.Objects(ctx, k.Name)
		if err != nil {
			return page[anObject]{}, err
		}
		var items []anObject
		for _, o := range all {
			v, ok := c.show(o)
			if ok && concerns(o.Sites, in.Site) && strings.Contains(strings.ToLower(string(o.Spec)), strings.ToLower(in.Q)) {
				items = append(items, v)
			}
		}
		return pageAfter(items, after, in.Limit, nameOf), nil
	}
}

func nameOf(v anObject) string {
	name, _ := v["name"].(string)
	return name
}

// pageAfter is the page of a whole list, sorted by key, that begins behind after.
func pageAfter[T any](items []T, after string, limit int, key func(T) string) page[T] {
	total := len(items)
	if after != "" {
		start, _ := slices.BinarySearchFunc(items, after, func(v T, key2 string) int { return cmp.Or(strings.Compare(key(v), key2), -1) })
		items = items[start:]
	}
	p := cut(items, limit, key)
	p.Total = &total
	return p
}

func (a *API) getObject(k inventory.Kind) func(context.Context, caller, *objectName) (anObject, error) {
	return func(ctx context.Context, c caller, in *objectName) (anObject, error) {
		o, err := a.deps.Inventory.Object(ctx, k.Name, in.Name)
		if err != nil {
			return nil, absent(err, inventory.ErrUnknown, k.Name, in.Name)
		}
		v, ok := c.show(o)
		if !ok {
			return nil, notFound(k.Name, in.Name)
		}
		return v, nil
	}
}

func (a *API) createObject(k inventory.Kind) func(context.Context, caller, *objectBody) (*created, error) {
	return func(ctx context.Context, c caller, in *objectBody) (*created, error) {
		inv, mistakes := inventory.Body(k, writable(in.Body))
		if err := mistakes.Err(); err != nil {
			return nil, err
		}
		name := inv.Names(k.Name)[0]
		_, err := a.deps.Inventory.Object(ctx, k.Name, name)
		if err == nil {
			// Whoever may not see it learns that the name is taken: names are unique in the company.
			return nil, newProblem(http.StatusConflict, "there is a %s %q already: change it with PUT, or take another name", k.Name, name)
		}
		if !errors.Is(err, inventory.ErrUnknown) {
			return nil, err
		}
		v, err := a.change(ctx, c, k, name, inv)
		return &created{Status: http.StatusCreated, Body: v}, err
	}
}

type created struct {
	Status int
	Body   anObject
}

func (a *API) putObject(k inventory.Kind) func(context.Context, caller, *objectPut) (anObject, error) {
	return func(ctx context.Context, c caller, in *objectPut) (anObject, error) {
		body := writable(in.Body)
		if name, given := body["name"]; given && name != in.Name {
			return nil, badRequest("name in the body is not that of the path: names never change, but for renamed_from")
		}
		body["name"] = in.Name
		o, err := a.deps.Inventory.Object(ctx, k.Name, in.Name)
		switch {
		case err == nil:
			// Before its secrets are touched: what may not be seen does not exist.
			if err := c.mayChange(k.Name, o.Sites, in.Name); err != nil {
				return nil, err
			}
		case !errors.Is(err, inventory.ErrUnknown):
			return nil, err
		}
		if err := a.deps.Inventory.Fill(ctx, k.Name, in.Name, body); err != nil {
			return nil, err
		}
		inv, mistakes := inventory.Body(k, body)
		if err := mistakes.Err(); err != nil {
			return nil, err
		}
		return a.change(ctx, c, k, in.Name, inv)
	}
}

// writable is a body without what is read-only in answers, which people send back.
func writable(body anObject) anObject {
	delete(body, "source")
	if webhook, ok := body["webhook"].(map[string]any); ok {
		delete(webhook, "host")
	}
	return body
}

// change applies an inventory of one object.
func (a *API) change(ctx context.Context, c caller, k inventory.Kind, name string, inv inventory.Inventory) (anObject, error) {
	opts := inventory.ApplyOptions{Source: inventory.SourceAPI}
	if c.mayEverywhere(changes(k.Name)) != nil {
		if err := a.mayApply(ctx, c, inv, opts); err != nil {
			return nil, err
		}
	}
	diff, err := a.deps.Inventory.Apply(ctx, inv, opts)
	if mistakes := (conf.Problems{}); errors.As(err, &mistakes) {
		return nil, inventory.WithoutPlaces(k, mistakes).Err()
	}
	if err != nil {
		return nil, err
	}
	if diff.Changed() {
		if err := a.deps.Auth.Audit(ctx, "inventory.put", k.Name+" "+name, changesInWords(diff)); err != nil {
			return nil, err
		}
	}
	o, err := a.deps.Inventory.Object(ctx, k.Name, name)
	if err != nil {
		return nil, err
	}
	v, ok := c.show(o)
	if !ok {
		v = anObject{"name": name}
	}
	return v, nil
}

func (a *API) deleteObject(k inventory.Kind) func(context.Context, caller, *objectName) (*struct{}, error) {
	return func(ctx context.Context, c caller, in *objectName) (*struct{}, error) {
		o, err := a.deps.Inventory.Object(ctx, k.Name, in.Name)
		if err != nil {
			return nil, absent(err, inventory.ErrUnknown, k.Name, in.Name)
		}
		if err := c.mayChange(k.Name, o.Sites, in.Name); err != nil {
			return nil, err
		}
		if err := a.deps.Inventory.Delete(ctx, k.Name, in.Name); err != nil {
			return nil, err
		}
		return nil, a.deps.Auth.Audit(ctx, "inventory.delete", k.Name+" "+in.Name, "")
	}
}

// export is what the caller sees of the inventory, as lists by kind.
func (a *API) export(ctx context.Context, c caller, _ *nothing) (map[string][]anObject, error) {
	all, err := a.deps.Inventory.Objects(ctx, "")
	if err != nil {
		return nil, err
	}
	out := map[string][]anObject{}
	for _, o := range all {
		k, known := inventory.KindOf(o.Kind)
		v, ok := c.show(o)
		if !ok || !known {
			continue
		}
		delete(v, "source")
		out[k.List] = append(out[k.List], v)
	}
	return out, nil
}
