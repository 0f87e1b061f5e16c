// Package schedule has reports made when their periods end, and hands them on: to receivers of webhooks, or into a
// folder.
//
// Promises:
//   - a report is made once for each period of its schedule, also over restarts: what is handed to receivers and
//     that the period is done are one transaction;
//   - it is made at six in the morning after the period, by the clock of the schedule's zone: what agents held back
//     over night is in it;
//   - what ended while the collector was off is made when it runs again, the newest periods first to be kept;
//   - a schedule begins with the first period that ends after it was seen.
//
// What a report says, and how messages travel, is not decided here. A Service may be used from any goroutine.
package schedule
