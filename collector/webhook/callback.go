package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// callbackLife is how long a link in a message works.
const callbackLife = 7 * 24 * time.Hour

// Callback is what a link in a message lets its reader do.
type Callback struct {
	Incident int64
	Action   string // acknowledge, resolve
	Receiver string // who got the link
	Expires  int64  // Unix seconds
}

// Errors of callback links.
var (
	ErrCallback        = errors.New("this link is not one of ninewatch, or it has been cut off")
	ErrCallbackExpired = errors.New("this link has expired: open the incident in ninewatch")
)

// callbackToken is c with its signature, for a URL: base64url of action, incident, expiry and receiver, a dot,
// and base64url of HMAC-SHA-256 over the former.
func (s *Service) callbackToken(c Callback) string {
	text := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s %d %d %s", c.Action, c.Incident, c.Expires, c.Receiver))
	return text + "." + base64.RawURLEncoding.EncodeToString(s.callbackMAC(text))
}

func (s *Service) callbackMAC(text string) []byte {
	mac := hmac.New(sha256.New, s.cfg.CallbackKey)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// ReadCallback checks a token of a link.
func (s *Service) ReadCallback(token string) (Callback, error) {
	text, sum, ok := strings.Cut(token, ".")
	given, err := base64.RawURLEncoding.DecodeString(sum)
	if !ok || err != nil || len(token) > 2000 || len(s.cfg.CallbackKey) == 0 || !hmac.Equal(given, s.callbackMAC(text)) {
		return Callback{}, ErrCallback
	}
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return Callback{}, ErrCallback
	}
	parts := strings.SplitN(string(plain), " ", 4)
	if len(parts) != 4 {
		return Callback{}, ErrCallback
	}
	c := Callback{Action: parts[0], Receiver: parts[3]}
	c.Incident, err = strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return Callback{}, ErrCallback
	}
	if c.Expires, err = strconv.ParseInt(parts[2], 10, 64); err != nil {
		return Callback{}, ErrCallback
	}
	if s.deps.Now().Unix() > c.Expires {
		return c, ErrCallbackExpired
	}
	return c, nil
}

// OpenCallbackKey reads the key of callback links, and makes it when there is none.
func OpenCallbackKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if err == nil && len(key) == 32 {
		return key, nil
	}
	if err == nil {
		return nil, fmt.Errorf("read %q: it has %d bytes, want 32: remove it, and a new one is made", path, len(key))
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the key of callback links: %w", err)
	}
	key = make([]byte, 32)
	rand.Read(key) //nolint:errcheck // it never fails (crypto/rand)
	if err := os.WriteFile(path, key, 0o600); err != nil {
		return nil, fmt.Errorf("write the key of callback links: %w", err)
	}
	return key, nil
}
