// Package snmp reads devices over SNMPv1, SNMPv2c and SNMPv3 (RFC 1157, 3416, 3414, 3826, 7860): one
// request, a walk, the discovery of what a device has, and the poll of what was discovered.
//
// Promises:
//   - a reply is taken only when it passes every check: source address, version, community or
//     authenticated engine, request-id, PDU type, names; what does not pass is counted by reason and
//     the wait goes on until the deadline, so that garbage costs nothing but itself;
//   - a value that its type or its MIB does not allow is never read as a number: it is absent;
//   - a retry repeats the request-id; a refused port is asked again after a pause, not in a burst;
//   - a call returns within 100 ms of the end of its context;
//   - walks are bounded by rows, bytes and the context, and say so when they were cut short;
//   - what is returned shares no memory with packets, and no error or log holds a secret.
//
// A Client serves one device; its methods may be called from any goroutine and wait for each other.
// The package decides neither when to poll nor what a silence means: that is schedule and the collector.
package snmp
