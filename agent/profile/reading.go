package profile

import (
	"ninewatch/agent/snmp"
	"ninewatch/internal/oid"
)

// Reading is what a profile found on a device. What is not known is absent.
type Reading struct {
	Profile       string // its name
	Identity      Found
	Processors    []ProcessorReading
	Memory        []CapacityReading
	Storage       []CapacityReading
	Sensors       []SensorReading
	PowerSupplies []PartReading
	Fans          []PartReading
	Metrics       []MetricReading
	Instead       []snmp.Instead // of counters of IF-MIB that stand at 0
	Plan          []Instance     // what to poll from now on
	Derived       []Derived      // what to work out of it

	objects []oid.OID // that Derived needs
}

// Found is the identity of a device.
type Found struct{ Vendor, OS, Model, Version, Serial string }

// ProcessorReading is one processor.
type ProcessorReading struct {
	Name         string
	UsagePercent float64
}

// CapacityReading is one memory or storage.
type CapacityReading struct {
	Name         string
	UsedBytes    *uint64
	TotalBytes   *uint64
	UsagePercent *float64
}

// SensorReading is one sensor. Status of a state is its word, of another sensor its severity.
type SensorReading struct {
	Class    string
	Name     string
	Value    *float64 // absent for a state that the device tells as a text
	Unit     string
	Status   string
	Severity string // ok, warning, critical or unknown; empty: nothing says it
}

// PartReading is a power supply or a fan; Status is ok, warning, critical, unknown or absent.
type PartReading struct {
	Name   string
	Status string
	RPM    *float64
}

// PartError is a table or value that was not read, or not wholly.
type PartError = snmp.PartError
