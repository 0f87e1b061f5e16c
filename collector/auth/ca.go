package auth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ninewatch/internal/tlsconf"
)

const (
	caFile        = "ca.pem" // certificate and key in one file, so that one rename creates both
	caLife        = 10 * 365 * day
	collectorLife = 30 * day
	// clockSlack is how far before now the certificates begin that agents verify, whose clocks may lag.
	// Those of agents are verified by our own clock.
	clockSlack = day
	ownSlack   = time.Minute
)

// CA is the collector's own certificate authority.
type CA struct {
	now  func() time.Time
	cert *x509.Certificate
	key  crypto.Signer
	pool *x509.CertPool

	mu        sync.Mutex
	collector *tls.Certificate
	renewAt   time.Time
}

// OpenCA reads the CA in dir, and makes it there first when dir holds none.
func OpenCA(dir string, now func() time.Time) (*CA, error) {
	path := filepath.Join(dir, caFile)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := createCA(dir, now()); err != nil {
			return nil, fmt.Errorf("create the CA in %q: %w", dir, err)
		}
	case err != nil:
		return nil, fmt.Errorf("open the CA: %w", err)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("the CA key %q can be read by others (mode %04o): run chmod 600 on it", path, info.Mode().Perm())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("open the CA: %w", err)
	}
	ca, err := parseCA(b)
	if err != nil {
		return nil, fmt.Errorf("open the CA %q: %w: bring it back from a backup", path, err)
	}
	ca.now = now
	return ca, nil
}

func parseCA(b []byte) (*CA, error) {
	ca := &CA{pool: x509.NewCertPool()}
	for {
		var block *pem.Block
		if block, b = pem.Decode(b); block == nil {
			break
		}
		switch block.Type {
		case "CERTIFICATE":
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, err
			}
			ca.cert = cert
			ca.pool.AddCert(cert)
		case "PRIVATE KEY":
			key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				return nil, err
			}
			ca.key, _ = key.(crypto.Signer)
		}
	}
	if ca.cert == nil || ca.key == nil {
		return nil, errors.New("certificate or key is missing")
	}
	if !samePublicKey(ca.key.Public(), ca.cert.PublicKey) {
		return nil, errors.New("key does not belong to the certificate")
	}
	return ca, nil
}

func createCA(dir string, now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: "ninewatch collector CA"},
		NotBefore:             now.Add(-clockSlack),
		NotAfter:              now.Add(caLife),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.Write(certificatePEM(der))
	b.Write(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, caFile), b.Bytes())
}

// writeFile makes path with mode 0600 so that a crash leaves all of it or nothing.
func writeFile(path string, b []byte) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
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

// Bundle is the CA certificate in PEM, as agents keep it.
func (c *CA) Bundle() []byte { return certificatePEM(c.cert.Raw) }

// Roots is the pool that agents' certificates are verified against.
func (c *CA) Roots() *x509.CertPool { return c.pool }

// Pin is what join tokens carry to name this CA.
func (c *CA) Pin() [32]byte { return tlsconf.Pin(c.cert) }

// Certificate returns the certificate of the collector's gRPC server with the CA behind it, and makes
// a new one when half of its life is over.
func (c *CA) Certificate() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if c.collector != nil && now.Before(c.renewAt) {
		return c.collector, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := c.issue(key.Public(), tlsconf.CollectorID(), x509.ExtKeyUsageServerAuth, now.Add(-clockSlack), now.Add(collectorLife))
	if err != nil {
		return nil, fmt.Errorf("issue the collector's certificate: %w", err)
	}
	c.collector = &tls.Certificate{Certificate: [][]byte{der, c.cert.Raw}, PrivateKey: key}
	c.renewAt = now.Add(collectorLife / 2)
	return c.collector, nil
}

// issueAgent signs the key of csr for an agent of site.
func (c *CA) issueAgent(csr *x509.CertificateRequest, site, agent string, life time.Duration) (der []byte, notAfter time.Time, err error) {
	id, err := tlsconf.AgentID(site, agent)
	if err != nil {
		return nil, time.Time{}, err
	}
	notAfter = c.now().Add(life).Truncate(time.Second)
	der, err = c.issue(csr.PublicKey, id, x509.ExtKeyUsageClientAuth, c.now().Add(-ownSlack), notAfter)
	return der, notAfter, err
}

func (c *CA) issue(pub crypto.PublicKey, id *url.URL, usage x509.ExtKeyUsage, notBefore, notAfter time.Time) ([]byte, error) {
	if notAfter.After(c.cert.NotAfter) {
		return nil, fmt.Errorf("the collector's CA ends on %s, before the certificate would: make a new CA",
			c.cert.NotAfter.Format(time.DateOnly))
	}
	template := &x509.Certificate{
		SerialNumber:          serial(),
		NotBefore:             notBefore,
		NotAfter:              notAfter,
		URIs:                  []*url.URL{id},
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{usage},
		BasicConstraintsValid: true,
	}
	return x509.CreateCertificate(rand.Reader, template, c.cert, pub, c.key)
}

// parseRequest checks a PKCS #10 request: it proves the possession of its key. Its names do not matter.
func parseRequest(der []byte) (*x509.CertificateRequest, error) {
	const maxRequest = 16 << 10 // a request with a P-256 key has 200 to 500 bytes
	if len(der) > maxRequest {
		return nil, fmt.Errorf("%w: %d bytes", ErrRequest, len(der))
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	switch key := csr.PublicKey.(type) {
	case ed25519.PublicKey:
		return csr, nil
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() || key.Curve == elliptic.P384() {
			return csr, nil
		}
	}
	return nil, fmt.Errorf("%w: its key is not ECDSA P-256, P-384 or Ed25519", ErrRequest)
}

func samePublicKey(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(b)
}

func certificatePEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// serial returns 127 random bits: unique without a counter, positive (RFC 5280, section 4.1.2.2).
func serial() *big.Int {
	var b [16]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand.Read never fails
	b[0] &= 0x7f
	return new(big.Int).SetBytes(b[:])
}
