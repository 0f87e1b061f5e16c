package capacity

import "math"

const (
	clearly   = 0.98 // share to which the errors must fall for seasons that grow with the level
	leastPart = 0.05 // of the level, that is left in the quietest slot of such a season
)

// chooseForm finds out whether the season is a part of the level, as that of traffic is that grows because there are
// more users, or is added to it whatever the level. Only where the first is clearly nearer to the values, it is taken:
// usual is then the level at which the season was measured, else 0.
func (f *fitter) chooseForm() {
	f.usual = 0
	from := max(0, f.n-seasonsOfShape*f.m)
	typical := f.mean(f.level[from:f.n])
	usual := typical + f.middle
	if !(typical > 0 && usual > 0) {
		return
	}
	for _, s := range f.season {
		if !(usual+s >= leastPart*usual) {
			return
		}
	}
	added, part := 0.0, 0.0
	for i, v := range f.y[:f.n] {
		if !math.IsNaN(v) {
			level, s := f.level[i], f.middle+f.season[f.phase[i]]
			added += math.Abs(v - level - s)
			part += math.Abs(v - level*(1+s/typical))
		}
	}
	if part < clearly*added {
		f.usual = usual
	}
}

// inSeason is the value at a place when the level is given.
func (f *fitter) inSeason(level float64, at int) float64 {
	s := f.season[f.phase[at]]
	if f.usual > 0 {
		return level * (1 + s/f.usual)
	}
	return level + s
}

// outOfSeason is the level at a place of the history.
func (f *fitter) outOfSeason(at int) float64 {
	s := f.season[f.phase[at]]
	if f.usual > 0 {
		return f.y[at] / (1 + s/f.usual)
	}
	return f.y[at] - s
}
