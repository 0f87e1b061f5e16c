package uptime

// Sliding is availability by sliding window (MEF 10.x) over short intervals of one length.
type Sliding struct {
	Available    []bool
	Availability Fraction // without maintenance
	HLI          int      // available intervals with a high loss ratio
	CHLI         int      // runs of at least p of them
}

// SlidingWindow reads the loss ratio of each interval. It starts available, turns unavailable at the first
// of n intervals in a row with a ratio above c, and available at the first of n in a row not above it.
// Without n intervals ahead the state is kept.
func SlidingWindow(flr []float64, n, p int, c float64, maintenance func(int) bool) Sliding {
	s := Sliding{Available: make([]bool, len(flr))}
	same := make([]int, len(flr)+1) // how many intervals from i on are on one side of c
	for i := len(flr) - 1; i >= 0; i-- {
		same[i] = 1
		if i+1 < len(flr) && (flr[i] > c) == (flr[i+1] > c) {
			same[i] += same[i+1]
		}
	}
	available, run := true, 0
	for i, x := range flr {
		high := x > c
		if high == available && same[i] >= n {
			available = !high
		}
		s.Available[i] = available
		counted := !maintenance(i)
		if counted {
			s.Availability.Den++
			if available {
				s.Availability.Num++
			}
		}
		if counted && available && high {
			s.HLI++
			if run++; run == p {
				s.CHLI++
			}
		} else {
			run = 0
		}
	}
	return s
}
