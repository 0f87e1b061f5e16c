package api

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ninewatch/collector/report"
	"ninewatch/collector/uptime"
)

func TestInterfaces(t *testing.T) {
	w := newWorld(t)
	_, body := w.ask("viewer", "GET", "/api/v1/devices/lis-sw-1/interfaces", "")
	want := `{"items":[{"key":"Gi1","if_index":1,"name":"Gi1","descr":"","alias":"","type":0,"speed_bps":1000000000,"admin_status":"up","oper_status":"lowerLayerDown","mac":"","mtu":null,` +
		`"in_bps":8000,"out_bps":16000,"in_p95_bps":8000,"out_p95_bps":16000,"errors_ratio":0.01,"last_seen":"2026-11-18T14:31:59.000Z"}],"next_cursor":null,"total":1}`
	if got := strings.TrimSpace(body); got != want {
		t.Errorf("got\n%s\nwant\n%s\n%s", got, want, w.log)
	}
}

func TestOverview(t *testing.T) {
	w := newWorld(t)
	o := read[overview](w, "viewer", "/api/v1/overview?days=30")
	if got, want := written(o.Answer), "[down:Lisbon has been down for 1 min 00 s]; at this pace its error budget is gone at [strong:14:53]. It keeps 99.9\u202f%."; got != want {
		t.Errorf("answer: got %s, want %s", got, want)
	}
	if *o.Watermark != "2026-11-18T14:31:58.000Z" || o.Now != "2026-11-18T14:32:00.000Z" || o.RunningSince != "2026-11-18T14:31:00.000Z" || o.FirstRun != nil {
		t.Errorf("got %+v", o)
	}
	if o.Devices != (deviceCounts{Total: 1, Down: 1}) || o.Agents != (agentCounts{1, 1}) || len(o.Sites) != 1 || len(o.Sites[0].Strip) != 90 {
		t.Errorf("got %+v", o)
	}
	if *o.Availability.Percent != "99.9512" || o.Budget.Total != 2592 || o.Budget.Left != 1296 || !slices.Equal(o.Budget.Spent, []spender{{"lisbon", "Lisbon", 1296}}) {
		t.Errorf("got %+v %+v", o.Availability, o.Budget)
	}
	if len(o.Incidents.Open) != 1 || o.Incidents.Open[0].ID != "INC-1" || o.Incidents.Open[0].Summary != "lis-sw-1 does not answer" {
		t.Errorf("got %+v", o.Incidents)
	}
	if !slices.Contains(w.ledger.asked, "site:lisbon") || slices.Contains(w.ledger.asked, "all") || w.ledger.from != t0/1000-30*86400 || w.ledger.to != t0/1000 {
		t.Errorf("asked the ledger for %v from %d to %d", w.ledger.asked, w.ledger.from, w.ledger.to)
	}
	o = read[overview](w, "all", "/api/v1/overview")
	if *o.Availability.Percent != "99.9000" || len(o.Sites) != 2 || o.Devices.Total != 2 || len(o.Incidents.Open) != 2 {
		t.Errorf("all sites: got %+v", o)
	}
	if o = read[overview](w, "all", "/api/v1/overview?site=porto"); len(o.Sites) != 1 || o.Sites[0].Name != "porto" || o.Devices.Total != 1 {
		t.Errorf("Porto: got %+v", o)
	}
}

func TestFirstRun(t *testing.T) {
	w := newWorld(t)
	err := w.db.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE objects SET source = 'up', spec = replace(replace(spec, '192.0.2.1', '127.0.0.1'), '"role":"core"', '"role":"router"') WHERE kind = 'device'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	o := read[overview](w, "all", "/api/v1/overview")
	if o.FirstRun == nil || o.FirstRun.Host != "lis-sw-1" || o.FirstRun.Gateway != "opo-sw-1" || o.FirstRun.TokenCommandHint != "ninewatch-agent enroll --token nw1.…" {
		t.Fatalf("got %+v", o.FirstRun)
	}
	if got, want := fmt.Sprint(o.FirstRun.Steps), "[{Collector and agent run true} {Gateway is watched true} {Add a switch or router false} {Join another site true} {Send alerts somewhere true}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if o = read[overview](w, "viewer", "/api/v1/overview"); o.FirstRun != nil {
		t.Errorf("who sees a part: got %+v", o.FirstRun)
	}
	if status, body := w.ask("all", "POST", "/api/v1/apply", "devices: [{name: sw, site: lisbon, address: 192.0.2.8}]"); status != 200 {
		t.Fatalf("got %d %s", status, body)
	}
	if o = read[overview](w, "all", "/api/v1/overview"); o.FirstRun != nil {
		t.Errorf("after the first device: got %+v", o.FirstRun)
	}
}

func TestDevice(t *testing.T) {
	w := newWorld(t)
	d := read[deviceDetail](w, "viewall", "/api/v1/devices/opo-sw-1")
	if got, want := written(d.Answer), "[down:opo-sw-1 has not answered for 1 min 00 s]: ICMP does not answer."; got != want {
		t.Errorf("answer: got %s, want %s", got, want)
	}
	if d.Interval != 30 || d.ICMPInterval != 1 || !slices.Equal(d.Agents, []string{"bbbb"}) || d.RoundTrip != nil || *d.Since != "2026-11-18T14:31:00.000Z" {
		t.Errorf("got %+v", d)
	}
	if d.Identity == nil || d.Identity.Vendor != "Cisco" || d.Identity.SysDescr != "opo-sw-1 of porto" || *d.Identity.Uptime != 2 || *d.FactsAt != "2026-11-18T14:31:59.000Z" {
		t.Errorf("got %+v", d.Identity)
	}
	if d.Availability == nil || *d.Availability.Percent != "99.9512" || *d.Availability.Budget != 2592 || len(d.Strip) != 90 {
		t.Errorf("got %+v", d.Availability)
	}
	w.ledger.mu.Lock()
	w.ledger.states[1].State = "up"
	w.ledger.mu.Unlock()
	d = read[deviceDetail](w, "viewall", "/api/v1/devices/opo-sw-1")
	if got, want := written(d.Answer), "[strong:Works as usual.] It answers in 4.1 ms; [strong:99.9512\u202f%] of the last 30 days it was up."; got != want {
		t.Errorf("answer: got %s, want %s", got, want)
	}
}

func TestPages(t *testing.T) {
	w := newWorld(t)
	var code strings.Builder
	code.WriteString("devices:\n")
	for i := range 7 {
		fmt.Fprintf(&code, "  - {name: d%d, site: porto, address: 203.0.113.%d, tags: [lab]}\n", i, i+1)
	}
	if status, body := w.ask("all", "POST", "/api/v1/apply", code.String()); status != 200 {
		t.Fatalf("got %d %s", status, body)
	}
	var names []string
	cursor := ""
	for range 10 {
		p := read[page[deviceView]](w, "all", "/api/v1/devices?limit=3&q=LAB&state=unknown&cursor="+cursor)
		names = append(names, each(p.Items, func(d deviceView) string { return d.Name })...)
		if *p.Total != 7 {
			t.Errorf("total: got %d, want 7", *p.Total)
		}
		if p.NextCursor == nil {
			break
		}
		cursor = *p.NextCursor
	}
	if want := []string{"d0", "d1", "d2", "d3", "d4", "d5", "d6"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	first := read[page[incident]](w, "all", "/api/v1/incidents?limit=1")
	second := read[page[incident]](w, "all", "/api/v1/incidents?limit=1&cursor="+*first.NextCursor)
	if first.Items[0].ID != "INC-2" || second.Items[0].ID != "INC-1" || second.NextCursor != nil {
		t.Errorf("incidents: got %+v, then %+v", first, second)
	}
}

func TestAgentsAndTokens(t *testing.T) {
	w := newWorld(t)
	w.agent("cccc", "lisbon", 0)
	w.agent("dddd", "lisbon", t0-31_000)
	p := read[page[agentView]](w, "viewer", "/api/v1/agents")
	got := each(p.Items, func(g agentView) string { return g.ID + " " + g.State })
	if want := []string{"aaaa reporting", "cccc never", "dddd silent"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if a := p.Items[0]; *a.Samples != (accountView{12, 7, 2, 3}) || *a.Spool != (spoolView{1, 9}) || a.Devices != 1 || p.Items[1].Samples != nil {
		t.Errorf("got %+v", p.Items)
	}
	status, body := w.ask("admin", "POST", "/api/v1/tokens", `{"site":"lisbon"}`)
	if status != 200 || !strings.Contains(body, `"expires_at":"2026-11-21T14:32:00.000Z","command":"ninewatch-agent enroll --token nw1.`) {
		t.Errorf("got %d %s", status, body)
	}
}

func TestAvailability(t *testing.T) {
	w := newWorld(t)
	at := func(s string) int64 { return must(time.Parse(time.RFC3339, s)).Unix() }
	f := func(query, scope, from, to string) {
		t.Helper()
		read[uptime.Answer](w, "viewer", "/api/v1/availability?"+query)
		if got := w.ledger.asked[len(w.ledger.asked)-1]; got != scope || w.ledger.from != at(from) || w.ledger.to != at(to) {
			t.Errorf("%s: asked for %s from %s to %s", query, got, stamp(w.ledger.from*1000), stamp(w.ledger.to*1000))
		}
	}
	f("scope=device:lis-sw-1", "device:lis-sw-1", "2026-10-19T14:32:00Z", "2026-11-18T14:32:00Z")
	f("scope=company", "site:lisbon", "2026-10-19T14:32:00Z", "2026-11-18T14:32:00Z")
	f("scope=site:lisbon&from=2026-11-01T00:00:00Z&to=2026-11-02T01:00:00%2B01:00", "site:lisbon", "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z")
	// In Lisbon's zone: October 2026 begins in summer time and ends in winter time.
	f("scope=site:lisbon&period=2026-10&objective=99.9", "site:lisbon", "2026-09-30T23:00:00Z", "2026-11-01T00:00:00Z")
	f("scope=device:lis-sw-1&period=2026-Q3", "device:lis-sw-1", "2026-06-30T23:00:00Z", "2026-09-30T23:00:00Z")
	f("scope=company&period=2026-Q3", "site:lisbon", "2026-06-30T23:00:00Z", "2026-09-30T23:00:00Z") // all sites of the viewer are in one zone
	for query, want := range map[string]string{
		"":                                        "query.scope: required query parameter is missing",
		"scope=lis-sw-1":                          "scope is none of device:NAME, interface:DEVICE/KEY",
		"scope=interface:lis-sw-1":                "needs two names",
		"scope=region:":                           "needs a name",
		"scope=company&objective=0":               "met by whatever happens",
		"scope=company:x":                         "scope company takes no name",
		"scope=company&period=2026-13":            "want a day 2026-03-29",
		"scope=company&period=2026-10&to=x":       "leave one of them out",
		"scope=company&from=yesterday":            "from is not a time as in RFC 3339",
		"scope=company&to=2020-01-01T00:00Z":      "to is not a time as in RFC 3339",
		"scope=company&from=2026-12-01T00:00:00Z": "from has to lie before to",
		"scope=company&from=2020-01-01T00:00:00Z": "more than 25 months apart",
		"scope=company&objective=101":             "objective is not a percentage",
	} {
		if status, body := w.ask("viewer", "GET", "/api/v1/availability?"+query, ""); status != 400 && status != 422 || !strings.Contains(body, want) {
			t.Errorf("%s: got %d %s, want %s", query, status, body, want)
		}
	}
}

// TestScopesInTheWordsOfTheLedger: groups are narrowed to what the caller may see; what is of all sites is for
// those who may see all.
func TestScopesInTheWordsOfTheLedger(t *testing.T) {
	w := newWorld(t)
	f := func(role, scope string, status int, ledger string) {
		t.Helper()
		w.ledger.answers[ledger] = measuredAs("99.0000")
		got, body := w.ask(role, "GET", "/api/v1/availability?scope="+scope, "")
		if asked := w.ledger.asked; got != status || status == 200 && asked[len(asked)-1] != ledger {
			t.Errorf("%s as %s: got %d %s, asked for %v", scope, role, got, body, asked)
		}
	}
	f("viewer", "interface:lis-sw-1/Gi1/0", 200, "interface:lis-sw-1/Gi1/0")
	f("viewer", "interface:opo-sw-1/Gi1", 404, "")
	f("viewer", "path:aaaa/lis-sw-1", 200, "path:aaaa/lis-sw-1")
	f("viewer", "circuit:lis-wan", 200, "circuit:lis-wan")
	f("viewer", "circuit:opo-wan", 404, "")
	f("viewer", "circuit:nothing", 404, "")
	f("viewer", "service:mail", 404, "")
	f("all", "service:mail", 200, "service:mail")
	f("viewer", "region:north", 200, "region:north@lisbon")
	f("all", "region:north", 200, "region:north")
	f("viewer", "provider:x", 200, "provider:x@lisbon")
	f("viewer", "tag:a%40b", 400, "")
	f("viewer", "agent:bbbb", 404, "")
}

// TestAvailabilityList pages over what the caller may see.
func TestAvailabilityList(t *testing.T) {
	w := newWorld(t)
	w.ledger.answers["device:lis-sw-1"], w.ledger.answers["device:opo-sw-1"] = measuredAs("99.0000"), measuredAs("98.0000")
	first := read[page[uptime.Answer]](w, "all", "/api/v1/availability/list?kind=device&limit=1&period=2026-10")
	if len(first.Items) != 1 || first.Items[0].Scope != "device:lis-sw-1" || first.NextCursor == nil || *first.Total != 2 {
		t.Fatalf("first page: %+v", first)
	}
	second := read[page[uptime.Answer]](w, "all", "/api/v1/availability/list?kind=device&limit=1&period=2026-10&cursor="+*first.NextCursor)
	if len(second.Items) != 1 || second.Items[0].Scope != "device:opo-sw-1" || second.NextCursor != nil {
		t.Errorf("second page: %+v", second)
	}
	if own := read[page[uptime.Answer]](w, "viewer", "/api/v1/availability/list?kind=device"); len(own.Items) != 1 || *own.Total != 1 {
		t.Errorf("as the viewer of Lisbon: %+v", own)
	}
}

// TestOutagesNameTheirIncidents: the incident that was open in an outage of the same device.
func TestOutagesNameTheirIncidents(t *testing.T) {
	w := newWorld(t)
	m := measuredAs("99.0000")
	before := "2026-11-18T13:01:00Z"
	m.Outages = []uptime.OutageAnswer{
		{Device: "lis-sw-1", From: "2026-11-18T13:00:00Z", To: &before},
		{Device: "lis-sw-1", From: "2026-11-18T14:31:00Z"},
	}
	w.ledger.answers["device:lis-sw-1"] = m
	got := read[uptime.Answer](w, "viewer", "/api/v1/availability?scope=device:lis-sw-1").Outages
	if len(got) != 2 || got[0].Incident != nil || got[1].Incident == nil || *got[1].Incident != "INC-1" {
		t.Errorf("got %+v", got)
	}
}

func TestReport(t *testing.T) {
	w := newWorld(t)
	code, text := w.ask("viewer", "GET", "/api/v1/reports/sla?scope=site:lisbon&period=2026-10&objective=99.9", "")
	if code != 200 {
		t.Fatalf("got %d: %s", code, text)
	}
	code, key := w.ask("viewer", "GET", "/api/v1/reports/key", "")
	if code != 200 {
		t.Fatalf("the key: %d: %s", code, key)
	}
	var answer struct {
		PublicKey string `json:"public_key"`
	}
	if err := json.Unmarshal([]byte(key), &answer); err != nil {
		t.Fatal(err)
	}
	d, _, err := report.Verify([]byte(text), must(report.ParseKey(answer.PublicKey)))
	if err != nil || d.Title != "Lisbon" || d.Period.Zone != "Europe/Lisbon" || d.Period.From != "2026-09-30T23:00:00Z" || d.Period.To != "2026-11-01T00:00:00Z" {
		t.Errorf("got %q, %+v: %v", d.Title, d.Period, err)
	}
	for _, kind := range []string{"inventory", "redundancy"} {
		code, text := w.ask("viewer", "GET", "/api/v1/reports/"+kind+"?scope=site:lisbon&period=2026-10", "")
		d, _, err := report.Verify([]byte(text), nil)
		if code != 200 || err != nil || d.Kind != kind || d.Title != "Lisbon" {
			t.Errorf("%s: got %d, %q, %v", kind, code, d.Title, err)
		}
		if strings.Contains(text, "opo-sw-1") {
			t.Errorf("%s of Lisbon tells of Porto", kind)
		}
	}
	for format, start := range map[string]string{"html": "<!doctype html>", "pdf": "%PDF-", "csv": "# "} {
		if code, text := w.ask("viewer", "GET", "/api/v1/reports/sla?scope=site:lisbon&period=2026-10&format="+format, ""); code != 200 || !strings.HasPrefix(text, start) {
			t.Errorf("%s: got %d: %.80s", format, code, text)
		}
	}
	for query, want := range map[string]string{
		"scope=site:lisbon&period=2026-13":             "2026-13",
		"scope=site:lisbon&format=csv&table=nowhere":   "it has outages",
		"scope=site:lisbon&objective=0":                "an objective of 0 %",
		"scope=site:lisbon&period=2026-10&format=word": "",
	} {
		if code, text := w.ask("viewer", "GET", "/api/v1/reports/sla?"+query, ""); code < 400 || code > 422 || !strings.Contains(text, want) {
			t.Errorf("%s: got %d: %s", query, code, text)
		}
	}
}
