package capacity

import "math"

const (
	freakRun       = 3      // values on one side
	tinyShare      = 1e-9   // of the usual value: the least scale, where most values are equal
	leastScale     = 1e-150 // so that errors in scales stay finite
	hampelWidth    = 3.0    // scaled deviations: farther values are drawn in to this distance
	seasonsOfShape = 8      // seasons that the medians of a slot look at: shapes drift over months
	shrinkSeasons  = 4      // with fewer, days of a week borrow from each other
)

// fitter holds what is known at an origin, and scratch, so that many series need few allocations. It reads
// the first n values only.
type fitter struct {
	m      int // season
	block  int // steps in a point: a day of a week, else a value
	slot   []int32
	day    bool
	week   bool    // slots are hours of a week, Monday first
	period float64 // steps after which values repeat: m, or what was found near it
	phase  []int32 // slots at that period
	own    []int32
	raw    []float64
	n      int
	tiny   float64 // the least scale

	y      []float64 // raw with outliers drawn in; NaN in gaps
	season []float64 // of each slot, around 0
	middle float64   // of the slots before they were put around 0: the mean of a season less its median
	usual  float64   // the level that season is a part of; 0 where it is added to any level
	scale  []float64 // of the residuals of each slot
	level  []float64 // local level while cleaning
	points []float64 // medians of blocks without the season
	trend  trend
	start  int // first point of the last segment
	shifts []Shift

	sums                                        []moments
	base                                        float64
	sorted, slopes, gx, gy, tx, ty, blocks, ets []float64
	lists                                       [][]float64
}

// use points the fitter at a series.
func (f *fitter) use(raw []float64, slot []int32, m int, week, day bool) {
	f.raw, f.slot, f.m, f.week, f.day = raw, slot, max(1, m), week, day
	f.sorted = f.sorted[:0]
	for _, v := range raw {
		if v = math.Abs(v); v > 0 {
			f.sorted = append(f.sorted, v)
		}
	}
	f.tiny = leastScale
	if usual := medianOf(f.sorted) * tinyShare; usual > f.tiny {
		f.tiny = usual
	}
	switch {
	case m >= 14 && m%7 == 0:
		f.block = m / 7
	case m > 14:
		f.block = m
	default:
		f.block = 1
	}
}

// fit learns all that the candidates need from the first n values.
func (f *fitter) fit(n int) {
	f.n = n
	f.findPeriod()
	f.localLevel()
	f.shape()
	f.winsorise()
	f.chooseForm()
	f.makePoints()
	var anchor float64
	f.start, anchor = f.segments(f.points)
	f.fitTrend(f.points[f.start:], max(1, f.m/f.block), anchor)
}

// localLevel is the median of each season, counted back from the origin, and a line between their middles.
func (f *fitter) localLevel() {
	n, width := f.n, max(f.m, 7)
	f.level = grow(f.level, n)
	var lastAt, lastLevel float64
	have := false
	for end := n; end > 0; end -= width {
		from := max(0, end-width)
		level := f.median(f.raw[from:end])
		if math.IsNaN(level) || end-from < width/2 && have {
			continue
		}
		at := float64(from+end-1) / 2
		if !have {
			for i := int(at); i < n; i++ {
				f.level[i] = level
			}
		} else {
			for i := int(math.Ceil(at)); i <= int(lastAt) && i < n; i++ {
				f.level[i] = level + (lastLevel-level)*(float64(i)-at)/(lastAt-at)
			}
		}
		have, lastAt, lastLevel = true, at, level
	}
	for i := 0; i < int(math.Ceil(lastAt)) && i < n; i++ {
		f.level[i] = lastLevel
	}
}

// shape is the median of each slot over the last seasons, as a difference from the level. With few seasons
// the hour of a weekday borrows from that hour on the other weekdays, and so do the days of the weekend.
func (f *fitter) shape() {
	m := f.m
	f.season = grow(f.season, m)
	f.gather(m, func(slot int32) int { return int(slot) }, f.season)
	if seasons := float64(f.n) / float64(m); f.week && f.period == float64(m) && seasons < shrinkSeasons {
		perDay := m / 7
		class := func(slot int32) int {
			hour := int(slot) % perDay
			if int(slot) >= 5*perDay {
				return perDay + hour
			}
			return hour
		}
		shared := grow(f.tx, 2*perDay)
		f.tx = shared
		f.gather(2*perDay, class, shared)
		own := seasons / (seasons + 1)
		for j := range f.season {
			both := shared[class(int32(j))]
			if math.IsNaN(f.season[j]) {
				f.season[j] = both
			}
			f.season[j] = own*f.season[j] + (1-own)*both
		}
	}
	middle := f.median(f.season)
	if m > 1 && !math.IsNaN(middle) {
		middle = f.mean(f.season)
	}
	for j := range f.season {
		if math.IsNaN(f.season[j]) || m == 1 {
			f.season[j] = middle
		}
		f.season[j] -= middle
		if math.IsNaN(f.season[j]) {
			f.season[j] = 0
		}
	}
	f.middle = middle
	if math.IsNaN(middle) {
		f.middle = 0
	}
}

func (f *fitter) mean(x []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range x {
		if !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	return sum / float64(n)
}

// gather takes medians of the values less the level, by class of the slot.
func (f *fitter) gather(classes int, class func(int32) int, out []float64) {
	for len(f.lists) < classes {
		f.lists = append(f.lists, nil)
	}
	lists := f.lists[:classes]
	for j := range lists {
		lists[j] = lists[j][:0]
	}
	for i := max(0, f.n-seasonsOfShape*f.m); i < f.n; i++ {
		if v := f.raw[i] - f.level[i]; !math.IsNaN(v) {
			j := class(f.phase[i])
			lists[j] = append(lists[j], v)
		}
	}
	for j := range lists {
		out[j] = medianOf(lists[j])
	}
}

// winsorise draws residuals in that are farther out than three scaled deviations (Hampel), and keeps the scale
// of each slot's neighbourhood.
func (f *fitter) winsorise() {
	f.y = grow(f.y, f.n)
	f.sorted = f.sorted[:0]
	for i := range f.n {
		if r := f.raw[i] - f.level[i] - f.season[f.phase[i]]; !math.IsNaN(r) {
			f.sorted = append(f.sorted, r)
		}
	}
	global := madScale * madOf(f.sorted)
	f.slotScales(global)
	copy(f.y, f.raw[:f.n])
	if global > 0 {
		f.drawIn()
	}
}

// drawIn draws in values that are far from what their place leads one to expect. A run of them on one side, of a
// day of a week or three values at least, is no freak but another level, and stays.
func (f *fitter) drawIn() {
	long := max(freakRun, f.m/7)
	start, side := 0, 0.0
	for i := 0; i <= f.n; i++ {
		now := 0.0
		if i < f.n {
			expected := f.level[i] + f.season[f.phase[i]]
			reach := hampelWidth * f.scale[f.phase[i]]
			switch v := f.raw[i]; {
			case v > expected+reach:
				now, f.y[i] = 1, expected+reach
			case v < expected-reach:
				now, f.y[i] = -1, expected-reach
			case math.IsNaN(v):
				continue
			}
		}
		if now == side {
			continue
		}
		if side != 0 && i-start >= long {
			copy(f.y[start:i], f.raw[start:i])
		}
		start, side = i, now
	}
}

func (f *fitter) slotScales(global float64) {
	m := f.m
	f.scale = grow(f.scale, m)
	reach := m / 48
	for j := range f.lists[:m] {
		f.lists[j] = f.lists[j][:0]
	}
	for i := max(0, f.n-seasonsOfShape*m); i < f.n; i++ {
		r := math.Abs(f.raw[i] - f.level[i] - f.season[f.phase[i]])
		if !math.IsNaN(r) {
			f.lists[f.phase[i]] = append(f.lists[f.phase[i]], r)
		}
	}
	for j := range m {
		f.sorted = f.sorted[:0]
		for k := j - reach; k <= j+reach; k++ {
			f.sorted = append(f.sorted, f.lists[(k+m)%m]...)
		}
		own := madScale * medianOf(f.sorted)
		if math.IsNaN(own) {
			own = global
		}
		f.scale[j] = max((own+global)/2, f.tiny)
	}
}

// makePoints is the level without the season: the median of each block, counted back from the origin.
func (f *fitter) makePoints() {
	count := f.n / f.block
	f.points = grow(f.points, count)
	first := f.n - count*f.block
	for p := range count {
		from := first + p*f.block
		f.blocks = f.blocks[:0]
		for i := from; i < from+f.block; i++ {
			f.blocks = append(f.blocks, f.outOfSeason(i))
		}
		f.points[p] = f.median(f.blocks)
	}
}

func grow(x []float64, n int) []float64 {
	if cap(x) < n {
		return make([]float64, n, n+n/4)
	}
	return x[:n]
}
