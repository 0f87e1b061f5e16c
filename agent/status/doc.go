// Package status serves the agent's own pages, /metrics above all, over HTTP/1.1 (RFC 9112).
//
// net/http reads the requests and writes the answers; only the loop around them is here, since http.Server would make
// the agent, which has to stay small, 170 KB larger for these two pages.
//
// Promises:
//   - a connection carries one request and is closed after the answer;
//   - maxConnections are served at once, others wait in the kernel until one ends;
//   - a client has patience to send its request and take the answer, and maxHeader bytes for the request.
//
// It serves GET and HEAD, no TLS, and reads no body.
package status
