// Package report makes the reports that people sign, print and send: service levels, capacity, redundancy and
// inventory.
//
// One model, a Document, holds all that a report says, in words and in numbers. It is drawn as HTML that
// prints, as PDF, as CSV and as JSON; charts come from one geometry (Drawing), so that all forms show the same.
// A Document is made by a pure function of figures that were already counted (SLA, …): this package asks no
// store and no clock.
//
// The JSON form is signed: ed25519 over its canonical form (FORMAT.md), which Verify checks without a
// collector. Text from devices and from people is escaped in HTML and defused in CSV.
package report
