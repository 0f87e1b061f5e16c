package api

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// send is a request with headers, as a browser makes it.
func (w *world) send(method, path, body string, headers ...string) (*http.Response, string) {
	w.t.Helper()
	r := must(http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, strings.NewReader(body)))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer := must(http.DefaultClient.Do(r))
	defer answer.Body.Close()
	return answer, string(must(io.ReadAll(answer.Body)))
}

func TestSession(t *testing.T) {
	w := newWorld(t)
	w.person()
	answer, body := w.send("POST", "/api/v1/session", `{"name":"m.duarte","password":"`+canary+`-password"}`)
	if answer.StatusCode != 204 || body != "" || len(answer.Cookies()) != 1 {
		t.Fatalf("sign in: got %d %q %v", answer.StatusCode, body, answer.Cookies())
	}
	c := answer.Cookies()[0]
	if c.Name != "ninewatch" || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure || c.Path != "/" || c.Expires.Unix() != t0/1000+7*86400 {
		t.Errorf("got cookie %+v", c)
	}
	cookie := c.Name + "=" + c.Value
	answer, body = w.send("GET", "/api/v1/session", "", "Cookie", cookie)
	want := `{"user":{"name":"m.duarte","role":"operator","roles":[{"role":"operator","sites":["lisbon"]}]},"demo":false,"version":"dev","organisation":"Example"}`
	if answer.StatusCode != 200 || strings.TrimSpace(body) != want {
		t.Errorf("got %d %s, want %s", answer.StatusCode, body, want)
	}
	if answer, _ = w.send("GET", "/api/v1/session", "", "Cookie", cookie, "Authorization", "Basic eA=="); answer.StatusCode != 401 {
		t.Errorf("with an unknown scheme beside the cookie: got %d, want 401", answer.StatusCode)
	}
	if answer, _ = w.send("DELETE", "/api/v1/session", "", "Cookie", cookie); answer.StatusCode != 204 || answer.Cookies()[0].MaxAge >= 0 {
		t.Errorf("sign out: got %d %v", answer.StatusCode, answer.Cookies())
	}
	if answer, _ = w.send("GET", "/api/v1/session", "", "Cookie", cookie); answer.StatusCode != 401 || answer.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("after it: got %d, want 401", answer.StatusCode)
	}
}

func TestWrongLogins(t *testing.T) {
	w := newWorld(t)
	w.person()
	body := `{"name":"m.duarte","password":"wrong"}`
	for range 10 {
		if answer, text := w.send("POST", "/api/v1/session", body); answer.StatusCode != 401 || !strings.Contains(text, `"detail":"Name and password do not match."`) {
			t.Fatalf("got %d %s", answer.StatusCode, text)
		}
	}
	answer, text := w.send("POST", "/api/v1/session", body)
	if answer.StatusCode != 429 || answer.Header.Get("Retry-After") != "900" || !strings.Contains(text, "Wait up to 15 minutes") {
		t.Errorf("got %d %s", answer.StatusCode, text)
	}
}

// TestForgedRequests: another site's page can do nothing with the cookie of a user.
func TestForgedRequests(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/api/v1/session", "/api/v1/incidents/1/acknowledge", "/prometheus/api/v1/query"} {
		for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example.net"}} {
			if answer, body := w.send("POST", path, "{}", headers...); answer.StatusCode != 403 || !strings.Contains(body, "another site's page") {
				t.Errorf("%s with %v: got %d %s", path, headers, answer.StatusCode, body)
			}
		}
	}
}

// TestSecureCookies: over TLS the cookie is bound to the host, and the plain one is not taken.
func TestSecureCookies(t *testing.T) {
	w := newWorld(t)
	w.person()
	r := httptest.NewRequest("POST", "/api/v1/session", strings.NewReader(`{"name":"m.duarte","password":"`+canary+`-password"}`))
	r.TLS = &tls.ConnectionState{}
	rec := httptest.NewRecorder()
	w.server.Config.Handler.ServeHTTP(rec, r)
	if got := rec.Header().Get("Set-Cookie"); !strings.HasPrefix(got, "__Host-ninewatch=") || !strings.Contains(got, "; Secure") || strings.Contains(got, "Domain") {
		t.Errorf("got %q", got)
	}
	if rec.Header().Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security over TLS")
	}
	r = httptest.NewRequest("GET", "/api/v1/session", nil)
	r.TLS = &tls.ConnectionState{}
	value, _, _ := strings.Cut(strings.TrimPrefix(rec.Header().Get("Set-Cookie"), "__Host-ninewatch="), ";")
	r.Header.Set("Cookie", "ninewatch="+value)
	rec = httptest.NewRecorder()
	w.server.Config.Handler.ServeHTTP(rec, r)
	if rec.Code != 401 {
		t.Errorf("plain cookie over TLS: got %d, want 401", rec.Code)
	}
}

func TestProblems(t *testing.T) {
	w := newWorld(t)
	f := func(role, method, path, body string, wantStatus int, wantDetail string) {
		t.Helper()
		status, text := w.ask(role, method, path, body)
		var p problem
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			t.Fatalf("%s %s: %v in %q", method, path, err, text)
		}
		if status != wantStatus || p.Status != wantStatus || p.Detail != wantDetail || p.RequestID == "" || p.Type != "about:blank" || p.Title != http.StatusText(wantStatus) {
			t.Errorf("%s %s: got %d %s, want %d %q", method, path, status, text, wantStatus, wantDetail)
		}
	}
	f("", "GET", "/api/v1/devices", "", 401, "sign in first, or send an API token: Authorization: Bearer nwt_…")
	f("", "GET", "/api/v1/nothing", "", 401, "sign in first, or send an API token: Authorization: Bearer nwt_…")
	f("viewer", "GET", "/api/v1/nothing", "", 404, "there is nothing at GET /api/v1/nothing: /api/v1/openapi.json lists what there is")
	f("viewer", "POST", "/api/v1/tokens", `{"site":"lisbon"}`, 403, "this needs the role admin")
	f("viewer", "GET", "/api/v1/devices/none", "", 404, `there is no device "none", or it is at a site that you may not see`)
	f("viewer", "GET", "/api/v1/devices?limit=0", "", 422, "query.limit: expected number >= 1")
	f("viewer", "GET", "/api/v1/devices?state=sad", "", 422, `query.state: expected value to be one of "up, degraded, down, unreachable, unknown, maintenance"`)
	f("viewer", "GET", "/api/v1/devices?cursor=%25", "", 400, "cursor is not one that a list gave: leave it out to begin anew")
	f("viewer", "GET", "/api/v1/incidents?cursor=eA", "", 400, "cursor is not one that this list gave: leave it out to begin anew")
	f("viewer", "GET", "/api/v1/incidents/x", "", 400, `an incident is called INC-12 or so, not "x"`)
	f("operator", "POST", "/api/v1/incidents/1/comment", `{"text":" "}`, 400, "text is empty: a comment says something")
	f("admin", "POST", "/api/v1/tokens", `{"site":"lisbon","ttl":"soon"}`, 400, "ttl is not a duration up to 30d, write for example 72h")
	f("all", "POST", "/api/v1/apply", "devices: [{name: x, site: nowhere, address: 192.0.2.7}]", 422, `body:1:27: devices[0].site: no site "nowhere" is known, define it under sites`)
	f("all", "DELETE", "/api/v1/users/nobody", "", 404, `unknown user: "nobody"`)
	f("all", "PUT", "/api/v1/users/x", `{"password":"`+canary+`","roles":[]}`, 422, `invalid value: "x" has no roles, so that it could do nothing`)
	// What is called otherwise is helped on, at any depth.
	f("operator", "POST", "/api/v1/silences", `{"match":{"site":["lisbon"]},"until":"2026-11-19T00:00:00Z","reason":"a test"}`, 422, "body.match.site: unexpected property, did you mean sites?")
	f("operator", "POST", "/api/v1/silences", `{"match":{},"until":"2026-11-19T00:00:00Z","reason":"a test","colour":1}`, 422, "body.colour: unexpected property, there are from, match, reason, until")
	// A secret in the wrong place does not come back.
	f("", "POST", "/api/v1/session", `{"name":"x","password":["`+canary+`"]}`, 422, "body.password: expected string")
	f("", "POST", "/api/v1/session", `{"name":"x","password":"y","pasword":"`+canary+`"}`, 422, "body.pasword: unexpected property, did you mean password?")
	f("operator", "POST", "/api/v1/incidents/1/comment", `{"text":"`+strings.Repeat("x", 70_000)+`"}`, 413, "request body is too large limit=65536 bytes")
}

func TestHeaders(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string]int{"/": 200, "/devices/x": 200, "/healthz": 200, "/readyz": 200, "/metrics": 200, "/api/v1/session": 401, "/api/v1/openapi.json": 200} {
		answer, body := w.send("GET", path, "")
		if answer.StatusCode != want {
			t.Errorf("%s: got %d %s", path, answer.StatusCode, body)
		}
		for _, name := range []string{"X-Request-Id", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Content-Security-Policy", "Cross-Origin-Resource-Policy"} {
			if answer.Header.Get(name) == "" {
				t.Errorf("%s has no %s", path, name)
			}
		}
	}
	if _, body := w.send("GET", "/metrics", ""); !strings.Contains(body, "ninewatch_collector_api_requests_total") || strings.Contains(body, "lisbon") {
		t.Errorf("metrics: got %s", body)
	}
}
