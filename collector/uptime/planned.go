package uptime

import "ninewatch/collector/inventory"

// openSearch is how far ahead the next hours of a calendar are looked for, in seconds.
const openSearch = 60 * 86_400

// NextOpen returns a function that tells when a calendar is open next, in Unix seconds: at itself when it is
// open then. A calendar without any hours in two months is taken to be open.
func NextOpen(c inventory.Calendar) (func(at int64) int64, error) {
	hours, err := newCalendar(c)
	if err != nil {
		return nil, err
	}
	return func(at int64) int64 {
		for _, w := range hours.Within(Window{at, at + openSearch}) {
			return w.From
		}
		return at
	}, nil
}
