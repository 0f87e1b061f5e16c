// Package uplink is the agent's side of the stream to the collector: it enrols the agent, keeps its
// certificate fresh, sends what the spool holds, and receives the assignment.
//
// Promises:
//   - a record leaves the spool only when a collector says that it is durable (spool.Queue.Ack);
//   - what was sent and not acknowledged when a connection ends is sent again (Queue.Return);
//   - at most Config.Window bytes of each lane are on the way;
//   - the last good assignment is kept in the state folder and applied at the start, so that an agent
//     works without its collector; it never goes back to an older one;
//   - only a collector that proves itself with the CA of the enrolment is talked to;
//   - the certificate is renewed at 50 to 70 % of its life, and after its end too.
//
// It goes through the HTTP CONNECT proxy that HTTPS_PROXY names. An Uplink that cannot reach its
// collector says so once a minute and tries again, at the latest after Config.MaxBackoff.
//
// It does not know where samples come from or how they are stored.
package uplink
