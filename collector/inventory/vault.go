package inventory

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"

	"ninewatch/internal/conf"
)

// ErrSealed means that the key file does not open a secret of the database.
var ErrSealed = errors.New("secret does not open")

// vault seals secrets with the key of a file, and hashes them for comparison.
type vault struct {
	identity *age.X25519Identity
	hashKey  []byte
}

// openVault reads the key file; a missing one is made, unless make is false.
func openVault(path string, mayCreate bool) (*vault, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && mayCreate {
		data, err = createKey(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the database holds secrets, and their key %q is missing: restore it from the backup", path)
	}
	if err != nil {
		return nil, fmt.Errorf("read key of secrets: %w", err)
	}
	identity, err := age.ParseX25519Identity(strings.TrimSpace(string(data)))
	if err != nil {
		return nil, fmt.Errorf("key of secrets %q is damaged: restore it from the backup", path) // err may quote it
	}
	mac := hmac.New(sha256.New, []byte(identity.String()))
	io.WriteString(mac, "ninewatch inventory fingerprint") //nolint:errcheck // a hash never fails
	return &vault{identity: identity, hashKey: mac.Sum(nil)}, nil
}

// createKey writes a fresh key whole or not at all: a torn file would lose every secret sealed later.
func createKey(path string) ([]byte, error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	data := []byte(identity.String() + "\n")
	f, err := os.CreateTemp(filepath.Dir(path), ".secrets-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // gone after the rename
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return nil, err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	return data, errors.Join(dir.Sync(), dir.Close())
}

// seal encrypts secrets by path; without any it returns nil.
func (v *vault) seal(secrets map[string]conf.Secret) ([]byte, error) {
	if len(secrets) == 0 {
		return nil, nil
	}
	clear := make(map[string]string, len(secrets))
	for path, secret := range secrets {
		clear[path] = secret.Reveal()
	}
	data, err := json.Marshal(clear)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, v.identity.Recipient())
	if err != nil {
		return nil, fmt.Errorf("seal secrets: %w", err)
	}
	_, err = w.Write(data)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("seal secrets: %w", err)
	}
	return out.Bytes(), nil
}

func (v *vault) open(sealed []byte) (map[string]conf.Secret, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), v.identity)
	if err != nil {
		return nil, fmt.Errorf("%w: another key file was used to seal it: restore that file, or apply the object again", ErrSealed)
	}
	secrets := map[string]conf.Secret{}
	if err := json.NewDecoder(r).Decode(&secrets); err != nil {
		return nil, fmt.Errorf("%w: it is damaged: apply the object again", ErrSealed)
	}
	return secrets, nil
}

// hash is a keyed hash of parts, which tells nothing of them without the key.
func (v *vault) hash(parts ...string) string {
	mac := hmac.New(sha256.New, v.hashKey)
	for _, p := range parts {
		fmt.Fprintf(mac, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// fingerprint is a hash for each secret, bound to its object and path, as "path=hash path=hash".
func (v *vault) fingerprint(of id, secrets map[string]conf.Secret) string {
	var out []string
	for _, path := range slices.Sorted(maps.Keys(secrets)) {
		out = append(out, path+"="+v.hash(of.kind, of.name, path, secrets[path].Reveal()))
	}
	return strings.Join(out, " ")
}
