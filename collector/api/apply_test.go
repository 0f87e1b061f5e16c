package api

import (
	"strings"
	"testing"
)

func TestApplyOfOneSite(t *testing.T) {
	w := newWorld(t)
	f := func(query, code string, want int, part string) {
		t.Helper()
		if status, body := w.ask("admin", "POST", "/api/v1/apply"+query, code); status != want || !strings.Contains(body, part) {
			t.Errorf("%s: got %d %s, want %d %s", code, status, body, want, part)
		}
	}
	f("", "devices: [{name: lis-sw-2, site: lisbon, address: 192.0.2.2, credential: shared}]", 200, `{"kind":"device","name":"lis-sw-2","action":"create"`)
	f("", "devices: [{name: lis-sw-2, site: lisbon, address: 192.0.2.2, credential: shared}]", 200, `"action":"unchanged"`)
	f("", "credentials: [{name: mine, sites: [lisbon], snmp: {version: 2c, community: x}}]", 200, `"create"`)
	// What is of no site, or of another, now or then.
	f("", "credentials: [{name: everywhere, snmp: {version: 2c, community: x}}]", 403, "for all sites")
	f("", "credentials: [{name: shared, sites: [lisbon], snmp: {version: 2c, community: x}}]", 403, "for all sites")
	f("", "credentials: [{name: both, sites: [lisbon, porto], snmp: {version: 2c, community: x}}]", 403, "at all sites of credential")
	f("", "receivers: [{name: noc-porto, sites: [lisbon], webhook: {url: \"https://x.example.net\", secret: x}}]", 404, "")
	f("", "devices: [{name: opo-sw-1, site: lisbon, address: 192.0.2.3}]", 404, "")
	f("", "devices: [{name: lis-sw-1, site: porto, address: 192.0.2.3}]", 404, "")
	f("", "devices: [{name: lis-sw-9, renamed_from: opo-sw-1, site: lisbon, address: 192.0.2.3}]", 404, "")
	f("", "sites: [{name: braga}]", 404, "")
	f("", "sites: [{name: lisbon, display_name: Lisboa}]", 200, `"update"`)
	f("", "sites: [{name: lisbon2, renamed_from: lisbon}]", 403, "for all sites")
	// A service of Lisbon tells how its members fare: those of Porto are not theirs to name, directly or through others.
	f("", "services: [{name: lis-mail, site: lisbon, needs: device:lis-sw-1}]", 200, `"create"`)
	f("", "services: [{name: lis-spy, site: lisbon, needs: {any_of: [device:lis-sw-1, device:opo-sw-1]}}]", 403, "of a site that you do not see")
	f("", "services: [{name: lis-spy, site: lisbon, needs: site:porto}]", 403, "of a site that you do not see")
	f("", "circuits: [{name: lis-line, site: lisbon, device: opo-sw-1}]", 403, "of a site that you do not see")
	both := "services: [{name: both, site: lisbon, needs: {all_of: [device:lis-sw-1, device:opo-sw-1]}}]"
	if status, body := w.ask("all", "POST", "/api/v1/apply", both); status != 200 {
		t.Errorf("by somebody who sees both: got %d %s", status, body)
	}
	f("?prune=true", "sites: [{name: lisbon, display_name: Lisboa}]", 403, "for all sites")
	f("", "devices: [{name: x, site: lisbon, adress: 192.0.2.3}]", 422, `did you mean`)
	f("", "credentials: [{name: mine, sites: [lisbon], snmp: {version: 2c, community: {env: HOME}}}]", 422, "")
	if _, body := w.ask("viewall", "GET", "/api/v1/devices/opo-sw-1", ""); !strings.Contains(body, `"site":"porto"`) {
		t.Errorf("Porto's device afterwards: %s", body)
	}
}

// TestApplyLikeThePages: the body that the page for new devices sends, first as a dry run.
func TestApplyLikeThePages(t *testing.T) {
	w := newWorld(t)
	body := `{"credentials":[{"name":"new","snmp":{"version":"2c","community":"` + canary + `"}}],"devices":[{"name":"new","site":"lisbon","address":"192.0.2.77","credential":"new"}]}`
	for _, query := range []string{"?dry_run=true", ""} {
		answer, text := w.send("POST", "/api/v1/apply"+query, body, "Authorization", "Bearer "+w.tokens["all"])
		if answer.StatusCode != 200 || !strings.Contains(text, `"kind":"credential","name":"new","action":"create"`) || strings.Contains(text, canary) {
			t.Errorf("%s: got %d %s", query, answer.StatusCode, text)
		}
	}
	if status, _ := w.ask("all", "GET", "/api/v1/devices/new", ""); status != 200 {
		t.Errorf("the new device: got %d", status)
	}
}
