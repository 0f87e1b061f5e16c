package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed report.html
var pageText string

//go:embed report.css
var style string

var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"style":  func() template.CSS { return template.CSS(style) }, // ours, no text of others
	"days":   func(d *Days, title string) template.HTML { return d.Draw(title).svg() },
	"scale":  func(s *Scale, title string) template.HTML { return s.Draw(title).svg() },
	"strips": func(s []Strip, title string) template.HTML { return drawStrips(s, title).svg() },
	"chart":  func(c *Chart, title string) template.HTML { return c.Draw(title).svg() },
}).Parse(pageText))

// HTML writes d as one page that needs nothing else and prints on A4.
func (d Document) HTML(w io.Writer) error { return page.Execute(w, d) }

// svg is the drawing as SVG; what it says is escaped.
func (d Drawing) svg() template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, d.W, d.H, template.HTMLEscapeString(d.Title))
	for _, s := range d.Shapes {
		s.svg(&b)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) // made of numbers, our own tones and escaped text
}

func (s Shape) svg(b *strings.Builder) {
	class := "t-" + string(s.Tone)
	if s.Dashed {
		class += " dash"
	}
	tip := ""
	if s.Tip != "" {
		tip = "<title>" + template.HTMLEscapeString(s.Tip) + "</title>"
	}
	switch {
	case s.Rect != nil:
		fmt.Fprintf(b, `<rect class="%s" x="%.2f" y="%.2f" width="%.2f" height="%.2f" rx="2">%s</rect>`, class, s.Rect.X, s.Rect.Y, s.Rect.W, s.Rect.H, tip)
	case s.Line != nil:
		fmt.Fprintf(b, `<polyline class="%s" points="%s">%s</polyline>`, class, points(s.Line), tip)
	case s.Area != nil:
		fmt.Fprintf(b, `<polygon class="%s" points="%s">%s</polygon>`, class, points(s.Area), tip)
	default:
		anchor := "start"
		if s.Anchor == .5 {
			anchor = "middle"
		} else if s.Anchor == 1 {
			anchor = "end"
		}
		fmt.Fprintf(b, `<text class="%s" x="%.2f" y="%.2f" text-anchor="%s">%s</text>`, class, s.At.X, s.At.Y, anchor, template.HTMLEscapeString(s.Text))
	}
}

func points(line []Point) string {
	var b strings.Builder
	for i, p := range line {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%.2f,%.2f", p.X, p.Y)
	}
	return b.String()
}
