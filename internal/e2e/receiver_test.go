package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// webhookSecret is the key of the receiver, as Standard Webhooks writes it.
const webhookSecret = "whsec_bmluZXdhdGNoIGVuZCB0byBlbmQgdGVzdHMgMDE="

// message is what the receiver got.
type message struct {
	ID       string    `json:"-"`
	Came     time.Time `json:"-"`
	Type     string    `json:"type"`
	Version  int       `json:"version"`
	Incident struct {
		ID         string     `json:"id"`
		Kind       string     `json:"kind"`
		Severity   string     `json:"severity"`
		Status     string     `json:"status"`
		Site       string     `json:"site"`
		Device     string     `json:"device"`
		StartedAt  time.Time  `json:"started_at"`
		DetectedAt time.Time  `json:"detected_at"`
		EndedAt    *time.Time `json:"ended_at"`
	} `json:"incident"`
}

// receiver takes webhooks and checks their signatures.
type receiver struct {
	t        *testing.T
	mu       sync.Mutex
	messages []message
}

// startReceiver listens on loopback in the namespace of the site until the test ends.
func (w *world) startReceiver() *receiver {
	w.Helper()
	r := &receiver{t: w.T}
	server := &http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second}
	listener := w.ns.listen(w.T, receiveAddr)
	go server.Serve(listener)            //nolint:errcheck // ends with the test
	w.Cleanup(func() { server.Close() }) //nolint:errcheck // nothing to lose
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	id := q.Header.Get("webhook-id")
	if why := verify(q.Header, body, time.Now()); why != "" {
		r.t.Errorf("webhook %q: %s", id, why)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	m := message{ID: id, Came: time.Now()}
	if err := json.Unmarshal(body, &m); err != nil {
		r.t.Errorf("webhook %q: %v: %s", id, err, body)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages = append(r.messages, m)
	w.WriteHeader(http.StatusNoContent)
}

// verify checks a message as Standard Webhooks 1.0 says, and tells what is wrong with it.
func verify(h http.Header, body []byte, now time.Time) string {
	at, err := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	if err != nil || h.Get("webhook-id") == "" {
		return "no id or no time"
	}
	if age := now.Unix() - at; age < -5 || age > 300 {
		return "the time is too far from now"
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(webhookSecret, "whsec_"))
	if err != nil {
		return err.Error()
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(h.Get("webhook-id") + "." + h.Get("webhook-timestamp") + "."))
	mac.Write(body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for signature := range strings.FieldsSeq(h.Get("webhook-signature")) {
		if hmac.Equal([]byte(signature), []byte(want)) {
			return ""
		}
	}
	return "no signature of ours"
}

// about lists what came about a device.
func (r *receiver) about(device string) (out []message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.messages {
		if m.Incident.Device == device {
			out = append(out, m)
		}
	}
	return out
}

// count is how many came in all.
func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.messages)
}
