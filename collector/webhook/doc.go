// Package webhook delivers what happened to incidents: for certain, in order, and signed.
//
// Notify writes deliveries into the outbox in the caller's transaction; a Service sends what is due. A
// delivery is done with a 2xx. 429, 5xx and network errors are tried again with growing pauses for three
// days, honouring Retry-After; any other answer, redirects among them, makes it a dead letter, which a
// person can send again. 410 Gone ends sending to that URL: all else for it becomes dead letters. The id of a message is the same over all attempts, so that receivers can tell
// repetitions; deliveries of one incident reach a receiver in their order, and a slow receiver holds up
// no other.
//
// Signatures are those of the Standard Webhooks specification. Where a name of a receiver resolves to a
// special address (loopback, link-local, metadata, translation prefixes, …) the connection is refused
// after DNS, unless Config.Allow names the range.
package webhook
