// Package uptime judges reachability: from recorded evidence to states, outages, availability and service levels.
//
// The core is pure. Timeline turns observation runs into a partition of time by State, Summarize turns a
// partition into integers that add up to the period, Compose and ApplyParents derive timelines from timelines,
// Budget and SlidingWindow do the arithmetic of objectives and of MEF availability. None of them has a clock,
// a socket or a database; the order in which facts arrive never changes a result.
//
// Engine is the shell: it reads observation_runs, boots, objects and agents from the state store, keeps the
// verdict of each device, and recomputes what new evidence touches. What it keeps always equals what the
// pure functions say of all facts.
//
// Promises:
//   - down is never inferred from missing data, nor is up;
//   - the intervals of a timeline are half-open, sorted, and neither overlap nor leave holes;
//   - percentages are formed last and floored; verdicts compare exact fractions.
//
// Parents are those that inventory.Parents tells: of a person, else of topology. An outage goes by the parents of the
// time when it began; a parent that topology shows explains none that began before its links were first heard.
//
// How evidence is weighed where streams of one device disagree or are silent stands at Combine and Sharpen
// in Policy. The rules follow RFC 3418 (sysUpTime is the age of the management agent), IEC 60050-192 (MTBF),
// and MEF 10.x (sliding window).
//
// All functions may be called from any goroutine; Engine's methods too.
package uptime
