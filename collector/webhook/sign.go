package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"ninewatch/internal/conf"
)

// Sign is the value of the header webhook-signature (Standard Webhooks 1.0): HMAC-SHA-256 over
// id.timestamp.body. A secret "whsec_…" is base64 behind its prefix; any other is taken as it is.
func Sign(secret conf.Secret, id string, unixSeconds int64, body []byte) (string, error) {
	key := []byte(secret.Reveal())
	if encoded, ok := strings.CutPrefix(secret.Reveal(), "whsec_"); ok {
		decoded, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return "", fmt.Errorf("the secret begins with whsec_ and is not base64 behind it")
		}
		key = decoded
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.", id, unixSeconds)
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// signs tells whether messages to r are signed: not where its URL is the secret, nor where the secret is the
// routing key of PagerDuty.
func (r Receiver) signs() bool { return r.Secret != "" && r.Shape.Format != PagerDuty }

// signatures are those of all keys that r may know, as the specification lists them.
func signatures(r Receiver, id string, unixSeconds int64, body []byte) (string, error) {
	all := make([]string, 0, 2)
	for _, secret := range []conf.Secret{r.Secret, r.Previous} {
		if secret == "" {
			continue
		}
		one, err := Sign(secret, id, unixSeconds, body)
		if err != nil {
			return "", err
		}
		all = append(all, one)
	}
	return strings.Join(all, " "), nil
}
