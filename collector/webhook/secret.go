package webhook

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strconv"
	"time"
)

// newMarker is a text that nobody can guess, so that nobody can write it into a summary.
func newMarker() string {
	b := make([]byte, 16)
	rand.Read(b) //nolint:errcheck // it never fails (crypto/rand)
	return "nw" + hex.EncodeToString(b)
}

// places finds what stands for a secret: MARKER.secret. or MARKER.ACTION.INCIDENT.
func (r rendered) places() *regexp.Regexp {
	return regexp.MustCompile(regexp.QuoteMeta(r.marker) + `\.(secret|acknowledge|resolve)\.(?:([0-9]+)\.)?`)
}

// revealed is the body as it is sent to a receiver at a time.
func (s *Service) revealed(r rendered, to Receiver, now time.Time) []byte {
	if r.marker == "" {
		return r.body
	}
	find := r.places()
	return find.ReplaceAllFunc(r.body, func(found []byte) []byte {
		parts := find.FindSubmatch(found)
		if string(parts[1]) == "secret" {
			quoted, err := json.Marshal(to.Secret.Reveal())
			if err != nil || len(quoted) < 2 {
				return nil
			}
			return quoted[1 : len(quoted)-1]
		}
		incident, err := strconv.ParseInt(string(parts[2]), 10, 64)
		if err != nil {
			return nil
		}
		return []byte(s.callbackToken(Callback{Incident: incident, Action: string(parts[1]), Receiver: to.Name, Expires: now.Add(callbackLife).Unix()}))
	})
}

// shown is the body for people: without what would let them act in another's name.
func (r rendered) shown() string {
	if r.marker == "" {
		return string(r.body)
	}
	return string(r.places().ReplaceAll(r.body, []byte("<secret>")))
}
