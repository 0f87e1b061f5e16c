package simulate

import (
	"time"
)

// DemoSeries is the past of something that can fill up: means and peaks of 5-minute buckets, for traffic of both
// directions.
type DemoSeries struct {
	Name     string // as capacity planning calls it: interface:DEVICE/KEY, processor:DEVICE, …
	Capacity float64
	Fine     bool  // percent
	From     int64 // Unix ms
	Rates    [][]float64
	Peaks    [][]float64
}

const (
	featureBucket = 5 * time.Minute
	featurePieces = 4 // of a bucket, of which the peak is the largest
)

// Features are the past of what can fill up, from days before Since on to the last whole hour.
func (d *Demo) Features(days int) []DemoSeries {
	to := d.since.Truncate(time.Hour)
	from := to.Add(-time.Duration(days) * day)
	n := int(to.Sub(from) / featureBucket)
	var out []DemoSeries
	for _, m := range d.machines {
		for i := range m.ports {
			p := &m.ports[i]
			if !p.up() || p.kind == softwareLoopback {
				continue
			}
			s := DemoSeries{Name: "interface:" + m.name + "/" + p.name, Capacity: float64(p.speed), From: from.UnixMilli()}
			for _, w := range []*wave{&p.in, &p.out} {
				s.line(n, from, func(a, b time.Time) float64 {
					if d.lineDown(m.name, p.name, a) {
						return 0
					}
					return 8 * w.total(a, b) / b.Sub(a).Seconds()
				})
			}
			out = append(out, s)
		}
		out = append(out, m.gauges(n, from)...)
	}
	return out
}

// gauges are processors, memory and disks.
func (m *machine) gauges(n int, from time.Time) (out []DemoSeries) {
	if len(m.cpus) > 0 {
		s := DemoSeries{Name: "processor:" + m.name, Capacity: 100, Fine: true, From: from.UnixMilli()}
		s.line(n, from, func(at, _ time.Time) float64 {
			sum := 0.0
			for i := range m.cpus {
				sum += float64(m.cpuLoad(i, at))
			}
			return sum / float64(len(m.cpus))
		})
		out = append(out, s)
	}
	for i := range m.stores {
		st := &m.stores[i]
		kind := "storage:"
		if st.descr == "Physical memory" {
			kind = "memory:"
		}
		s := DemoSeries{Name: kind + m.name + "/" + st.descr, Capacity: float64(st.size * st.unit), From: from.UnixMilli()}
		s.line(n, from, func(at, _ time.Time) float64 { return float64(m.storageUsed(i, at) * st.unit) })
		out = append(out, s)
	}
	if m.ups != nil {
		s := DemoSeries{Name: "power:" + m.name + "/1", Capacity: 100, Fine: true, From: from.UnixMilli()}
		s.line(n, from, func(at, _ time.Time) float64 { return m.ups.load.rate(at) })
		out = append(out, s)
	}
	return out
}

// line adds a direction: of says the mean between two instants.
func (s *DemoSeries) line(n int, from time.Time, of func(a, b time.Time) float64) {
	rates, peaks := make([]float64, n), make([]float64, n)
	const piece = featureBucket / featurePieces
	for i := range n {
		at := from.Add(time.Duration(i) * featureBucket)
		for k := range featurePieces {
			v := of(at.Add(time.Duration(k)*piece), at.Add(time.Duration(k+1)*piece))
			rates[i] += v / featurePieces
			peaks[i] = max(peaks[i], v)
		}
	}
	s.Rates, s.Peaks = append(s.Rates, rates), append(s.Peaks, peaks)
}
