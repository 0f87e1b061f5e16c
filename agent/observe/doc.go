// Package observe turns results of probes into the two facts that are kept of them: observation runs, the
// evidence from which the collector judges, and frames with the numbers of a window, for graphs.
//
// Builder, Window and Burst are pure: they know no clock, no goroutine and no socket. A Recorder keeps one of
// each for every device, and is what the agent uses; it may be called by several goroutines.
//
// Promises:
//   - a run is samples of one result at one steady interval, without a hole: a slot that was skipped, another
//     interval or a clock that went back begins a new one, so that nothing is made up;
//   - a run that begins is handed out at once, a run that grew with the next Flush and when it ends. It is
//     named by its first sample: the later copy replaces the earlier;
//   - the reason of a run does not split it: it is the first that says more than "timeout";
//   - prober faults are neither sent nor lost in a window.
//
// Windows are aligned to their length and named by their end.
package observe
