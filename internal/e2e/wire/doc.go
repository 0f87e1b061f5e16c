// Package wire holds tests of the whole chain between an agent's spool and a collector's journal, in one
// process over TLS on loopback: enrolment, renewal, resumption, refusals in words. It has no code but tests.
package wire
