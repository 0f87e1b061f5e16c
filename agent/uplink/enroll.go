package uplink

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ninewatch/internal/jointoken"
	"ninewatch/internal/tlsconf"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

// enrollTimeout bounds the trial of one address.
const enrollTimeout = 20 * time.Second

// keyFile holds the key of an enrolment that has not succeeded yet, PKCS #8.
const keyFile = "enrolment.key"

// Enroll exchanges a join token for an identity, which it keeps in stateDir. It tries the addresses of
// the token in turn; the error tells of each, and is ErrUnreachable when it can be tried again. The key
// is kept from one trial to the next, so that the collector knows the agent again when its answer got
// lost. An identity and an assignment that were there are replaced when it succeeds.
func Enroll(ctx context.Context, token jointoken.Token, stateDir, version string) error {
	id, err := pendingKey(stateDir)
	if err != nil {
		return fmt.Errorf("enrol: %w", err)
	}
	if id, err = enrollAny(ctx, token, version, id); err != nil {
		return fmt.Errorf("enrol: %w", err)
	}
	if err := os.Remove(filepath.Join(stateDir, assignmentFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the assignment of the identity before: %w", err)
	}
	if err := id.save(stateDir); err != nil {
		return err
	}
	return os.Remove(filepath.Join(stateDir, keyFile))
}

// pendingKey returns an identity with a key alone: that of an earlier trial, or a fresh one.
func pendingKey(dir string) (id identity, err error) {
	path := filepath.Join(dir, keyFile)
	der, err := os.ReadFile(path)
	if err == nil {
		if err := id.useKey(der); err != nil {
			return id, fmt.Errorf("read the key %q: %w: remove the file", path, err)
		}
		return id, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return id, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return id, err
	}
	if der, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
		return id, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return id, err
	}
	id.Key, id.signer = der, key
	return id, writeFile(path, der)
}

func enrollAny(ctx context.Context, token jointoken.Token, version string, id identity) (identity, error) {
	var errs []error
	for _, address := range token.Addresses {
		done, err := enrollAt(ctx, address, token, version, id)
		if err == nil {
			return done, nil
		}
		errs = append(errs, err)
		if errors.Is(err, ErrRefused) {
			break // it was our collector who answered
		}
	}
	return id, errors.Join(errs...)
}

func enrollAt(ctx context.Context, address string, token jointoken.Token, version string, id identity) (identity, error) {
	c, err := dial(address, tlsconf.Pinned(token.CAPin, time.Now))
	if err != nil {
		return id, err
	}
	defer c.Close() //nolint:errcheck // nothing to do about it
	ctx, cancel := context.WithTimeout(ctx, enrollTimeout)
	defer cancel()
	csr, err := id.request()
	if err != nil {
		return id, fmt.Errorf("make a certificate request: %w", err)
	}
	hostname, _ := os.Hostname() //nolint:errcheck // for people only
	answer, err := telemetryv1.NewAgentsClient(c).Enroll(ctx, &telemetryv1.EnrollRequest{
		TokenSecret: token.SecretText(),
		Csr:         csr,
		Hostname:    hostname,
		Version:     version,
	})
	if err != nil {
		return id, c.explain(err)
	}
	id.Addresses = token.Addresses
	id.Site, id.Agent = answer.GetSite(), answer.GetAgent()
	id.CABundle = string(answer.GetCaBundle())
	id.Certificates = [][]byte{answer.GetCertificate()}
	if _, err := id.checkCertificate(answer.GetCertificate()); err != nil {
		return id, fmt.Errorf("collector %s: answer to the enrolment: %w", address, err)
	}
	if _, err := tlsconf.ParseBundle(answer.GetCaBundle()); err != nil {
		return id, fmt.Errorf("collector %s: answer to the enrolment: %w", address, err)
	}
	return id, nil
}
