package api

import (
	"context"
	"time"

	"ninewatch/collector/alert"
	"ninewatch/collector/auth"
	"ninewatch/collector/capacity"
	"ninewatch/collector/inventory"
	"ninewatch/collector/plan"
	"ninewatch/collector/uptime"
	"ninewatch/collector/webhook"
	"ninewatch/internal/conf"
	"ninewatch/internal/jointoken"
	"ninewatch/internal/telemetry"
)

// Auth is what the API needs of *auth.Auth.
type Auth interface {
	sessions
	users
	agents
	Audit(ctx context.Context, action, object, detail string) error
}

type sessions interface {
	Login(ctx context.Context, name string, password conf.Secret, remote string) (auth.Session, auth.Principal, error)
	Session(ctx context.Context, token string) (auth.Principal, error)
	Logout(ctx context.Context, token string) error
	APIToken(ctx context.Context, token string) (auth.Principal, error)
}

type users interface {
	Users(ctx context.Context) ([]auth.User, error)
	SetUser(ctx context.Context, name string, password conf.Secret, roles []auth.Role) error
	DeleteUser(ctx context.Context, name string) error
	CreateAPIToken(ctx context.Context, name string, roles []auth.Role, ttl time.Duration) (string, error)
	DeleteAPITokens(ctx context.Context, name string) (int, error)
	APITokens(ctx context.Context) ([]auth.TokenInfo, error)
	SetPassword(ctx context.Context, name string, password conf.Secret) error
	ChangePassword(ctx context.Context, name string, old, password conf.Secret, keep string) error
	AuditLog(ctx context.Context, text string, before int64, limit int) ([]auth.AuditLine, error)
}

type agents interface {
	Agents(ctx context.Context) ([]auth.Agent, error)
	Revoke(ctx context.Context, id string) error
	CreateToken(ctx context.Context, site string, ttl time.Duration, addresses ...string) (jointoken.Token, time.Time, error)
}

// Inventory is what the API needs of *inventory.Store.
type Inventory interface {
	Sites(ctx context.Context) ([]inventory.Site, error)
	Devices(ctx context.Context, f inventory.Filter) ([]inventory.Device, error)
	Device(ctx context.Context, name string) (inventory.Device, error)
	Parents(ctx context.Context) (*inventory.Parents, error)
	Facts(ctx context.Context, device string) (inventory.Facts, error)
	Interfaces(ctx context.Context, device string) ([]inventory.Interface, error)
	Credentials(ctx context.Context) ([]inventory.Credential, error)
	Receivers(ctx context.Context) ([]inventory.Receiver, error)
	objects
	parts
	discovery
	Apply(ctx context.Context, inv inventory.Inventory, opts inventory.ApplyOptions) (inventory.Diff, error)
}

type objects interface {
	Objects(ctx context.Context, kind string) ([]inventory.Object, error)
	Object(ctx context.Context, kind, name string) (inventory.Object, error)
	Places(ctx context.Context, inv inventory.Inventory) (now, then map[inventory.ID][]string, err error)
	Mentioned(ctx context.Context, inv inventory.Inventory) (map[inventory.ID][]string, error)
	Fill(ctx context.Context, kind, name string, body map[string]any) error
	Delete(ctx context.Context, kind, name string) error
}

type parts interface {
	Parts(ctx context.Context, f inventory.PartsFilter) ([]inventory.Part, error)
	FactsAt(ctx context.Context, device string, at int64) (telemetry.DeviceFacts, error)
	Identities(ctx context.Context) (map[string]telemetry.Identity, error)
	Assets(ctx context.Context, removed bool) ([]inventory.AssetRow, error)
	Findings(ctx context.Context) ([]inventory.Finding, error)
}

type scans interface {
	StartScan(ctx context.Context, site string, ask telemetry.Scan, who string) (inventory.Scan, error)
	Scans(ctx context.Context) ([]inventory.Scan, error)
	Scan(ctx context.Context, number int64) (inventory.Scan, error)
	StopScan(ctx context.Context, number int64, who string) error
}

type discovery interface {
	Discovered(ctx context.Context, status string) ([]inventory.Proposal, error)
	Proposal(ctx context.Context, number int64) (inventory.Proposal, error)
	Scanned(ctx context.Context, site string, answers []inventory.Reply) error
	scans
	Approve(ctx context.Context, number int64, wish inventory.Device, who string) (inventory.Device, error)
	Reject(ctx context.Context, number int64, who string) error
	DiscoveryRules(ctx context.Context) ([]inventory.DiscoveryRule, error)
	SetDiscoveryRule(ctx context.Context, r inventory.DiscoveryRule) error
	DeleteDiscoveryRule(ctx context.Context, name string) error
}

// Uptime is what the API needs of *uptime.Engine.
type Uptime interface {
	States(ctx context.Context) []uptime.Verdict
	Availability(ctx context.Context, scope string, from, to int64, objective string) (uptime.Answer, error)
	ledgers
	Strip(ctx context.Context, scope string, days int, zone *time.Location) ([]uptime.Day, error)
}

// Plan is what the API needs of *plan.Service.
type Plan interface {
	Answers(scope plan.Scope) []plan.Outlook
	Detail(ctx context.Context, resource string) (plan.Outlook, error)
	Forecast(ctx context.Context, scope plan.Scope) error
	WhatIf(ctx context.Context, resource string, what plan.WhatIf) (plan.Outlook, error)
	Bill(ctx context.Context, resource, month string, mode capacity.Mode, zeroFill bool) (plan.Bill, error)
	Band(ctx context.Context, resource string) (plan.NormalBand, error)
	Hourly(ctx context.Context, resource string, anew bool) (plan.HourlyForecast, error)
	Quality(ctx context.Context, resource string) (plan.LineQuality, error)
	GrowthBy(ctx context.Context, list []plan.Outlook, by string) ([]plan.Growth, error)
	Upgrades(ctx context.Context, resource string) ([]plan.Upgrade, error)
}

// Incidents is what the API needs of *alert.Engine.
type Incidents interface {
	List(ctx context.Context, f alert.Filter) ([]alert.Incident, error)
	Incident(ctx context.Context, id int64) (alert.Incident, []alert.Event, error)
	Acknowledge(ctx context.Context, id int64, who string) (alert.Incident, error)
	Resolve(ctx context.Context, id int64, who, text string) (alert.Incident, error)
	Comment(ctx context.Context, id int64, who, text string) (alert.Incident, error)
	Problems(ctx context.Context, id int64) ([]alert.Problem, error)
	Figures(ctx context.Context, by string, sites []string, from, to int64) ([]alert.Figures, error)
	explaining
	silences
}

type explaining interface {
	Explain(ctx context.Context, id int64) (alert.Explanation, error)
	Preview(i alert.Incident) ([]alert.Planned, []alert.Told)
}

type silences interface {
	Silences(ctx context.Context, all bool) ([]alert.Silence, error)
	Silence(ctx context.Context, s alert.Silence) (alert.Silence, error)
	EndSilence(ctx context.Context, id int64) error
}

// Deliveries is what the API needs of *webhook.Service.
type Deliveries interface {
	Find(ctx context.Context, f webhook.Filter) ([]webhook.Delivery, error)
	Replay(ctx context.Context, id int64) error
	Troubles(ctx context.Context) (map[string]webhook.Trouble, error)
	Test(ctx context.Context, receiver string) (code int, sent, answer string, err error)
	Request(ctx context.Context, id int64) (body string, attempts []webhook.Attempt, err error)
	Preview(m alert.Message) (string, error)
	ReadCallback(token string) (webhook.Callback, error)
}
