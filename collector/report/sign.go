package report

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Signed is a report and its signature: the JSON form that leaves the collector.
type Signed struct {
	Report    json.RawMessage `json:"report"`
	Signature Signature       `json:"signature"`
}

// Signature is ed25519 over Canonical(report).
type Signature struct {
	Algorithm string `json:"algorithm"`  // ed25519
	PublicKey string `json:"public_key"` // base64
	Value     string `json:"value"`      // base64
}

// Key signs reports.
type Key struct{ private ed25519.PrivateKey }

// OpenKey reads the key in path, and makes it there (mode 0600) at the first call.
func OpenKey(path string) (Key, error) {
	seed, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		_, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			return Key{}, err
		}
		return Key{private}, os.WriteFile(path, private.Seed(), 0o600)
	}
	if err != nil {
		return Key{}, fmt.Errorf("read the key of the reports: %w", err)
	}
	if len(seed) != ed25519.SeedSize {
		return Key{}, fmt.Errorf("%s is not a key of reports: it has %d bytes, not %d; restore it, or delete it to begin with a new key", path, len(seed), ed25519.SeedSize)
	}
	return Key{ed25519.NewKeyFromSeed(seed)}, nil
}

// Public is the key by which others verify.
func (k Key) Public() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) }

// Sign is the signed JSON of d, indented.
func (k Key) Sign(d Document) ([]byte, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	canon, err := Canonical(text)
	if err != nil {
		return nil, err
	}
	out, err := json.MarshalIndent(Signed{Report: text, Signature: Signature{
		Algorithm: "ed25519",
		PublicKey: base64.StdEncoding.EncodeToString(k.Public()),
		Value:     base64.StdEncoding.EncodeToString(ed25519.Sign(k.private, canon)),
	}}, "", "  ")
	return append(out, '\n'), err
}

// Fingerprint is how people compare keys: the first 16 bytes of its SHA-256 in hexadecimal.
func Fingerprint(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:16])
}

// ErrForged says that a report is not what was signed.
var ErrForged = errors.New("the signature does not fit: the report was changed after it was signed, or another key signed it")

// Verify checks a signed report and returns it with the key that signed it. With want it has to be that key:
// without, the signature only shows that nothing was changed since somebody signed it.
func Verify(text []byte, want ed25519.PublicKey) (Document, ed25519.PublicKey, error) {
	var s Signed
	if err := json.Unmarshal(text, &s); err != nil {
		return Document{}, nil, fmt.Errorf("not a signed report: %w", err)
	}
	if len(s.Report) == 0 || s.Signature.Value == "" {
		return Document{}, nil, errors.New("not a signed report: it has no signature; ask for the report with --format json")
	}
	if s.Signature.Algorithm != "ed25519" {
		return Document{}, nil, fmt.Errorf("signed by %q, only ed25519 is known", s.Signature.Algorithm)
	}
	key, err := ParseKey(s.Signature.PublicKey)
	if err != nil {
		return Document{}, nil, err
	}
	value, err := base64.StdEncoding.DecodeString(s.Signature.Value)
	if err != nil {
		return Document{}, key, ErrForged
	}
	canon, err := Canonical(s.Report)
	if err != nil {
		return Document{}, key, err
	}
	if !ed25519.Verify(key, canon, value) {
		return Document{}, key, ErrForged
	}
	if want != nil && !bytes.Equal(want, key) {
		return Document{}, key, fmt.Errorf("signed by the key %s, not by %s", Fingerprint(key), Fingerprint(want))
	}
	var d Document
	if err := json.Unmarshal(canon, &d); err != nil {
		return Document{}, key, fmt.Errorf("not a report: %w", err)
	}
	return d, key, nil
}

// ParseKey reads a public key in base64.
func ParseKey(text string) (ed25519.PublicKey, error) {
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("the public key is not 32 bytes in base64")
	}
	return key, nil
}
