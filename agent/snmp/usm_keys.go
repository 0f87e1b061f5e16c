package snmp

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"slices"
)

// authProtocol is a hash with the length to which its HMAC is cut (RFC 3414, section 6; RFC 7860).
type authProtocol struct {
	hash func() hash.Hash
	mac  int
}

var authProtocols = map[string]authProtocol{
	"MD5":    {md5.New, 12},
	"SHA":    {sha1.New, 12},
	"SHA224": {sha256.New224, 16},
	"SHA256": {sha256.New, 24},
	"SHA384": {sha512.New384, 32},
	"SHA512": {sha512.New, 48},
}

// sum is the message authentication code of message, cut to its length.
func (a authProtocol) sum(key, message []byte) []byte {
	h := hmac.New(a.hash, key)
	h.Write(message)
	return h.Sum(nil)[:a.mac]
}

// passwordToKey is the Ku of RFC 3414, A.2: the hash of the passphrase repeated up to a megabyte.
func (a authProtocol) passwordToKey(passphrase []byte) []byte {
	const total = 1 << 20
	h := a.hash()
	block := slices.Repeat(passphrase, 1+1024/len(passphrase))
	block = block[:len(block)/len(passphrase)*len(passphrase)]
	for n := 0; n < total; {
		part := block[:min(len(block), total-n)]
		h.Write(part)
		n += len(part)
	}
	return h.Sum(nil)
}

// localize is the Kul of RFC 3414, section 2.6: a key of one engine.
func (a authProtocol) localize(ku, engineID []byte) []byte {
	h := a.hash()
	h.Write(ku)
	h.Write(engineID)
	h.Write(ku)
	return h.Sum(nil)
}

// privProtocol is a cipher with its key length and the way to make a key longer than the hash gives.
type privProtocol struct {
	des    bool
	key    int  // octets of the localized key that are used
	reeder bool // AES192C, AES256C: draft-reeder-snmpv3-usm-3desede, as Cisco does; else draft-blumenthal-aes-usm
}

var privProtocols = map[string]privProtocol{
	"DES":     {des: true, key: 16},
	"AES":     {key: 16},
	"AES192":  {key: 24},
	"AES256":  {key: 32},
	"AES192C": {key: 24, reeder: true},
	"AES256C": {key: 32, reeder: true},
}

// localize makes the privacy key of one engine, extended to the length that the cipher needs.
func (p privProtocol) localize(a authProtocol, ku, engineID []byte) []byte {
	key := a.localize(ku, engineID)
	for last := key; len(key) < p.key; key = append(key, last...) {
		if p.reeder {
			last = a.localize(a.passwordToKey(last), engineID)
			continue
		}
		h := a.hash()
		h.Write(key)
		last = h.Sum(nil)
	}
	return key[:p.key]
}
