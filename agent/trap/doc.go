// Package trap receives traps and informs (RFC 1157, RFC 3416, RFC 3414) on a socket of its own, and hands over what
// devices that are watched say in them.
//
// Promises:
//   - a message counts only when it comes from the address of a device, with the credential of that device: its
//     community, or its user at the user's security level, authentic and no replay where the user has a passphrase;
//   - an address is heard Config.Rate times a second in the mean; what it sends beyond that is not even decoded;
//   - an inform that was taken is answered; one that comes again is answered and not taken again;
//   - what is not taken is counted by its reason; memory is bounded by the number of devices.
//
// A trap is a hint, never a state: who takes it looks at the device. The package has its own engine id, to which
// senders of SNMPv3 informs localize their keys: it is made of the host's name, so that it stays.
//
// Take is called from the one goroutine that reads the socket: it has to be quick.
package trap
