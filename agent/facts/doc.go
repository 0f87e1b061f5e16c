// Package facts reads what a device is made of and what it is connected to: inventory, neighbours, link
// aggregations, bridge ports, VLANs, spanning trees, addresses, routing peers, groups of first hop
// redundancy.
//
// Promises:
//   - Read fills the lists of telemetry.DeviceFacts from standard MIBs, and from vendors' MIBs where these
//     tell more; what cannot be told for sure is left empty, never guessed: a local port of LLDP is resolved
//     only when exactly one interface fits (ANALYTICS C.1);
//   - rows that were read stay when the rest of their table was not; the error says which table and why,
//     and DeviceFacts.Partial names the list;
//   - what the device says is hostile: rows, names and lists are bounded by what internal/record takes,
//     containment without loops, text valid UTF-8 without control characters. Loops and surplus rows are
//     cut and told;
//   - the lists are sorted, and do not depend on the order of the device's answers, so that two readings
//     of an unchanged device are equal (telemetry.SameFacts).
//
// Standards: IEEE 802.1AB (LLDP-MIB, LLDP-V2-MIB), IEEE8023-LAG-MIB, RFC 2863 (ifStackTable), RFC 4188 and
// 4363 (BRIDGE-MIB, Q-BRIDGE-MIB), RFC 4293 with its predecessors RFC 2011 and 2465, RFC 4273 (BGP4-MIB) and
// the drafts of its second version, RFC 4750 and 5643 (OSPF), RFC 2787 and 6527 (VRRP), RFC 6933 (ENTITY-MIB).
//
// Between two readings States say, by a few requests, which lists have changed, new rows among them, and Reread reads
// these alone: what it gives is what a Read would.
//
// A vendor's MIB is asked of the devices of that vendor, and of those whose sysObjectID names nobody. The
// package keeps no state; Read may run for several devices at once.
package facts
