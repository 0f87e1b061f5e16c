package draw

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"io"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"ninewatch/collector/topology"
)

// labelMost is how many characters of a name fit into a node; the title has all of it.
const labelMost = 16

// Marks is what is shown of a network beyond its shape. All may be left out.
type Marks struct {
	Title string            // of the whole picture
	Sites map[string]string // titles of sites, by name; a site without one goes by its name
	Cores []string
	State map[string]topology.State // by node
	Ring  map[string]topology.Class // by node: the worst class of its redundancy groups
	Loss  map[string]topology.Loss  // single points, by node or link id
	Load  map[string]float64        // utilization by link, as a ratio
	Class map[string]topology.Class // by link: that of the group it is a member of
	Href  func(node string) string  // where a node leads; nil: nowhere

	Pick     func(kind, id string) string // where a device, node or link leads to be selected, in place of Href; nil: nowhere
	Selected string                       // node or link that is looked at
	Lost     map[string]bool              // nodes that are cut off when it fails
}

// SVG draws a network.
func SVG(w io.Writer, n *topology.Network, m Marks) error {
	d := drawing{net: n, marks: m, at: Arrange(n, m.Cores)}
	d.head()
	for _, b := range d.at.Sites {
		d.box(b)
	}
	d.printf(`<g fill="none" stroke-linecap="round">`)
	d.links()
	d.printf("</g>\n")
	for v := range n.Nodes {
		d.node(v)
	}
	d.printf("</svg>\n")
	_, err := w.Write(d.out.Bytes())
	return err
}

type drawing struct {
	out   bytes.Buffer
	net   *topology.Network
	marks Marks
	at    Layout
}

func (d *drawing) printf(format string, args ...any) { fmt.Fprintf(&d.out, format, args...) }

func (d *drawing) head() {
	title := d.marks.Title
	if title == "" {
		title = "Map of the network"
	}
	singles := 0
	for _, l := range d.marks.Loss {
		if l.Devices > 0 {
			singles++
		}
	}
	d.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" class="tmap" role="group" aria-label="%s. %d nodes, %d links, %d single points of failure." `+
		`font-family="var(--font,sans-serif)" font-size="11">`+"\n", d.at.Width, d.at.Height, escape(title), len(d.net.Nodes), len(d.net.Links), singles)
}

func (d *drawing) box(b Box) {
	name := cmp.Or(d.marks.Sites[b.Site], b.Site, "Without a site")
	d.printf(`<g class="site" data-site="%s"><rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="10" fill="var(--surface,#fff)" stroke="var(--line,#e3e6eb)"/>`+
		`<text x="%.0f" y="%.0f" fill="var(--ink-2,#414b58)" font-weight="600">%s</text></g>`+"\n",
		escape(b.Site), b.X, b.Y, b.Width, b.Height, b.X+padding, b.Y+padding+4, escape(name))
}

// links are drawn below the nodes, parallel ones side by side.
func (d *drawing) links() {
	type pair struct{ a, b int }
	of := func(l topology.Link) pair { return pair{min(l.A.Node, l.B.Node), max(l.A.Node, l.B.Node)} }
	total, next := map[pair]int{}, map[pair]int{}
	for _, l := range d.net.Links {
		total[of(l)]++
	}
	for _, l := range d.net.Links {
		p := of(l)
		shift := (float64(next[p]) - float64(total[p]-1)/2) * 7
		next[p]++
		d.link(l, d.path(p.a, p.b, shift))
	}
}

func (d *drawing) path(a, b int, shift float64) string {
	from, to := d.at.Nodes[a], d.at.Nodes[b]
	if a == b {
		x, y := from.X+nodeWidth/2, from.Y+shift
		return fmt.Sprintf("M%.0f %.0fc26 -14 26 14 0 8", x, y-4)
	}
	dx, dy := to.X-from.X, to.Y-from.Y
	length := math.Hypot(dx, dy)
	if length == 0 {
		length = 1
	}
	ox, oy := -dy/length*shift, dx/length*shift
	return fmt.Sprintf("M%.1f %.1fL%.1f %.1f", from.X+ox, from.Y+oy, to.X+ox, to.Y+oy)
}

func (d *drawing) link(l topology.Link, path string) {
	loss, single := d.marks.Loss[l.ID]
	single = single && loss.Devices > 0
	load, known := d.marks.Load[l.ID]
	class := "lk"
	stroke, words := "var(--unknown,#76808e)", "load not known"
	if known && !math.IsNaN(load) {
		step := loadStep(load)
		class += fmt.Sprintf(" load-%d", step)
		stroke = [...]string{"var(--load-0,#9aa4b1)", "var(--load-1,#6f84d8)", "var(--load-2,#dc9400)", "var(--load-3,#cf3014)"}[step]
		words = fmt.Sprintf("load %.0f %%", 100*load)
	}
	dash := ""
	switch {
	case d.marks.Class[l.ID].Lost():
		stroke, dash = "var(--risk,#a64a93)", ` stroke-dasharray="9 5"`
		words += ", redundancy " + strings.ReplaceAll(d.marks.Class[l.ID].String(), "_", " ")
	case l.Stale:
		class += " stale"
		dash = ` stroke-dasharray="2 5"`
	case l.Confidence < topology.OneSided:
		dash = ` stroke-dasharray="6 4"`
	}
	width := strokeWidth(l.Speed)
	if single {
		class += " single"
		d.printf(`<path d="%s" stroke="var(--risk,#a64a93)" stroke-width="%d" opacity=".32"/>`, path, width+6)
		words += ". Single point of failure: " + loss.Words
	}
	if l.Stale {
		words += ", not seen by the newest discovery"
	}
	if d.marks.Lost[d.net.Nodes[l.A.Node].ID] || d.marks.Lost[d.net.Nodes[l.B.Node].ID] {
		class += " lost"
		stroke, dash = "var(--down,#cf3014)", ` stroke-dasharray="3 5"`
		words += ", lost with the selection"
	}
	confidence := strings.ReplaceAll(l.Confidence.String(), "_", " ")
	open, end := "", ""
	if d.marks.Selected == l.ID {
		class += " selected"
		d.printf(`<path d="%s" stroke="var(--accent,#3350d1)" stroke-width="%d" opacity=".5"/>`, path, width+8)
	}
	if d.marks.Pick != nil { // with a wide and unseen path to be hit
		open = fmt.Sprintf(`<a href="%s" data-pick="link:%s" aria-label="%s: %s, %s"><path d="%s" stroke="transparent" stroke-width="14"/>`,
			escape(d.marks.Pick("link", l.ID)), escape(l.ID), escape(l.ID), escape(words), escape(confidence), path)
		end = "</a>"
	}
	d.printf(`%s<path class="%s" data-link="%s" d="%s" stroke="%s" stroke-width="%d"%s><title>%s: %s, %s</title></path>%s`+"\n",
		open, class, escape(l.ID), path, stroke, width, dash, escape(l.ID), escape(words), escape(confidence), end)
}

// loadStep is the color of a load: up to 30, 60 and 85 %, and more.
func loadStep(load float64) int {
	switch {
	case load <= 0.30:
		return 0
	case load <= 0.60:
		return 1
	case load <= 0.85:
		return 2
	}
	return 3
}

// strokeWidth grows with the speed of a link, in bit/s.
func strokeWidth(speed float64) int {
	switch {
	case speed >= 40e9:
		return 5
	case speed >= 10e9:
		return 4
	case speed >= 1e9:
		return 3
	}
	return 2
}

func (d *drawing) node(v int) {
	n, at := d.net.Nodes[v], d.at.Nodes[v]
	loss, single := d.marks.Loss[n.ID]
	single = single && loss.Devices > 0
	class := "nd " + string(n.Kind)
	if single {
		class += " single"
	}
	if d.marks.Lost[n.ID] {
		class += " lost"
	}
	open, end := fmt.Sprintf(`<g class="%s" data-node="%s" role="img" aria-label=`, class, escape(n.ID)), "</g>\n"
	if d.marks.Href != nil && n.Kind == topology.DeviceNode {
		open, end = fmt.Sprintf(`<a href="%s" class="%s" data-node="%s" aria-label=`, escape(d.marks.Href(n.ID)), class, escape(n.ID)), "</a>\n"
	}
	if d.marks.Pick != nil {
		kind := "node"
		if n.Kind == topology.DeviceNode {
			kind = "device"
		}
		open, end = fmt.Sprintf(`<a href="%s" class="%s" data-node="%s" data-pick="%s:%s" aria-label=`, escape(d.marks.Pick(kind, n.ID)), class, escape(n.ID), kind, escape(n.ID)), "</a>\n"
	}
	words := d.nodeWords(n, loss, single)
	x, y := at.X-nodeWidth/2, at.Y-nodeHeight/2
	d.printf(`%s"%s" transform="translate(%.0f,%.0f)"><title>%s</title>`, open, escape(words), x, y, escape(words))
	d.ring(n)
	fill, stroke, ink, width, dash := d.look(n, single)
	if n.ID == d.marks.Selected {
		d.printf(`<rect class="selected" x="-6" y="-6" width="%d" height="%d" rx="12" fill="none" stroke="var(--accent,#3350d1)" stroke-width="2.5"/>`, nodeWidth+12, nodeHeight+12)
	}
	if d.marks.Lost[n.ID] {
		stroke, dash, width = "var(--down,#cf3014)", ` stroke-dasharray="4 3"`, "1.5"
	}
	d.printf(`<rect width="%d" height="%d" rx="6" fill="%s" stroke="%s" stroke-width="%s"%s/>`, nodeWidth, nodeHeight, fill, stroke, width, dash)
	d.printf(`<text x="%d" y="22" text-anchor="middle" font-weight="500" fill="%s">%s</text> `, nodeWidth/2, ink, escape(short(n.Label)))
	if single {
		d.printf(`<g transform="translate(-14,-10)"><rect width="58" height="18" rx="9" fill="var(--risk,#a64a93)"/>`+
			`<text x="29" y="13" text-anchor="middle" font-weight="600" fill="var(--surface,#fff)">cuts %d</text></g>`, loss.Devices)
	}
	d.printf("%s", end)
}

func (d *drawing) look(n topology.Node, single bool) (fill, stroke, ink, width, dash string) {
	fill, stroke, ink, width = "var(--surface,#fff)", "var(--line-2,#c8ced7)", "var(--ink,#12161c)", "1.25"
	if n.Kind != topology.DeviceNode {
		fill, dash = "var(--surface-2,#f2f4f7)", ` stroke-dasharray="4 3"`
	}
	if single {
		fill, stroke, ink, width = "var(--risk-wash,#f8e9f5)", "var(--risk,#a64a93)", "var(--risk-ink,#86307a)", "2"
	}
	state, known := d.marks.State[n.ID]
	switch {
	case state == topology.Down:
		fill, stroke, ink, width = "var(--down-wash,#fce8e3)", "var(--down,#cf3014)", "var(--down-ink,#b02409)", "2"
	case known && state == topology.Unknown:
		stroke, dash = "var(--unknown,#76808e)", ` stroke-dasharray="4 3"`
	}
	return fill, stroke, ink, width, dash
}

// ring shows how much of a node's redundancy is left.
func (d *drawing) ring(n topology.Node) {
	class, ok := d.marks.Ring[n.ID]
	if !ok {
		return
	}
	stroke, dash := "var(--up,#0f9474)", ""
	switch class {
	case topology.Failed, topology.SplitBrain:
		stroke = "var(--down,#cf3014)"
	case topology.AtRisk, topology.Reduced:
		stroke, dash = "var(--risk,#a64a93)", ` stroke-dasharray="9 5"`
	case topology.ClassUnknown:
		stroke, dash = "var(--unknown,#76808e)", ` stroke-dasharray="2 4"`
	}
	d.printf(`<rect class="ring" x="-5" y="-5" width="%d" height="%d" rx="11" fill="none" stroke="%s" stroke-width="2"%s/>`,
		nodeWidth+10, nodeHeight+10, stroke, dash)
}

func (d *drawing) nodeWords(n topology.Node, loss topology.Loss, single bool) string {
	words := []string{short(n.Label)} // what is seen comes first, as it is seen (WCAG 2.5.3)
	if single {
		words[0] += fmt.Sprintf(" cuts %d", loss.Devices)
	}
	if short(n.Label) != n.Label {
		words = append(words, n.Label)
	}
	if n.Kind == topology.StubNode {
		words = append(words, "not in the inventory")
	}
	if state, known := d.marks.State[n.ID]; known {
		words = append(words, state.String())
	}
	if class, ok := d.marks.Ring[n.ID]; ok {
		words = append(words, "redundancy "+strings.ReplaceAll(class.String(), "_", " "))
	}
	if single {
		words = append(words, "single point of failure: "+loss.Words)
	}
	if d.marks.Lost[n.ID] {
		words = append(words, "lost with the selection")
	}
	if n.Quiet != "" {
		words = append(words, n.Quiet)
	}
	return strings.Join(words, ", ")
}

func short(s string) string {
	if utf8.RuneCountInString(s) <= labelMost {
		return s
	}
	return string([]rune(s)[:labelMost-1]) + "…"
}

// escape makes a text safe within XML: devices choose their names.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return html.EscapeString(s)
}
