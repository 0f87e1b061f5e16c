package inspect

import (
	"strconv"
	"strings"
)

// ifTypes are the common values of IANAifType-MIB.
var ifTypes = map[uint32]string{
	1: "other", 2: "regular1822", 5: "rfc877x25", 6: "ethernetCsmacd", 9: "iso88025TokenRing", 15: "fddi", 18: "ds1", 19: "e1",
	20: "basicISDN", 21: "primaryISDN", 22: "propPointToPointSerial", 23: "ppp", 24: "softwareLoopback", 28: "slip",
	30: "ds3", 32: "frameRelay", 33: "rs232", 37: "atm", 39: "sonet", 44: "frameRelayService", 48: "modem", 49: "aal5",
	50: "sonetPath", 51: "sonetVT", 53: "propVirtual", 54: "propMultiplexor", 56: "fibreChannel", 62: "fastEther",
	63: "isdn", 69: "fastEtherFX", 71: "ieee80211", 77: "lapd", 81: "ds0", 94: "adsl", 96: "sdsl", 97: "vdsl",
	108: "pppMultilinkBundle", 117: "gigabitEthernet", 118: "hdlc", 127: "docsCableMaclayer", 128: "docsCableDownstream",
	129: "docsCableUpstream", 131: "tunnel", 134: "atmSubInterface", 135: "l2vlan", 136: "l3ipvlan", 142: "ipForward",
	150: "mplsTunnel", 161: "ieee8023adLag", 166: "mpls", 169: "shdsl", 188: "radioMAC", 194: "atmVciEndPt", 195: "opticalChannel",
	196: "opticalTransport", 209: "bridge", 230: "adsl2", 231: "macSecControlledIF", 232: "macSecUncontrolledIF",
	238: "adsl2plus", 243: "wwanPP", 244: "wwanPP2", 246: "ifPwType", 247: "ilan", 250: "gpon", 251: "vdsl2",
}

// typeName is the word for an ifType, or its number where we have none.
func typeName(n uint32) string {
	if n == 0 {
		return ""
	}
	if name, ok := ifTypes[n]; ok {
		return name
	}
	return strconv.FormatUint(uint64(n), 10)
}

// vendors by private enterprise number (IANA). Those of agent software that runs on anybody's hardware,
// such as Net-SNMP's 8072, say nothing of the vendor and are left out.
var vendors = map[string]string{
	"2": "IBM", "9": "Cisco", "11": "HP", "42": "Sun", "43": "3Com", "94": "Nokia", "171": "D-Link", "193": "Ericsson", "207": "Allied Telesis", "232": "HPE",
	"253": "Xerox", "297": "Fujifilm", "311": "Microsoft", "318": "APC", "343": "Intel", "367": "Ricoh", "368": "Axis",
	"476": "Vertiv", "534": "Eaton", "641": "Lexmark", "664": "Adtran", "674": "Dell", "705": "Socomec", "789": "NetApp",
	"890": "Zyxel", "1347": "Kyocera", "1588": "Brocade", "1602": "Canon", "1916": "Extreme", "1991": "Brocade", "2001": "OKI",
	"2011": "Huawei", "2254": "Delta", "2435": "Brother", "2604": "Sophos", "2606": "Rittal", "2620": "Check Point",
	"2636": "Juniper", "3097": "WatchGuard", "3224": "Juniper", "3375": "F5", "3709": "Datacom", "3902": "ZTE", "4329": "Siemens",
	"4413": "Broadcom", "4526": "Netgear", "4881": "Ruijie", "5227": "BlueCat", "5624": "Extreme", "5951": "Citrix",
	"6027": "Dell", "6141": "Ciena", "6486": "Alcatel-Lucent Enterprise", "6527": "Nokia", "6574": "Synology", "6876": "VMware",
	"6889": "Avaya", "7779": "Infoblox", "8741": "SonicWall", "10002": "Ubiquiti", "10704": "Barracuda", "11863": "TP-Link", "12325": "FreeBSD",
	"12356": "Fortinet", "13742": "Raritan", "14179": "Cisco", "14501": "Blue Coat", "14823": "Aruba", "14988": "MikroTik",
	"17163": "Riverbed", "18334": "Konica Minolta", "19046": "Lenovo", "21239": "Vertiv", "21296": "Infinera", "21317": "ATEN",
	"22610": "A10", "24681": "QNAP", "25053": "Ruckus", "25461": "Palo Alto Networks", "25506": "HPE", "26928": "Extreme",
	"30065": "Arista", "33049": "Mellanox", "40310": "Cumulus", "41112": "Ubiquiti", "47196": "HPE Aruba",
}

// vendorOf is who registered the sysObjectID below 1.3.6.1.4.1, if that is somebody we know.
func vendorOf(sysObjectID string) string {
	rest, ok := strings.CutPrefix(sysObjectID, "1.3.6.1.4.1.")
	if !ok {
		return ""
	}
	number, _, _ := strings.Cut(rest, ".")
	return vendors[number]
}
