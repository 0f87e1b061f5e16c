package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
)

type proposalView struct {
	ID        int64                `json:"id"`
	Status    string               `json:"status" enum:"proposed,approved,rejected"`
	Site      string               `json:"site"`
	Address   string               `json:"address" doc:"empty: not known"`
	Name      string               `json:"name" doc:"that a device of it would get"`
	Evidence  []inventory.Sighting `json:"evidence" nullable:"false"`
	Hints     inventory.Hints      `json:"hints"`
	FirstSeen string               `json:"first_seen"`
	LastSeen  string               `json:"last_seen"`
	DecidedAt *string              `json:"decided_at"`
	DecidedBy string               `json:"decided_by"`
	Device    string               `json:"device" doc:"that it became"`
}

type proposalQuery struct {
	Paging
	Site   string `query:"site"`
	Q      string `query:"q" maxLength:"200" doc:"part of a name, address or platform"`
	Status string `query:"status" enum:"proposed,approved,rejected" doc:"left out: all"`
}

type proposalID struct {
	ID int64 `path:"id"`
}

type approveRequest struct {
	ID   int64    `path:"id"`
	Body anObject `required:"false" doc:"keys of a device that are stronger than what was found: name, address, credential, role, …"`
}

type scanRequest struct {
	Body struct {
		Site  string            `json:"site"`
		Found []inventory.Reply `json:"found" nullable:"false" doc:"what ninewatch-agent discover -o json prints"`
	}
}

type ruleBody struct {
	Name string `path:"name"`
	Body inventory.DiscoveryRule
}

func (a *API) discoveryRoutes() {
	a.scanRoutes()
	get(a, "/discovery", "list-proposals", "What might be a device, with its evidence", viewer, a.listProposals)
	route(a, http.MethodPost, "/discovery", "keep-scan", "Make proposals of what a scan found", admin, a.keepScan)
	do(a, http.MethodPost, "/discovery/{id}/approve", "approve-proposal", "Make a device of a proposal", admin, a.approveProposal)
	route(a, http.MethodPost, "/discovery/{id}/reject", "reject-proposal", "Keep a proposal from coming up again", admin, a.rejectProposal)
	get(a, "/discovery-rules", "list-discovery-rules", "What is decided on proposals without a person", viewer, a.listDiscoveryRules)
	route(a, http.MethodPut, "/discovery-rules/{name}", "put-discovery-rule", "Make or change a rule for proposals", admin, a.putDiscoveryRule)
	route(a, http.MethodDelete, "/discovery-rules/{name}", "delete-discovery-rule", "Remove a rule for proposals", admin, a.deleteDiscoveryRule)
}

func (a *API) listProposals(ctx context.Context, c caller, in *proposalQuery) (page[proposalView], error) {
	after, err := in.after()
	if err != nil {
		return page[proposalView]{}, err
	}
	all, err := a.deps.Inventory.Discovered(ctx, in.Status)
	if err != nil {
		return page[proposalView]{}, err
	}
	var items []proposalView
	for _, p := range all {
		words := strings.ToLower(strings.Join([]string{p.Name, p.Address, p.Hints.Platform, p.Hints.Model}, "\n"))
		if c.sees(p.Site) && concerns([]string{p.Site}, in.Site) && strings.Contains(words, strings.ToLower(in.Q)) {
			items = append(items, a.proposalOf(p))
		}
	}
	return pageAfter(items, after, in.Limit, func(v proposalView) string { return fmt.Sprintf("%019d", v.ID) }), nil
}

func (a *API) proposalOf(p inventory.Proposal) proposalView {
	return proposalView{
		ID: p.ID, Status: p.Status, Site: p.Site, Address: p.Address, Name: p.Name, Evidence: p.Evidence, Hints: p.Hints,
		FirstSeen: stamp(p.First), LastSeen: stamp(p.Last), DecidedAt: stampOrNull(p.Decided), DecidedBy: p.By, Device: p.Device,
	}
}

// proposal looks up one that the caller may decide on.
func (a *API) proposal(ctx context.Context, c caller, number int64) error {
	p, err := a.deps.Inventory.Proposal(ctx, number)
	if err != nil {
		return absent(err, inventory.ErrUnknown, "proposal", strconv.FormatInt(number, 10))
	}
	return c.may(auth.Admin, p.Site, "proposal", strconv.FormatInt(number, 10))
}

func (a *API) keepScan(ctx context.Context, c caller, in *scanRequest) (*struct{}, error) {
	if err := c.may(auth.Admin, in.Body.Site, inventory.KindSite, in.Body.Site); err != nil {
		return nil, err
	}
	if err := a.deps.Inventory.Scanned(ctx, in.Body.Site, in.Body.Found); err != nil {
		return nil, err
	}
	return nil, a.deps.Auth.Audit(ctx, "discovery.scan", "site "+in.Body.Site, fmt.Sprintf("%d addresses", len(in.Body.Found)))
}

func (a *API) approveProposal(ctx context.Context, c caller, in *approveRequest) (anObject, error) {
	if err := a.proposal(ctx, c, in.ID); err != nil {
		return nil, err
	}
	wish, err := inventory.DeviceOf(writable(in.Body))
	if err != nil {
		return nil, badRequest("the body is not of the shape of a device")
	}
	if wish.Site != "" {
		if err := c.may(auth.Admin, wish.Site, inventory.KindSite, wish.Site); err != nil {
			return nil, err
		}
	}
	if err := a.mayUse(ctx, c, wish.Credential); err != nil {
		return nil, err
	}
	d, err := a.deps.Inventory.Approve(ctx, in.ID, wish, c.Name)
	if err != nil {
		return nil, err
	}
	if err := a.deps.Auth.Audit(ctx, "discovery.approve", "proposal "+strconv.FormatInt(in.ID, 10), "device "+d.Name); err != nil {
		return nil, err
	}
	o, err := a.deps.Inventory.Object(ctx, inventory.KindDevice, d.Name)
	if err != nil {
		return nil, err
	}
	v, _ := c.show(o)
	return v, nil
}

// mayUse checks that the caller knows of a credential; "" is none.
func (a *API) mayUse(ctx context.Context, c caller, credential string) error {
	if credential == "" {
		return nil
	}
	o, err := a.deps.Inventory.Object(ctx, inventory.KindCredential, credential)
	if err != nil || !c.seesAny(o.Sites) {
		return newProblem(http.StatusUnprocessableEntity, "no credential %q is known", credential)
	}
	return nil
}

func (a *API) rejectProposal(ctx context.Context, c caller, in *proposalID) (*struct{}, error) {
	if err := a.proposal(ctx, c, in.ID); err != nil {
		return nil, err
	}
	if err := a.deps.Inventory.Reject(ctx, in.ID, c.Name); err != nil {
		return nil, err
	}
	return nil, a.deps.Auth.Audit(ctx, "discovery.reject", "proposal "+strconv.FormatInt(in.ID, 10), "")
}

// listDiscoveryRules shows those for a site of the caller, and those for all.
func (a *API) listDiscoveryRules(ctx context.Context, c caller, in *siteFilter) (page[inventory.DiscoveryRule], error) {
	all, err := a.deps.Inventory.DiscoveryRules(ctx)
	return list(slices.DeleteFunc(all, func(r inventory.DiscoveryRule) bool {
		return r.Site != "" && (!c.sees(r.Site) || in.Site != "" && in.Site != r.Site)
	})), err
}

// mayRule checks the right to a rule: at its site, or at all where it names none.
func (a *API) mayRule(ctx context.Context, c caller, name string) error {
	all, err := a.deps.Inventory.DiscoveryRules(ctx)
	if err != nil {
		return err
	}
	for _, r := range all {
		if r.Name == name {
			return c.mayAll(auth.Admin, sitesOfRule(r), "discovery rule", name)
		}
	}
	return nil
}

func sitesOfRule(r inventory.DiscoveryRule) []string {
	if r.Site == "" {
		return nil
	}
	return []string{r.Site}
}

func (a *API) putDiscoveryRule(ctx context.Context, c caller, in *ruleBody) (*struct{}, error) {
	in.Body.Name = in.Name
	if err := a.mayRule(ctx, c, in.Name); err != nil {
		return nil, err
	}
	if err := c.mayAll(auth.Admin, sitesOfRule(in.Body), "discovery rule", in.Name); err != nil {
		return nil, err
	}
	if err := a.mayUse(ctx, c, in.Body.Credential); err != nil {
		return nil, err
	}
	if err := a.deps.Inventory.SetDiscoveryRule(ctx, in.Body); err != nil {
		return nil, err
	}
	return nil, a.deps.Auth.Audit(ctx, "discovery.rule", in.Name, in.Body.Then)
}

func (a *API) deleteDiscoveryRule(ctx context.Context, c caller, in *userName) (*struct{}, error) {
	if err := a.mayRule(ctx, c, in.Name); err != nil {
		return nil, err
	}
	if err := a.deps.Inventory.DeleteDiscoveryRule(ctx, in.Name); err != nil {
		return nil, absent(err, inventory.ErrUnknown, "discovery rule", in.Name)
	}
	return nil, a.deps.Auth.Audit(ctx, "discovery.rule", in.Name, "deleted")
}
