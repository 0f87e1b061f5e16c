// Package snmpwire encodes and decodes messages of SNMPv1 and SNMPv2c (RFC 1157, RFC 1901, RFC 3416),
// strictly: a message is either what the RFCs describe or an error that says what is wrong.
//
// Promises:
//   - Decode accepts no message with bytes missing or left over, of another version, with an empty
//     or oversized name, or with an error-status that RFC 3416 does not know;
//   - a value that its type does not allow (a Counter64 of 10 octets, an INTEGER beyond 32 bits) is
//     never read as a number: Decode returns ErrValue, and the value carries VarBind.Err;
//   - Decode takes memory in proportion to the datagram and never panics;
//   - what Append writes, Decode reads back as it was.
//
// Byte strings of a decoded message alias the datagram: who keeps them copies them. The package has no
// sockets and no state; all functions may be called from any goroutine. Decode refuses SNMPv3
// (ErrVersion) and the Trap-PDU of SNMPv1 (ErrSyntax), which DecodeTrapV1 reads.
package snmpwire
