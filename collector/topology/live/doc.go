// Package live keeps the topology and the redundancy of a running collector: what package topology computes,
// from the facts that are stored, as they change.
//
// A Service remembers what each device told (Facts, after the feed has stored it), the links, redundancy groups
// and risk groups of the inventory, and the states of members by the ledger (Touch). From these it makes a View:
// the network, what each failure would cost, and the class of every redundancy group. Each change of a class,
// of a node and of a link is stored with its time, so that the time without redundancy can be told for any
// period, and the topology of any day.
//
// How members are judged:
//   - a port, a device, a circuit or a service is what the ledger says, which has confirmed it; a port of which
//     the ledger knows nothing is what its device said last. A member of a LAG must also be in use by the
//     aggregator, where the device says so and the port has not changed since;
//   - a power supply, fan or stack member is up while its device lists it, and down when it is missing from a
//     list that was read to its end; 90 days later it is forgotten. A sensor of a power supply or fan that says
//     critical, or absent after it was well, is believed before the list; one that says unknown is no evidence,
//     and a place that was always empty no member;
//   - a session of BGP or OSPF that was up once is down when its device says so, or lists it no more; sessions to one
//     autonomous system are a group, and the neighbours of OSPF. Losing some of them is no finding while two are left;
//   - the ways of a bridge to the root of a spanning tree are its root port and its alternate ports. One that is none any
//     more while the root is the same is lost, unless the other end of its link is blocked in its place;
//   - a router of a first hop redundancy group is what it said last; it is idle while it, or the interface by which it
//     takes part, is down. Who was told to be standby before the active router fell out is unknown until it is read again;
//   - what is within a device that is not up is unknown: its device is the fault;
//   - unreachable and unknown are unknown. Planned work does not make a member up.
//
// Both ends of a bundle of links are one group. Groups of the inventory win over those of facts with the same
// ports. Users of a site are spread evenly over its access devices (over all devices where none has that role):
// an estimate, and said to be one.
//
// Promises:
//   - a View never changes, and is never waited for: readers see the last one;
//   - what changed is judged within a second, all else once a minute;
//   - the order of facts changes nothing, and a restart neither: for the time without a collector the ledger is
//     asked, and where it cannot tell the class is unknown;
//   - findings are of confirmed classes, and are not hidden because a service is up: that is their point. They name what
//     failed, so that those with one cause can be told as one. Where nothing can be said any more, nothing is over.
//
// Backups are members that stand by and are not to be relied on: never used within a quarter in which they were watched,
// or slower than what they would have to carry.
//
// The package raises no incident and serves nothing: Findings is for alert, View for the API. Service may be
// used from any goroutine.
package live
