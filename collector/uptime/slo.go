package uptime

import (
	"fmt"
	"math/big"
)

// burnRule is a pair of look-back windows (seconds) that must both burn faster than a factor for an alert
// (Google SRE Workbook, chapter 5). Share is the part of the budget that the long window may spend.
type burnRule struct {
	severity    string
	long, short int64
	share       *big.Rat
}

var burnRules = []burnRule{
	{"page", 3_600, 300, big.NewRat(2, 100)},
	{"page", 21_600, 1_800, big.NewRat(5, 100)},
	{"ticket", 86_400, 7_200, big.NewRat(10, 100)},
	{"ticket", 259_200, 21_600, big.NewRat(10, 100)},
}

// factor is share·L/w, but never more than a total outage can reach.
func (r burnRule) factor(length int64, allowed *big.Rat) *big.Rat {
	f := new(big.Rat).Mul(r.share, big.NewRat(length, r.long))
	if allowed.Sign() > 0 {
		if most := new(big.Rat).Quo(big.NewRat(9, 10), allowed); most.Cmp(f) < 0 {
			return most
		}
	}
	return f
}

// burn is how many times faster than allowed the look-back window [at-w, at) spent its budget; nil when it
// is not known: nothing is allowed, or less than half of the window was seen.
func burn(timeline []Interval, at, w int64, allowed *big.Rat) *big.Rat {
	window := NewWindows(Window{at - w, at})
	u := during(timeline, Up, Degraded).Intersect(window).Seconds()
	d := during(timeline, Down, Unreachable).Intersect(window).Seconds()
	if allowed.Sign() <= 0 || u+d == 0 || 2*(u+d) < w {
		return nil
	}
	return new(big.Rat).Quo(big.NewRat(d, u+d), allowed)
}

// Burn is the state of an objective at one instant.
type Burn struct {
	At    int64
	Rates map[int64]*big.Rat // by look-back window in seconds; nil: undetermined
	Fires []string           // severity:long/short
}

// BurnRates evaluates the pairs of windows at an instant for an objective over a window of the given length.
func BurnRates(timeline []Interval, objective *big.Rat, length, at int64) Burn {
	allowed := new(big.Rat).Sub(big.NewRat(1, 1), objective)
	b := Burn{At: at, Rates: map[int64]*big.Rat{}}
	for _, r := range burnRules {
		long, short := burn(timeline, at, r.long, allowed), burn(timeline, at, r.short, allowed)
		b.Rates[r.long], b.Rates[r.short] = long, short
		f := r.factor(length, allowed)
		if long != nil && short != nil && long.Cmp(f) >= 0 && short.Cmp(f) >= 0 {
			b.Fires = append(b.Fires, r.name())
		}
	}
	return b
}

func (r burnRule) name() string { return fmt.Sprintf("%s:%d/%d", r.severity, r.long, r.short) }
