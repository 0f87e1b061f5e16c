package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"

	"ninewatch/collector/ui/docs"
)

// One pattern for both folders, because a pattern without a match does not compile:
// dist-missing is committed, dist is there when the pages were built.
//
//go:embed all:dist*
var files embed.FS

const (
	built   = "dist"
	missing = "dist-missing"
)

// smallest is the size in bytes from which compression saves more than its header costs.
const smallest = 512

var contentTypes = map[string]string{
	".html":  "text/html; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".css":   "text/css; charset=utf-8",
	".svg":   "image/svg+xml",
	".json":  "application/json",
	".txt":   "text/plain; charset=utf-8",
	".png":   "image/png",
	".woff2": "font/woff2",
}

// file is one file as it is sent.
type file struct {
	body       []byte
	compressed []byte // nil where compression does not pay
	kind       string
	etag       string
	policy     string // of a page: what it may load
}

type handler struct {
	files map[string]file // by path, without the leading slash
	index file
	built bool
}

// Built says whether the pages are in this binary.
func Built() bool {
	_, err := fs.Stat(files, built+"/index.html")
	return err == nil
}

// Handler serves the pages, or one that says that they were not built.
func Handler() (http.Handler, error) {
	folder := missing
	if Built() {
		folder = built
	}
	root, err := fs.Sub(files, folder)
	if err != nil {
		return nil, fmt.Errorf("open folder %q of the binary: %w", folder, err)
	}
	return newHandler(root, folder == built)
}

func newHandler(root fs.FS, built bool) (*handler, error) {
	h := &handler{files: map[string]file{}, built: built}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		h.files[name], err = newFile(name, body)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the pages: %w", err)
	}
	index, ok := h.files["index.html"]
	if !ok {
		return nil, fmt.Errorf("read the pages: index.html is missing")
	}
	delete(h.files, "index.html")
	index.policy = policy(index.body)
	h.index = index
	return h, h.addDocuments()
}

func newFile(name string, body []byte) (file, error) {
	f := file{body: body, kind: contentTypes[path.Ext(name)]}
	if f.kind == "" {
		f.kind = "application/octet-stream"
	}
	sum := sha256.Sum256(body)
	f.etag = `"` + hex.EncodeToString(sum[:12]) + `"`
	if len(body) < smallest || strings.HasPrefix(f.kind, "image/png") || strings.HasPrefix(f.kind, "font/") {
		return f, nil
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return file{}, err
	}
	if _, err := z.Write(body); err != nil {
		return file{}, err
	}
	if err := z.Close(); err != nil {
		return file{}, err
	}
	f.compressed = b.Bytes()
	return f, nil
}

var inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)

// policy allows only what comes from this collector. The one inline script, which sets the
// theme before the first paint, is named by its digest.
func policy(index []byte) string {
	script := "script-src 'self'"
	for _, m := range inlineScript.FindAllSubmatch(index, -1) {
		sum := sha256.Sum256(m[1])
		script += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return strings.Join([]string{
		"default-src 'none'", script, "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
		"base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
	}, "; ")
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are answered here", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	head := w.Header()
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "same-origin")
	if f, ok := h.files[name]; ok {
		head.Set("Cache-Control", cacheFor(name))
		send(w, r, f, http.StatusOK)
		return
	}
	if strings.HasPrefix(name, docsFolder+"/") {
		head.Set("Cache-Control", "no-store")
		send(w, r, h.files[docsFolder+"/"+docs.Missing], http.StatusNotFound)
		return
	}
	if strings.HasPrefix(name, "assets/") { // of another version: a page in its place would be cached as a script
		head.Set("Cache-Control", "no-store")
		http.Error(w, fmt.Sprintf("there is no file %q in this version; load the page again", "/"+name), http.StatusNotFound)
		return
	}
	head.Set("Cache-Control", "no-store")
	status := http.StatusOK
	if !h.built {
		status = http.StatusServiceUnavailable
	}
	send(w, r, h.index, status)
}

// cacheFor: a hashed name never changes its content; a year is the longest age in use.
func cacheFor(name string) string {
	if strings.HasPrefix(name, "assets/") {
		return "public, max-age=31536000, immutable"
	}
	return "no-cache"
}

func send(w http.ResponseWriter, r *http.Request, f file, status int) {
	head := w.Header()
	head.Set("Content-Type", f.kind)
	if f.policy != "" {
		head.Set("Content-Security-Policy", f.policy)
		head.Set("X-Frame-Options", "DENY")
	}
	head.Set("Vary", "Accept-Encoding")
	body := f.body
	etag := f.etag
	if f.compressed != nil && acceptsGzip(r.Header.Values("Accept-Encoding")) {
		body = f.compressed
		etag = strings.TrimSuffix(etag, `"`) + `-gz"`
		head.Set("Content-Encoding", "gzip")
	}
	if head.Get("Cache-Control") != "no-store" {
		head.Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			head.Del("Content-Encoding")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	head.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // a browser that went away is no concern of ours
}

// acceptsGzip reads Accept-Encoding (RFC 9110, section 12.5.3) as far as gzip goes.
func acceptsGzip(values []string) bool {
	for _, part := range strings.Split(strings.Join(values, ","), ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		key, q, given := strings.Cut(strings.TrimSpace(params), "=")
		if !given || !strings.EqualFold(strings.TrimSpace(key), "q") {
			return true
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		return err == nil && v > 0
	}
	return false
}
