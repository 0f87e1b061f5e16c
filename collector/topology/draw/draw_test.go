package draw

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ninewatch/collector/topology"
)

// network makes a network of written links: nodes are sites and names, as site.name.
func network(links [][2]string, sites map[string]string) *topology.Network {
	inv := topology.Inventory{}
	for name, site := range sites {
		inv.Devices = append(inv.Devices, topology.Device{Name: name, Site: site})
	}
	for i, l := range links {
		inv.Links = append(inv.Links, topology.Manual{A: fmt.Sprintf("%s/p%d", l[0], i), B: fmt.Sprintf("%s/q%d", l[1], i), Bandwidth: 1e10})
	}
	return topology.Build(inv, nil)
}

func drawn(t testing.TB, n *topology.Network, m Marks) string {
	t.Helper()
	var b bytes.Buffer
	if err := SVG(&b, n, m); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(bytes.NewReader(b.Bytes()))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return b.String()
		} else if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, b.String())
		}
	}
}

func TestMarks(t *testing.T) {
	n := network([][2]string{{"core", "dist"}, {"core", "dist"}, {"dist", "acc"}}, map[string]string{"core": "hq", "dist": "hq", "acc": "hq"})
	impact, err := n.Impact("core")
	if err != nil {
		t.Fatal(err)
	}
	loss := map[string]topology.Loss{}
	for _, l := range impact.SinglePoints() {
		loss[l.ID] = l
	}
	svg := drawn(t, n, Marks{Title: "Lisbon <HQ>", Cores: []string{"core"}, Loss: loss,
		State: map[string]topology.State{"acc": topology.Down}, Ring: map[string]topology.Class{"core": topology.AtRisk},
		Load: map[string]float64{"core/p0--dist/q0": 0.3, "core/p1--dist/q1": 0.31, "acc/q2--dist/p2": 0.851},
		Href: func(node string) string { return "/devices/" + node + "?a=1&b=2" }})
	for _, want := range []string{
		`aria-label="Lisbon &lt;HQ&gt;. 3 nodes, 3 links, 2 single points of failure."`,
		`class="lk load-0" data-link="core/p0--dist/q0"`,
		`class="lk load-1" data-link="core/p1--dist/q1"`,
		`class="lk load-3 single" data-link="acc/q2--dist/p2"`,
		`stroke="var(--load-3,#cf3014)" stroke-width="4"`,
		`<a href="/devices/dist?a=1&amp;b=2" class="nd device single" data-node="dist"`,
		`>cuts 1</text>`,
		`aria-label="dist cuts 1, single point of failure`,
		`stroke="var(--down,#cf3014)"`,
		`class="ring"`,
		`redundancy at risk`,
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("lacks %s in\n%s", want, svg)
		}
	}
	if strings.Contains(svg, "<style") || strings.Contains(svg, " style=") || strings.Contains(svg, "<script") {
		t.Error("a style or script in the picture: the page's policy forbids them")
	}
}

func TestHostileTexts(t *testing.T) {
	n := network([][2]string{{"a", "b"}}, map[string]string{"a": `x"><script>`, "b": ""})
	n.Nodes[0].Label = "\x00<b>&\"'\xff" + strings.Repeat("ü", 400)
	svg := drawn(t, n, Marks{Title: "\x01]]>"})
	if strings.Contains(svg, "<script>") || strings.Contains(svg, "<b>") {
		t.Errorf("not escaped:\n%s", svg)
	}
}

func TestLayoutHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.Map(rapid.IntRange(0, 30), func(i int) string { return fmt.Sprint("n", i) })
		sites := rapid.MapOf(name, rapid.SampledFrom([]string{"", "s1", "s2", "s3"})).Draw(t, "sites")
		links := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [2]string {
			return [2]string{name.Draw(t, "a"), name.Draw(t, "b")}
		}), 0, 40).Draw(t, "links")
		n := network(links, sites)
		l := Arrange(n, nil)
		if again := Arrange(network(links, sites), nil); fmt.Sprint(again) != fmt.Sprint(l) {
			t.Fatal("the same network, another picture")
		}
		for i, p := range l.Nodes {
			if p.X < nodeWidth/2 || p.Y < nodeHeight/2 || p.X > l.Width-nodeWidth/2 || p.Y > l.Height-nodeHeight/2 {
				t.Fatalf("node %d at %v is outside of %v x %v", i, p, l.Width, l.Height)
			}
			for k, q := range l.Nodes[:i] {
				if math.Abs(p.X-q.X) < nodeWidth && math.Abs(p.Y-q.Y) < nodeHeight {
					t.Fatalf("nodes %d and %d overlap: %v, %v", i, k, p, q)
				}
			}
		}
		for i, a := range l.Sites {
			for _, b := range l.Sites[:i] {
				if a.X < b.X+b.Width && b.X < a.X+a.Width && a.Y < b.Y+b.Height && b.Y < a.Y+a.Height {
					t.Fatalf("sites overlap: %+v, %+v", a, b)
				}
			}
		}
	})
}

func BenchmarkThousandNodes(b *testing.B) {
	sites := map[string]string{}
	var links [][2]string
	for i := range 1000 {
		sites[fmt.Sprint("n", i)] = fmt.Sprint("site", i/50)
		links = append(links, [2]string{fmt.Sprint("n", i), fmt.Sprint("n", i/5)}, [2]string{fmt.Sprint("n", i), fmt.Sprint("n", i/7)})
	}
	n := network(links, sites)
	for b.Loop() {
		if err := SVG(io.Discard, n, Marks{}); err != nil {
			b.Fatal(err)
		}
	}
}
