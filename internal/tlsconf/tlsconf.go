package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// ErrOtherCA means that the peer proved itself with a CA that is not ours.
var ErrOtherCA = errors.New("certificate of another CA")

// alpn is what gRPC negotiates (RFC 7540, section 3.3).
var alpn = []string{"h2"}

// Server returns the configuration of the collector's gRPC listener. certificate is asked at each
// handshake, so that it can be renewed. A handshake with a client certificate proves the possession of
// its key and nothing more: PeerOf says whose it is.
func Server(certificate func() (*tls.Certificate, error), now func() time.Time) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		NextProtos:             alpn,
		SessionTicketsDisabled: true,
		Time:                   now,
		ClientAuth:             tls.RequestClientCert,
		GetCertificate:         func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate() },
	}
}

// Peer is an agent as its certificate names it.
type Peer struct {
	Site, Agent string
	Certificate *x509.Certificate
	Expired     bool
}

// PeerOf returns the agent at the other end of cs. An expired certificate of our CA still names its
// owner: Expired says so, and the caller decides.
func PeerOf(cs tls.ConnectionState, roots *x509.CertPool, now time.Time) (Peer, error) {
	if len(cs.PeerCertificates) == 0 {
		return Peer{}, errors.New("no client certificate")
	}
	cert := cs.PeerCertificates[0]
	expired := now.After(cert.NotAfter)
	at := now
	if expired {
		at = cert.NotAfter
	}
	if err := verify(cs.PeerCertificates, roots, at, x509.ExtKeyUsageClientAuth); err != nil {
		return Peer{}, err
	}
	site, agent, err := ParseAgentID(cert)
	if err != nil {
		return Peer{}, err
	}
	return Peer{Site: site, Agent: agent, Certificate: cert, Expired: expired}, nil
}

// Client returns the configuration of an agent that has an identity. cert may be expired: Renew takes it.
func Client(cert tls.Certificate, roots *x509.CertPool, now func() time.Time) *tls.Config {
	c := verifying(now, func(cs tls.ConnectionState) error {
		if err := verify(cs.PeerCertificates, roots, now(), x509.ExtKeyUsageServerAuth); err != nil {
			return err
		}
		return checkCollectorID(cs.PeerCertificates[0])
	})
	// Certificates sends none when the server's list of CAs does not match; this always sends it.
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil }
	return c
}

// Pinned returns the configuration for enrolment, when all that is known of the collector is the hash
// of its CA's key.
func Pinned(pin [32]byte, now func() time.Time) *tls.Config {
	return verifying(now, func(cs tls.ConnectionState) error {
		roots := x509.NewCertPool()
		found := false
		for _, c := range cs.PeerCertificates {
			if c.IsCA && Pin(c) == pin {
				roots.AddCert(c)
				found = true
			}
		}
		if !found {
			return fmt.Errorf("%w: the collector's CA is not the one that the join token names", ErrOtherCA)
		}
		if err := verify(cs.PeerCertificates, roots, now(), x509.ExtKeyUsageServerAuth); err != nil {
			return err
		}
		return checkCollectorID(cs.PeerCertificates[0])
	})
}

// verifying is a client configuration that verifies by check alone: we do not go by host names.
func verifying(now func() time.Time, check func(tls.ConnectionState) error) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		NextProtos:             alpn,
		SessionTicketsDisabled: true,
		Time:                   now,
		InsecureSkipVerify:     true, //nolint:gosec // VerifyConnection verifies, by SPIFFE ID
		VerifyConnection: func(cs tls.ConnectionState) error {
			if len(cs.PeerCertificates) == 0 {
				return errors.New("no certificate from the collector")
			}
			return check(cs)
		},
	}
}

func verify(chain []*x509.Certificate, roots *x509.CertPool, at time.Time, usage x509.ExtKeyUsage) error {
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots:         roots,
		Intermediates: between,
		CurrentTime:   at,
		KeyUsages:     []x509.ExtKeyUsage{usage},
	})
	if unknown := (x509.UnknownAuthorityError{}); errors.As(err, &unknown) {
		return fmt.Errorf("%w: %w", ErrOtherCA, err)
	}
	return err
}

// ParseBundle reads CA certificates in PEM.
func ParseBundle(bundle []byte) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	n := 0
	for {
		var block *pem.Block
		if block, bundle = pem.Decode(bundle); block == nil {
			break
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d of the CA bundle: %w", n+1, err)
		}
		if !cert.IsCA {
			return nil, fmt.Errorf("certificate %d of the CA bundle is not that of a CA", n+1)
		}
		pool.AddCert(cert)
		n++
	}
	if n == 0 {
		return nil, errors.New("CA bundle holds no certificate")
	}
	return pool, nil
}
