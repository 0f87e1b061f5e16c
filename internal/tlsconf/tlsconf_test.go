package tlsconf

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/url"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(1000 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return authority{parse(t, der), key}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func parse(t *testing.T, der []byte) *x509.Certificate {
	t.Helper()
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func (a authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// issue signs a certificate with the names, for usage, that ends at notAfter.
func (a authority) issue(t *testing.T, usage x509.ExtKeyUsage, notAfter time.Time, names ...string) tls.Certificate {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: now.Add(-time.Hour), NotAfter: notAfter, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}
	for _, name := range names {
		u, err := url.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		template.URIs = append(template.URIs, u)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key}
}

const (
	client = x509.ExtKeyUsageClientAuth
	server = x509.ExtKeyUsageServerAuth
)

// shake runs a handshake over a pipe and returns the errors of both ends.
func shake(t *testing.T, serverConfig, clientConfig *tls.Config) (state tls.ConnectionState, serverErr, clientErr error) {
	t.Helper()
	a, b := net.Pipe()
	s, c := tls.Server(a, serverConfig), tls.Client(b, clientConfig)
	done := make(chan error, 1)
	go func() {
		err := s.Handshake()
		if err == nil {
			_, err = s.Write([]byte{1})
		}
		if err != nil {
			a.Close()
		}
		done <- err
	}()
	if clientErr = c.Handshake(); clientErr == nil {
		_, clientErr = c.Read(make([]byte, 1)) // with TLS 1.3 the server's refusal comes after the handshake
	} else {
		b.Close()
	}
	serverErr = <-done
	a.Close()
	return s.ConnectionState(), serverErr, clientErr
}

func TestHandshake(t *testing.T) {
	ours, other := newAuthority(t), newAuthority(t)
	later, past := now.Add(time.Hour), now.Add(-time.Minute)
	collector := ours.issue(t, server, later, "spiffe://ninewatch/collector")
	agent := ours.issue(t, client, later, "spiffe://ninewatch/site/lisbon/agent/a1")

	// f tells whether the client goes on, and whether the server then knows an agent.
	f := func(name string, serverCert, clientCert tls.Certificate, wantPeer, wantClient bool) {
		t.Helper()
		state, _, clientErr := shake(t,
			Server(func() (*tls.Certificate, error) { return &serverCert, nil }, clock),
			Client(clientCert, ours.pool(), clock))
		if (clientErr == nil) != wantClient {
			t.Errorf("%s: client %v", name, clientErr)
		}
		if clientErr != nil {
			return
		}
		if _, err := PeerOf(state, ours.pool(), now); (err == nil) != wantPeer {
			t.Errorf("%s: peer %v", name, err)
		}
	}
	f("both right", collector, agent, true, true)
	f("agent expired: Renew takes it", collector, ours.issue(t, client, past, "spiffe://ninewatch/site/lisbon/agent/a1"), true, true)
	f("agent of another CA", collector, other.issue(t, client, later, "spiffe://ninewatch/site/lisbon/agent/a1"), false, true)
	f("agent named as collector", collector, ours.issue(t, client, later, "spiffe://ninewatch/collector"), false, true)
	f("agent with a server's certificate", collector, collector, false, true)
	f("collector of another CA", other.issue(t, server, later, "spiffe://ninewatch/collector"), agent, false, false)
	f("collector expired", ours.issue(t, server, past, "spiffe://ninewatch/collector"), agent, false, false)
	f("an agent as collector", agent, agent, false, false)
	f("an agent's name as collector", ours.issue(t, server, later, "spiffe://ninewatch/site/lisbon/agent/a1"), agent, false, false)
	f("two names", ours.issue(t, server, later, "spiffe://ninewatch/collector", "spiffe://ninewatch/collector"), agent, false, false)
	f("no name", ours.issue(t, server, later), agent, false, false)
}

func TestOtherCAIsToldApart(t *testing.T) {
	ours, other := newAuthority(t), newAuthority(t)
	collector := other.issue(t, server, now.Add(time.Hour), "spiffe://ninewatch/collector")
	config := Server(func() (*tls.Certificate, error) { return &collector, nil }, clock)
	agent := ours.issue(t, client, now.Add(time.Hour), "spiffe://ninewatch/site/lisbon/agent/a1")
	if _, _, err := shake(t, config, Client(agent, ours.pool(), clock)); !errors.Is(err, ErrOtherCA) {
		t.Errorf("Client: got %v", err)
	}
	if _, _, err := shake(t, config, Pinned(Pin(ours.cert), clock)); !errors.Is(err, ErrOtherCA) {
		t.Errorf("Pinned: got %v", err)
	}
	if _, _, err := shake(t, config, Pinned(Pin(other.cert), clock)); err != nil {
		t.Errorf("Pinned to the right CA: got %v", err)
	}
}

// TestPinNeedsASignature: whoever shows the pinned CA's certificate without its key does not get through.
func TestPinNeedsASignature(t *testing.T) {
	ours, other := newAuthority(t), newAuthority(t)
	thief := other.issue(t, server, now.Add(time.Hour), "spiffe://ninewatch/collector")
	thief.Certificate[1] = ours.cert.Raw
	config := Server(func() (*tls.Certificate, error) { return &thief, nil }, clock)
	if _, _, err := shake(t, config, Pinned(Pin(ours.cert), clock)); err == nil {
		t.Error("a stolen CA certificate was enough")
	}
}

func TestPeerOf(t *testing.T) {
	ca := newAuthority(t)
	f := func(cert tls.Certificate, want Peer) {
		t.Helper()
		cs := tls.ConnectionState{PeerCertificates: []*x509.Certificate{parse(t, cert.Certificate[0])}}
		got, err := PeerOf(cs, ca.pool(), now)
		if err != nil || got.Site != want.Site || got.Agent != want.Agent || got.Expired != want.Expired {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
	f(ca.issue(t, client, now.Add(1), "spiffe://ninewatch/site/lisbon/agent/a1"), Peer{Site: "lisbon", Agent: "a1"})
	f(ca.issue(t, client, now.Add(-1e9), "spiffe://ninewatch/site/lisbon/agent/a1"), Peer{Site: "lisbon", Agent: "a1", Expired: true})
	if _, err := PeerOf(tls.ConnectionState{}, ca.pool(), now); err == nil {
		t.Error("no certificate: got no error")
	}
}

func TestParseAgentID(t *testing.T) {
	f := func(name, site, agent string) {
		t.Helper()
		u, err := url.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		gotSite, gotAgent, err := ParseAgentID(&x509.Certificate{URIs: []*url.URL{u}})
		if gotSite != site || gotAgent != agent || (err == nil) != (site != "") {
			t.Errorf("%s: got %q, %q, %v", name, gotSite, gotAgent, err)
		}
	}
	f("spiffe://ninewatch/site/lisbon/agent/a1", "lisbon", "a1")
	f("spiffe://ninewatch/site/l.i-s/agent/0a", "l.i-s", "0a")
	f("spiffe://other/site/lisbon/agent/a1", "", "")
	f("https://ninewatch/site/lisbon/agent/a1", "", "")
	f("spiffe://ninewatch/site/Lisbon/agent/a1", "", "")
	f("spiffe://ninewatch/site/lisbon/agent/a1/x", "", "")
	f("spiffe://ninewatch/site/lisbon/agent/", "", "")
	f("spiffe://ninewatch/site//agent/a1", "", "")
	f("spiffe://ninewatch/site/lis%2Fbon/agent/a1", "", "")
	f("spiffe://ninewatch/site/lisbon/agent/a1?x", "", "")
	f("spiffe://u@ninewatch/site/lisbon/agent/a1", "", "")
	f("spiffe://ninewatch:1/site/lisbon/agent/a1", "", "")
	f("spiffe://ninewatch/collector", "", "")
}

func TestParseBundle(t *testing.T) {
	ca := newAuthority(t)
	block := func(der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	leaf := ca.issue(t, client, now, "spiffe://ninewatch/collector").Certificate[0]
	f := func(in, want string) {
		t.Helper()
		_, err := ParseBundle([]byte(in))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(block(ca.cert.Raw)+block(newAuthority(t).cert.Raw), "")
	f("", "CA bundle holds no certificate")
	f(block(ca.cert.Raw)+block(leaf), "certificate 2 of the CA bundle is not that of a CA")
	f(block([]byte("x")), "certificate 1 of the CA bundle: x509: malformed certificate")
}
