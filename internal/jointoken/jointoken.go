// Package jointoken packs all that an agent needs to join a collector into one string: where it
// listens, which CA it has to prove itself with, and the secret that is good for one enrolment.
//
// The string is "nw1." and the base64url form (RFC 4648, section 5, without padding) of: a byte 1;
// the number of addresses as one byte; each address as a length byte and its text; 32 bytes CA pin;
// 32 bytes secret; the first 4 bytes of the SHA-256 of all that stands before. The sum is there to tell
// a token that was cut or mistyped from one that the collector does not know.
package jointoken

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
)

const (
	prefix       = "nw1."
	version      = 1
	sumSize      = 4
	maxAddresses = 16
	maxAddress   = 255 // its length is one byte
	maxEncoded   = 8192
)

// Token is a join token. It prints as "<secret>"; Encode gives the string to hand over.
type Token struct {
	Addresses []string // host:port of the collector's gRPC server, in the order of trial
	CAPin     [32]byte // SHA-256 of the SubjectPublicKeyInfo of the collector's CA
	Secret    [32]byte
}

// New returns a token with a fresh secret.
func New(addresses []string, caPin [32]byte) Token {
	t := Token{Addresses: addresses, CAPin: caPin}
	rand.Read(t.Secret[:]) //nolint:errcheck // crypto/rand.Read never fails
	return t
}

// SecretText is the secret as it travels in EnrollRequest.
func (t Token) SecretText() string { return base64.RawURLEncoding.EncodeToString(t.Secret[:]) }

// Hash is what a collector keeps of a secret: it can tell the secret, but not be turned into it.
func Hash(secretText string) string {
	sum := sha256.Sum256([]byte(secretText))
	return hex.EncodeToString(sum[:])
}

// String, Format, LogValue and MarshalText keep the secret out of logs and dumps.
func (Token) String() string               { return "<secret>" }
func (Token) Format(f fmt.State, _ rune)   { fmt.Fprint(f, "<secret>") }
func (Token) LogValue() slog.Value         { return slog.StringValue("<secret>") }
func (Token) MarshalText() ([]byte, error) { return []byte("<secret>"), nil }

// Encode returns the string form of t. It fails when the addresses are missing, malformed or too many.
func (t Token) Encode() (string, error) {
	if len(t.Addresses) == 0 || len(t.Addresses) > maxAddresses {
		return "", fmt.Errorf("join token with %d addresses: it takes 1 to %d", len(t.Addresses), maxAddresses)
	}
	b := []byte{version, byte(len(t.Addresses))}
	for _, a := range t.Addresses {
		if err := checkAddress(a); err != nil {
			return "", err
		}
		b = append(append(b, byte(len(a))), a...)
	}
	b = append(append(b, t.CAPin[:]...), t.Secret[:]...)
	sum := sha256.Sum256(b)
	return prefix + base64.RawURLEncoding.EncodeToString(append(b, sum[:sumSize]...)), nil
}

// checkAddress accepts host:port with a port that can be dialled.
func checkAddress(a string) error {
	if len(a) > maxAddress {
		return fmt.Errorf("address of %d bytes in a join token: at most %d", len(a), maxAddress)
	}
	host, port, err := net.SplitHostPort(a)
	if err != nil || host == "" {
		return fmt.Errorf("address %q in a join token is not host:port", a)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("address %q in a join token has no port of 1 to 65535", a)
	}
	for _, c := range []byte(a) {
		if c <= ' ' || c >= 0x7f {
			return fmt.Errorf("address %q in a join token is not plain ASCII", a)
		}
	}
	return nil
}

// Parse reads a token. Space around it, and line breaks that a mail program put into it, do not matter.
// Errors say what is wrong with it and never repeat it.
func Parse(s string) (Token, error) {
	if len(s) > maxEncoded {
		return Token{}, fmt.Errorf("join token is %d characters long: this is not a join token", len(s))
	}
	s = strings.Join(strings.Fields(s), "")
	if s == "" {
		return Token{}, errors.New("join token is empty")
	}
	body, ok := strings.CutPrefix(s, prefix)
	if !ok {
		return Token{}, fmt.Errorf("join token does not begin with %q: copy the whole line that the collector printed", prefix)
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil {
		return Token{}, errCut
	}
	if len(b) < 2+sumSize {
		return Token{}, errCut
	}
	payload, sum := b[:len(b)-sumSize], sha256.Sum256(b[:len(b)-sumSize])
	if string(sum[:sumSize]) != string(b[len(payload):]) {
		return Token{}, errCut
	}
	if payload[0] != version {
		return Token{}, fmt.Errorf("join token has version %d: this program reads version %d, use matching versions", payload[0], version)
	}
	return parseBody(payload[1:])
}

var errCut = errors.New("join token is cut off or mistyped: copy it again from the collector")

func parseBody(b []byte) (Token, error) {
	var t Token
	n := int(b[0])
	b = b[1:]
	if n == 0 || n > maxAddresses {
		return Token{}, fmt.Errorf("join token with %d addresses: it takes 1 to %d", n, maxAddresses)
	}
	for range n {
		if len(b) == 0 || len(b) < 1+int(b[0]) {
			return Token{}, errCut
		}
		a := string(b[1 : 1+int(b[0])])
		if err := checkAddress(a); err != nil {
			return Token{}, err
		}
		t.Addresses = append(t.Addresses, a)
		b = b[1+len(a):]
	}
	if len(b) != len(t.CAPin)+len(t.Secret) {
		return Token{}, errCut
	}
	copy(t.CAPin[:], b)
	copy(t.Secret[:], b[len(t.CAPin):])
	return t, nil
}
