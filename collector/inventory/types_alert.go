package inventory

import "ninewatch/internal/conf"

// The formats of a Webhook.
const (
	FormatNinewatch    = "ninewatch"
	FormatAlertmanager = "alertmanager"
	FormatSlack        = "slack"
	FormatTeams        = "teams"
	FormatPagerDuty    = "pagerduty"
	FormatTemplate     = "template"
)

// Receiver gets webhooks.
type Receiver struct {
	Name    string     `yaml:"name" json:"name"`
	Sites   conf.Texts `yaml:"sites" json:"sites,omitempty"` // empty: of all sites
	Webhook *Webhook   `yaml:"webhook" json:"webhook,omitempty"`
	Source  string     `json:"source,omitempty"`
}

// Webhook is the webhook part of a Receiver. Its URL is a secret too: path or query may carry a token.
type Webhook struct {
	URL    conf.Secret `yaml:"url" json:"url,omitempty"`
	Host   string      `json:"host,omitempty"` // what may be shown of URL: https://hooks.example.net
	Secret conf.Secret `yaml:"secret" json:"secret,omitempty"`
	// PreviousSecret signs too while receivers change to Secret.
	PreviousSecret conf.Secret `yaml:"previous_secret" json:"previous_secret,omitempty"`
	Format         string      `yaml:"format" json:"format,omitempty"`             // empty: ninewatch
	Template       string      `yaml:"template" json:"template,omitempty"`         // of the format template: text/template
	ContentType    string      `yaml:"content_type" json:"content_type,omitempty"` // of the format template; empty: application/json
}

// Route brings incidents to receivers. Every route that matches is used.
type Route struct {
	Name          string     `yaml:"name" json:"name"` // may be left out in a file
	Sites         conf.Texts `yaml:"sites" json:"sites,omitempty"`
	Match         RouteMatch `yaml:"match" json:"match,omitzero"`
	Receiver      conf.Texts `yaml:"receiver" json:"receiver,omitempty"`
	GroupBy       conf.Texts `yaml:"group_by" json:"group_by,omitempty"`
	RepeatEvery   Duration   `yaml:"repeat_every" json:"repeat_every,omitempty"`     // 0: never again
	EscalateAfter Duration   `yaml:"escalate_after" json:"escalate_after,omitempty"` // 0: never
	EscalateTo    conf.Texts `yaml:"escalate_to" json:"escalate_to,omitempty"`       // empty: Receiver once more
	Calendar      string     `yaml:"calendar" json:"calendar,omitempty"`             // outside of it messages wait
	DigestEvery   Duration   `yaml:"digest_every" json:"digest_every,omitempty"`     // 0: at once
	Source        string     `json:"source,omitempty"`
}

// RouteMatch chooses incidents: each key that is set has to match with one of its values, in which * stands
// for any text.
type RouteMatch struct {
	Site     conf.Texts        `yaml:"site" json:"site,omitempty"`
	Region   conf.Texts        `yaml:"region" json:"region,omitempty"`
	Device   conf.Texts        `yaml:"device" json:"device,omitempty"`
	Role     conf.Texts        `yaml:"role" json:"role,omitempty"`
	Severity conf.Texts        `yaml:"severity" json:"severity,omitempty"`
	Kind     conf.Texts        `yaml:"kind" json:"kind,omitempty"` // device_down, …
	Tags     conf.Texts        `yaml:"tags" json:"tags,omitempty"`
	Labels   map[string]string `yaml:"labels" json:"labels,omitempty"`
}

// IsZero tells that all incidents match.
func (m RouteMatch) IsZero() bool {
	return len(m.Site)+len(m.Region)+len(m.Device)+len(m.Role)+len(m.Severity)+len(m.Kind)+len(m.Tags)+len(m.Labels) == 0
}

// Rule is a PromQL expression each of whose results is a finding.
type Rule struct {
	Name        string            `yaml:"name" json:"name"`
	Sites       conf.Texts        `yaml:"sites" json:"sites,omitempty"` // whose samples it sees; empty: of all sites
	Expr        string            `yaml:"expr" json:"expr,omitempty"`
	For         Duration          `yaml:"for" json:"for,omitempty"`
	Severity    string            `yaml:"severity" json:"severity,omitempty"` // empty: warning
	Labels      map[string]string `yaml:"labels" json:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations" json:"annotations,omitempty"`
	Source      string            `json:"source,omitempty"`
}

// Schedule is a report that is made when its period has ended.
type Schedule struct {
	Name      string     `yaml:"name" json:"name"`               // may be left out in a file
	Report    string     `yaml:"report" json:"report,omitempty"` // sla, capacity, redundancy, inventory
	Period    string     `yaml:"period" json:"period,omitempty"` // day, week, month, quarter, year
	TimeZone  string     `yaml:"time_zone" json:"time_zone,omitempty"`
	Scope     Scopes     `yaml:"scope" json:"scope,omitempty"` // empty: all
	Receivers conf.Texts `yaml:"receivers" json:"receivers,omitempty"`
	Formats   conf.Texts `yaml:"formats" json:"formats,omitempty"` // html, pdf, csv, json; empty: pdf
	Source    string     `json:"source,omitempty"`
}

// User is an account. Its password is set apart, by the person or an administrator.
type User struct {
	Name   string `yaml:"name" json:"name"`
	Roles  []Role `yaml:"roles" json:"roles,omitempty"`
	Source string `json:"source,omitempty"`
}

// Role is a right on some sites.
type Role struct {
	Role  string     `yaml:"role" json:"role"` // viewer, operator, admin
	Sites conf.Texts `yaml:"sites" json:"sites"`
}
