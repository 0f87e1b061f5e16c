// Package watch turns an assignment into running probes, and what they show into records.
//
// For each device it keeps echoes going (package icmp), polls SNMP when the schedule says so (packages
// schedule and snmp), and records runs, windows, samples, facts and boots. On the first echo that a device
// loses it asks by SNMP at once, and again when echoes return, so that the collector can judge from fresh
// evidence of both kinds.
//
// Promises:
//   - an address outside the agent's allow-list is never talked to: it is a problem of the assignment;
//   - one device that is slow, dead or lies costs only its own polls: each has a time budget;
//   - silence is evidence of the device, a failure of the agent's own never is: it is a prober fault;
//   - wrong credentials are "credentials", never silence.
package watch
