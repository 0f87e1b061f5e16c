package api

import "strings"

// enterprises are the private enterprise numbers of IANA (1.3.6.1.4.1.N) that devices most often name.
var enterprises = map[string]string{
	"2": "IBM", "9": "Cisco", "11": "HP", "43": "3Com", "63": "Apple", "171": "D-Link", "207": "Allied Telesis", "232": "HPE",
	"253": "Xerox", "311": "Microsoft", "318": "APC", "343": "Intel", "368": "Axis", "476": "Vertiv", "534": "Eaton", "637": "Nokia",
	"664": "Adtran", "674": "Dell", "789": "NetApp", "890": "Zyxel", "1588": "Brocade", "1916": "Extreme Networks", "1991": "Brocade",
	"2011": "Huawei", "2620": "Check Point", "2636": "Juniper", "3375": "F5", "3854": "AKCP", "4413": "Broadcom", "4526": "Netgear",
	"6027": "Force10", "6527": "Nokia", "6574": "Synology", "6876": "VMware", "8072": "Net-SNMP", "8741": "SonicWall", "11863": "TP-Link",
	"12356": "Fortinet", "14179": "Cisco", "14823": "Aruba", "14988": "MikroTik", "17163": "Riverbed", "21067": "Sophos", "24681": "QNAP",
	"25053": "Ruckus", "25461": "Palo Alto Networks", "25506": "H3C", "29671": "Cisco Meraki", "30065": "Arista", "35098": "Teltonika",
	"40310": "Cumulus", "41112": "Ubiquiti", "47196": "Aruba",
}

// vendor is the maker that a sysObjectID names, or "".
func vendor(sysObjectID string) string {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(sysObjectID, "."), "1.3.6.1.4.1.")
	if !ok {
		return ""
	}
	number, _, _ := strings.Cut(rest, ".")
	return enterprises[number]
}
