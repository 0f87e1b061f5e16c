package telemetry

import "math"

// Label is one name and value of a series.
type Label struct{ Name, Value string }

// Series identifies what a device measures. Labels are sorted by name and leave out site, device and
// agent: the collector adds site and device from the envelope, and agent where Vantage is set.
type Series struct {
	Name    string // a MIB object name (ifHCInOctets) or ninewatch_… in base units
	Labels  []Label
	Vantage bool // depends on who looks: carries the label agent
}

// Frame is polls of one device against one template. All polls have as many values as the template.
type Frame struct {
	Device   string
	Template []Series
	Polls    []Poll
}

// Samples counts the values of f that are present.
func (f *Frame) Samples() int {
	n := 0
	for _, p := range f.Polls {
		for _, v := range p.Values {
			if v.Kind != Absent {
				n++
			}
		}
	}
	return n
}

// Poll is one reading: Values[i] belongs to Template[i].
type Poll struct {
	Time   int64 // Unix ms
	Values []Value
}

// ValueKind says how the bits of a Value are read.
type ValueKind uint8

// Absent: the device did not answer this object. Stale: it vanished, the series ends here.
const (
	Absent ValueKind = iota
	Uint             // Counter32, Counter64, Gauge32, TimeTicks: whole numbers up to 2^64-1
	Int              // Integer32
	Float
	Stale
)

// Value is one number as the device gave it, without loss.
type Value struct {
	Kind ValueKind
	Bits uint64
}

// UintValue, IntValue and FloatValue make Values.
func UintValue(v uint64) Value   { return Value{Uint, v} }
func IntValue(v int64) Value     { return Value{Int, uint64(v)} }
func FloatValue(v float64) Value { return Value{Float, math.Float64bits(v)} }

// Float64 is v as the sample store keeps it. It is NaN for Absent and Stale.
func (v Value) Float64() float64 {
	switch v.Kind {
	case Uint:
		return float64(v.Bits)
	case Int:
		return float64(int64(v.Bits))
	case Float:
		return math.Float64frombits(v.Bits)
	}
	return math.NaN()
}
