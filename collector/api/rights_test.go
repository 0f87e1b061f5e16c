package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// call is one way to use an operation.
type call struct{ path, body string }

// use is an operation with an object at the site of a role (Lisbon), and with one at another (Porto).
type use struct {
	operation string
	least     string // role that it takes: "", viewer, operator, admin, all
	own       call
	other     call // zero: the operation names no object
	otherWant int  // 0: an answer that does not know Porto
	ownWant   int  // 0: 200
}

// uses has every operation of the API, in an order in which none spoils the next.
var uses = []use{
	{operation: "get-session", least: "viewer", own: call{"/session", ""}},
	{operation: "sign-in", own: call{"/session", `{"name":"nobody","password":"wrong password"}`}, ownWant: 401},
	{operation: "sign-out", own: call{"/session", ""}, ownWant: 204},
	{operation: "get-overview", least: "viewer", own: call{"/overview?days=7", ""}, other: call{"/overview?site=porto", ""}, otherWant: 404},
	{operation: "list-sites", least: "viewer", own: call{"/sites", ""}, other: call{"/sites?site=porto", ""}, otherWant: 404},
	{operation: "list-devices", least: "viewer", own: call{"/devices?q=sw", ""}, other: call{"/devices?site=porto", ""}},
	{operation: "get-device", least: "viewer", own: call{"/devices/lis-sw-1", ""}, other: call{"/devices/opo-sw-1", ""}, otherWant: 404},
	{operation: "list-interfaces", least: "viewer", own: call{"/devices/lis-sw-1/interfaces", ""}, other: call{"/devices/opo-sw-1/interfaces", ""}, otherWant: 404},
	{operation: "get-availability", least: "viewer", own: call{"/availability?scope=company", ""}, other: call{"/availability?scope=site:porto", ""}, otherWant: 404},
	{operation: "list-availability", least: "viewer", own: call{"/availability/list?kind=device", ""}, other: call{"/availability/list?kind=device&site=porto", ""}, otherWant: 404},
	{operation: "list-revisions", least: "viewer", own: call{"/availability/revisions?scope=device:lis-sw-1", ""}, other: call{"/availability/revisions?scope=device:opo-sw-1", ""}, otherWant: 404},
	{operation: "get-claim", least: "viewer", own: call{"/availability/claim?circuit=lis-wan", ""}, other: call{"/availability/claim?circuit=opo-wan", ""}, otherWant: 404},
	{operation: "compare-providers", least: "viewer", own: call{"/availability/providers", ""}},
	{operation: "list-interface-states", least: "viewer", own: call{"/availability/interfaces?device=lis-sw-1", ""}, other: call{"/availability/interfaces?device=opo-sw-1", ""}, otherWant: 404},
	{operation: "get-plan", least: "viewer", own: call{"/capacity?scope=site:lisbon", ""}, other: call{"/capacity?scope=site:porto", ""}, otherWant: 404},
	{operation: "get-capacity-resource", least: "viewer", own: call{"/capacity/resource?resource=interface:lis-sw-1/Gi1", ""}, other: call{"/capacity/resource?resource=interface:opo-sw-1/Gi1", ""}, otherWant: 404},
	{operation: "get-what-if", least: "viewer", own: call{"/capacity/what-if?resource=interface:lis-sw-1/Gi1&growth=200", ""}, other: call{"/capacity/what-if?resource=interface:opo-sw-1/Gi1", ""}, otherWant: 404},
	{operation: "get-normal-band", least: "viewer", own: call{"/capacity/band?resource=interface:lis-sw-1/Gi1", ""}, other: call{"/capacity/band?resource=interface:opo-sw-1/Gi1", ""}, otherWant: 404},
	{operation: "get-hourly-forecast", least: "viewer", own: call{"/capacity/hourly?resource=interface:lis-sw-1/Gi1", ""}, other: call{"/capacity/hourly?resource=interface:opo-sw-1/Gi1", ""}, otherWant: 404},
	{operation: "get-upgrades", least: "viewer", own: call{"/capacity/upgrades?resource=interface:lis-sw-1/Gi1", ""}, other: call{"/capacity/upgrades?resource=interface:opo-sw-1/Gi1", ""}, otherWant: 404},
	{operation: "get-growth", least: "viewer", own: call{"/capacity/growth?scope=site:lisbon&by=department", ""}, other: call{"/capacity/growth?scope=site:porto", ""}, otherWant: 404},
	{operation: "get-line-quality", least: "viewer", own: call{"/capacity/quality?resource=interface:lis-sw-1/Gi1", ""}, other: call{"/capacity/quality?resource=interface:opo-sw-1/Gi1", ""}, otherWant: 404},
	{operation: "get-bill", least: "viewer", own: call{"/capacity/bill?resource=interface:lis-sw-1/Gi1&month=2026-10", ""}, other: call{"/capacity/bill?resource=interface:opo-sw-1/Gi1", ""}, otherWant: 404},
	{operation: "get-bill-buckets", least: "viewer", own: call{"/capacity/bill.csv?resource=interface:lis-sw-1/Gi1", ""}, other: call{"/capacity/bill.csv?resource=interface:opo-sw-1/Gi1", ""}, otherWant: 404},
	{operation: "get-capacity-history", least: "viewer", own: call{"/capacity/history.csv?resource=interface:lis-sw-1/Gi1", ""}, other: call{"/capacity/history.csv?resource=interface:opo-sw-1/Gi1", ""}, otherWant: 404},
	{operation: "make-forecasts", least: "operator", own: call{"/capacity/forecast?scope=site:lisbon", ""}, other: call{"/capacity/forecast?scope=site:porto", ""}, otherWant: 404, ownWant: 204},
	{operation: "get-report", least: "viewer", own: call{"/reports/sla?scope=site:lisbon", ""}, other: call{"/reports/sla?scope=site:porto", ""}, otherWant: 404},
	{operation: "get-report-key", least: "viewer", own: call{"/reports/key", ""}},
	{operation: "get-topology", least: "viewer", own: call{"/topology", ""}, other: call{"/topology?site=porto", ""}, otherWant: 404},
	{operation: "get-topology-map", least: "viewer", own: call{"/topology.svg?site=lisbon", ""}, other: call{"/topology.svg?selected=device:opo-sw-1", ""}, otherWant: 404},
	{operation: "list-topology-changes", least: "viewer", own: call{"/topology/changes", ""}, other: call{"/topology/changes?site=porto", ""}, otherWant: 404},
	{operation: "get-redundancy", least: "viewer", own: call{"/redundancy", ""}, other: call{"/redundancy?site=porto", ""}, otherWant: 404},
	{operation: "get-impact", least: "viewer", own: call{"/impact?of=device:lis-sw-1", ""}, other: call{"/impact?of=device:opo-sw-1", ""}, otherWant: 404},
	{operation: "judge-maintenance", least: "viewer", own: call{"/maintenance/judge?scope=device:lis-sw-1&from=2026-11-20T01:00:00Z&to=2026-11-20T02:00:00Z", ""},
		other: call{"/maintenance/judge?scope=device:opo-sw-1&from=2026-11-20T01:00:00Z&to=2026-11-20T02:00:00Z", ""}, otherWant: 404},
	{operation: "propose-maintenance", least: "viewer", own: call{"/maintenance/propose?scope=device:lis-sw-1&duration=2h", ""},
		other: call{"/maintenance/propose?scope=device:opo-sw-1", ""}, otherWant: 404},
	{operation: "list-incidents", least: "viewer", own: call{"/incidents?status=all", ""}, other: call{"/incidents?site=porto", ""}},
	{operation: "get-incident", least: "viewer", own: call{"/incidents/INC-1", ""}, other: call{"/incidents/INC-2", ""}, otherWant: 404},
	{operation: "get-incident-figures", least: "viewer", own: call{"/incidents/figures", ""}, other: call{"/incidents/figures?site=porto", ""}},
	{operation: "explain-incident", least: "viewer", own: call{"/incidents/INC-1/explain", ""}, other: call{"/incidents/INC-2/explain", ""}, otherWant: 404},
	{operation: "preview-incident", least: "operator", own: call{"/incidents/INC-1/preview", ""}, other: call{"/incidents/INC-2/preview", ""}, otherWant: 404},
	{operation: "list-silences", least: "viewer", own: call{"/silences", ""}},
	{operation: "create-silence", least: "operator", own: call{"/silences", `{"match":{"sites":["lisbon"]},"until":"2026-11-19T00:00:00Z","reason":"a test"}`},
		other: call{"/silences", `{"match":{"sites":["porto"]},"until":"2026-11-19T00:00:00Z","reason":"a test"}`}, otherWant: 404},
	{operation: "end-silence", least: "operator", own: call{"/silences/1", ""}},
	{operation: "acknowledge-incident", least: "operator", own: call{"/incidents/INC-1/acknowledge", "{}"}, other: call{"/incidents/INC-2/acknowledge", "{}"}, otherWant: 404},
	{operation: "list-annotations", least: "viewer", own: call{"/availability/annotations", ""}},
	{operation: "create-annotation", least: "operator", own: call{"/availability/annotations", `{"scope":"device:lis-sw-1","from":"2026-11-20T01:00:00Z","to":"2026-11-20T02:00:00Z","state":"up","reason":"seen"}`},
		other: call{"/availability/annotations", `{"scope":"device:opo-sw-1","from":"2026-11-20T01:00:00Z","to":"2026-11-20T02:00:00Z","state":"up","reason":"seen"}`}, otherWant: 404},
	{operation: "withdraw-annotation", least: "operator", own: call{"/availability/annotations/1", ""}, other: call{"/availability/annotations/2", ""}, otherWant: 404},
	{operation: "comment-incident", least: "operator", own: call{"/incidents/1/comment", `{"text":"looking"}`}, other: call{"/incidents/2/comment", `{"text":"x"}`}, otherWant: 404},
	{operation: "resolve-incident", least: "operator", own: call{"/incidents/INC-1/resolve", "{}"}, other: call{"/incidents/INC-2/resolve", "{}"}, otherWant: 404},
	{operation: "list-agents", least: "viewer", own: call{"/agents", ""}, other: call{"/agents?site=porto", ""}},
	{operation: "create-join-token", least: "admin", own: call{"/tokens", `{"site":"lisbon","ttl":"72h"}`}, other: call{"/tokens", `{"site":"porto"}`}, otherWant: 404},
	{operation: "get-facts", least: "viewer", own: call{"/devices/lis-sw-1/facts", ""}, other: call{"/devices/opo-sw-1/facts", ""}, otherWant: 404},
	{operation: "list-history", least: "viewer", own: call{"/devices/lis-sw-1/history", ""}, other: call{"/devices/opo-sw-1/history", ""}, otherWant: 404},
	{operation: "list-assets", least: "viewer", own: call{"/assets", ""}, other: call{"/assets?site=porto", ""}},
	{operation: "list-findings", least: "viewer", own: call{"/findings", ""}, other: call{"/findings?site=porto", ""}},
	{operation: "change-password", least: "viewer", own: call{"/me/password", `{"old":"x","new":"y"}`}, ownWant: 403}, // tokens have none
	{operation: "set-password", least: "all", own: call{"/users/m.duarte/password", `{"password":"a long new one"}`}, ownWant: 204},
	{operation: "list-api-tokens", least: "all", own: call{"/api-tokens", ""}},
	{operation: "list-audit", least: "all", own: call{"/audit", ""}},
	{operation: "keep-scan", least: "admin", own: call{"/discovery", `{"site":"lisbon","found":[{"address":"192.0.2.80","icmp":true,"snmp":false},{"address":"192.0.2.81","icmp":true,"snmp":false}]}`},
		other: call{"/discovery", `{"site":"porto","found":[]}`}, otherWant: 404, ownWant: 204},
	{operation: "list-scans", least: "viewer", own: call{"/discovery/scans", ""}, other: call{"/discovery/scans?site=porto", ""}},
	{operation: "start-scan", least: "admin", own: call{"/discovery/scans", `{"site":"lisbon","ranges":["192.0.2.0/24"]}`},
		other: call{"/discovery/scans", `{"site":"porto","ranges":["192.0.2.0/24"]}`}, otherWant: 404},
	{operation: "stop-scan", least: "admin", own: call{"/discovery/scans/2", ""}, other: call{"/discovery/scans/1", ""}, otherWant: 404, ownWant: 204},
	{operation: "list-proposals", least: "viewer", own: call{"/discovery?status=proposed", ""}, other: call{"/discovery?site=porto", ""}},
	{operation: "approve-proposal", least: "admin", own: call{"/discovery/2/approve", `{"name":"lis-new-2"}`}, other: call{"/discovery/1/approve", `{}`}, otherWant: 404},
	{operation: "reject-proposal", least: "admin", own: call{"/discovery/3/reject", ""}, other: call{"/discovery/1/reject", ""}, otherWant: 404, ownWant: 204},
	{operation: "put-discovery-rule", least: "admin", own: call{"/discovery-rules/lis", `{"name":"lis","site":"lisbon","then":"reject"}`},
		other: call{"/discovery-rules/opo", `{"name":"opo","site":"lisbon","then":"reject"}`}, otherWant: 404, ownWant: 204},
	{operation: "list-discovery-rules", least: "viewer", own: call{"/discovery-rules", ""}, other: call{"/discovery-rules?site=porto", ""}},
	{operation: "delete-discovery-rule", least: "admin", own: call{"/discovery-rules/lis", ""}, other: call{"/discovery-rules/opo", ""}, otherWant: 404, ownWant: 204},
	{operation: "list-credentials", least: "viewer", own: call{"/credentials", ""}, other: call{"/credentials?site=porto", ""}},
	{operation: "list-receivers", least: "viewer", own: call{"/receivers", ""}, other: call{"/receivers?site=porto", ""}},
	{operation: "apply", least: "admin", own: call{"/apply?dry_run=true", "devices: [{name: lis-sw-1, site: lisbon, address: 192.0.2.9}]"},
		other: call{"/apply?dry_run=true", "devices: [{name: opo-sw-1, site: porto, address: 192.0.2.9}]"}, otherWant: 404},
	{operation: "list-deliveries", least: "viewer", own: call{"/deliveries", ""}, other: call{"/deliveries?site=porto", ""}},
	{operation: "get-delivery", least: "viewer", own: call{"/deliveries/1", ""}, other: call{"/deliveries/2", ""}, otherWant: 404},
	{operation: "replay-delivery", least: "operator", own: call{"/deliveries/1/replay", "{}"}, other: call{"/deliveries/2/replay", "{}"}, otherWant: 404},
	{operation: "test-receiver", least: "operator", own: call{"/receivers/noc-lisbon/test", "{}"}, other: call{"/receivers/noc-porto/test", "{}"}, otherWant: 404},
	{operation: "list-users", least: "all", own: call{"/users", ""}},
	{operation: "set-user", least: "all", own: call{"/users/m.duarte", `{"roles":[{"role":"viewer","sites":["lisbon"]}]}`}, ownWant: 204},
	{operation: "delete-user", least: "all", own: call{"/users/m.duarte", ""}, ownWant: 204},
	{operation: "create-api-token", least: "all", own: call{"/api-tokens", `{"name":"grafana","roles":[{"role":"viewer","sites":["*"]}],"ttl":"90d"}`}},
	{operation: "delete-api-token", least: "all", own: call{"/api-tokens/grafana", ""}, ownWant: 204},
	{operation: "revoke-agent", least: "admin", own: call{"/agents/aaaa", ""}, other: call{"/agents/bbbb", ""}, otherWant: 404, ownWant: 204},
}

// streams are operations that do not end; TestStreamIsCut has them.
var streams = []string{"watch-events"}

// methodsOf reads which operations there are.
func methodsOf(w *world) map[string]string {
	spec := read[struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		} `json:"paths"`
	}](w, "viewer", "/api/v1/openapi.json")
	out := map[string]string{}
	for _, item := range spec.Paths {
		for method, o := range item {
			out[o.OperationID] = strings.ToUpper(method)
		}
	}
	return out
}

var ranks = []string{"", "viewer", "operator", "admin", "all"}

// want is the status of an answer to a role, ok being that of one with the right.
func want(role, least string, ok int) int {
	switch {
	case slices.Index(ranks, role) >= slices.Index(ranks, least):
		return ok
	case role == "":
		return http.StatusUnauthorized
	}
	return http.StatusForbidden
}

// TestEveryRouteAsEveryRole calls every operation as every role, for a site of its own and another's.
func TestEveryRouteAsEveryRole(t *testing.T) {
	for _, role := range ranks {
		t.Run("role "+role, func(t *testing.T) {
			w := newWorld(t)
			w.person()
			w.objects()
			w.growing()
			methods := methodsOf(w)
			tested := slices.Clone(streams)
			for _, u := range append(objectUses(t), uses...) {
				tested = append(tested, u.operation)
				w.try(methods[u.operation], role, u)
			}
			for id := range methods {
				if !slices.Contains(tested, id) {
					t.Errorf("operation %q is in no test of rights", id)
				}
			}
			if logged := w.log.String(); strings.Contains(logged, canary) {
				t.Errorf("the log has a secret: %s", logged)
			}
		})
	}
}

func (w *world) try(method, role string, u use) {
	w.t.Helper()
	if method == "" {
		w.t.Errorf("there is no operation %q", u.operation)
		return
	}
	ok := u.ownWant
	if ok == 0 {
		ok = http.StatusOK
	}
	if u.other != (call{}) && role != "all" {
		other := u.otherWant
		if other == 0 {
			other = http.StatusOK
		}
		status, body := w.ask(role, method, "/api/v1"+u.other.path, u.other.body)
		if want := want(role, u.least, other); status != want {
			w.t.Errorf("%s for another's site as %q: got %d %s, want %d", u.operation, role, status, body, want)
		}
		w.silentOfPorto(role, u.operation, strings.ReplaceAll(body, strconv.Quote("opo-sw-1"), ""))
	}
	status, body := w.ask(role, method, "/api/v1"+u.own.path, u.own.body)
	if want := want(role, u.least, ok); status != want {
		w.t.Errorf("%s as %q: got %d %s, want %d", u.operation, role, status, body, want)
	}
	if role != "all" {
		w.silentOfPorto(role, u.operation, body)
	}
}

// silentOfPorto makes sure that an answer knows nothing of the other site, but for a name that was sent.
func (w *world) silentOfPorto(role, what, body string) {
	w.t.Helper()
	if strings.Contains(body, `"status":404`) {
		return // it repeats what was asked for
	}
	for _, word := range []string{"porto", "Porto", "opo-", "198.51.100"} {
		if strings.Contains(body, word) {
			w.t.Errorf("%s as %q knows %q: %s", what, role, word, body)
		}
	}
}

// TestUnknownAndForeignLookTheSame: nobody learns by asking which names other sites use.
func TestUnknownAndForeignLookTheSame(t *testing.T) {
	w := newWorld(t)
	f := func(method, foreign, unknown, body string) {
		t.Helper()
		status, a := w.ask("admin", method, "/api/v1"+foreign, body)
		status2, b := w.ask("admin", method, "/api/v1"+unknown, body)
		if status != 404 || status2 != 404 || plainProblem(a) != plainProblem(b) {
			t.Errorf("%s: got %d %s, and for what is not there %d %s", foreign, status, a, status2, b)
		}
	}
	f("GET", "/devices/opo-sw-1", "/devices/opo-sw-9", "")
	f("GET", "/incidents/INC-2", "/incidents/INC-9", "")
	f("POST", "/incidents/INC-2/resolve", "/incidents/INC-9/resolve", "{}")
	f("DELETE", "/agents/bbbb", "/agents/bbb9", "")
	f("POST", "/deliveries/2/replay", "/deliveries/9/replay", "{}")
	f("POST", "/receivers/noc-porto/test", "/receivers/noc-port9/test", "{}")
	f("GET", "/overview?site=porto", "/overview?site=port9", "")
	f("GET", "/availability?scope=device:opo-sw-1", "/availability?scope=device:opo-sw-9", "")
}

// plainProblem is a problem without the id of its request and without digits and last letters of names.
func plainProblem(body string) string {
	body, _, _ = strings.Cut(body, `,"request_id"`)
	return strings.NewReplacer("9", "", "o\\\"", "\\\"", "1", "", "2", "", "b\\\"", "\\\"").Replace(body)
}

func TestPrometheusIsCut(t *testing.T) {
	w := newWorld(t)
	at := strconv.Itoa(t0 / 1000)
	paths := []string{
		"query?time=" + at + "&query=" + `%7B__name__%3D~".%2B"%7D`, "query?time=" + at + `&query=ifHCInOctets%7Bsite%3D"porto"%7D`,
		"query_range?start=" + at + "&end=" + at + "&step=60&query=ifHCInOctets", "series?match[]=" + `%7Bsite%3D~".%2B"%7D`,
		"labels", "label/site/values", "label/device/values", `label/device/values?match[]=%7Bsite%3D"porto"%7D`, "metadata", "rules", "status/buildinfo",
	}
	for _, path := range paths {
		if status, body := w.ask("", "GET", "/prometheus/api/v1/"+path, ""); status != 401 {
			t.Errorf("%s as nobody: got %d %s", path, status, body)
		}
		status, body := w.ask("viewer", "GET", "/prometheus/api/v1/"+path, "")
		if status != 200 {
			t.Errorf("%s: got %d %s", path, status, body)
		}
		w.silentOfPorto("viewer", path, body)
	}
	if _, body := w.ask("viewer", "GET", "/prometheus/api/v1/label/device/values", ""); !strings.Contains(body, "lis-sw-1") {
		t.Errorf("own site: got %s", body)
	}
	if _, body := w.ask("viewall", "GET", "/prometheus/api/v1/label/device/values", ""); !strings.Contains(body, "opo-sw-1") {
		t.Errorf("all sites: got %s", body)
	}
}
