package inspect

import (
	"ninewatch/agent/snmp"
	"ninewatch/internal/telemetry"
)

// Result is what inspect prints. The sections of the contract that are not here yet are left out.
type Result struct {
	Target          string      `json:"target" yaml:"target"`
	System          System      `json:"system" yaml:"system"`
	Identity        Identity    `json:"identity" yaml:"identity"`
	Interfaces      []Interface `json:"interfaces" yaml:"interfaces"`
	Processors      []Processor `json:"processors" yaml:"processors"`
	Memory          []Storage   `json:"memory" yaml:"memory"`
	Storage         []Storage   `json:"storage" yaml:"storage"`
	Sensors         []Sensor    `json:"sensors" yaml:"sensors"`
	PowerSupplies   []Part      `json:"power_supplies" yaml:"power_supplies"`
	Fans            []Part      `json:"fans" yaml:"fans"`
	Structure       `yaml:",inline"`
	ProfileWanted   string      `json:"profile_wanted,omitempty" yaml:"profile_wanted,omitempty"` // the sysObjectID that only the generic profile reads
	Errors          []PartError `json:"errors" yaml:"errors"`
	Samples         int         `json:"samples" yaml:"samples"`
	Requests        uint64      `json:"requests" yaml:"requests"`
	DurationSeconds float64     `json:"duration_seconds" yaml:"duration_seconds"`
}

// System is the system group.
type System struct {
	ObjectID      string   `json:"object_id,omitempty" yaml:"object_id,omitempty"`
	Descr         string   `json:"descr,omitempty" yaml:"descr,omitempty"`
	Name          string   `json:"name,omitempty" yaml:"name,omitempty"`
	Location      string   `json:"location,omitempty" yaml:"location,omitempty"`
	Contact       string   `json:"contact,omitempty" yaml:"contact,omitempty"`
	UptimeSeconds *float64 `json:"uptime_seconds,omitempty" yaml:"uptime_seconds,omitempty"`
}

// Identity is what is made of it.
type Identity struct {
	Vendor  string `json:"vendor,omitempty" yaml:"vendor,omitempty"`
	OS      string `json:"os,omitempty" yaml:"os,omitempty"`
	Model   string `json:"model,omitempty" yaml:"model,omitempty"`
	Serial  string `json:"serial,omitempty" yaml:"serial,omitempty"`
	Version string `json:"version,omitempty" yaml:"version,omitempty"`
	Profile string `json:"profile,omitempty" yaml:"profile,omitempty"`
}

// Interface is a row of ifTable and ifXTable.
type Interface struct {
	Index       uint32            `json:"index" yaml:"index"`
	Key         string            `json:"key" yaml:"key"`
	Name        string            `json:"name,omitempty" yaml:"name,omitempty"`
	Descr       string            `json:"descr,omitempty" yaml:"descr,omitempty"`
	Alias       string            `json:"alias,omitempty" yaml:"alias,omitempty"`
	Type        string            `json:"type,omitempty" yaml:"type,omitempty"`
	SpeedBps    uint64            `json:"speed_bps,omitempty" yaml:"speed_bps,omitempty"`
	AdminStatus string            `json:"admin_status,omitempty" yaml:"admin_status,omitempty"`
	OperStatus  string            `json:"oper_status,omitempty" yaml:"oper_status,omitempty"`
	MAC         string            `json:"mac,omitempty" yaml:"mac,omitempty"`
	MTU         uint32            `json:"mtu,omitempty" yaml:"mtu,omitempty"`
	LAGIndex    uint32            `json:"lag_index,omitempty" yaml:"lag_index,omitempty"`
	Counters    map[string]uint64 `json:"counters,omitempty" yaml:"counters,omitempty"`
	CounterBits int               `json:"counter_bits,omitempty" yaml:"counter_bits,omitempty"` // of the octets
}

// PartError is what was not read, or not wholly.
type PartError struct {
	Part  string `json:"part" yaml:"part"`
	Error string `json:"error" yaml:"error"`
}

type counterName struct {
	counter snmp.Counter
	name    string
}

// counterNames are those of the contract; packets are the unicast packets.
var counterNames = []counterName{
	{snmp.InOctets, "in_octets"}, {snmp.OutOctets, "out_octets"},
	{snmp.InUcastPkts, "in_packets"}, {snmp.OutUcastPkts, "out_packets"},
	{snmp.InErrors, "in_errors"}, {snmp.OutErrors, "out_errors"},
	{snmp.InDiscards, "in_discards"}, {snmp.OutDiscards, "out_discards"},
}

// statusWords are those of ifOperStatus (RFC 2863); ifAdminStatus has the first three.
var statusWords = [...]string{"", "up", "down", "testing", "unknown", "dormant", "notPresent", "lowerLayerDown"}

// resultOf puts a reading into the form of the contract. facts carry the keys.
func resultOf(r *snmp.Reading, facts telemetry.DeviceFacts) Result {
	out := Result{
		System: System{ObjectID: r.System.SysObjectID, Descr: r.System.SysDescr, Name: r.System.SysName,
			Location: r.System.SysLocation, Contact: r.System.SysContact},
		Interfaces: []Interface{}, Errors: []PartError{},
	}
	if r.UpTime {
		seconds := float64(r.System.SysUpTime) / 100
		out.System.UptimeSeconds = &seconds
	}
	for i := range r.Interfaces {
		out.Interfaces = append(out.Interfaces, interfaceOf(&r.Interfaces[i], facts.Interfaces[i].Key))
	}
	for _, e := range r.Errors {
		out.Errors = append(out.Errors, PartError{e.Part, e.Err.Error()})
	}
	return out
}

func interfaceOf(r *snmp.InterfaceReading, key string) Interface {
	out := Interface{
		Index: r.IfIndex, Key: key, Name: r.IfName, Descr: r.IfDescr, Alias: r.IfAlias, Type: typeName(r.IfType),
		SpeedBps: r.SpeedBps, AdminStatus: statusWords[r.IfAdminStatus], OperStatus: statusWords[r.IfOperStatus],
		MAC: r.IfPhysAddress.String(), MTU: r.IfMtu, Counters: map[string]uint64{},
	}
	for _, c := range counterNames {
		if value, _, ok := r.Counter(c.counter); ok {
			out.Counters[c.name] = value
		}
	}
	for _, c := range []snmp.Counter{snmp.InOctets, snmp.OutOctets} {
		if _, bits, ok := r.Counter(c); ok && out.CounterBits == 0 {
			out.CounterBits = bits
		}
	}
	return out
}
