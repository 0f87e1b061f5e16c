package inspect

import (
	"cmp"
	"slices"

	"ninewatch/agent/profile"
	"ninewatch/agent/snmp"
)

// Processor is one processor that the profile knows of.
type Processor struct {
	Name         string  `json:"name" yaml:"name"`
	UsagePercent float64 `json:"usage_percent" yaml:"usage_percent"`
}

// Storage is one memory or storage.
type Storage struct {
	Name         string   `json:"name" yaml:"name"`
	UsedBytes    *uint64  `json:"used_bytes,omitempty" yaml:"used_bytes,omitempty"`
	TotalBytes   *uint64  `json:"total_bytes,omitempty" yaml:"total_bytes,omitempty"`
	UsagePercent *float64 `json:"usage_percent,omitempty" yaml:"usage_percent,omitempty"`
}

// Sensor is one sensor. A state carries its word in Status and what it is worth in Severity; of other
// classes both are the severity, where the device or a threshold says it.
type Sensor struct {
	Class    string   `json:"class" yaml:"class"`
	Name     string   `json:"name" yaml:"name"`
	Value    *float64 `json:"value,omitempty" yaml:"value,omitempty"`
	Unit     string   `json:"unit,omitempty" yaml:"unit,omitempty"`
	Status   string   `json:"status,omitempty" yaml:"status,omitempty"`
	Severity string   `json:"severity,omitempty" yaml:"severity,omitempty"`
}

// Part is a power supply or a fan: ok, warning, critical, unknown or absent.
type Part struct {
	Name   string   `json:"name" yaml:"name"`
	Status string   `json:"status" yaml:"status"`
	RPM    *float64 `json:"rpm,omitempty" yaml:"rpm,omitempty"`
}

// addProfile puts what a profile read into the form of the contract.
func (r *Result) addProfile(read *profile.Reading, trouble []profile.PartError) {
	found := read.Identity
	r.Identity = Identity{Vendor: cmp.Or(found.Vendor, vendorOf(r.System.ObjectID)), OS: found.OS, Model: found.Model,
		Serial: found.Serial, Version: found.Version, Profile: read.Profile}
	if read.Profile == profile.Generic {
		r.ProfileWanted = r.System.ObjectID
	}
	r.Processors = make([]Processor, len(read.Processors))
	for i, p := range read.Processors {
		r.Processors[i] = Processor(p)
	}
	r.Memory, r.Storage = storageOf(read.Memory), storageOf(read.Storage)
	r.Sensors = make([]Sensor, len(read.Sensors))
	for i, s := range read.Sensors {
		r.Sensors[i] = Sensor(s)
	}
	r.PowerSupplies, r.Fans = partsOf(read.PowerSupplies), partsOf(read.Fans)
	for _, i := range read.Instead {
		r.count(i)
	}
	for _, e := range trouble {
		r.Errors = append(r.Errors, PartError{e.Part, e.Err.Error()})
	}
}

// count has a counter of a vendor's MIB stand in for one of IF-MIB.
func (r *Result) count(i snmp.Instead) {
	at := slices.IndexFunc(r.Interfaces, func(f Interface) bool { return f.Index == i.IfIndex })
	name := slices.IndexFunc(counterNames, func(n counterName) bool { return n.counter == i.Counter })
	if at < 0 || name < 0 {
		return
	}
	f := &r.Interfaces[at]
	f.Counters[counterNames[name].name] = i.Value
	if i.Counter == snmp.InOctets || i.Counter == snmp.OutOctets {
		if f.CounterBits = 32; i.Wide {
			f.CounterBits = 64
		}
	}
}

func storageOf(list []profile.CapacityReading) []Storage {
	out := make([]Storage, len(list))
	for i, c := range list {
		out[i] = Storage(c)
	}
	return out
}

func partsOf(list []profile.PartReading) []Part {
	out := make([]Part, len(list))
	for i, p := range list {
		out[i] = Part(p)
	}
	return out
}
