package tlsconf

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// trustDomain is the authority of our SPIFFE IDs.
const trustDomain = "ninewatch"

// nameForm is that of the names of sites and agents (ARCHITECTURE, section 3).
var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,252}$`)

// ErrName means that a certificate does not carry the one name that was expected.
var ErrName = errors.New("unexpected name in a certificate")

// CollectorID is the name in the certificate of a collector.
func CollectorID() *url.URL {
	return &url.URL{Scheme: "spiffe", Host: trustDomain, Path: "/collector"}
}

// AgentID is the name in the certificate of an agent.
func AgentID(site, agent string) (*url.URL, error) {
	if !nameForm.MatchString(site) || !nameForm.MatchString(agent) {
		return nil, fmt.Errorf("%w: site %q, agent %q", ErrName, site, agent)
	}
	return &url.URL{Scheme: "spiffe", Host: trustDomain, Path: "/site/" + site + "/agent/" + agent}, nil
}

// ParseAgentID returns the site and agent that cert names.
func ParseAgentID(cert *x509.Certificate) (site, agent string, err error) {
	id, err := onlyURI(cert)
	if err != nil {
		return "", "", err
	}
	parts := strings.Split(id.Path, "/")
	if len(parts) != 5 || parts[0] != "" || parts[1] != "site" || parts[3] != "agent" {
		return "", "", fmt.Errorf("%w: %q is not an agent", ErrName, id)
	}
	want, err := AgentID(parts[2], parts[4])
	if err != nil || want.String() != id.String() {
		return "", "", fmt.Errorf("%w: %q is not an agent", ErrName, id)
	}
	return parts[2], parts[4], nil
}

// checkCollectorID accepts the certificate of a collector alone.
func checkCollectorID(cert *x509.Certificate) error {
	id, err := onlyURI(cert)
	if err != nil {
		return err
	}
	if id.String() != CollectorID().String() {
		return fmt.Errorf("%w: %q is not a collector", ErrName, id)
	}
	return nil
}

// onlyURI returns the one URI of cert: a SPIFFE certificate has exactly one (X509-SVID, section 2).
func onlyURI(cert *x509.Certificate) (*url.URL, error) {
	if len(cert.URIs) != 1 {
		return nil, fmt.Errorf("%w: %d URIs instead of one", ErrName, len(cert.URIs))
	}
	return cert.URIs[0], nil
}

// Pin is the SHA-256 of the SubjectPublicKeyInfo of cert.
func Pin(cert *x509.Certificate) [32]byte {
	return sha256.Sum256(cert.RawSubjectPublicKeyInfo)
}
