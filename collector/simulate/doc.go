// Package simulate plays networks of SNMP devices on loopback: a Fleet of any number of devices for load
// tests and trials, and a Demo, a small network of two sites with a past, that `up --demo` shows.
//
// Promises:
//   - nothing outside this host can reach a fleet: its socket is bound to the loopback interface, and
//     a listen range outside 127.0.0.0/8 is refused;
//   - what a device answers is a function of the seed, its number and the time alone: counters only
//     grow, go on where they were after a restart of the fleet, and follow days and weeks;
//   - an answer comes from the address that was asked;
//   - everything is counted: requests = answered + ignored + send errors, so that a test can compare what was served
//     with what was stored;
//   - the history of a Demo and its live counters come from the same functions: they join without a step.
//
// Loopback addresses always answer to ICMP, by the kernel: a device of the fleet that is silent to SNMP is
// still reachable. Only a device that is not probed by ICMP (DemoDevice.ICMP false) can go down.
//
// A Fleet may be used from any goroutine. The package writes no files, and knows no HTTP.
package simulate
