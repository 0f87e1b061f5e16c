package api

import (
	"net/url"
	"strings"
	"testing"

	"ninewatch/collector/inventory"
	"ninewatch/internal/telemetry"
)

// objectsCode has an object of every further kind at each of the two sites, or for all of them.
const objectsCode = `
calendars: [{name: office, hours: [{days: mon-fri, from: "08:00", to: "18:00"}]}]
circuits:
  - {name: lis-wan, device: lis-sw-1, provider: A, bandwidth: 100M}
  - {name: opo-wan, device: opo-sw-1, provider: B}
links:
  - {name: lis-link, a: lis-sw-1/Gi1, b: lis-sw-1/Gi2}
  - {name: opo-link, a: lis-sw-1/Gi3, b: opo-sw-1/Gi3}
services:
  - {name: lis-internet, needs: {any_of: [circuit:lis-wan, device:lis-sw-1]}}
  - {name: opo-internet, needs: {all_of: [service:lis-internet, circuit:opo-wan]}}
redundancy_groups:
  - {name: lis-group, members: [circuit:lis-wan, lis-sw-1]}
  - {name: opo-group, members: [circuit:opo-wan, lis-sw-1]}
risk_groups:
  - {name: lis-duct, kind: duct, members: circuit:lis-wan}
  - {name: opo-duct, kind: duct, members: redundancy_group:opo-group}
maintenance:
  - {name: lis-works, scope: site:lisbon, from: 2099-01-01, to: 2099-01-02}
  - {name: opo-works, scope: [device:lis-sw-1, circuit:opo-wan], from: 2099-02-01, to: 2099-02-02}
routes:
  - {name: lis-route, match: {site: lisbon}, receiver: noc-lisbon}
  - {name: opo-route, match: {device: opo-sw-1}, receiver: noc}
rules:
  - {name: lis-rule, sites: [lisbon], expr: ninewatch_up == 0}
  - {name: opo-rule, sites: [lisbon, porto], expr: ninewatch_up == 0}
capacity: [{name: lines, match: {resource: circuit}, limit: 80}]
lifecycle: [{model: C9300, end_of_support: 2030-01-01}]
software_policies: [{name: policy, match: {vendor: cisco}, versions: ["17.*"]}]
schedules:
  - {name: lis-report, report: sla, period: month, scope: site:lisbon}
  - {name: opo-report, report: sla, period: month, scope: service:opo-internet}
`

// manner is how the objects of a kind are used: bodies without names, for one's own site and for another's.
type manner struct {
	kind, own, other  string
	least             string // to change; admin when empty
	existing, foreign string // names; a kind that is for all sites has no foreign one
}

var manners = []manner{
	{kind: "site", own: `"display_name":"Lisboa"`, other: `"display_name":"x"`, existing: "lisbon", foreign: "porto"},
	{kind: "calendar", own: `"time_zone":"UTC"`, least: "all", existing: "office"},
	{kind: "credential", own: `"sites":["lisbon"],"snmp":{"community":"x"}`, other: `"sites":["porto"],"snmp":{"community":"x"}`, existing: "lis-new", foreign: "porto-v3"},
	{kind: "device", own: `"site":"lisbon","address":"192.0.2.50"`, other: `"site":"porto","address":"192.0.2.50"`, existing: "lis-new", foreign: "opo-sw-1"},
	{kind: "circuit", own: `"device":"lis-sw-1"`, other: `"device":"opo-sw-1"`, existing: "lis-new", foreign: "opo-wan"},
	{kind: "link", own: `"a":"lis-sw-1/Gi7","b":"lis-sw-1/Gi8"`, other: `"a":"lis-sw-1/Gi7","b":"opo-sw-1/Gi8"`, existing: "lis-link", foreign: "opo-link"},
	{kind: "service", own: `"needs":{"any_of":["device:lis-sw-1"]}`, other: `"needs":{"any_of":["device:opo-sw-1"]}`, existing: "lis-new", foreign: "opo-internet"},
	{kind: "redundancy_group", own: `"members":["lis-sw-1","circuit:lis-wan"]`, other: `"members":["lis-sw-1","circuit:opo-wan"]`, existing: "lis-group", foreign: "opo-group"},
	{kind: "risk_group", own: `"kind":"duct","members":["lis-sw-1"]`, other: `"kind":"duct","members":["circuit:opo-wan"]`, existing: "lis-duct", foreign: "opo-duct"},
	{kind: "maintenance", own: `"scope":"lis-sw-1","from":"2098-01-01","to":"2098-01-02"`, other: `"scope":["lis-sw-1","site:porto"],"from":"2098-01-01","to":"2098-01-02"`,
		least: "operator", existing: "lis-works", foreign: "opo-works"},
	{kind: "receiver", own: `"sites":["lisbon"],"webhook":{"url":"https://x.example.net","secret":"s"}`, other: `"sites":["porto"],"webhook":{"url":"https://x.example.net","secret":"s"}`,
		existing: "lis-new", foreign: "noc-porto"},
	{kind: "route", own: `"match":{"site":"lisbon"},"receiver":"noc"`, other: `"match":{"site":"porto"},"receiver":"noc"`, existing: "lis-route", foreign: "opo-route"},
	{kind: "rule", own: `"sites":["lisbon"],"expr":"up"`, other: `"sites":["porto"],"expr":"up"`, existing: "lis-rule", foreign: "opo-rule"},
	{kind: "capacity", own: `"limit":70`, least: "all", existing: "lines"},
	{kind: "lifecycle", own: `"model":"C9200","end_of_sale":"2029-01-01"`, least: "all", existing: "C9300"},
	{kind: "software_policy", own: `"versions":["1"]`, least: "all", existing: "policy"},
	{kind: "schedule", own: `"report":"sla","period":"week","scope":"site:lisbon"`, other: `"report":"sla","period":"week","scope":"site:porto"`, existing: "lis-report", foreign: "opo-report"},
}

// objectUses calls every operation on objects: create, read, list, change, delete.
func objectUses(t *testing.T) []use {
	out := []use{
		{operation: "export", least: "viewer", own: call{"/export", ""}},
		{operation: "get-user", least: "all", own: call{"/users/m.duarte", ""}},
	}
	for _, m := range manners {
		k, ok := inventory.KindOf(m.kind)
		if !ok {
			t.Fatalf("there is no kind %q", m.kind)
		}
		id, path := strings.ReplaceAll(m.kind, "_", "-"), pathOf(k)
		least := m.least
		if least == "" {
			least = "admin"
		}
		sent := func(name, fields string) call { return call{path, `{"name":"` + name + `",` + fields + `}`} }
		at := func(name, fields string) call {
			if name == "" {
				return call{}
			}
			if fields != "" {
				fields = "{" + fields + "}"
			}
			return call{path + "/" + url.PathEscape(name), fields}
		}
		created := use{operation: "create-" + id, least: least, own: sent("lis-new", m.own), other: sent("opo-new", m.other), otherWant: 404, ownWant: 201}
		removed := use{operation: "delete-" + id, least: least, own: at("lis-new", ""), other: at(m.foreign, ""), otherWant: 404, ownWant: 204}
		if m.other == "" {
			created.other = call{}
		}
		if least == "all" {
			removed.own = at(m.existing, "")
		}
		switch m.kind {
		case "site": // a site that is not there is nobody's yet
			created.least, created.other, removed.least, removed.other = "all", call{}, "all", call{}
		case "lifecycle": // is called as its model
			created.own = call{path, "{" + m.own + "}"}
		}
		out = append(out, created)
		if !strings.Contains("site device credential receiver", m.kind) {
			out = append(out, use{operation: "list-" + strings.ReplaceAll(k.List, "_", "-"), least: "viewer", own: call{path, ""}, other: call{path + "?site=porto", ""}})
		}
		put := at(m.existing, strings.ReplaceAll(m.own, "2098", "2097"))
		if m.kind == "lifecycle" {
			put = at("C9300", `"model":"C9300","end_of_sale":"2029-01-01"`)
		}
		out = append(out, use{operation: "put-" + id, least: least, own: put, other: at(m.foreign, m.other), otherWant: 404})
		if m.kind != "device" {
			read := m.existing
			if read == "lis-new" {
				read = map[string]string{"credential": "shared", "circuit": "lis-wan", "service": "lis-internet", "receiver": "noc-lisbon"}[m.kind]
			}
			out = append(out, use{operation: "get-" + id, least: "viewer", own: at(read, ""), other: at(m.foreign, ""), otherWant: 404})
		}
		out = append(out, removed)
	}
	return out
}

func (w *world) objects() {
	w.t.Helper()
	inv, mistakes := inventory.Parse(inventory.File{Name: "objects.yaml", Data: []byte(objectsCode)})
	if err := mistakes.Err(); err != nil {
		w.t.Fatal(err)
	}
	must(w.inventory.Apply(w.t.Context(), inv, inventory.ApplyOptions{}))
	// Proposal 1 is Porto's; 2 and 3 are Lisbon's for those who may not make their own.
	for _, found := range []struct{ site, address string }{{"porto", "198.51.100.80"}, {"lisbon", "192.0.2.80"}, {"lisbon", "192.0.2.81"}} {
		if err := w.inventory.Scanned(w.t.Context(), found.site, []inventory.Reply{{Address: found.address, ICMP: true}}); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, site := range []string{"porto", "lisbon"} { // scan 1 is Porto's, 2 is Lisbon's
		ranges := map[string][]string{"porto": {"198.51.100.0/24"}, "lisbon": {"192.0.2.0/24"}}[site]
		must(w.inventory.StartScan(w.t.Context(), site, telemetry.Scan{Ranges: ranges}, "ana"))
	}
	if err := w.inventory.SetDiscoveryRule(w.t.Context(), inventory.DiscoveryRule{Name: "opo", Site: "porto", Then: "reject", Match: inventory.DiscoveryMatch{Name: []string{"none"}}}); err != nil {
		w.t.Fatal(err)
	}
}

// TestObjects: what a person does with the objects of one kind, from the first to the last.
func TestObjects(t *testing.T) {
	w := newWorld(t)
	f := func(method, path, body string, want int, part string) {
		t.Helper()
		if status, answer := w.ask("all", method, "/api/v1"+path, body); status != want || !strings.Contains(answer, part) {
			t.Errorf("%s %s %s: got %d %s, want %d %s", method, path, body, status, answer, want, part)
		}
	}
	f("POST", "/circuits", `{"name":"wan","device":"lis-sw-1","bandwidth":"100M","contract":{"availability":99.9}}`, 201, `"bandwidth":"100Mbit/s"`)
	f("POST", "/circuits", `{"name":"wan","device":"lis-sw-1"}`, 409, "change it with PUT")
	f("PUT", "/circuits/wan", `{"device":"lis-sw-1","provider":"A","source":"api"}`, 200, `"provider":"A"`)
	f("GET", "/circuits/wan", "", 200, `{"device":"lis-sw-1","name":"wan","provider":"A","source":"api"}`)
	f("PUT", "/circuits/wan", `{"name":"other","device":"lis-sw-1"}`, 400, "names never change")
	f("PUT", "/circuits/wan", `{"device":"nowhere","bandwith":1}`, 422, `bandwith: unknown key, did you mean \"bandwidth\"?`)
	f("PUT", "/circuits/wan", `{"device":"nowhere"}`, 422, `no device \"nowhere\" is known`)
	f("PUT", "/circuits/wan", `[]`, 422, "expected object")
	f("POST", "/services", `{"name":"internet","needs":{"any_of":["circuit:wan",{"all_of":["lis-sw-1"]}]}}`, 201, `"any_of":["circuit:wan",{"all_of":["device:lis-sw-1"]}]`)
	f("DELETE", "/circuits/wan", "", 422, `service \"internet\" (made by api) needs circuit \"wan\"`)
	f("DELETE", "/services/internet", "", 204, "")
	f("DELETE", "/circuits/wan", "", 204, "")
	f("GET", "/circuits/wan", "", 404, "")
	// Secrets that are left out stay, and are never shown.
	f("PUT", "/receivers/noc", `{"webhook":{"format":"slack"}}`, 200, `"host":"https://hooks.example.net"`)
	f("PUT", "/credentials/porto-v3", `{"sites":["porto"],"snmp":{"version":"2c"}}`, 422, "community: version 2c needs a community")
	if r := must(w.inventory.Receiver(t.Context(), "noc")); r.Webhook.Secret != canary+"-secret" || r.Webhook.Format != "slack" {
		t.Errorf("the secret of the receiver is lost: %+v", r)
	}
	f("GET", "/audit?q=circuit", "", 200, `"who":"token all","action":"inventory.delete","object":"circuit wan"`)
	f("GET", "/devices/lis-sw-1", "", 200, `"spec":{"address":"192.0.2.1","credential":"shared","name":"lis-sw-1","role":"core","site":"lisbon","source":"apply"}`)
	f("GET", "/export", "", 200, `"credentials":[{"name":"porto-v3","sites":["porto"],"snmp":{"auth_protocol":"SHA256","priv_protocol":"AES","username":"poll","version":"3"}}`)
}

func TestPagesOfObjects(t *testing.T) {
	w := newWorld(t)
	code := "circuits:\n"
	for _, name := range []string{"c", "a", "e", "b", "d"} {
		code += "- {name: " + name + ", device: lis-sw-1}\n"
	}
	if status, body := w.ask("all", "POST", "/api/v1/apply", code); status != 200 {
		t.Fatal(body)
	}
	var got []string
	for path := "/api/v1/circuits?limit=2"; path != ""; {
		p := read[struct {
			Items      []struct{ Name string }
			NextCursor *string `json:"next_cursor"`
			Total      int
		}](w, "viewer", path)
		for _, i := range p.Items {
			got = append(got, i.Name)
		}
		if path = ""; p.NextCursor != nil {
			path = "/api/v1/circuits?limit=2&cursor=" + *p.NextCursor
		}
		if p.Total != 5 {
			t.Errorf("total: got %d", p.Total)
		}
	}
	if s := strings.Join(got, " "); s != "a b c d e" {
		t.Errorf("got %s", s)
	}
}
