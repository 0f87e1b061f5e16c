package webhook

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ninewatch/internal/conf"
	"ninewatch/internal/testkit"
)

// opensslHMAC is HMAC-SHA-256 by the command line of OpenSSL, which knows nothing of our code.
func opensslHMAC(t *testing.T, key []byte, text string) string {
	t.Helper()
	cmd := exec.Command("openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:"+hex.EncodeToString(key), "-binary")
	cmd.Stdin = strings.NewReader(text)
	sum, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(sum)
}

// TestSignaturesVerifyElsewhere: what a receiver gets over the wire, checked as Standard Webhooks 1.0 says by another
// implementation of its parts, with two keys while a secret changes.
func TestSignaturesVerifyElsewhere(t *testing.T) {
	_, err := exec.LookPath("openssl")
	testkit.Need(t, err == nil, "openssl, to verify signatures independently")
	key := []byte("a key of thirty-two bytes, or so")
	got := make(chan [2]string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- [2]string{r.Header.Get("webhook-id") + "." + r.Header.Get("webhook-timestamp") + "." + string(body), r.Header.Get("webhook-signature")}
	}))
	defer server.Close()
	s, _ := newService(t, filepath.Join(t.TempDir(), "s.db"), server.URL)
	for _, shape := range []Shape{{}, {Format: Alertmanager}, {Format: Template, Template: "plain é text", ContentType: "text/plain"}} {
		r, err := s.render(messages(1, "opened"), shape, newMarker())
		if err != nil {
			t.Fatal(err)
		}
		to := Receiver{Name: "ops", URL: conf.Secret(server.URL), Secret: conf.Secret("whsec_" + base64.StdEncoding.EncodeToString(key)), Previous: "old words", Shape: shape}
		if out := s.send(t.Context(), to, delivery{messageID: "msg_i_1", rendered: r}); !out.delivered() {
			t.Fatalf("got %+v", out)
		}
		sent := <-got
		want := fmt.Sprintf("v1,%s v1,%s", opensslHMAC(t, key, sent[0]), opensslHMAC(t, []byte("old words"), sent[0]))
		if sent[1] != want {
			t.Errorf("%s: got %q, want %q", shape.Format, sent[1], want)
		}
	}
}
