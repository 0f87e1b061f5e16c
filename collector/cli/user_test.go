package cli

import (
	"strings"
	"testing"
)

func TestUsers(t *testing.T) {
	f := serve(t, map[string]string{
		"PUT /api/v1/users/ana": "", "PUT /api/v1/users/ana/password": "", "DELETE /api/v1/users/ana%20b": "",
		"GET /api/v1/users": `{"items":[{"name":"ana","roles":[{"role":"viewer","sites":["lisbon"]}],"created_at":"2026-03-01T12:00:00Z"}]}`,
	})
	path := write(t, "password", words+"\r\nanother line\n")
	printed(t, "", "user", "add", "ana", "--role", "operator", "--sites", "lisbon,porto", "--password-file", path)
	if want := `{"password":"` + words + `","roles":[{"role":"operator","sites":["lisbon","porto"]}]}`; f.body != want {
		t.Errorf("got body %s, want %s", f.body, want)
	}
	code, made, errs := run(t, "user", "passwd", "ana")
	if code != 0 || len(made) != 27 || errs != "" || f.body != `{"password":"`+strings.TrimSpace(made)+`"}` {
		t.Errorf("got %d %q %q, body %s", code, made, errs, f.body)
	}
	printed(t, "NAME  ROLES                                 CREATED_AT\nana   {\"role\":\"viewer\",\"sites\":[\"lisbon\"]}  2026-03-01T12:00:00Z\n", "user", "list")
	printed(t, "", "user", "remove", "ana b")
	refused(t, 2, "the password is empty", "user", "add", "ana", "--password-file", write(t, "password", "\n"))
}

func TestAPITokens(t *testing.T) {
	f := serve(t, map[string]string{
		"POST /api/v1/api-tokens": `{"token":"nwt_x"}`, "DELETE /api/v1/api-tokens/grafana": "", "GET /api/v1/api-tokens": `{"items":[{"name":"grafana","roles":[]}]}`,
	})
	printed(t, "nwt_x\n", "api-token", "create", "--name", "grafana", "--role", "viewer", "--ttl", "90d")
	if want := `{"name":"grafana","roles":[{"role":"viewer","sites":["*"]}],"ttl":"90d"}`; f.body != want {
		t.Errorf("got body %s, want %s", f.body, want)
	}
	printed(t, "", "api-token", "revoke", "grafana")
	printed(t, "name,roles,created_at,expires_at,last_used_at\ngrafana,,,,\n", "api-token", "list", "-o", "csv")
}

// TestExport: what export prints is an inventory, once its variables are set.
func TestExport(t *testing.T) {
	f := serve(t, map[string]string{
		"GET /api/v1/export": `{"sites":[{"name":"lisbon","users":412}],"credentials":[{"name":"a.b","snmp":{"version":"2c"}},
			{"name":"v3","snmp":{"version":"3","username":"u","auth_protocol":"SHA"}}],"receivers":[{"name":"noc","webhook":{"host":"https://x","format":"slack"}}]}`,
		"POST /api/v1/apply": `{"changes":[]}`,
	})
	want := `credentials:
  - name: a.b
    snmp:
      community:
        env: A_B_COMMUNITY
      version: 2c
  - name: v3
    snmp:
      auth_passphrase:
        env: V3_AUTH_PASSPHRASE
      auth_protocol: SHA
      username: u
      version: "3"
receivers:
  - name: noc
    webhook:
      format: slack
      url:
        env: NOC_URL
sites:
  - name: lisbon
    users: 412
`
	printed(t, want, "export")
	for _, name := range []string{"A_B_COMMUNITY", "V3_AUTH_PASSPHRASE"} {
		t.Setenv(name, words)
	}
	t.Setenv("NOC_URL", "https://x.example.net/"+strings.ReplaceAll(words, " ", ""))
	printed(t, "applied: 0 created, 0 updated, 0 deleted, 0 unchanged\n", "apply", "-f", write(t, "export.yaml", want))
	if !strings.Contains(f.body, words) {
		t.Errorf("got body %s", f.body)
	}
}

func TestTablesOfDevices(t *testing.T) {
	f := serve(t, map[string]string{"POST /api/v1/apply": `{"changes":[]}`, "GET /api/v1/sites": `{"items":[{"name":"lisbon"}]}`})
	printed(t, "applied: 0 created, 0 updated, 0 deleted, 0 unchanged\n", "apply", "-f", write(t, "devices.csv", "name,site,address\nsw1,lisbon,192.0.2.1\n"))
	if want := `{"devices":[{"address":"192.0.2.1","name":"sw1","site":"lisbon"}]}`; f.body != want {
		t.Errorf("got body %s, want %s", f.body, want)
	}
	path := write(t, "devices.csv", "name,site,address\nsw1,lisbom,192.0.2.1\n")
	refused(t, 2, path+`:2:1: devices[0].site: no site "lisbom" is known, did you mean "lisbon"?`, "apply", "-f", path)
}

// TestFormulas: a text of somebody's device is no formula in a spreadsheet.
func TestFormulas(t *testing.T) {
	serve(t, map[string]string{"GET /api/v1/assets": `{"items":[{"device":"sw1","name":"=cmd|' /C calc'!A0","model":"-5","serial":"+x"}]}`})
	printed(t, "device,part,class,name,model,serial,version,first_seen,last_seen,removed_at,warranty_until,end_of_support,owner,tag\n"+
		"sw1,,,'=cmd|' /C calc'!A0,-5,'+x,,,,,,,,\n", "get", "assets", "-o", "csv")
}
