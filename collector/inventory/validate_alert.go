package inventory

import (
	"encoding/base64"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"

	promql "github.com/prometheus/prometheus/promql/parser"

	"ninewatch/internal/conf"
)

var (
	formats       = []string{FormatNinewatch, FormatAlertmanager, FormatSlack, FormatTeams, FormatPagerDuty, FormatTemplate}
	severities    = []string{"critical", "major", "minor", "warning"}
	reports       = []string{"sla", "capacity", "redundancy", "inventory"}
	periods       = []string{"day", "week", "month", "quarter", "year"}
	reportFormats = []string{"html", "pdf", "csv", "json"}
	roles         = []string{"viewer", "operator", "admin"}

	labelForm = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`) // of Prometheus
)

func (r *Receiver) validate(at conf.Section) {
	if r.Webhook == nil {
		at.Problemf("webhook", "a receiver needs a webhook, write for example webhook: {url: …, secret: …}")
		return
	}
	at, w := at.In("webhook"), r.Webhook
	if w.URL == "" {
		at.Problemf("url", "a webhook needs a url")
	}
	validateURL(at, "url", w.URL.Reveal())
	oneOf(at, "format", w.Format, formats)
	w.validateTemplate(at)
	switch {
	case w.Secret != "" || w.Format == FormatSlack || w.Format == FormatTeams: // their URL is the secret
	case w.Format == FormatPagerDuty:
		at.Problemf("secret", "PagerDuty needs the integration key of the service as secret")
	default:
		at.Problemf("secret", "messages are signed: give a secret that the receiver knows too")
	}
	validateKey(at, "secret", w.Secret)
	validateKey(at, "previous_secret", w.PreviousSecret)
}

// validateKey checks the form of Standard Webhooks, where a secret has it.
func validateKey(at conf.Section, key string, secret conf.Secret) {
	encoded, isBase64 := strings.CutPrefix(secret.Reveal(), "whsec_")
	if !isBase64 {
		return
	}
	if raw, err := base64.StdEncoding.DecodeString(encoded); err != nil || len(raw) == 0 {
		at.Problemf(key, "what follows whsec_ has to be base64")
	}
}

// maxTemplate bounds the template of a receiver.
const maxTemplate = 64 << 10

func (w *Webhook) validateTemplate(at conf.Section) {
	texts(at, "content_type", w.ContentType)
	if w.Format != FormatTemplate {
		for _, key := range []string{"template", "content_type"} {
			if at.Has(key) {
				at.Problemf(key, "belongs to the format template: write format: template, or leave it out")
			}
		}
		return
	}
	if w.Template == "" {
		at.Problemf("template", "the format template needs a template, for example '{\"text\": {{json .Incident.Summary}}}'")
	}
	if len(w.Template) > maxTemplate {
		at.Problemf("template", "%d bytes are too many, write at most %d", len(w.Template), maxTemplate)
		return
	}
	// The functions of the sender stand in as anything: what they do shows when it is used.
	stub := func(...any) string { return "" }
	functions := template.FuncMap{"json": stub, "upper": stub, "lower": stub, "join": stub, "default": stub, "truncate": stub, "time": stub}
	if _, err := template.New("template").Funcs(functions).Parse(w.Template); err != nil {
		at.Problemf("template", "cannot be read: %s", strings.TrimPrefix(err.Error(), "template: "))
	}
}

// validateURL never repeats the URL.
func validateURL(at conf.Section, key, text string) {
	u, err := url.Parse(text)
	switch {
	case text == "":
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		at.Problemf(key, "not a URL that begins with https:// or http:// and names a host")
	case u.User != nil:
		at.Problemf(key, "a URL with a user and password shows them to everybody, leave them out")
	case len(text) > maxText || !printable(text):
		at.Problemf(key, "longer than %d bytes or with control characters", maxText)
	}
}

func (r *Route) validate(at conf.Section) {
	if len(r.Receiver) == 0 {
		at.Problemf("receiver", "a route needs a receiver")
	}
	m := at.In("match")
	lists(m, map[string]conf.Texts{"site": r.Match.Site, "region": r.Match.Region, "device": r.Match.Device, "role": r.Match.Role,
		"kind": r.Match.Kind, "tags": r.Match.Tags})
	for i, s := range r.Match.Severity {
		oneOf(m.Item("severity", i), "", s, severities)
	}
	labels(m.In("labels"), r.Match.Labels)
	for i, label := range r.GroupBy {
		if !labelForm.MatchString(label) {
			at.Item("group_by", i).Problemf("", "%q is not the name of a label", label)
		}
	}
	between(at, "repeat_every", r.RepeatEvery, time.Minute, 30*24*time.Hour)
	between(at, "escalate_after", r.EscalateAfter, time.Minute, 30*24*time.Hour)
	between(at, "digest_every", r.DigestEvery, time.Minute, 7*24*time.Hour)
	if len(r.EscalateTo) > 0 && r.EscalateAfter == 0 {
		at.Problemf("escalate_to", "after which time? write escalate_after too")
	}
}

func (r *Rule) validate(at conf.Section) {
	oneOf(at, "severity", r.Severity, severities)
	between(at, "for", r.For, 0, 30*24*time.Hour)
	labels(at.In("labels"), r.Labels)
	for key, text := range r.Annotations {
		checkText(at.In("annotations"), key, text)
	}
	if r.Expr == "" {
		at.Problemf("expr", "a rule needs an expression, for example ninewatch_up == 0")
		return
	}
	query(at, r.Expr)
}

// query checks an expression that is asked at one moment.
func query(at conf.Section, text string) {
	expr, err := promql.NewParser(promql.Options{}).ParseExpr(text)
	if err != nil {
		at.Problemf("expr", "is not PromQL: %s", parseError(err))
		return
	}
	if t := expr.Type(); t != promql.ValueTypeVector && t != promql.ValueTypeScalar {
		at.Problemf("expr", "gives a %s, a rule needs series at one moment: an instant vector", promql.DocumentedType(t))
	}
}

// parseError is the first mistake in an expression, in one line.
func parseError(err error) string {
	var first *promql.ParseErr
	var all promql.ParseErrors
	if errors.As(err, &all) && len(all) > 0 {
		first = &all[0]
	}
	if first != nil || errors.As(err, &first) {
		line, _, _ := strings.Cut(first.Error(), "\n")
		return line
	}
	return err.Error()
}

func (s *Schedule) validate(at conf.Section) {
	required(at, "report", s.Report, reports)
	required(at, "period", s.Period, periods)
	zone(at, "time_zone", s.TimeZone)
	for i, f := range s.Formats {
		required(at.Item("formats", i), "", f, reportFormats)
	}
	for _, x := range s.Scope {
		if kind, _, _ := x.Split(); x != ScopeAll && kind != KindSite && (s.Report == "redundancy" || s.Report == "inventory") {
			at.Problemf("scope", "a report of %s is of all or of a site, not of %q: write for example site:lisbon", s.Report, x)
		}
	}
}

func (u *User) validate(at conf.Section) {
	if len(u.Name) > 100 { // as package auth has it
		at.Problemf("name", "a name has at most 100 bytes")
	}
	if len(u.Roles) == 0 {
		at.Problemf("roles", "%q has no roles, so that it could do nothing: write for example roles: [{role: viewer, sites: [\"*\"]}]", u.Name)
	}
	for i, r := range u.Roles {
		at := at.Item("roles", i)
		required(at, "role", r.Role, roles)
		if len(r.Sites) == 0 {
			at.Problemf("sites", "the role is for no site: name them, or \"*\" for all")
		}
		textList(at, "sites", r.Sites)
	}
}

// labels checks names and values of labels.
func labels(at conf.Section, set map[string]string) {
	for _, name := range sortedKeys(set) {
		if !labelForm.MatchString(name) || strings.HasPrefix(name, "__") {
			at.Problemf(name, "%q is not the name of a label, use letters, digits and _", name)
		}
		checkText(at, name, set[name])
	}
}

// oneOf checks a word that may be left out, and required one that may not.
func oneOf(at conf.Section, key, word string, known []string) {
	if word != "" {
		required(at, key, word, known)
	}
}

func required(at conf.Section, key, word string, known []string) {
	if !slices.Contains(known, word) {
		at.Problemf(key, "%q is not one of %s", word, strings.Join(known, ", "))
	}
}

// between checks a duration that may be left out.
func between(at conf.Section, key string, d Duration, low, high time.Duration) {
	if d != 0 && (time.Duration(d) < low || time.Duration(d) > high) {
		at.Problemf(key, "%s is not between %s and %s", d, Duration(low), Duration(high))
	}
}

// lists checks several lists of texts.
func lists(at conf.Section, byKey map[string]conf.Texts) {
	for _, key := range sortedKeys(byKey) {
		textList(at, key, byKey[key])
	}
}
