// Package alert turns findings into incidents: one row that opens, may be acknowledged, and is resolved.
//
// What is wrong with an object is decided by the engines (uptime and, later, capacity and topology); what
// people are told of it is decided here. Decide is the pure core: an open incident and a finding in, the
// change out. The Engine keeps incidents in the state store, each change in one transaction with what is to
// be notified, so that neither can be there without the other.
//
// Promises:
//   - one open incident for one object and kind, however often the finding is repeated, over restarts too;
//   - one cause is one incident: devices that are down and connected, and findings that share what failed or that an
//     outage explains, whichever is told first; redundancy that is lost with it is told in it;
//   - late evidence never opens an incident: it revises history;
//   - unknown neither opens nor resolves anything: absence is never evidence.
package alert
