// Package feed carries entries from the ingest journal to the sinks: the state store and the sample store.
//
// Each Sink has its own loop and its own cursor, so that a slow or failing one never holds up another.
//
// Promises:
//   - a sink gets the entries in the order of the journal, each at least once, and only entries that are
//     durable there;
//   - a batch that a sink refuses is offered again, with back-off, until it is taken;
//   - an entry that cannot be decoded costs itself alone, and is counted;
//   - the journal keeps what a sink has not taken yet, and its newest two segments always.
//
// The cursor belongs to the sink, which stores it together with what it applied: after a crash in
// between, the same entries come again, and applying again changes nothing.
package feed
