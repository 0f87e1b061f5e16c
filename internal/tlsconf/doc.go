// Package tlsconf makes the TLS configurations between agents and collectors: TLS 1.3 only, one CA of
// the collector's own, and names of the form spiffe://ninewatch/… instead of host names.
//
// Clients verify in VerifyConnection, which runs on resumed connections too (VerifyPeerCertificate does
// not), and session tickets are off on top.
//
//   - Server requests a certificate and refuses none in the handshake: with TLS 1.3 a client learns of
//     such a refusal late and without a reason. Each RPC asks PeerOf, and answers in words.
//   - PeerOf accepts a certificate of our CA for an agent, and tells whether it has expired.
//   - Client presents the agent's certificate, and accepts only spiffe://ninewatch/collector under the
//     CA bundle that it has.
//   - Pinned is for enrolment: the chain has to hold a CA whose key has the pinned hash.
package tlsconf
