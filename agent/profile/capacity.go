package profile

import (
	"fmt"
	"math"
)

// processor reads the rows of an entry of processors.
func (rd *reader) processor(e *Processor) (int, func()) {
	var out []ProcessorReading
	var plan []Instance
	var derived []Derived
	s := &e.Usage
	if !s.given() {
		s = &e.Idle
	}
	rd.rows(e.Table, e.Rows, e.Columns, e.Where, []*Source{s}, func(r *row) {
		v := rd.eval(s, r)
		usage := v.number
		if s == &e.Idle {
			usage = rounded(100 - v.number)
		}
		if !v.ok || !v.isNum || usage < 0 || usage > 100 {
			return
		}
		name := firstOf(rd.name(e.Name, r), fmt.Sprintf("cpu%d", len(out)))
		out = append(out, ProcessorReading{name, usage})
		plan = append(plan, rd.instance(s, r, e.Interval, "name", name))
		derived = append(derived, rd.derivedCPU(e, s, r, name)...)
	})
	return len(out), func() {
		rd.out.Processors = append(rd.out.Processors, out...)
		rd.planned(plan, derived)
	}
}

// capacity reads the rows of an entry of memory or storage.
func (rd *reader) capacity(e *Capacity, series roomSeries, to *[]CapacityReading) (int, func()) {
	var out []CapacityReading
	var plan []Instance
	var derived []Derived
	sources := []*Source{&e.Used, &e.Free, &e.Total, &e.Percent, (*Source)(&e.Bytes)}
	rd.rows(e.Table, e.Rows, e.Columns, e.Where, []*Source{&e.Total, &e.Used, &e.Percent, &e.Free}, func(r *row) {
		c, ok := rd.capacityRow(e, r)
		if !ok {
			return
		}
		c.Name = firstOf(rd.name(e.Name, r), e.ID)
		out = append(out, c)
		for _, s := range sources {
			if rd.eval(s, r).isNum && s.Object != "" {
				plan = append(plan, rd.instance(s, r, e.Interval, "name", c.Name))
			}
		}
		derived = append(derived, rd.derivedRoom(e, r, c, series)...)
	})
	return len(out), func() {
		*to = append(*to, out...)
		rd.planned(plan, derived)
	}
}

// capacityRow is what the device says in a row; not ok when nothing can be said.
func (rd *reader) capacityRow(e *Capacity, r *row) (c CapacityReading, ok bool) {
	bytes := 1.0
	if e.Bytes.given() {
		v := rd.eval((*Source)(&e.Bytes), r)
		bytes = v.number // 0 when it is not known: then only the share is
	}
	return capacityOf(rd.amount(&e.Used, r), rd.amount(&e.Free, r), rd.amount(&e.Total, r), rd.amount(&e.Percent, r), bytes)
}

// capacityOf works out what the device does not say itself. bytes is what one unit is; 0: not known.
func capacityOf(used, free, total, percent *float64, bytes float64) (c CapacityReading, ok bool) {
	switch {
	case used == nil && free != nil && total != nil && *free <= *total:
		used = new(*total - *free)
	case total == nil && free != nil && used != nil:
		total = new(*used + *free)
	case used == nil && percent != nil && total != nil && *percent <= 100:
		used = new(math.Round(*total * *percent / 100))
	}
	if total != nil && *total == 0 {
		return c, false // nothing is there
	}
	if percent != nil && *percent > 100 {
		percent = nil
	}
	if used != nil && total != nil && *used <= *total {
		percent = new(*used / *total * 100)
	}
	if percent != nil {
		c.UsagePercent = new(math.Round(*percent*10) / 10)
	}
	if bytes > 0 {
		c.UsedBytes, c.TotalBytes = octets(used, bytes), octets(total, bytes)
	}
	return c, c.UsagePercent != nil || c.UsedBytes != nil || c.TotalBytes != nil
}

// amount is a number from 0 up.
func (rd *reader) amount(s *Source, r *row) *float64 {
	if !s.given() {
		return nil
	}
	v := rd.eval(s, r)
	if !v.ok || !v.isNum || v.number < 0 {
		return nil
	}
	return &v.number
}

func octets(n *float64, unit float64) *uint64 {
	if n == nil || *n*unit >= math.MaxInt64 {
		return nil
	}
	return new(uint64(math.Round(*n * unit)))
}
