// Package snmp reads devices over SNMPv1, SNMPv2c and SNMPv3 (RFC 1157, 3416, 3414, 3826, 7860): one
// request, a walk, the discovery of what a device has, and the poll of what was discovered.
//
// A Manager speaks to all devices over a few sockets. What is in flight are entries of a table, by the place and
// the random part of the request-id and the address of the device; a timer wheel ends them. Names that are known
// are read as a Batch: encoded once, about 55 in a request, of which only the request-id is new each time; a
// reply that is as expected is read without taking memory.
//
// Promises:
//   - a reply is taken only when it passes every check: source address, version, community or
//     authenticated engine, request-id, PDU type, names; what does not pass is counted by reason and
//     the wait goes on until the deadline, so that garbage costs nothing but itself;
//   - a value that its type or its MIB does not allow is never read as a number: it is absent;
//   - a retry repeats the request-id; a refused port is asked again after a pause, not in a burst;
//   - a call returns within 100 ms of the end of its context;
//   - walks are bounded by rows, bytes and the context, and say so when they were cut short;
//   - what is returned shares no memory with packets, and no error or log holds a secret;
//   - a device has at most two requests in flight, and is asked less and slower when it does not answer, says
//     tooBig or gets slow; what was learnt of it can be kept (Memory, FORMAT.md);
//   - a device that does not answer is asked for one name at a time until it does; it keeps no room that others
//     need: what the sockets expect is bounded by what their buffers bear, and late replies do not count;
//   - an SNMPv3 engine is believed only what RFC 3414 lets it prove; a change of its id is followed, three
//     within half a minute at most.
//
// A Client is the Session of one device; its methods may be called from any goroutine. Functions given to Start and
// Read run where replies are received: they have to be quick.
// The package decides neither when to poll nor what a silence means: that is schedule and the collector.
package snmp
