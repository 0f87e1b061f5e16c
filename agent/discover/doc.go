// Package discover finds what answers in ranges of addresses, by ICMP and SNMP.
//
// Promises:
//   - nothing outside of the agent's allow list is ever sent to;
//   - at most Config.Rate addresses are tried a second, and at most Config.TriesPerMinute credentials a minute
//     at one address, in their order, each once: a device that locks out whoever guesses is left in peace;
//   - a scan that was interrupted goes on where it stopped, when it is given the same question and its State;
//   - a Scanner runs what a collector asks for in the same way, one scan at a time, and tells of it in records
//     that are as durable as all telemetry;
//   - memory is bounded by MaxAddresses.
//
// An address that answers to a credential is not asked with the next ones. A scan keeps no secret in its State.
package discover
