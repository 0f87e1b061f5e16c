package report

import (
	"fmt"
	"math"
	"strconv"
)

// Draw is the line: it begins as far below the lowest mark as is a quarter of the way from there to 100.
func (s *Scale) Draw(title string) Drawing {
	const rail, high, margin = 30.0, 56.0, 8.0
	d := Drawing{W: fullWidth, H: high, Title: fmt.Sprintf("%s: %s %%, between %s and %s %%, objective %s %%", title, s.Point, s.Low, s.High, s.Limit)}
	point, low, most := percentOf(s.Point, 100), percentOf(s.Low, 100), percentOf(s.High, 100)
	lowest := math.Min(low, percentOf(s.Limit, 100))
	from := math.Max(0, lowest-math.Max(0.02, (100-lowest)/4))
	x := func(v float64) float64 { return margin + (d.W-2*margin)*(v-from)/(100-from) }
	label := func(v float64, y float64, text string, t Tone) {
		anchor := 0.5
		switch at := x(v); {
		case at < 90:
			anchor = 0
		case at > d.W-90:
			anchor = 1
		}
		d.add(Shape{Tone: t, Text: text, At: Point{x(v), y}, Anchor: anchor})
	}
	d.add(Shape{Tone: Outside, Rect: &Rect{margin, rail - 2, d.W - 2*margin, 4}})
	tone := Good
	if s.Limit != "" && point < percentOf(s.Limit, 100) {
		tone = Bad
	}
	if most > low {
		d.add(Shape{Tone: Unknown, Rect: &Rect{x(low), rail - 5, math.Max(2, x(most)-x(low)), 10}, Tip: "between " + s.Low + " and " + s.High + " %"})
	}
	d.add(Shape{Tone: tone, Rect: &Rect{x(point) - 3, rail - 8, 6, 16}, Tip: s.Point + " %"})
	words := s.Point + " %"
	if most > low {
		words += " (" + s.Low + " to " + s.High + ")"
	}
	label(point, 14, words, Strong)
	if s.Limit != "" {
		at := x(percentOf(s.Limit, 100))
		d.add(Shape{Tone: Strong, Line: []Point{{at, rail - 12}, {at, rail + 12}}})
		label(percentOf(s.Limit, 100), high-3, "objective "+s.Limit+" %", Mute)
	}
	return d
}

// percentOf reads a percentage of ours; or is what an empty one stands for.
func percentOf(text string, or float64) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return or
	}
	return v
}

// longestTitle is how many letters of a name stand before its strip.
const longestTitle = 26

// drawStrips is a row for each target: its name, a bar a day, its availability.
func drawStrips(all []Strip, title string) Drawing {
	const row, left, right, bar = 19.0, 168.0, 78.0, 13.0
	d := Drawing{W: fullWidth, H: row*float64(len(all)) + 14, Title: title}
	for i, s := range all {
		y := row * float64(i)
		d.add(Shape{Tone: Strong, Text: shortened(s.Title, longestTitle), At: Point{0, y + bar - 2}})
		step := (d.W - left - right) / float64(max(1, len(s.Days)))
		for n, day := range s.Days {
			d.add(Shape{Tone: day.Tone, Rect: &Rect{left + step*(float64(n)+.06), y, step * .88, bar}, Tip: s.Title + ", " + day.Date + ": " + day.Text})
		}
		d.add(Shape{Tone: s.Tone, Text: s.Value, At: Point{d.W, y + bar - 2}, Anchor: 1})
	}
	if len(all) > 0 {
		days := all[0].Days
		step := (d.W - left - right) / float64(max(1, len(days)))
		for n := 0; n < len(days); n += 1 + len(days)/32*2 {
			if n%7 == 0 || len(days) > 32 {
				d.add(Shape{Tone: Mute, Text: dayOfMonth(days[n].Date), At: Point{left + step*(float64(n)+.5), d.H - 2}, Anchor: .5})
			}
		}
	}
	return d
}

// shortened is text cut at so many letters.
func shortened(text string, most int) string {
	r := []rune(text)
	if len(r) <= most {
		return text
	}
	return string(r[:most-1]) + "…"
}
