// Package snmpagent is the agent's side of SNMPv1, SNMPv2c and SNMPv3: it answers requests from a view of
// objects, and reads recordings in the snmprec format into such a view.
//
// An Engine does the same for one user of SNMPv3 (RFC 3414): it opens requests and seals responses.
//
// It is pure: no sockets, no clock of its own, no goroutine. Package snmptest serves it to tests, package
// collector/simulate to people. What it promises:
//   - GET, GETNEXT and GETBULK as in RFC 3416 section 4.2 (RFC 1157 for SNMPv1, where a Counter64
//     does not exist); SET is refused as on a read-only agent; other PDUs get no answer;
//   - a recording is served in lexicographical order whatever its file looks like, for duplicates the
//     last line counts, and lines that are not SNMP values are left out and counted;
//   - an answer longer than the limit is cut short (GETBULK) or tooBig. One binding alone may be
//     longer, in IP fragments: there are devices with such values, and they could not be read otherwise.
//
// An Engine belongs to one goroutine. A Tree is read-only after Parse and may be shared by goroutines.
package snmpagent
