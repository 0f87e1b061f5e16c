// Package api answers people and programs over HTTP: the REST API below /api/v1, the Prometheus API below
// /prometheus, the collector's own metrics and health, and the pages.
//
// Promises:
//   - deny by default: a route says which right it needs when it is registered, and what a caller may not
//     see is not there (404), whatever its name;
//   - who may see what is decided in caller (access.go) alone: lists are cut to the caller's sites, single
//     objects are looked up through it, and queries of samples carry its sites as a forced matcher;
//   - errors are problem details (RFC 9457) with the id of the request, which is also in the log; they never
//     carry the text of an internal error, nor a value that was sent;
//   - no answer holds a secret, but for a token at the moment when it is made;
//   - an event stream never holds up anybody: a reader that is too slow is cut off and reads again.
//
// The sentences that pages open with are made by pure functions of numbers (answer.go).
//
// Handler may be used by any number of goroutines. The package keeps no state but the open event streams.
package api
