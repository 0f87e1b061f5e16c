// Package plan runs capacity planning on top of the pure core in package capacity: what fills up, when, and what
// to order by which date.
//
// Sink, a sink of package feed, notes of which hours of which devices samples came. A Service computes these hours
// from the sample store, once they are over and the store has taken what the sink has seen: counters become pairs,
// 5-minute buckets and features of days. Late samples touch their hours anew. Each night of a site, and on demand,
// it forecasts the daily 95th percentile of every resource and keeps what it said. Expressions of capacity rules are
// asked for the same buckets. What must not fall is kept with the other sign, under a name that begins with "min-".
// The hours of the next two weeks are forecast in the same night, from the hours that are kept and the day that has
// ended, with the back-test of the last days where that still holds; and anew when somebody asks.
//
// Promises:
//   - a note is durable together with the sink's cursor, and is deleted in the transaction that writes what was
//     computed: an hour is computed at least once, and computing it again changes nothing;
//   - buckets, maxima and features come from readings alone: true peaks survive, nothing is averaged twice;
//   - memory is bounded by the number of resources; histories are read one resource at a time;
//   - an answer whose forecast is withheld has the reason in place of dates.
//
// Days are those of the site's zone at the time of computing. Samples later than the sample store takes (8 days)
// do not count. FORMAT.md, beside this file, gives the layout of what is stored. All methods of Service may be
// called from any goroutine.
package plan
