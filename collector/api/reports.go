package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"ninewatch/collector/report"
	"ninewatch/collector/uptime"
)

// reportTargets is how many targets a report lists at most.
const reportTargets = 10_000

// reportMonths is how many months of budget a report looks back.
const reportMonths = 12

type reportQuery struct {
	Span
	Kind      string `path:"kind" enum:"sla,capacity,redundancy,inventory" doc:"which report"`
	Scope     string `query:"scope" maxLength:"300" default:"company" doc:"as for availability"`
	Objective string `query:"objective" doc:"percent, such as 99.9; when empty, what is agreed for the scope"`
	Format    string `query:"format" enum:"html,pdf,csv,json" default:"json" doc:"json is signed"`
	Table     string `query:"table" maxLength:"40" doc:"the one table that csv is to hold, by its key"`
}

// file is an answer that is no JSON of ours.
type file struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// reportKey is what reports are signed with.
type reportKey struct {
	Algorithm   string `json:"algorithm"`
	PublicKey   string `json:"public_key" doc:"base64"`
	Fingerprint string `json:"fingerprint"`
}

func (a *API) reportRoutes() {
	route(a, http.MethodGet, "/reports/{kind}", "get-report", "A report as a page, PDF, CSV or signed JSON", viewer, a.report)
	get(a, "/reports/key", "get-report-key", "The public key by which reports are verified", viewer, func(context.Context, caller, *nothing) (reportKey, error) {
		key := a.deps.ReportKey.Public()
		return reportKey{"ed25519", base64.StdEncoding.EncodeToString(key), report.Fingerprint(key)}, nil
	})
}

type reportWriter func(context.Context, caller, *reportQuery) (report.Document, error)

// reportWriter is who writes reports of a kind, nil for one that there is not.
func (a *API) reportWriter(kind string) reportWriter {
	switch kind {
	case "sla":
		return a.slaReport
	case "capacity":
		return a.capacityReport
	case "redundancy":
		return a.redundancyReport
	case "inventory":
		return a.inventoryReport
	}
	return nil
}

func (a *API) report(ctx context.Context, c caller, in *reportQuery) (*file, error) {
	d, err := a.reportWriter(in.Kind)(ctx, c, in)
	if err != nil {
		return nil, err
	}
	return a.render(d, in)
}

// render puts a report into the form that is asked for.
func (a *API) render(d report.Document, in *reportQuery) (*file, error) {
	var out bytes.Buffer
	var err error
	kind := "application/json"
	switch in.Format {
	case "html":
		kind, err = "text/html; charset=utf-8", d.HTML(&out)
	case "pdf":
		kind, err = "application/pdf", d.PDF(&out)
	case "csv":
		kind = "text/csv; charset=utf-8"
		if err = d.CSV(&out, in.Table); err != nil {
			return nil, badRequest("table: %s", err)
		}
	default:
		var signed []byte
		signed, err = a.deps.ReportKey.Sign(d)
		out.Write(signed)
	}
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%s-%s-%s.%s", d.Kind, strings.NewReplacer(":", "-", "/", "-").Replace(d.Scope), cmp.Or(d.Period.Name, "period"), in.Format)
	return &file{kind, mime.FormatMediaType("inline", map[string]string{"filename": name}), out.Bytes()}, nil
}

// slaReport asks the ledger for all that a service level report says.
func (a *API) slaReport(ctx context.Context, c caller, in *reportQuery) (report.Document, error) {
	s, err := a.scope(ctx, c, in.Scope)
	if err != nil {
		return report.Document{}, err
	}
	if in.Period == "" && in.From == "" && in.To == "" {
		in.Period = a.deps.Now().In(s.zone).AddDate(0, 0, 1-a.deps.Now().In(s.zone).Day()).AddDate(0, -1, 0).Format("2006-01")
	}
	from, to, err := in.window(s.zone, a.deps.Now())
	if err != nil {
		return report.Document{}, err
	}
	if err := checkObjective(in.Objective); err != nil {
		return report.Document{}, err
	}
	whole, err := a.deps.Uptime.Availability(ctx, s.ledger, from, to, in.Objective)
	if err != nil {
		return report.Document{}, err
	}
	if err := a.nameIncidents(ctx, c, s, &whole); err != nil {
		return report.Document{}, err
	}
	input := report.SLAInput{
		Title: a.scopeTitle(ctx, in.Scope, s), Scope: in.Scope, Period: uptime.Window{From: from, To: to}, Name: in.Period, Zone: s.zone, Made: a.deps.Now(),
		Demo: a.deps.Demo, Objective: cmp.Or(in.Objective, deref(whole.Objective)), Whole: whole, Method: slaFacts(whole),
	}
	if input.Days, err = a.reportDays(ctx, s.ledger, s.zone, from, to); err != nil {
		return report.Document{}, err
	}
	if err := a.reportMembers(ctx, c, in, s, &input); err != nil {
		return report.Document{}, err
	}
	if input.Before, err = a.periodBefore(ctx, s, in.Objective, from, to); err != nil {
		return report.Document{}, err
	}
	if input.Months, err = a.budgetMonths(ctx, s, input.Objective, to); err != nil {
		return report.Document{}, err
	}
	return report.SLA(input), nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// scopeTitle is what people call a scope.
func (a *API) scopeTitle(ctx context.Context, text string, s scope) string {
	kind, name, _ := strings.Cut(text, ":")
	switch kind {
	case "company":
		return cmp.Or(a.deps.Organisation, "All sites")
	case "site":
		if sites, err := a.deps.Inventory.Sites(ctx); err == nil {
			for _, site := range sites {
				if site.Name == name {
					return cmp.Or(site.DisplayName, name)
				}
			}
		}
	case "device":
		if d, err := a.deps.Inventory.Device(ctx, s.device); err == nil {
			return cmp.Or(d.DisplayName, name)
		}
	}
	return name
}

// periodBefore is the availability of as long a time before, nil where nothing was watched then.
func (a *API) periodBefore(ctx context.Context, s scope, objective string, from, to int64) (*uptime.Answer, error) {
	before, err := a.deps.Uptime.Availability(ctx, s.ledger, from-(to-from), from, objective)
	if err != nil || before.Availability == nil {
		return nil, err
	}
	return &before, nil
}

// budgetMonths is how much of its budget each of the months up to the end of the period used.
func (a *API) budgetMonths(ctx context.Context, s scope, objective string, to int64) ([]report.Month, error) {
	if objective == "" {
		return nil, nil
	}
	var out []report.Month
	end := time.Unix(to-1, 0).In(s.zone)
	for i := reportMonths - 1; i >= 0; i-- {
		first := time.Date(end.Year(), end.Month()-time.Month(i), 1, 12, 0, 0, 0, s.zone)
		w := uptime.LocalMonth(s.zone, first.Year(), first.Month())
		m, err := a.deps.Uptime.Availability(ctx, s.ledger, w.From, w.To, objective)
		if err != nil {
			return nil, err
		}
		if m.BudgetSeconds == nil || *m.BudgetSeconds <= 0 || m.Availability == nil {
			continue
		}
		out = append(out, report.Month{Name: first.Format("Jan"), Used: float64(*m.BudgetSeconds-*m.BudgetLeftSeconds) / float64(*m.BudgetSeconds)})
	}
	return out, nil
}

// slaFacts is how the ledger counted, in words.
func slaFacts(w uptime.Answer) (out []report.Fact) {
	add := func(label, text string) {
		if text != "" {
			out = append(out, report.Fact{Label: label, Text: text})
		}
	}
	add("Calendar", w.Calendar)
	add("Consists of", w.Composition)
	if w.UnreachableIsDown {
		add("Unreachable", "counts as down: it is the path that is measured")
	}
	for _, m := range w.Windows {
		text := m.From + " to " + m.To + ": " + m.Reason
		if m.Retroactive {
			text += " (entered afterwards)"
		}
		add("Planned work", text)
	}
	if f := w.WithoutMaintenance; f != nil {
		add("With planned work counted", cmp.Or(deref(f.Availability), "not known")+" %")
	}
	for _, n := range w.Notes {
		add("Note", n)
	}
	add("Time zones", w.TimeZoneData)
	return out
}
