// Package auth knows who may do what: the collector's CA and the identities that it gives to agents,
// join tokens, people with their sessions, and API tokens.
//
// Promises:
//   - a secret is kept only as a hash: SHA-256 of random 256 bit secrets, argon2id of passwords;
//   - a join token enrols one agent, once; the same agent may repeat the request when the answer got lost;
//   - the names of an agent come from the token and its key, never from its certificate request;
//   - a revoked agent never comes back with the same key;
//   - roles are per site, and what no role allows is denied.
//
// Who acts is in the context (With, From), and goes into the append-only audit log with each change.
//
// It does not know HTTP or gRPC: collector/api and collector/ingest do. An Auth may be used by several
// goroutines.
package auth
