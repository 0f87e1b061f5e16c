// Package capacity turns counters into decisions: from readings to rates, from rates to buckets, daily features
// and billed percentiles, from histories to forecasts, and from forecasts to the day on which something is full.
//
// The core is pure: no clock, socket or database; the order in which facts arrive never changes a result.
//
//   - Decide judges a pair of readings of a counter (RFC 2863); only an ok pair has a rate.
//   - Spread lays the octets of pairs into aligned buckets, as exact fractions.
//   - Percentile and Bill give the 95th percentile with the buckets that decided it; Sketch keeps percentiles
//     mergeable when buckets have aged out; DayFeatures sums up a day.
//   - Forecast gives quantiles of what comes, with its own back-test, or refuses by name; Crossing gives the
//     days to a limit. Band is the normal range of each hour of the week.
//
// Promises:
//   - a rate is never negative and never made up: a pair that cannot be trusted is a gap with its reason;
//   - percentiles are never averaged, nor taken of averages;
//   - a forecast from the first n values never depends on later ones;
//   - no date is given when the back-test loses to the seasonal naive forecast or covers less than 60 %.
//
// All functions may be called from any goroutine.
package capacity
