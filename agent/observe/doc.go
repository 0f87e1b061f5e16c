// Package observe turns results of probes into the two facts that are kept of them: observation runs, the
// evidence from which the collector judges, and frames with the numbers of a window, for graphs.
//
// Builder, Window, Trace and Burst are pure: they know no clock, no goroutine and no socket. A Recorder keeps one
// of each for every device and target, and is what the agent uses; it may be called by several goroutines.
//
// Promises:
//   - a run is samples of one result at one steady interval, without a hole: a slot that was skipped, another
//     interval or a clock that went back begins a new one, so that nothing is made up;
//   - a run that begins is handed out at once, a run that grew with the next Flush and when it ends. It is
//     named by its first sample: the later copy replaces the earlier;
//   - the reason of a run does not split it: it is the first that says more than "timeout", with the address
//     of the router or host that said so;
//   - prober faults are neither sent nor lost in a window, and looks (probes beside the regular ones, sent where
//     something was lost) are evidence, but no part of a statistic: they would show more loss than there is;
//   - two minutes before and after an outage begins or ends, every single round-trip time is told; that a probe
//     was lost is in the runs, always and for every probe.
//
// Windows are aligned to their length and named by their end, but the last one by the time of Close.
package observe
