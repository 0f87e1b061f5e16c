// Package rrule says on which local times something recurs, and reads calendars that others publish.
//
// It holds a strict part of RFC 5545: recurrence rules with FREQ DAILY, WEEKLY, MONTHLY or YEARLY, INTERVAL,
// COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYDAY, BYSETPOS and WKST, and of iCalendar files the events with DTSTART, DTEND
// or DURATION, RRULE, EXDATE, RDATE and RECURRENCE-ID. What it does not read is refused with a sentence, never
// guessed at.
//
// Times are wall clocks: a time.Time in UTC stands for what a clock on the wall shows, in whatever zone the
// caller has in mind. Turning wall clocks into instants is the caller's business, who states the rule for gaps
// and folds.
//
// Everything is pure and may be called from any goroutine. What a caller gets is bounded by the window that
// it asks for: rules without an end do no harm.
package rrule
