package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"ninewatch/collector/alert"
	"ninewatch/collector/auth"
)

// silenceMatch chooses what is silenced: each list that is not empty has to match with one of its values.
type silenceMatch struct {
	Sites      []string `json:"sites,omitempty" maxItems:"100"`
	Devices    []string `json:"devices,omitempty" maxItems:"100"`
	Kinds      []string `json:"kinds,omitempty" maxItems:"30"`
	Severities []string `json:"severities,omitempty" maxItems:"4"`
	Incident   string   `json:"incident,omitempty" doc:"INC-12"`
}

type silenceView struct {
	ID        string       `json:"id"`
	Match     silenceMatch `json:"match"`
	From      string       `json:"from"`
	Until     string       `json:"until"`
	Author    string       `json:"author"`
	Reason    string       `json:"reason"`
	CreatedAt string       `json:"created_at"`
	EndedAt   *string      `json:"ended_at" doc:"when a person ended it before its time"`
	Active    bool         `json:"active"`
}

func (a *API) silenceOf(s alert.Silence) silenceView {
	v := silenceView{
		ID: strconv.FormatInt(s.ID, 10), From: stamp(s.From), Until: stamp(s.Until), Author: s.Author, Reason: s.Reason, CreatedAt: stamp(s.Created),
		EndedAt: stampOrNull(s.Ended), Active: s.Active(a.deps.Now().UnixMilli()),
		Match: silenceMatch{Sites: s.Match.Sites, Devices: s.Match.Devices, Kinds: s.Match.Kinds, Severities: s.Match.Severities},
	}
	if s.Match.Incident != 0 {
		v.Match.Incident = alert.Incident{ID: s.Match.Incident}.Name()
	}
	return v
}

type silenceQuery struct {
	All bool `query:"all" doc:"also those that are over"`
}

type newSilence struct {
	Body struct {
		Match  silenceMatch `json:"match"`
		From   *time.Time   `json:"from,omitempty" doc:"now, when it is left out"`
		Until  time.Time    `json:"until" doc:"at most 90 days later"`
		Reason string       `json:"reason" minLength:"1" maxLength:"1000"`
	}
}

type silenceName struct {
	ID int64 `path:"id" minimum:"1"`
}

func (a *API) silenceRoutes() {
	get(a, "/silences", "list-silences", "Silences, newest first", viewer, a.listSilences)
	do(a, http.MethodPost, "/silences", "create-silence", "Keep notifications back for a while; what is wrong is shown all the same", operator, a.createSilence)
	do(a, http.MethodDelete, "/silences/{id}", "end-silence", "End a silence now", operator, a.endSilence)
}

// silenceSites are the sites that a silence is about; everywhere is true when it may be about any.
func (a *API) silenceSites(ctx context.Context, m alert.SilenceMatch) (sites []string, everywhere bool, err error) {
	switch {
	case m.Incident != 0:
		i, _, err := a.deps.Incidents.Incident(ctx, m.Incident)
		if errors.Is(err, alert.ErrUnknownIncident) {
			return nil, true, nil
		}
		return []string{i.Site}, false, err
	case len(m.Sites) > 0:
		return m.Sites, hasGlob(m.Sites), nil
	case len(m.Devices) > 0 && !hasGlob(m.Devices):
		for _, name := range m.Devices {
			d, err := a.deps.Inventory.Device(ctx, name)
			if err != nil {
				return nil, true, nil // one that is gone: whoever may see all
			}
			sites = append(sites, d.Site)
		}
		return sites, false, nil
	}
	return nil, true, nil
}

// maySilence checks that c may do action at all sites that a silence is about.
func (a *API) maySilence(ctx context.Context, c caller, action auth.Action, m alert.SilenceMatch, name string) error {
	sites, everywhere, err := a.silenceSites(ctx, m)
	if err != nil {
		return err
	}
	if everywhere {
		return c.mayEverywhere(action)
	}
	return c.mayAll(action, sites, "silence", name)
}

func hasGlob(list []string) bool {
	for _, s := range list {
		for _, r := range s {
			if r == '*' {
				return true
			}
		}
	}
	return false
}

func (a *API) listSilences(ctx context.Context, c caller, in *silenceQuery) (page[silenceView], error) {
	found, err := a.deps.Incidents.Silences(ctx, in.All)
	if err != nil {
		return page[silenceView]{}, err
	}
	out := []silenceView{}
	for _, s := range found {
		if a.maySilence(ctx, c, auth.View, s.Match, "") == nil {
			out = append(out, a.silenceOf(s))
		}
	}
	return list(out), nil
}

func (a *API) createSilence(ctx context.Context, c caller, in *newSilence) (silenceView, error) {
	s := alert.Silence{Author: c.Name, Reason: in.Body.Reason, Until: in.Body.Until.UnixMilli()}
	m := in.Body.Match
	s.Match = alert.SilenceMatch{Sites: m.Sites, Devices: m.Devices, Kinds: m.Kinds, Severities: m.Severities}
	if in.Body.From != nil {
		s.From = in.Body.From.UnixMilli()
	}
	if m.Incident != "" {
		id, ok := alert.ParseName(m.Incident)
		if !ok {
			return silenceView{}, badRequest("an incident is called INC-12 or so, not %q", m.Incident)
		}
		s.Match.Incident = id
	}
	if err := a.maySilence(ctx, c, auth.Operate, s.Match, ""); err != nil {
		return silenceView{}, err
	}
	s, err := a.deps.Incidents.Silence(ctx, s)
	if errors.Is(err, alert.ErrSilence) {
		return silenceView{}, badRequest("%s", err)
	}
	if err != nil {
		return silenceView{}, err
	}
	return a.silenceOf(s), a.deps.Auth.Audit(ctx, "silence.create", strconv.FormatInt(s.ID, 10), s.Reason)
}

func (a *API) endSilence(ctx context.Context, c caller, in *silenceName) (silenceView, error) {
	name := strconv.FormatInt(in.ID, 10)
	all, err := a.deps.Incidents.Silences(ctx, true)
	if err != nil {
		return silenceView{}, err
	}
	for _, s := range all {
		if s.ID != in.ID {
			continue
		}
		if err := a.maySilence(ctx, c, auth.View, s.Match, name); err != nil {
			return silenceView{}, notFound("silence", name)
		}
		if err := a.maySilence(ctx, c, auth.Operate, s.Match, name); err != nil {
			return silenceView{}, err
		}
		if err := a.deps.Incidents.EndSilence(ctx, in.ID); err != nil && !errors.Is(err, alert.ErrUnknownSilence) {
			return silenceView{}, err
		}
		s.Ended = a.deps.Now().UnixMilli()
		return a.silenceOf(s), a.deps.Auth.Audit(ctx, "silence.end", name, "")
	}
	return silenceView{}, notFound("silence", name)
}
