package usm

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"slices"
)

// Auth is a hash with the length to which its HMAC is cut (RFC 3414, section 6; RFC 7860).
type Auth struct {
	hash func() hash.Hash
	Size int // octets of msgAuthenticationParameters
}

// Auths are the authentication protocols by name.
var Auths = map[string]Auth{
	"MD5":    {md5.New, 12},
	"SHA":    {sha1.New, 12},
	"SHA224": {sha256.New224, 16},
	"SHA256": {sha256.New, 24},
	"SHA384": {sha512.New384, 32},
	"SHA512": {sha512.New, 48},
}

// PasswordToKey is the Ku of RFC 3414, A.2: the hash of the passphrase repeated up to a megabyte.
func (a Auth) PasswordToKey(passphrase []byte) []byte {
	const total = 1 << 20
	h := a.hash()
	block := slices.Repeat(passphrase, 1+1024/len(passphrase))
	for n := 0; n < total; {
		part := block[:min(len(block), total-n)]
		h.Write(part)
		n += len(part)
	}
	return h.Sum(nil)
}

// Localize is the Kul of RFC 3414, section 2.6: a key of one engine.
func (a Auth) Localize(ku, engineID []byte) []byte {
	h := a.hash()
	h.Write(ku)
	h.Write(engineID)
	h.Write(ku)
	return h.Sum(nil)
}

// Priv is a cipher with its key length and the way to make a key longer than the hash gives.
type Priv struct {
	des    bool
	size   int  // octets of the localized key that are used
	reeder bool // AES192C, AES256C: draft-reeder-snmpv3-usm-3desede, as Cisco does; else draft-blumenthal-aes-usm
}

// Privs are the privacy protocols by name.
var Privs = map[string]Priv{
	"DES":     {des: true, size: 16},
	"AES":     {size: 16},
	"AES192":  {size: 24},
	"AES256":  {size: 32},
	"AES192C": {size: 24, reeder: true},
	"AES256C": {size: 32, reeder: true},
}

// localize makes the privacy key of one engine, extended to the length that the cipher needs.
func (p Priv) localize(a Auth, ku, engineID []byte) []byte {
	key := a.Localize(ku, engineID)
	for last := key; len(key) < p.size; key = append(key, last...) {
		if p.reeder {
			last = a.Localize(a.PasswordToKey(last), engineID)
			continue
		}
		h := a.hash()
		h.Write(key)
		last = h.Sum(nil)
	}
	return key[:p.size]
}

// Keys are those of one user at one engine, ready to use.
type Keys struct {
	auth  Auth
	mac   hash.Hash // nil: no authentication
	sum   []byte
	block cipher.Block // nil: no privacy
	des   bool
	preIV [8]byte // of DES
	salt  [8]byte
	iv    [aes.BlockSize]byte
	mask  [aes.BlockSize]byte
}

// NewKeys localizes Ku of both passphrases for an engine. A nil authKu means no authentication, a nil privKu
// no privacy.
func NewKeys(a Auth, authKu []byte, p Priv, privKu, engineID []byte) (*Keys, error) {
	k := &Keys{auth: a, des: p.des}
	if authKu != nil {
		k.mac = hmac.New(a.hash, a.Localize(authKu, engineID))
	}
	if privKu == nil {
		return k, nil
	}
	key := p.localize(a, privKu, engineID)
	var err error
	if p.des {
		copy(k.preIV[:], key[8:])
		k.block, err = des.NewCipher(key[:8])
	} else {
		k.block, err = aes.NewCipher(key)
	}
	return k, err
}

// Sign writes the code of message into its place at offset at, where zeros stand.
func (k *Keys) Sign(message []byte, at int) {
	copy(message[at:], k.code(message))
}

func (k *Keys) code(message []byte) []byte {
	k.mac.Reset()
	k.mac.Write(message)
	k.sum = k.mac.Sum(k.sum[:0])
	return k.sum[:k.auth.Size]
}

// Verify compares the code in m, which was parsed from message, with the one that it should have.
func (k *Keys) Verify(message []byte, m *Message) bool {
	if len(m.Auth) != k.auth.Size {
		return false
	}
	var got [64]byte
	copy(got[:], m.Auth)
	clear(m.Auth) // aliases the message
	want := k.code(message)
	copy(m.Auth, got[:])
	return hmac.Equal(got[:len(m.Auth)], want)
}
