package report

import "math"

// Drawing is shapes on a field W wide and H high, y downwards, in units of 1/96 inch at full size. HTML draws
// it as SVG and PDF with the same numbers.
type Drawing struct {
	W, H   float64
	Title  string // for those who cannot see it
	Shapes []Shape
}

// Shape is a rectangle, a line through points, a filled area or a text, by which of its fields are set.
type Shape struct {
	Tone   Tone
	Rect   *Rect
	Line   []Point // open
	Area   []Point // closed and filled
	Text   string
	At     Point
	Anchor float64 // of the text: 0 begins at At, 0.5 is centred, 1 ends there
	Dashed bool
	Tip    string // for a pointer
}

// Rect is a rectangle by its corner and size.
type Rect struct{ X, Y, W, H float64 }

// Point is a place.
type Point struct{ X, Y float64 }

const fullWidth = 690 // of A4 between its margins

func (d *Drawing) add(s ...Shape) { d.Shapes = append(d.Shapes, s...) }

// Draw is the bars of days: one a day, as high as the logarithm of the time lost.
func (s *Days) Draw(title string) Drawing {
	const high, low, foot = 52.0, 16.0, 16.0
	d := Drawing{W: fullWidth, H: high + foot, Title: title}
	step := d.W / float64(max(len(s.Days), 1))
	every := 1 + len(s.Days)/32
	for i, day := range s.Days {
		h := low
		if day.Tone != Quiet && day.Tone != Outside && day.Seconds > 0 {
			h = low + (high-low)*math.Min(1, math.Log1p(float64(day.Seconds))/math.Log1p(86400))
		}
		x := float64(i) * step
		d.add(Shape{Tone: day.Tone, Rect: &Rect{x + step*.06, high - h, step * .88, h}, Tip: day.Date + ": " + day.Text})
		if i%every == 0 {
			d.add(Shape{Tone: Mute, Text: dayOfMonth(day.Date), At: Point{x + step/2, d.H - 3}, Anchor: .5})
		}
	}
	return d
}

// dayOfMonth is the last part of a date without its zero.
func dayOfMonth(date string) string {
	if len(date) != 10 {
		return date
	}
	if date[8] == '0' {
		return date[9:]
	}
	return date[8:]
}

// Draw is a chart on axes that begin at zero, unless values lie below.
func (c *Chart) Draw(title string) Drawing {
	d := Drawing{W: fullWidth, H: 190, Title: title}
	low, high := c.extent()
	step := niceStep(high - low)
	low, high = math.Floor(low/step)*step, math.Ceil(high/step)*step
	p := plane{left: 56, top: 10, w: d.W - 64, h: d.H - 34, n: len(c.X), low: low, high: high, bars: c.Kind == "bars"}
	for y := low; y <= high+step/2; y += step {
		at := p.y(y)
		d.add(Shape{Tone: Outside, Line: []Point{{p.left, at}, {p.left + p.w, at}}})
		d.add(Shape{Tone: Mute, Text: shortNumber(y) + unitText(c.Unit), At: Point{p.left - 6, at + 3.5}, Anchor: 1})
	}
	for i, label := range c.X {
		if i%(1+len(c.X)/8) == 0 {
			d.add(Shape{Tone: Mute, Text: label, At: Point{p.x(float64(i)), d.H - 6}, Anchor: .5})
		}
	}
	for _, s := range c.Series {
		d.add(s.shapes(c.Kind, p)...)
	}
	if c.Limit != nil {
		at := p.y(*c.Limit)
		d.add(Shape{Tone: Strong, Line: []Point{{p.left, at}, {p.left + p.w, at}}, Dashed: true})
	}
	return d
}

// plane maps values to places.
type plane struct {
	left, top, w, h float64
	n               int
	low, high       float64
	bars            bool
}

func (p plane) x(i float64) float64 {
	if p.bars {
		return p.left + p.w*(i+.5)/float64(max(p.n, 1))
	}
	return p.left + p.w*i/float64(max(p.n-1, 1))
}

func (p plane) y(v float64) float64 {
	return p.top + p.h*(1-(v-p.low)/(p.high-p.low))
}

func (c *Chart) extent() (low, high float64) {
	see := func(v *float64) {
		if v != nil {
			low, high = math.Min(low, *v), math.Max(high, *v)
		}
	}
	for _, s := range c.Series {
		for _, v := range s.Y {
			see(v)
		}
		for _, v := range s.High {
			see(v)
		}
	}
	see(c.Limit)
	if high == low {
		high = low + 1
	}
	return low, high
}

// niceStep is 1, 2 or 5 times a power of ten, such that three to six steps fill span.
func niceStep(span float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(span/4)))
	for _, m := range []float64{1, 2, 5} {
		if span/(unit*m) <= 5 {
			return unit * m
		}
	}
	return unit * 10
}

func (s Series) shapes(kind string, p plane) []Shape {
	switch {
	case kind == "bars":
		return s.barShapes(p)
	case s.High != nil:
		return s.band(p)
	}
	var out []Shape
	for _, run := range runs(s.Y) {
		out = append(out, Shape{Tone: s.Tone, Line: places(run, s.Y, p, kind == "steps")})
	}
	return out
}

func (s Series) barShapes(p plane) (out []Shape) {
	width := p.w / float64(max(p.n, 1)) * .7
	for i, v := range s.Y {
		if v != nil {
			top, zero := p.y(*v), p.y(math.Max(0, p.low))
			out = append(out, Shape{Tone: s.Tone, Rect: &Rect{p.x(float64(i)) - width/2, math.Min(top, zero), width, math.Abs(zero - top)}})
		}
	}
	return out
}

func (s Series) band(p plane) (out []Shape) {
	both := make([]*float64, len(s.Y))
	for i := range s.Y {
		if i < len(s.High) && s.High[i] != nil {
			both[i] = s.Y[i]
		}
	}
	for _, run := range runs(both) {
		area := places(run, s.Y, p, false)
		back := places(run, s.High, p, false)
		for i := len(back) - 1; i >= 0; i-- {
			area = append(area, back[i])
		}
		out = append(out, Shape{Tone: s.Tone, Area: area})
	}
	return out
}

// runs are the stretches [from, to) without a missing point.
func runs(y []*float64) (out [][2]int) {
	for i := 0; i < len(y); i++ {
		if y[i] == nil {
			continue
		}
		from := i
		for i < len(y) && y[i] != nil {
			i++
		}
		out = append(out, [2]int{from, i})
	}
	return out
}

func places(run [2]int, y []*float64, p plane, steps bool) (out []Point) {
	for i := run[0]; i < run[1]; i++ {
		at := Point{p.x(float64(i)), p.y(*y[i])}
		if steps && len(out) > 0 {
			out = append(out, Point{at.X, out[len(out)-1].Y})
		}
		out = append(out, at)
	}
	return out
}
