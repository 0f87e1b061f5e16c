// Package tlsconf makes the TLS configurations between agents and collectors: TLS 1.3 only, one CA of
// the collector's own, and names of the form spiffe://ninewatch/… instead of host names.
//
// Verification stands in VerifyConnection, which runs on resumed connections too (VerifyPeerCertificate
// does not), and session tickets are off on top.
//
//   - Server requests a certificate and accepts none, a valid one, or an expired one of our CA: each RPC
//     checks what it needs with PeerOf.
//   - Client presents the agent's certificate, and accepts only spiffe://ninewatch/collector under the
//     CA bundle that it has.
//   - Pinned is for enrolment: the chain has to hold a CA whose key has the pinned hash.
package tlsconf
