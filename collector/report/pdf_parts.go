package report

import (
	"cmp"
	"slices"

	"github.com/go-pdf/fpdf"
)

// draw puts a drawing over the width of the text.
func (s sheet) draw(d Drawing) {
	scale := textWidth / d.W
	s.room(d.H*scale + 2)
	x0, y0 := marginSide, s.GetY()+1
	at := func(p Point) fpdf.PointType { return fpdf.PointType{X: x0 + p.X*scale, Y: y0 + p.Y*scale} }
	for _, shape := range d.Shapes {
		s.shape(shape, at, scale)
	}
	s.SetXY(marginSide, y0+d.H*scale+2)
}

func (s sheet) shape(x Shape, at func(Point) fpdf.PointType, scale float64) {
	switch {
	case x.Rect != nil:
		s.colour(x.Tone, s.SetFillColor)
		p := at(Point{x.Rect.X, x.Rect.Y})
		s.Rect(p.X, p.Y, x.Rect.W*scale, x.Rect.H*scale, "F")
	case x.Area != nil:
		s.colour(x.Tone, s.SetFillColor)
		s.SetAlpha(.2, "Normal")
		all := make([]fpdf.PointType, len(x.Area))
		for i, p := range x.Area {
			all[i] = at(p)
		}
		s.Polygon(all, "F")
		s.SetAlpha(1, "Normal")
	case x.Line != nil:
		s.colour(x.Tone, s.SetDrawColor)
		s.SetLineWidth(.25)
		if x.Dashed {
			s.SetDashPattern([]float64{1.2, 1}, 0)
		}
		for i := 1; i < len(x.Line); i++ {
			a, b := at(x.Line[i-1]), at(x.Line[i])
			s.Line(a.X, a.Y, b.X, b.Y)
		}
		s.SetDashPattern(nil, 0)
	default:
		s.font("", 7, cmp.Or(x.Tone, Mute))
		p := at(x.At)
		text := printable(x.Text)
		s.Text(p.X-s.GetStringWidth(text)*x.Anchor, p.Y, text)
	}
}

const rowHeight = 5.0

func (s sheet) table(t Table) {
	if len(t.Rows) == 0 {
		s.font("", 8.5, Mute)
		s.MultiCell(textWidth, 5, printable(t.Empty), "", "L", false)
		return
	}
	widths := s.widths(t)
	s.tableHead(t, widths)
	for _, row := range t.Rows {
		height := rowHeight
		for _, c := range row {
			if c.Note != "" {
				height = 2 * rowHeight * .85
			}
		}
		page := s.PageNo()
		s.room(height)
		if s.PageNo() != page {
			s.tableHead(t, widths)
		}
		s.row(t, row, widths, height)
	}
}

func (s sheet) tableHead(t Table, widths []float64) {
	s.colour(Outside, s.SetDrawColor)
	s.font("", 7.5, Mute)
	for i, c := range t.Columns {
		s.CellFormat(widths[i], rowHeight, s.fit(c.Title, widths[i]-1), "B", 0, align(c), false, 0, "")
	}
	s.Ln(rowHeight)
}

func (s sheet) row(t Table, row []Cell, widths []float64, height float64) {
	x, y := marginSide, s.GetY()
	for i, c := range row {
		s.SetXY(x, y)
		s.font("", 8.5, c.Tone)
		s.CellFormat(widths[i], rowHeight, s.fit(c.Text, widths[i]-1), "", 2, align(t.Columns[i]), false, 0, "")
		if c.Note != "" {
			s.SetXY(x, y+rowHeight*.8)
			s.font("", 7, Mute)
			wide := widths[i]
			if !t.Columns[i].Numeric && !slices.ContainsFunc(row[i+1:], func(c Cell) bool { return c.Note != "" }) {
				wide = pageWidth - marginSide - x // there is nothing to its right
			}
			s.CellFormat(wide, rowHeight*.75, s.fit(c.Note, wide-1), "", 0, align(t.Columns[i]), false, 0, "")
		}
		x += widths[i]
	}
	s.colour(Outside, s.SetDrawColor)
	s.Line(marginSide, y+height, pageWidth-marginSide, y+height)
	s.SetXY(marginSide, y+height)
}

func align(c Column) string {
	if c.Numeric {
		return "R"
	}
	return "L"
}

// widths shares the width of the text among the columns by what they hold.
func (s sheet) widths(t Table) []float64 {
	want := make([]float64, len(t.Columns))
	sum := 0.0
	for i, c := range t.Columns {
		s.SetFont("go", "", 7.5)
		want[i] = s.GetStringWidth(printable(c.Title)) + 3
		s.SetFont("go", "", 8.5)
		for n, row := range t.Rows {
			if n == 200 {
				break
			}
			want[i] = max(want[i], min(s.GetStringWidth(printable(row[i].Text))+3, textWidth/2))
		}
		sum += want[i]
	}
	if sum <= textWidth {
		for i := range want {
			want[i] *= textWidth / sum
		}
		return want
	}
	return narrowed(want)
}

// narrowed takes from the widest columns what is too much, so that the narrow ones are read in full.
func narrowed(want []float64) []float64 {
	low, high := 0.0, textWidth
	for range 40 {
		most := (low + high) / 2
		sum := 0.0
		for _, w := range want {
			sum += min(w, most)
		}
		if sum > textWidth {
			high = most
		} else {
			low = most
		}
	}
	for i := range want {
		want[i] = min(want[i], low)
	}
	return want
}

// dayLegend says what the colours of days mean.
var dayLegend = []struct {
	tone Tone
	word string
}{{Quiet, "up"}, {Bad, "down"}, {Unreach, "unreachable"}, {Warn, "degraded, counts as up"}, {Unknown, "unknown"}, {Planned, "planned work"}, {Outside, "outside agreed hours"}}

func (s sheet) legend() {
	x, y := marginSide, s.GetY()
	for _, l := range dayLegend {
		s.colour(l.tone, s.SetFillColor)
		s.Rect(x, y+.6, 2.4, 2.4, "F")
		s.font("", 7, Mute)
		s.Text(x+3.4, y+2.7, l.word)
		x += s.GetStringWidth(l.word) + 8
	}
	s.SetXY(marginSide, y+4)
}
