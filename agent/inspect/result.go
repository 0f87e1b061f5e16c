package inspect

import (
	"fmt"
	"math"
	"strings"

	"ninewatch/agent/snmp"
	"ninewatch/internal/oid"
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
	Vendor string `json:"vendor,omitempty" yaml:"vendor,omitempty"`
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
	Counters    map[string]uint64 `json:"counters,omitempty" yaml:"counters,omitempty"`
	CounterBits int               `json:"counter_bits,omitempty" yaml:"counter_bits,omitempty"` // of the octets
}

// Processor is a row of hrProcessorTable.
type Processor struct {
	Name         string `json:"name" yaml:"name"`
	UsagePercent uint32 `json:"usage_percent" yaml:"usage_percent"`
}

// Storage is a row of hrStorageTable.
type Storage struct {
	Name         string   `json:"name" yaml:"name"`
	UsedBytes    *uint64  `json:"used_bytes,omitempty" yaml:"used_bytes,omitempty"`
	TotalBytes   *uint64  `json:"total_bytes,omitempty" yaml:"total_bytes,omitempty"`
	UsagePercent *float64 `json:"usage_percent,omitempty" yaml:"usage_percent,omitempty"`
}

// PartError is what was not read, or not wholly.
type PartError struct {
	Part  string `json:"part" yaml:"part"`
	Error string `json:"error" yaml:"error"`
}

// counterNames are those of the contract; packets are the unicast packets.
var counterNames = []struct {
	counter snmp.Counter
	name    string
}{
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
		Identity:   Identity{Vendor: vendorOf(r.System.SysObjectID)},
		Interfaces: []Interface{}, Processors: []Processor{}, Memory: []Storage{}, Storage: []Storage{}, Errors: []PartError{},
	}
	if r.UpTime {
		seconds := float64(r.System.SysUpTime) / 100
		out.System.UptimeSeconds = &seconds
	}
	for i := range r.Interfaces {
		out.Interfaces = append(out.Interfaces, interfaceOf(&r.Interfaces[i], facts.Interfaces[i].Key))
	}
	for n, p := range r.Processors {
		out.Processors = append(out.Processors, Processor{fmt.Sprintf("cpu%d", n), p.Load})
	}
	for _, s := range r.Storage {
		if isMemory(s) {
			out.Memory = append(out.Memory, storageOf(s))
		} else {
			out.Storage = append(out.Storage, storageOf(s))
		}
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

// Types of hrStorageTable (RFC 2790, HOST-RESOURCES-TYPES).
var (
	hrStorageOther         = oid.MustParse("1.3.6.1.2.1.25.2.1.1")
	hrStorageRAM           = oid.MustParse("1.3.6.1.2.1.25.2.1.2")
	hrStorageVirtualMemory = oid.MustParse("1.3.6.1.2.1.25.2.1.3")
)

// isMemory: Linux lists buffers and caches, which are parts of the memory, as "other".
func isMemory(s snmp.Storage) bool {
	if s.Type.Equal(hrStorageOther) {
		return strings.HasSuffix(strings.ToLower(s.Descr), "memory") || strings.HasPrefix(strings.ToLower(s.Descr), "memory")
	}
	return s.Type.Equal(hrStorageRAM) || s.Type.Equal(hrStorageVirtualMemory)
}

func storageOf(s snmp.Storage) Storage {
	out := Storage{Name: s.Descr}
	if out.Name == "" {
		out.Name = fmt.Sprintf("storage%d", s.HrStorageIndex)
	}
	if s.AllocationUnits == nil {
		return out
	}
	bytes := func(blocks *uint64) *uint64 {
		if blocks == nil {
			return nil
		}
		n := *blocks * *s.AllocationUnits // both below 2^32
		return &n
	}
	out.UsedBytes, out.TotalBytes = bytes(s.Used), bytes(s.Size)
	if out.UsedBytes != nil && out.TotalBytes != nil && *out.TotalBytes > 0 && *out.UsedBytes <= *out.TotalBytes {
		percent := math.Round(float64(*out.UsedBytes)/float64(*out.TotalBytes)*1000) / 10
		out.UsagePercent = &percent
	}
	return out
}
