// Package schedule decides when things are due, and runs them then.
//
// A Wheel is the pure part: it knows entries with a key and an interval, and hands them out in the order
// of their slots. The slots of an entry are the wall-clock times (Unix ms) that leave the remainder
// Phase(key, interval) when divided by the interval: they are spread over the interval, they are the same
// after every restart, and they are aligned, so that time stamps compress well.
//
// A Scheduler runs jobs on such a wheel. Promises:
//   - at most one run of a key at a time; slots that pass meanwhile are skipped and counted;
//   - at most Config.MaxConcurrent runs at a time; what is due then waits in the order in which it became due; long
//     jobs have a queue and a quarter of the places, so that short ones do not wait for them;
//   - two scheduled runs of a key are at least its interval apart, also over a restart or a kill -9: the last
//     run of each key is written to Config.File before it begins;
//   - a key that has never run, or whose interval has passed, runs at once instead of waiting for its slot;
//   - Trigger runs a key at once, besides its slots; SetJobs keeps the phases of the keys that stay;
//   - a step of the wall clock neither stops the schedule nor makes it catch up.
//
// The package knows neither SNMP nor ICMP. All methods of a Scheduler may be called by several goroutines; a
// Wheel belongs to one.
package schedule
