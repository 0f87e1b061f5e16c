package ui

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func pages(t *testing.T) *handler {
	t.Helper()
	h, err := newHandler(fstest.MapFS{
		"index.html":          {Data: []byte(`<!doctype html><script>theme()</script><script type="module" src="/assets/index-a1.js"></script>` + strings.Repeat("<!-- -->", 100))},
		"assets/index-a1.js":  {Data: []byte(strings.Repeat("console.log(1);", 100))},
		"assets/index-a1.css": {Data: []byte("a{}")},
		"robots.txt":          {Data: []byte("User-agent: *\nDisallow: /\n")},
	}, true)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(t *testing.T, h http.Handler, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestHandler(t *testing.T) {
	h := pages(t)
	for _, c := range []struct {
		name, method, path string
		status             int
		kind, cache        string
	}{
		{"the application", "GET", "/", 200, "text/html; charset=utf-8", "no-store"},
		{"a deep link", "GET", "/devices/lis-edge-1.example.net", 200, "text/html; charset=utf-8", "no-store"},
		{"index by its name", "GET", "/index.html", 200, "text/html; charset=utf-8", "no-store"},
		{"an asset", "GET", "/assets/index-a1.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"a file without a hash", "GET", "/robots.txt", 200, "text/plain; charset=utf-8", "no-cache"},
		{"an asset of another version", "GET", "/assets/index-b2.js", 404, "text/plain; charset=utf-8", "no-store"},
		{"a way out of the folder", "GET", "/assets/../../ui.go", 200, "text/html; charset=utf-8", "no-store"},
		{"a write", "POST", "/", 405, "text/plain; charset=utf-8", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := get(t, h, c.method, c.path)
			if r.StatusCode != c.status || r.Header.Get("Content-Type") != c.kind || r.Header.Get("Cache-Control") != c.cache {
				t.Errorf("got %d %q %q, want %d %q %q", r.StatusCode, r.Header.Get("Content-Type"), r.Header.Get("Cache-Control"), c.status, c.kind, c.cache)
			}
		})
	}
}

func TestPolicy(t *testing.T) {
	got := get(t, pages(t), "GET", "/").Header.Get("Content-Security-Policy")
	// printf 'theme()' | openssl dgst -sha256 -binary | base64
	want := "default-src 'none'; script-src 'self' 'sha256-Rfr3GgHZFiXm+TmNr+li+0sZ4J9FGllo8jsXcJF5XZ8='; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCompression(t *testing.T) {
	h := pages(t)
	plain, err := io.ReadAll(get(t, h, "GET", "/assets/index-a1.js").Body)
	if err != nil {
		t.Fatal(err)
	}
	r := get(t, h, "GET", "/assets/index-a1.js", "Accept-Encoding", "br, gzip")
	if got := r.Header.Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("content encoding: got %q, want gzip", got)
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if string(unpacked) != string(plain) {
		t.Error("the compressed asset differs from the plain one")
	}
	if got := get(t, h, "GET", "/assets/index-a1.css", "Accept-Encoding", "gzip").Header.Get("Content-Encoding"); got != "" {
		t.Errorf("a small file: got content encoding %q, want none", got)
	}
}

func TestAcceptsGzip(t *testing.T) {
	for in, want := range map[string]bool{
		"": false, "gzip": true, "br": false, "deflate, GZIP": true, "gzip;q=0": false, "gzip; q=0.000": false, "gzip;q=0.5": true, "gzipped": false,
	} {
		if got := acceptsGzip([]string{in}); got != want {
			t.Errorf("%q: got %v, want %v", in, got, want)
		}
	}
}

func TestNotModified(t *testing.T) {
	h := pages(t)
	etag := get(t, h, "GET", "/assets/index-a1.js").Header.Get("ETag")
	if r := get(t, h, "GET", "/assets/index-a1.js", "If-None-Match", etag); r.StatusCode != http.StatusNotModified {
		t.Errorf("got %d, want 304", r.StatusCode)
	}
	if got := get(t, h, "GET", "/").Header.Get("ETag"); got != "" {
		t.Errorf("a page: got ETag %q, want none", got)
	}
}

func TestHead(t *testing.T) {
	r := get(t, pages(t), "HEAD", "/assets/index-a1.js")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if r.StatusCode != 200 || len(body) != 0 || r.Header.Get("Content-Length") != "1500" {
		t.Errorf("got %d, %d bytes, Content-Length %q", r.StatusCode, len(body), r.Header.Get("Content-Length"))
	}
}

func TestNotBuilt(t *testing.T) {
	body, err := files.ReadFile(missing + "/index.html")
	if err != nil {
		t.Fatal(err)
	}
	h, err := newHandler(fstest.MapFS{"index.html": {Data: body}}, false)
	if err != nil {
		t.Fatal(err)
	}
	r := get(t, h, "GET", "/devices")
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if r.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(text), "make ui") {
		t.Errorf("got %d %s", r.StatusCode, text)
	}
}

func TestWithoutIndex(t *testing.T) {
	_, err := newHandler(fstest.MapFS{"a.js": {Data: []byte("1")}}, true)
	if err == nil || err.Error() != "read the pages: index.html is missing" {
		t.Errorf("got %v", err)
	}
}

// Whatever this binary holds, it can be served.
func TestEmbedded(t *testing.T) {
	h, err := Handler()
	if err != nil {
		t.Fatal(err)
	}
	want := http.StatusServiceUnavailable
	if Built() {
		want = http.StatusOK
	}
	if r := get(t, h, "GET", "/"); r.StatusCode != want {
		t.Errorf("got %d, want %d", r.StatusCode, want)
	}
}
