package inspect

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// expectation is the part of an expect.json that inspect is compared with (README.md beside the recordings).
type expectation struct {
	Device     struct{ Hardware, Version, Serial string }
	Interfaces []struct {
		IfIndex     uint32 `json:"if_index"`
		InRecording bool   `json:"in_recording"`
		Descr       *string
		Name        *string
		Alias       *string
		Type        *string
		Admin       *string
		Oper        *string
		SpeedBps    *uint64 `json:"speed_bps"`
		MTU         *uint32 `json:"mtu"`
		MAC         *string `json:"mac"`
		Counters    map[string]uint64
		CounterBits *int `json:"counter_bits"`
		Lag         uint32
	}
	CPU []struct {
		Descr string
		Usage float64 `json:"usage_percent"`
		OID   string
	}
	Memory, Storage []expectedCapacity
	Sensors         []struct {
		Class, Descr, OID, State string
		Value                    *float64
	}
	Inventory []struct {
		Index                             uint32
		Class, Name, Descr, Model, Serial *string
		Source                            string
	}
	Neighbours []struct {
		Protocol     string
		LocalIfIndex uint32 `json:"local_if_index"`
		RemoteName   string `json:"remote_name"`
		RemotePort   string `json:"remote_port"`
		Recorded     bool   `json:"name_in_recording"`
	}
	BGP []struct {
		Peer     string
		RemoteAS uint32 `json:"remote_as"`
		State    string
	} `json:"bgp_peers"`
	OSPF []struct {
		IP       string
		RouterID string `json:"router_id"`
		State    string
	} `json:"ospf_neighbours"`
}

type expectedCapacity struct {
	Descr   string
	Total   float64
	Used    *float64
	Percent *float64
	OIDs    map[string]string
}

var counterWords = map[string]string{"in_octets": "in_octets", "out_octets": "out_octets", "in_ucast_pkts": "in_packets",
	"out_ucast_pkts": "out_packets", "in_errors": "in_errors", "out_errors": "out_errors", "in_discards": "in_discards", "out_discards": "out_discards"}

func (s *score) interfaces(got inspected, want expectation) {
	at := map[uint32]*Interface{}
	for i := range got.Interfaces {
		at[got.Interfaces[i].Index] = &got.Interfaces[i]
	}
	for _, w := range want.Interfaces {
		g := at[w.IfIndex]
		if g == nil {
			if w.InRecording {
				s.is("interface fields", false, "interface %d is not there", w.IfIndex)
			}
			continue
		}
		text := func(field, got string, want *string) {
			if want != nil {
				s.is("interface fields", foldedText(got) == foldedText(*want), "%d %s: got %q, want %q", w.IfIndex, field, got, *want)
			}
		}
		text("descr", g.Descr, w.Descr)
		text("name", g.Name, w.Name)
		text("alias", g.Alias, w.Alias)
		text("type", g.Type, w.Type)
		text("admin", g.AdminStatus, w.Admin)
		text("oper", g.OperStatus, w.Oper)
		if mac, err := net.ParseMAC(g.MAC); w.MAC != nil {
			text("mac", hex.EncodeToString(mac), w.MAC)
			_ = err // an unreadable address is an empty one
		}
		if w.SpeedBps != nil && *w.SpeedBps != 1<<32-1 {
			s.is("interface fields", g.SpeedBps/1e6 == *w.SpeedBps/1e6, "%d speed: got %d, want %d", w.IfIndex, g.SpeedBps, *w.SpeedBps)
		}
		if w.MTU != nil {
			s.is("interface fields", g.MTU == *w.MTU, "%d mtu: got %d, want %d", w.IfIndex, g.MTU, *w.MTU)
		}
		for name, n := range w.Counters {
			if word := counterWords[name]; word != "" {
				s.is("interface fields", g.Counters[word] == n, "%d %s: got %d, want %d", w.IfIndex, word, g.Counters[word], n)
			}
		}
	}
}

// structure compares what the tables of addresses, neighbours and parts say.
func (s *score) structure(got inspected, want expectation) {
	members := map[uint32]uint32{}
	for _, l := range got.LAGs {
		for _, m := range l.Members {
			members[m.Index] = l.Index
		}
	}
	for _, w := range want.Interfaces {
		if w.Lag != 0 {
			s.is("lag members", members[w.IfIndex] == w.Lag, "%d is in %d, want %d", w.IfIndex, members[w.IfIndex], w.Lag)
		}
	}
	for _, w := range want.Neighbours {
		if !w.Recorded {
			continue
		}
		port, _, _ := strings.Cut(w.RemotePort, " (")
		found := false
		for _, g := range got.Neighbors {
			found = found || g.Protocol == w.Protocol && g.LocalIndex == w.LocalIfIndex && foldedText(g.RemoteName) == foldedText(w.RemoteName) && same(g.RemotePort, port)
		}
		s.is("neighbours", found, "%+v", w)
	}
	for _, w := range want.BGP {
		found := false
		for _, g := range got.BGPPeers {
			found = found || netip.MustParseAddr(g.Peer) == netip.MustParseAddr(w.Peer) && g.RemoteAS == w.RemoteAS && g.State == w.State
		}
		s.is("bgp peers", found, "%+v", w)
	}
	for _, w := range want.OSPF {
		found := false
		for _, g := range got.OSPFNeighbors {
			found = found || g.Address == w.IP && g.RouterID == w.RouterID && g.State == w.State
		}
		s.is("ospf neighbours", found, "%+v", w)
	}
	s.parts(got, want)
}

func (s *score) parts(got inspected, want expectation) {
	for _, w := range want.Inventory {
		if w.Source != "entity-mib" {
			continue
		}
		found, wrong := false, ""
		for _, g := range got.Inventory {
			if g.Index != w.Index {
				continue
			}
			found = true
			for _, f := range []struct {
				field, got string
				want       *string
			}{{"class", g.Class, w.Class}, {"name", g.Name, w.Name}, {"descr", g.Descr, w.Descr}, {"model", g.Model, w.Model}, {"serial", g.Serial, w.Serial}} {
				if f.want != nil && foldedText(f.got) != foldedText(*f.want) {
					wrong = fmt.Sprintf("%s: got %q, want %q", f.field, f.got, *f.want)
				}
			}
		}
		s.is("inventory rows", found && wrong == "", "%d %s", w.Index, wrong)
	}
}

// difference is one that is meant: the expected file is not what the device says, or not what a person
// would want to read. Its rows do not count.
type difference struct {
	device, category string // device "" is any
	contains         string // part of the message
	reason           string
}

var deliberate = []difference{
	{"", "vendor", `want "Net-SNMP Linux"`, "Net-SNMP runs on anybody's hardware: it tells no vendor"},
	{"asa", "version", "", "sysDescr and the chassis tell another version than the software's own row: what runs is in sysDescr"},
	{"iosxe_c9400-svl", "model", "", "the chassis is the model, not its first line card"},
	{"iosxe_c9400-svl", "serial", "", "as for the model"},
	{"iosxr_ncs55a2", "serial", "", "the chassis has a serial number of its own; the other is that of a board"},
	{"vrp_5720", "serial", "", "12345678 is not the serial number of the board that the device tells"},
	{"vrp_5720", "version", "", "the same text without the product in between"},
	{"windows_svr_2019_1809", "model", "", "the other system translates names of processors"},
	{"windows_svr_2019_1809", "version", "", "the device tells the build, the name is the other system's"},
	{"dell-os10", "model", "", "the device writes S4128F-ON"},
	{"datacom", "model", "", "the name is the other system's, from the sysObjectID"},
	{"iosxe", "model", "", "the name is the other system's, from the sysObjectID: nothing in the recording tells it"},
	{"dnos", "memory", "total 104857600", "the total is 100 told in megabytes: only the share is known"},
	{"raritan-pdu_px3", "sensors", "power_factor", "98 with two decimal digits is 0.98"},
	{"raritan-pdu_px3", "sensors", "state", "the state is in the column of states, the reading of a discrete sensor is 0"},
	{"qnap", "sensors", `state "FAN`, "the object is the SMART state of a disk"},
	{"qnap", "sensors", `state "PSU`, "the object is the SMART state of a disk"},
	{"netscaler", "sensors", "PowerSupply", "a state of a power supply is no voltage"},
	{"netscaler", "sensors", "AuxiliaryMisc", "nothing says that it is a fan"},
	{"iosxe_ir1101", "sensors", "1.3.6.1.2.1.99.", "CISCO-ENTITY-SENSOR-MIB tells the same sensors"},
	{"cumulus_edgecore-as4610-54p", "sensors", "1.3.6.1.4.1.2021.13.16", "ENTITY-SENSOR-MIB tells the same sensors"},
	{"fortiswitch_424ef", "sensors", "1.3.6.1.2.1.99.1.1.1.5", "whether a sensor works is its status, not a sensor"},
	{"arubaos-cx_10.06", "sensors", "1.3.6.1.2.1.99.1.1.1.5", "whether a sensor works is its status, not a sensor"},
	{"ciscowlc_cbw240ac", "sensors", "5000", "5000 °C means that there is no sensor"},
	{"iqnos_mtc6", "sensors", "e+07", "the least Integer32 means that there is no value"},
	{"iqnos_mtc6", "sensors", "-2.147483648", "the least Integer32 means that there is no value"},
}

func deliberately(device, category, message string) bool {
	return slices.ContainsFunc(deliberate, func(d difference) bool {
		return (d.device == "" || d.device == device) && d.category == category && strings.Contains(message, d.contains)
	})
}
