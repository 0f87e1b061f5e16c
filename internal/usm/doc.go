// Package usm is the User-based Security Model of SNMPv3 (RFC 3414, 3826, 7860) without a side: the form of
// messages, keys of passphrases, codes and ciphers. Agents and askers share it.
//
// Promises:
//   - Parse accepts what RFC 3412, section 6, describes and nothing else; it never panics;
//   - a Keys makes its hash and cipher states once: signing, checking and encrypting take no memory;
//   - Verify leaves the message as it was.
//
// It knows no clock, no engine discovery and no rule of what to believe: that is who uses it. A Keys belongs
// to one goroutine at a time; everything else may be called from any.
package usm
