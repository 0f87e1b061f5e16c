package ui

import (
	"io"
	"strings"
	"testing"
	"testing/fstest"
)

func TestDocuments(t *testing.T) {
	h := pages(t)
	f := func(path string, status int, kind, cache, has string) {
		t.Helper()
		r := get(t, h, "GET", path)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if r.StatusCode != status || r.Header.Get("Content-Type") != kind || r.Header.Get("Cache-Control") != cache || !strings.Contains(string(body), has) {
			t.Errorf("%s: got %d %q %q", path, r.StatusCode, r.Header.Get("Content-Type"), r.Header.Get("Cache-Control"))
		}
	}
	f("/docs/", 200, "text/html; charset=utf-8", "no-cache", "<h1>Help</h1>")
	f("/docs", 200, "text/html; charset=utf-8", "no-cache", "<h1>Help</h1>")
	f("/docs/first-steps", 200, "text/html; charset=utf-8", "no-cache", "<h1>First steps</h1>")
	f("/docs/docs.css", 200, "text/css; charset=utf-8", "no-cache", "--canvas: light-dark(")
	f("/docs/icon.svg", 200, "image/svg+xml", "no-cache", "<svg")
	f("/docs/none", 404, "text/html; charset=utf-8", "no-store", "<h1>There is no such document</h1>")
	f("/docs/../assets/none.js", 404, "text/plain; charset=utf-8", "no-store", "")
}

// The documents run the script that sets the theme, named by its digest, and nothing else.
func TestDocumentsPolicy(t *testing.T) {
	h := pages(t)
	for _, path := range []string{"/docs/", "/docs/first-steps", "/docs/none"} {
		r := get(t, h, "GET", path)
		if got, want := r.Header.Get("Content-Security-Policy"), h.index.policy; got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
		if got := r.Header.Get("X-Frame-Options"); got != "DENY" {
			t.Errorf("%s: X-Frame-Options: got %q", path, got)
		}
	}
	if got := get(t, h, "GET", "/docs/docs.css").Header.Get("Content-Security-Policy"); got != "" {
		t.Errorf("the style sheet has a policy: %q", got)
	}
}

// Help is there when the application was not built.
func TestDocumentsWithoutApplication(t *testing.T) {
	h, err := newHandler(fstest.MapFS{"index.html": {Data: []byte("<!doctype html>not built")}}, false)
	if err != nil {
		t.Fatal(err)
	}
	if r := get(t, h, "GET", "/docs/troubleshooting"); r.StatusCode != 200 || strings.Contains(r.Header.Get("Content-Security-Policy"), "sha256") {
		t.Errorf("got %d, policy %q", r.StatusCode, r.Header.Get("Content-Security-Policy"))
	}
}
