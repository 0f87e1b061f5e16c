package record

import (
	"fmt"
	"reflect"
	"unicode"
	"unicode/utf8"

	"ninewatch/internal/telemetry"
)

const (
	maxText        = 4 << 10
	maxRuns        = 10_000
	maxInterfaces  = 20_000
	maxPhysAddress = 64
)

// checker keeps the first thing that is wrong.
type checker struct{ err error }

func (c *checker) failf(field, format string, args ...any) {
	if c.err == nil {
		c.err = invalid(field, format, args...)
	}
}

func (c *checker) text(field, s string) {
	switch {
	case len(s) > maxText:
		c.failf(field, "text of %d bytes, the limit is %d", len(s), maxText)
	case !utf8.ValidString(s):
		c.failf(field, "text %.64q is not UTF-8", s)
	default:
		for _, r := range s {
			if unicode.IsControl(r) {
				c.failf(field, "text %.64q holds a control character", s)
				return
			}
		}
	}
}

func (c *checker) name(field, s string) {
	if s == "" {
		c.failf(field, "is empty")
	}
	c.text(field, s)
}

func (c *checker) positive(field string, n int64) {
	if n <= 0 {
		c.failf(field, "%d is not greater than 0", n)
	}
}

func (c *checker) order(field string, from, to int64) {
	c.positive(field+" from", from)
	if to < from {
		c.failf(field, "%d to %d goes back", from, to)
	}
}

// check looks at every field of r.
func check(r *telemetry.Record) error {
	var c checker
	if r.Seq == 0 {
		c.failf("seq", "is 0, it counts from 1")
	}
	if n := payloads(r); n != 1 {
		c.failf("record", "%d payloads, not 1", n)
	}
	switch {
	case r.Frame != nil:
		c.frame(r.Frame)
	case r.Runs != nil:
		c.runs(r.Runs)
	case r.Facts != nil:
		c.facts(r.Facts)
	case r.Gap != nil:
		c.gap(r.Gap)
	case r.Boot != nil:
		c.boot(r.Boot)
	case r.Scan != nil:
		c.scan(r.Scan)
	}
	return c.err
}

func payloads(r *telemetry.Record) int {
	n := 0
	for _, set := range []bool{r.Frame != nil, r.Runs != nil, r.Facts != nil, r.Gap != nil, r.Boot != nil, r.Scan != nil} {
		if set {
			n++
		}
	}
	return n
}

func (c *checker) frame(f *telemetry.Frame) {
	c.name("frame device", f.Device)
	for _, s := range f.Template {
		c.name("series", s.Name)
		for _, l := range s.Labels {
			c.name("label of "+s.Name, l.Name)
			c.text("label "+l.Name+" of "+s.Name, l.Value)
		}
		if c.err != nil {
			return
		}
	}
	for _, p := range f.Polls {
		c.positive("poll time", p.Time)
	}
}

func (c *checker) runs(runs []telemetry.Run) {
	if n := len(runs); n == 0 || n > maxRuns {
		c.failf("runs", "%d, not 1 to %d", n, maxRuns)
		return
	}
	for i, r := range runs {
		field := fmt.Sprintf("run %d", i)
		c.name(field+" device", r.Device)
		c.text(field+" reason", r.Reason)
		c.order(field, r.From, r.To)
		c.positive(field+" every", r.Every)
		if r.Probe != telemetry.ProbeICMP && r.Probe != telemetry.ProbeSNMP {
			c.failf(field, "probe %d is not known", r.Probe)
		}
		if r.Result < telemetry.OK || r.Result > telemetry.Credentials {
			c.failf(field, "result %d is not known", r.Result)
		}
		if r.LossPPM > 1_000_000 {
			c.failf(field, "loss of %d per million", r.LossPPM)
		}
		if c.err != nil {
			return
		}
	}
}

func (c *checker) facts(f *telemetry.DeviceFacts) {
	c.name("facts device", f.Device)
	c.positive("facts time", f.Time)
	s := f.System
	c.text("sys_object_id", s.SysObjectID)
	c.text("sys_descr", s.SysDescr)
	c.text("sys_name", s.SysName)
	c.text("sys_location", s.SysLocation)
	c.text("sys_contact", s.SysContact)
	c.interfaces(f.Interfaces)
	c.structure(f)
}

func (c *checker) interfaces(list []telemetry.Interface) {
	if n := len(list); n > maxInterfaces {
		c.failf("interfaces", "%d, the limit is %d", n, maxInterfaces)
		return
	}
	for _, i := range list {
		field := fmt.Sprintf("interface %d", i.IfIndex)
		c.text(field+" key", i.Key)
		c.text(field+" if_name", i.IfName)
		c.text(field+" if_descr", i.IfDescr)
		c.text(field+" if_alias", i.IfAlias)
		if n := len(i.IfPhysAddress); n > maxPhysAddress {
			c.failf(field, "if_phys_address of %d bytes, the limit is %d", n, maxPhysAddress)
		}
		if c.err != nil {
			return
		}
	}
}

func (c *checker) gap(g *telemetry.Gap) {
	c.name("gap reason", g.Reason)
	c.order("gap", g.From, g.To)
	if g.LastSeq < g.FirstSeq || g.FirstSeq == 0 && g.LastSeq != 0 {
		c.failf("gap", "numbers %d to %d", g.FirstSeq, g.LastSeq)
	}
}

func (c *checker) scan(s *telemetry.ScanReport) {
	c.name("scan id", s.ID)
	c.positive("scan time", s.Time)
	if s.State != telemetry.ScanRunning && s.State != telemetry.ScanDone && s.State != telemetry.ScanFailed {
		c.failf("scan state", "%.64q is not known", s.State)
	}
	if len(s.Found) > telemetry.MaxScanFound {
		c.failf("scan found", "%d, the limit is %d", len(s.Found), telemetry.MaxScanFound)
		return
	}
	c.value("scan", reflect.ValueOf(*s))
}

func (c *checker) boot(b *telemetry.Boot) {
	c.name("boot device", b.Device)
	c.positive("boot time", b.Time)
	if b.Previous < 0 {
		c.failf("boot previous", "%d is less than 0", b.Previous)
	}
}
