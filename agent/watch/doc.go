// Package watch turns an assignment into running probes, and what they show into records.
//
// For each device, and for each other target (a circuit's far end, a reference), it keeps echoes going (package icmp), polls SNMP when the schedule says so (packages
// schedule and snmp), and records runs, windows, samples, facts and boots. On the first echo that a device
// loses it asks by SNMP at once, and has the device and its parents probed more often for two seconds; when
// echoes return, it does so with what was lost behind it: so that the collector can judge from fresh evidence.
//
// Host names are looked up with the assignment and every minute after it. A changed address is followed.
//
// Promises:
//   - what cannot be watched as assigned, or is odd, is told in one line each, and all the rest is watched;
//   - an address outside the agent's allow-list is never talked to: it is a problem of the assignment;
//   - one device that is slow, dead or lies costs only its own polls: each has a time budget;
//   - what a device says of its redundancy (members of aggregates, first hop routers, routing peers) and of its
//     neighbours is looked at with each poll, and told at once when it changed;
//   - silence is evidence of the device, a failure of the agent's own never is: it is a prober fault;
//   - wrong credentials are "credentials", never silence.
package watch
