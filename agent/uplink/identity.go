package uplink

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ninewatch/internal/tlsconf"
)

const identityFile = "identity.json"

// ErrNotEnrolled means that the state folder holds no identity yet.
var ErrNotEnrolled = errors.New("this agent is not enrolled: run ninewatch-agent enroll with a join token")

// identity is what an agent keeps of its enrolment, as one file so that one rename changes all of it.
type identity struct {
	Addresses []string `json:"addresses"`
	Site      string   `json:"site"`
	Agent     string   `json:"agent"`
	Key       []byte   `json:"key"` // PKCS #8
	// Certificates has the newest first. The one before it stays until the newest has connected.
	Certificates [][]byte `json:"certificates"`
	CABundle     string   `json:"ca_bundle"` // PEM

	signer crypto.Signer
	roots  *x509.CertPool
}

// Enrolled tells whether dir holds an identity.
func Enrolled(dir string) (bool, error) {
	_, err := loadIdentity(dir)
	if errors.Is(err, ErrNotEnrolled) {
		return false, nil
	}
	return err == nil, err
}

// loadIdentity returns ErrNotEnrolled when there is none.
func loadIdentity(dir string) (identity, error) {
	path := filepath.Join(dir, identityFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return identity{}, ErrNotEnrolled
	}
	if err != nil {
		return identity{}, fmt.Errorf("read the identity: %w", err)
	}
	var id identity
	if err := id.parse(b); err != nil {
		return identity{}, fmt.Errorf("read the identity %q: %w: remove the file and enrol the agent anew", path, err)
	}
	return id, nil
}

func (id *identity) parse(b []byte) error {
	if err := json.Unmarshal(b, id); err != nil {
		return err
	}
	if err := id.useKey(id.Key); err != nil {
		return err
	}
	roots, err := tlsconf.ParseBundle([]byte(id.CABundle))
	if err != nil {
		return err
	}
	id.roots = roots
	if len(id.Certificates) == 0 {
		return errors.New("it holds no certificate")
	}
	for _, der := range id.Certificates {
		if _, err := id.checkCertificate(der); err != nil {
			return err
		}
	}
	return nil
}

func (id *identity) useKey(der []byte) error {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return err
	}
	signer, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return errors.New("its key is not ECDSA")
	}
	id.Key, id.signer = der, signer
	return nil
}

// checkCertificate accepts a certificate of our key and names.
func (id *identity) checkCertificate(der []byte) (*x509.Certificate, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	if pub, ok := cert.PublicKey.(*ecdsa.PublicKey); !ok || !pub.Equal(id.signer.Public()) {
		return nil, errors.New("certificate is for another key")
	}
	site, agent, err := tlsconf.ParseAgentID(cert)
	if err != nil {
		return nil, err
	}
	if site != id.Site || agent != id.Agent {
		return nil, fmt.Errorf("certificate is for agent %q of site %q", agent, site)
	}
	return cert, nil
}

// request is a PKCS #10 request for the key of id; the collector decides on the names.
func (id *identity) request() ([]byte, error) {
	return x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, id.signer)
}

// certificate is the newest one.
func (id *identity) certificate() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{id.Certificates[0]}, PrivateKey: id.signer}
}

// renewal says when certificate der ends, and from when on it is to be renewed: at 50 to 70 % of its
// life, spread by its serial number.
func renewal(der []byte) (due, end time.Time) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return time.Time{}, time.Time{} // cannot be: loadIdentity has parsed it
	}
	serial := cert.SerialNumber.Bytes()
	spread := float64(serial[len(serial)-1]) / 256
	life := cert.NotAfter.Sub(cert.NotBefore)
	return cert.NotBefore.Add(time.Duration(float64(life) * (0.5 + 0.2*spread))), cert.NotAfter
}

func (id *identity) save(dir string) error {
	b, err := json.Marshal(id)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keep the identity: %w", err)
	}
	if err := writeFile(filepath.Join(dir, identityFile), b); err != nil {
		return fmt.Errorf("keep the identity: %w", err)
	}
	return nil
}

// writeFile replaces path, mode 0600, so that a crash leaves the old or the new content.
func writeFile(path string, b []byte) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
