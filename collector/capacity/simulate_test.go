package capacity

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// simulateDaily makes series of the eight kinds in which links fill up, by rules of our own: weekends are
// quieter, noise grows with the level, and the future goes on as the past did.
func simulateDaily(seed uint64, n int) (map[string][]float64, map[string]truth) {
	r := rand.New(rand.NewPCG(seed, 1))
	hist, truths := map[string][]float64{}, map[string]truth{}
	kinds := []string{"linear", "flat", "changepoint", "step", "exp", "outliers", "decline", "saturating"}
	for i := range n {
		kind := kinds[i%len(kinds)]
		days := []int{60, 90, 120, 180}[r.IntN(4)]
		const horizon = 180
		level := 20 + 25*r.Float64()
		weekend := 0.6 + 0.35*r.Float64()
		noise := 0.015 + 0.035*r.Float64()
		slope := 0.08 + 0.2*r.Float64()
		rate := 0.002 + 0.005*r.Float64()
		at := days/4 + r.IntN(days/2)
		jump := 8 + 15*r.Float64()
		tau := float64(days) * (0.3 + 0.7*r.Float64())
		phase := r.IntN(7)
		y := make([]float64, days+horizon+3)
		for t := range y {
			x := float64(t)
			v := level
			switch kind {
			case "linear":
				v += slope * x
			case "changepoint":
				v += 1.5 * slope * math.Max(0, x-float64(at))
			case "step":
				if t >= at {
					v += jump
				}
			case "exp":
				v *= math.Exp(rate * x)
			case "decline":
				v += 20 - slope/2*x
			case "saturating":
				v += (20 + jump) * (1 - math.Exp(-x/tau))
			}
			v = math.Max(v, 1)
			if (t+phase)%7 >= 5 {
				v *= weekend
			}
			v *= 1 + noise*r.NormFloat64()
			if kind == "outliers" && r.Float64() < 0.05 {
				v *= 1.5 + r.Float64()
			}
			y[t] = v
		}
		id := fmt.Sprintf("%03d-%s", i, kind)
		var tr truth
		for d := range horizon {
			week := append([]float64{}, y[days+d-3:days+d+4]...)
			if medianOf(week) >= 80 {
				day := float64(d)
				tr.Days = &day
				break
			}
		}
		hist[id], truths[id] = y[:days], tr
	}
	return hist, truths
}

// simulated is n values of a link that grows a little, with a season of m steps and noise.
func simulated(n, m int, seed uint64) []float64 {
	r := rand.New(rand.NewPCG(seed, 2))
	out := make([]float64, n)
	for i := range out {
		out[i] = 40 + 10*math.Sin(2*math.Pi*float64(i)/float64(m)) + 20*float64(i)/float64(n) + 2*r.NormFloat64()
	}
	return out
}

// simulateHourly makes hourly traffic of links with a week in it: steady, drifting, growing, stepped, with freak
// values and gaps, and with a step that is not quite an hour.
func simulateHourly(kind string, seed uint64, n int) []float64 {
	r := rand.New(rand.NewPCG(seed, 3))
	if kind == "bursts" {
		return simulateBursts(r, n)
	}
	y := make([]float64, n)
	period := 168.0
	if kind == "odd step" {
		period = 164 + 8*r.Float64()
	}
	busy, weekend, quiet := 13+4*r.Float64(), 0.3+0.4*r.Float64(), 0.1+0.3*r.Float64()
	noise, drift, wander := 0.04+0.08*r.Float64(), 0.0, 0.0
	at := n/4 + r.IntN(n/2)
	for t := range y {
		hour := math.Mod(float64(t)*168/period, 168)
		day := quiet + (1-quiet)*math.Exp(3*(math.Cos(2*math.Pi*(hour-busy)/24)-1))
		if hour >= 120 {
			day *= weekend
		}
		wander = 0.9*wander + noise*0.43*r.NormFloat64()
		level := 1.0
		switch kind {
		case "drifting":
			drift += 0.004 * r.NormFloat64()
			level += drift
		case "growing":
			level += 0.6 * float64(t) / float64(n)
		case "stepped":
			if t > at {
				level = 1.4
			}
		}
		y[t] = math.Max(0, 1e8*math.Max(level, 0.1)*day*(1+wander+noise/2*r.NormFloat64()))
		if kind == "freaks" && r.Float64() < 0.01 {
			y[t] *= 3 * r.Float64()
		}
		if kind == "freaks" && (r.Float64() < 0.02 || t > at && t < at+20) {
			y[t] = math.NaN()
		}
	}
	return y
}

// simulateBursts is traffic of a server: a day's wave that may be hardly there, bursts that die away in hours, and on
// every other one another level from some hour on.
func simulateBursts(r *rand.Rand, n int) []float64 {
	y := make([]float64, n)
	noise, wave, often := 0.01+0.3*r.Float64(), 0.6*r.Float64(), 0.03*r.Float64()
	at, step := n/4+r.IntN(n/2), 0.3+1.5*r.Float64()
	if r.IntN(2) == 0 {
		step = 1
	}
	level, burst := 1.0, 0.0
	for t := range y {
		if t == at {
			level = step
		}
		if burst /= 2; r.Float64() < often {
			burst += math.Exp(2 * r.NormFloat64())
		}
		y[t] = level*(1+wave*math.Sin(2*math.Pi*float64(t)/24))*math.Exp(noise*r.NormFloat64()) + burst
	}
	return y
}
