package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
)

// Millimetres of A4.
const (
	pageWidth, marginSide, marginTop, marginFoot = 210.0, 14.0, 14.0, 16.0
	textWidth                                    = pageWidth - 2*marginSide
)

// tones are the colours of the light theme, as paper is light.
var tones = map[Tone][3]int{
	Plain: {18, 22, 28}, Strong: {18, 22, 28}, Mute: {91, 102, 116}, Good: {15, 148, 116}, Bad: {207, 48, 20}, Warn: {196, 125, 0},
	Risk: {166, 74, 147}, Unknown: {118, 128, 142}, Planned: {42, 107, 181}, Outside: {227, 230, 235}, Quiet: {165, 216, 200},
	Accent: {64, 88, 214}, Unreach: {243, 195, 184}, Expected: {65, 75, 88},
}

// sheet is a PDF in the making.
type sheet struct {
	*fpdf.Fpdf
}

// PDF writes d for A4. Two calls for one document write the same bytes.
func (d Document) PDF(w io.Writer) error {
	s := sheet{fpdf.New("P", "mm", "A4", "")}
	s.AddUTF8FontFromBytes("go", "", goregular.TTF)
	s.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	s.SetMargins(marginSide, marginTop, marginSide)
	s.SetAutoPageBreak(true, marginFoot)
	s.SetTitle(d.Title+" · "+d.Eyebrow, true)
	s.SetCreator("ninewatch", true)
	if made, err := time.Parse(time.RFC3339, d.GeneratedAt); err == nil {
		s.SetCreationDate(made)
		s.SetModificationDate(made)
	}
	s.SetCatalogSort(true)
	s.SetFooterFunc(func() {
		s.SetY(-11)
		s.font("", 7, Mute)
		s.CellFormat(textWidth/2, 4, printable(d.Title+" · "+d.Eyebrow), "", 0, "L", false, 0, "")
		s.CellFormat(textWidth/2, 4, fmt.Sprintf("page %d", s.PageNo()), "", 0, "R", false, 0, "")
	})
	s.AddPage()
	s.head(d)
	for _, section := range d.Sections {
		s.section(section)
	}
	s.method(d.Method)
	return s.Output(w)
}

func (s sheet) font(style string, size float64, t Tone) {
	s.SetFont("go", style, size)
	s.colour(t, s.SetTextColor)
}

func (s sheet) colour(t Tone, set func(r, g, b int)) {
	c := tones[t]
	set(c[0], c[1], c[2])
}

// printable leaves out what the font's table cannot hold: fpdf takes runes of the basic plane only.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r > 0xffff || (r < ' ' && r != '\n') {
			return '□'
		}
		return r
	}, text)
}

func (s sheet) head(d Document) {
	s.font("", 8, Mute)
	eyebrow := d.Eyebrow
	if d.Demo {
		eyebrow += " · DEMO"
	}
	s.CellFormat(textWidth*.6, 5, printable(eyebrow), "", 0, "L", false, 0, "")
	s.CellFormat(textWidth*.4, 5, "as of "+printable(d.AsOf), "", 1, "R", false, 0, "")
	s.font("B", 18, Strong)
	s.MultiCell(textWidth, 8, printable(d.Title), "", "L", false)
	s.rule()
	for _, span := range d.Answer {
		style := ""
		if span.Tone != Plain {
			style = "B"
		}
		s.font(style, 12, span.Tone)
		s.Write(6, printable(span.Text))
	}
	s.Ln(9)
	s.figures(d.Figures)
}

func (s sheet) rule() {
	s.colour(Outside, s.SetDrawColor)
	y := s.GetY() + 1
	s.Line(marginSide, y, pageWidth-marginSide, y)
	s.SetY(y + 2)
}

func (s sheet) figures(all []Figure) {
	if len(all) == 0 {
		return
	}
	w, y := textWidth/float64(len(all)), s.GetY()
	for i, f := range all {
		x := marginSide + float64(i)*w
		s.SetXY(x, y)
		s.font("", 8, Mute)
		s.CellFormat(w, 4, s.fit(f.Label, w-2), "", 2, "L", false, 0, "")
		s.font("B", 15-float64(max(0, len(all)-4))*2, f.Tone)
		s.CellFormat(w, 8, s.fit(f.Value, w-2), "", 2, "L", false, 0, "")
		s.font("", 7.5, Mute)
		s.MultiCell(w-3, 3.6, printable(f.Note), "", "L", false)
	}
	s.SetXY(marginSide, y+21)
}

// fit cuts text at the right so that it is at most w wide.
func (s sheet) fit(text string, w float64) string {
	text = printable(text)
	if s.GetStringWidth(text) <= w {
		return text
	}
	r := []rune(text)
	for len(r) > 1 && s.GetStringWidth(string(r)+"…") > w {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}

// room begins a new page when less than h is left on this one.
func (s sheet) room(h float64) {
	_, height := s.GetPageSize()
	if s.GetY()+h > height-marginFoot {
		s.AddPage()
	}
}

func (s sheet) section(x Section) {
	if x.Detail {
		s.AddPage()
	}
	s.room(24)
	s.Ln(3)
	s.font("B", 10, Strong)
	s.CellFormat(textWidth, 6, s.fit(x.Title, textWidth), "", 1, "L", false, 0, "")
	if x.Note != "" {
		s.font("", 8, Mute)
		s.MultiCell(textWidth, 4, printable(x.Note), "", "L", false)
	}
	if x.Scale != nil {
		s.draw(x.Scale.Draw(x.Title))
	}
	if x.Strips != nil {
		s.draw(drawStrips(x.Strips, x.Title))
	}
	if x.Days != nil {
		s.draw(x.Days.Draw(x.Title))
	}
	if x.Days != nil || x.Strips != nil {
		s.legend()
	}
	if x.Chart != nil {
		s.draw(x.Chart.Draw(x.Title))
	}
	if x.Table != nil {
		s.table(*x.Table)
	}
}

func (s sheet) method(facts []Fact) {
	s.room(20)
	s.Ln(3)
	s.font("B", 10, Strong)
	s.CellFormat(textWidth, 6, "How this was counted", "", 1, "L", false, 0, "")
	for _, f := range facts {
		s.room(8)
		y := s.GetY()
		s.font("", 8, Mute)
		s.CellFormat(28, 4, s.fit(f.Label, 27), "", 0, "L", false, 0, "")
		s.SetXY(marginSide+28, y)
		s.font("", 8, Plain)
		s.MultiCell(textWidth-28, 4, printable(f.Text), "", "L", false)
		s.Ln(.6)
	}
}
