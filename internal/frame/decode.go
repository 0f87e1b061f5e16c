package frame

import (
	"encoding/binary"
	"errors"
	"fmt"

	"ninewatch/internal/telemetry"
)

var errShort = errors.New("ends too early")

// decode reads a body; after the first mistake everything it returns is zero.
type decode struct {
	b       []byte
	strings []string
	size    int // of the result in memory
	err     error
}

func (d *decode) fail(err error) {
	if d.err == nil {
		d.err = err
		d.b = nil
	}
}

func (d *decode) charge(n int) {
	if d.size += n; d.size > MaxDecoded {
		d.fail(fmt.Errorf("more than %d bytes in memory", MaxDecoded))
	}
}

func (d *decode) byte() byte {
	if len(d.b) == 0 {
		d.fail(errShort)
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *decode) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail(errShort)
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decode) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail(errShort)
		return 0
	}
	d.b = d.b[n:]
	return v
}

// count reads a number of things of which there are at most limit.
func (d *decode) count(what string, limit int) int {
	n := d.uvarint()
	if n > uint64(limit) {
		d.fail(fmt.Errorf("%d %s, the limit is %d", n, what, limit))
		return 0
	}
	return int(n)
}

func (d *decode) string() string {
	ref := d.uvarint()
	if ref > uint64(len(d.strings)) {
		d.fail(fmt.Errorf("string %d of %d", ref, len(d.strings)))
	}
	if d.err != nil {
		return ""
	}
	if ref > 0 {
		s := d.strings[ref-1]
		d.charge(len(s))
		return s
	}
	n := d.count("bytes in a string", MaxString)
	if n > len(d.b) {
		d.fail(errShort)
		return ""
	}
	s := string(d.b[:n])
	d.b = d.b[n:]
	d.charge(n)
	d.strings = append(d.strings, s)
	return s
}

func (d *decode) frame() *telemetry.Frame {
	f := &telemetry.Frame{Device: d.string()}
	series := d.count("series", MaxSeries)
	polls := d.count("polls", MaxPolls)
	d.charge(series*seriesBytes + polls*(pollBytes+series*valueBytes))
	if series > len(d.b) || polls > len(d.b) { // each takes a byte at least
		d.fail(errShort)
	}
	if d.err != nil {
		return nil
	}
	f.Template = make([]telemetry.Series, series)
	for i := range f.Template {
		d.series(&f.Template[i])
	}
	f.Polls = make([]telemetry.Poll, polls)
	values := make([]telemetry.Value, series*polls)
	var last, step int64
	for i := range f.Polls {
		step += d.varint()
		last += step
		f.Polls[i] = telemetry.Poll{Time: last, Values: values[i*series : (i+1)*series : (i+1)*series]}
	}
	if polls > 0 {
		for i := 0; i < series && d.err == nil; i++ {
			d.kinds(f.Polls, i)
		}
		for i := 0; i < series && d.err == nil; i++ {
			d.values(f.Polls, i)
		}
	}
	if len(d.b) > 0 {
		d.fail(fmt.Errorf("%d bytes behind the end", len(d.b)))
	}
	return f
}

func (d *decode) series(s *telemetry.Series) {
	s.Name = d.string()
	n := d.count("labels", 2*MaxLabels+1)
	s.Vantage = n&1 == 1
	n /= 2
	d.charge(n * labelBytes)
	if n == 0 || d.err != nil {
		return
	}
	s.Labels = make([]telemetry.Label, n)
	for i := range s.Labels {
		s.Labels[i] = telemetry.Label{Name: d.string(), Value: d.string()}
		if i > 0 && s.Labels[i].Name <= s.Labels[i-1].Name {
			d.fail(errors.New("labels are not sorted by name"))
		}
	}
}

func (d *decode) kinds(polls []telemetry.Poll, i int) {
	kind, run := d.byte(), len(polls)
	mixed := kind == mixedKinds
	for from := 0; from < len(polls) && d.err == nil; from += run {
		if mixed {
			kind = d.byte()
			run = d.count("polls in a run", len(polls)-from)
		}
		if kind > byte(telemetry.Stale) || run == 0 {
			d.fail(fmt.Errorf("run of %d values of kind %d", run, kind))
			return
		}
		for p := from; p < from+run; p++ {
			polls[p].Values[i].Kind = telemetry.ValueKind(kind)
		}
	}
}

func (d *decode) values(polls []telemetry.Poll, i int) {
	var whole, float uint64
	for p := range polls {
		switch v := &polls[p].Values[i]; v.Kind {
		case telemetry.Uint, telemetry.Int:
			whole += uint64(d.varint())
			v.Bits = whole
		case telemetry.Float:
			float ^= d.xor()
			v.Bits = float
		}
	}
}

func (d *decode) xor() uint64 {
	c := d.byte()
	high, n := int(c>>4), int(c&15)
	if high+n > 8 {
		d.fail(fmt.Errorf("float of %d + %d bytes", high, n))
		return 0
	}
	if n > len(d.b) {
		d.fail(errShort)
		return 0
	}
	var all [8]byte
	copy(all[high:], d.b[:n])
	d.b = d.b[n:]
	return binary.BigEndian.Uint64(all[:])
}
