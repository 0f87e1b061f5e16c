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
