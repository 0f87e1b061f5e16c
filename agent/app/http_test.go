package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/VictoriaMetrics/metrics"
)

func TestPagesOfTheAgent(t *testing.T) {
	handler := (&App{set: metrics.NewSet()}).handler()
	f := func(method, path string, status int, part string) {
		t.Helper()
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		if w.Code != status || !strings.Contains(w.Body.String(), part) {
			t.Errorf("%s %s: got %d %q, want %d with %q", method, path, w.Code, w.Body, status, part)
		}
		if allow := w.Header().Get("Allow"); (allow == "GET, HEAD") != (status == http.StatusMethodNotAllowed) { // RFC 9110, 15.5.6
			t.Errorf("%s %s: got Allow %q", method, path, allow)
		}
	}
	f("GET", "/metrics", 200, "ninewatch_agent_info{version=")
	f("HEAD", "/metrics", 200, "")
	f("GET", "/healthz", 200, "ok\n")
	f("POST", "/healthz", 405, "only GET and HEAD")
	f("GET", "/", 404, "")
	f("GET", "/metrics/", 404, "")
	f("DELETE", "/nothing", 404, "")
}
