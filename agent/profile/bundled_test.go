package profile

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ninewatch/internal/oid"
)

const (
	sysDescrOID    = "1.3.6.1.2.1.1.1.0"
	sysObjectIDOID = "1.3.6.1.2.1.1.2.0"
)

// readBundled reads a recording by the bundled profile that fits it.
func readBundled(t *testing.T, recording string) *Reading {
	t.Helper()
	d := deviceOf(recording)
	text := func(name string) string { return ofBind(d.tree.Get(oid.MustParse(name))).text }
	r, errs := NewLibrary().Read(t.Context(), d, DefaultLimits(), systemOf(text(sysObjectIDOID), text(sysDescrOID)))
	for _, e := range errs {
		t.Error(e)
	}
	return r
}

// TestProfileOfSysObjectID: products of the vendors' own registrations, and which profile reads them.
func TestProfileOfSysObjectID(t *testing.T) {
	for _, c := range []struct{ profile, vendor, objectID, descr string }{
		{"cisco-ios", "Cisco", "9.1.1208", "Cisco IOS Software, C2960X Software, Version 15.2(2)E6"},
		{"cisco-nxos", "Cisco", "9.12.3.1.3.1084", "Cisco NX-OS(tm) n5000, Software, Version 7.0(8)N1(1)"},
		{"cisco-iosxr", "Cisco", "9.1.1017", "Cisco IOS XR Software (Cisco ASR9K Series), Version 6.2.3"},
		{"cisco-asa", "Cisco", "9.1.2114", "Cisco Adaptive Security Appliance Version 9.8(2)"},
		{"cisco-sb", "Cisco", "9.6.1.83.28.1", "SG300-28 28-Port Gigabit Managed Switch"},
		{"juniper", "Juniper", "2636.1.1.1.2.21", "Juniper Networks, Inc. mx240 internet router, kernel JUNOS 15.1R6.7"},
		{"juniper-screenos", "Juniper", "3224.1.51", "SSG20 version 6.3.0r21.0 (SN: 0169012345678901, Firewall+VPN)"},
		{"arista", "Arista", "30065.1.3011.7050.3741", "Arista Networks EOS version 4.20.1F running on an Arista Networks DCS-7050QX-32S"},
		{"huawei-vrp", "Huawei", "2011.2.239.28", "Huawei Versatile Routing Platform Software"},
		{"hpe-comware", "HPE", "25506.11.1.86", "HP Comware Platform Software, Software Version 5.20.99"},
		{"hpe-procurve", "HPE", "11.2.3.7.11.160", "HP J9773A 2530-24G-PoEP Switch, revision YA.16.02.0012"},
		{"hpe-aruba-cx", "HPE Aruba", "47196.4.1.1.1.50", "Aruba JL635A  GL.10.04.0001"},
		{"hpe-ilo", "HPE", "232.9.4.10", "Integrated Lights-Out 4 2.55"},
		{"mikrotik", "MikroTik", "14988.1", "RouterOS CCR1036-8G-2S+"},
		{"fortigate", "Fortinet", "12356.101.1.1000", ""},
		{"paloalto", "Palo Alto Networks", "25461.2.3.8", "Palo Alto Networks PA-500 series firewall"},
		{"f5-bigip", "F5", "3375.2.1.3.4.43", "Linux f5 2.6.32"},
		{"citrix-netscaler", "Citrix", "5951.1", "NetScaler NS12.1: Build 49.37.nc"},
		{"checkpoint", "Check Point", "2620.1.6.123.1.62", "Linux gw 2.6.18"},
		{"extreme-exos", "Extreme", "1916.2.134", "ExtremeXOS (X460-24t) version 15.3.1.4 v1531b4"},
		{"avaya-ers", "Nortel Avaya", "45.3.71.1", "Ethernet Routing Switch 4548GT-PWR  HW:09  FW:5.3.0.3  SW:v5.6.2.038"},
		{"brocade-fos", "Brocade", "1588.2.1.1.1", "Fibre Channel Switch."},
		{"brocade-ironware", "Brocade", "1991.1.3.48.2.1", "Brocade Communications Systems, Inc. Stacking System ICX6450-48, IronWare Version 08.0.30"},
		{"nokia-timos", "Nokia", "6527.1.3.4", "TiMOS-C-13.0.R4 cpm/hops64 ALCATEL SR 7750"},
		{"alcatel-omniswitch", "Alcatel-Lucent", "6486.801.1.1.2.1.11.1.7", "Alcatel-Lucent Enterprise OS6860E-P24 8.3.1.314.R01 GA, December 20, 2016."},
		{"dell-os9", "Dell", "6027.1.3.20", "Dell Networking OS\nSeries: S4810\nDell Application Software Version: 9.14(1.0)"},
		{"dell-powerconnect", "Dell", "674.10895.3028", "Dell Networking N2048"},
		{"dell-idrac", "Dell", "674.10892.5", ""},
		{"allied-telesis", "Allied Telesis", "207.1.14.57", "Allied Telesis router/switch, Software (AlliedWare Plus) Version 5.4.2"},
		{"apc", "APC", "318.1.3.4.6", "APC Web/SNMP Management Card"},
		{"netbotz", "APC", "5528.100.20.10.2013", "Linux netbotz"},
		{"eaton", "Eaton", "534.1", "Eaton 9PX"},
		{"eaton-mge", "Eaton", "705.1.2", "MGE UPS"},
		{"cyberpower", "CyberPower", "3808.1.1.1", "UPS SNMP Card"},
		{"raritan", "Raritan", "13742.6", "Raritan PX2"},
		{"servertech", "Server Technology", "1718.3", "Sentry Switched CDU"},
		{"geist", "Vertiv Geist", "21239.2", "Geist"},
		{"ruckus", "Ruckus", "25053.3.1.5.15", "Ruckus Wireless ZD3000"},
		{"netapp", "NetApp", "789.2.5", "NetApp Release 9.3P6: Thu Jun 14 20:21:25 UTC 2018"},
		{"infoblox", "Infoblox", "7779.1.1402", "Linux 3.14.25"},
		{"bdcom", "BDCOM", "3320.1.234.0", "BDCOM(tm) S2528 Software, Version 2.2.0C Build 35005"},
		{"ruijie", "Ruijie", "4881.1.1.10.1.101", "Ruijie 10G Ethernet Switch(S5750C) By Ruijie Networks"},
		{"hirschmann", "Hirschmann", "248.11.2.1.20", "Hirschmann GREYHOUND Switch"},
		{"enterasys", "Extreme Enterasys", "5624.2.1.100", "Enterasys Networks, Inc. C3G124-48 Rev 06.61.08.0013"},
		{"tplink", "TP-Link", "11863.5.28", "JetStream 24-Port Gigabit L2 Managed Switch"},
		{"dlink", "D-Link", "171.10.76.28.1", "DGS-1210-24 Gigabit Ethernet Switch"},
		{"vmware-esxi", "VMware", "6876.4.1", "VMware ESXi 6.5.0 build-5969303 VMware, Inc. x86_64"},
		// nobody's: the generic profile, with the vendor of the enterprise
		{"generic", "Calix", "6321.1.2.2.5.3", ""},
		{"generic", "ADVA", "2544.1.11.1.1", ""},
		{"generic", "Brother", "2435.2.3.9.1", "Brother NC-8300h, Firmware Ver.1.00"},
		{"generic", "", "64000.1", "nothing that anybody knows"},
	} {
		r := readBundled(t, fmt.Sprintf("%s|4x|%x\n%s|6|1.3.6.1.4.1.%s\n", sysDescrOID, c.descr, sysObjectIDOID, c.objectID))
		if r.Profile != c.profile || r.Identity.Vendor != c.vendor {
			t.Errorf("%s: profile %q of vendor %q, want %q of %q", c.objectID, r.Profile, r.Identity.Vendor, c.profile, c.vendor)
		}
	}
}

// TestVersionOfSysDescr: where no MIB tells the version, the number that stands behind a word for it.
func TestVersionOfSysDescr(t *testing.T) {
	for descr, want := range map[string]string{
		"Brother NC-8300h, Firmware Ver.1.00 (07.01.31)": "1.00",
		"OpenVPN gateway, software version 4.2.1-rc2":    "4.2.1-rc2",
		"Box v12.3.4 build 7":                            "12.3.4",
		"Release: 7.1(3)":                                "7.1(3)",
		"a printer of 1999":                              "",
		"serves 10.1.2.3 and others":                     "",
		"conversion 1.2 of units":                        "",
	} {
		r := readBundled(t, sysDescrOID+"|4|"+descr+"\n"+sysObjectIDOID+"|6|1.3.6.1.4.1.64000.1\n")
		if r.Identity.Version != want {
			t.Errorf("%q: version %q, want %q", descr, r.Identity.Version, want)
		}
	}
}

// TestBundledReadings: small devices made by hand from their MIBs, and all that is read of them.
func TestBundledReadings(t *testing.T) {
	for _, c := range []struct{ name, objectID, descr, recording, want string }{
		{"radlan", "35265.1.83", "MES3324F 28-port 1G/10G Managed Switch", `
1.3.6.1.4.1.89.1.8.0|2|11
1.3.6.1.4.1.89.1.9.0|2|101
1.3.6.1.4.1.89.53.14.1.2.1|4|4.0.11
1.3.6.1.4.1.89.53.14.1.5.1|4|ES0001
1.3.6.1.4.1.89.53.14.1.7.1|4|MES3324F
1.3.6.1.4.1.89.53.15.1.9.1|2|5
1.3.6.1.4.1.89.53.15.1.10.1|2|43
1.3.6.1.4.1.89.83.1.1.1.2.67109249|4|fan1_unit1
1.3.6.1.4.1.89.83.1.1.1.3.67109249|2|1
1.3.6.1.4.1.89.83.1.2.1.2.67109185|4|ps1_unit1
1.3.6.1.4.1.89.83.1.2.1.3.67109185|2|6`, `
Eltex, , MES3324F, 4.0.11
cpu CPU 11
state fan1_unit1 1 normal ok
state ps1_unit1 6 notFunctioning critical
temperature Unit 1 43 celsius`},
		{"radlan", "89.1.1", "with the older table", `
1.3.6.1.4.1.89.1.9.0|2|7
1.3.6.1.4.1.89.53.15.1.9.1|2|51
1.3.6.1.4.1.89.53.15.1.10.1|2|1`, `
RAD, , , 
cpu CPU 7
temperature Unit 1 51 celsius`},
		{"bdcom", "3320.1.234.0", "BDCOM(tm) S2528 Software, Version 2.2.0C Build 35005", `
1.3.6.1.4.1.3320.9.109.1.1.1.1.5.1|66|23`, `
BDCOM, , S2528, 2.2.0C
cpu CPU 1 23`},
		{"ruijie", "4881.1.1.10.1.101", "a switch", `
1.3.6.1.4.1.4881.1.1.10.2.36.1.1.3.0|66|9
1.3.6.1.4.1.4881.1.1.10.2.35.1.1.1.2.1|4|System Memory
1.3.6.1.4.1.4881.1.1.10.2.35.1.1.1.3.1|66|61`, `
Ruijie, RGOS, , 
cpu CPU 9
memory System Memory 61 %`},
		{"enterasys", "5624.2.1.100", "Enterasys Networks, Inc. C3G124-48", `
1.3.6.1.4.1.5624.1.2.49.1.1.1.1.4.1.1|66|173
1.3.6.1.4.1.5624.1.2.49.1.3.1.1.3.1.1.1|4|DRAM device #0
1.3.6.1.4.1.5624.1.2.49.1.3.1.1.4.1.1.1|66|2000
1.3.6.1.4.1.5624.1.2.49.1.3.1.1.5.1.1.1|66|500
1.3.6.1.4.1.5624.1.2.49.1.3.1.1.3.1.2.1|4|FLASH device #0
1.3.6.1.4.1.5624.1.2.49.1.3.1.1.4.1.2.1|66|1000
1.3.6.1.4.1.5624.1.2.49.1.3.1.1.5.1.2.1|66|900`, `
Extreme Enterasys, , , 
cpu CPU 1.1 17.3
memory DRAM device #0 1536000 of 2048000`},
		{"hirschmann", "248.11.2.1.20", "Hirschmann GREYHOUND Switch", `
1.3.6.1.4.1.248.11.10.1.5.1.0|2|42
1.3.6.1.4.1.248.11.11.1.1.1.1.2.1|2|1
1.3.6.1.4.1.248.11.11.1.1.1.1.2.2|2|2
1.3.6.1.4.1.248.11.13.1.1.3.1.2.1.1.2|2|1
1.3.6.1.4.1.248.11.22.1.8.10.1.0|2|35
1.3.6.1.4.1.248.11.22.1.8.11.1.0|2|100
1.3.6.1.4.1.248.11.22.1.8.11.2.0|2|300`, `
Hirschmann, HiOS, , 
cpu CPU 35
memory Memory 102400 of 409600
temperature Device 42 celsius
state Power supply 1 1 present ok
state Power supply 2 2 defective critical
state Fan 1.1.2 1 not-available absent`},
		{"infoblox", "7779.1.1402", "Linux 3.14.25", `
1.3.6.1.4.1.7779.3.1.1.2.1.8.1.1.0|2|12
1.3.6.1.4.1.7779.3.1.1.2.1.8.2.1.0|2|34
1.3.6.1.4.1.7779.3.1.1.2.1.8.3.1.0|2|5`, `
Infoblox, NIOS, , 
cpu CPU 12
memory Memory 34 %
memory Swap 5 %`},
		{"extreme-exos", "1916.2.134", "ExtremeXOS (X460-24t) version 15.3.1.4 v1531b4", `
1.3.6.1.4.1.1916.1.1.1.8.0|2|41
1.3.6.1.4.1.1916.1.1.1.9.1.2.101|2|1
1.3.6.1.4.1.1916.1.1.1.9.1.4.101|2|4388
1.3.6.1.4.1.1916.1.1.1.27.1.2.1|2|3
1.3.6.1.4.1.1916.1.1.1.27.1.9.1|2|64100
1.3.6.1.4.1.1916.1.1.1.27.1.11.1|2|-3
1.3.6.1.4.1.1916.1.32.1.2.0|2|17
1.3.6.1.4.1.1916.1.32.2.2.1.2.1|4|524288
1.3.6.1.4.1.1916.1.32.2.2.1.3.1|4|131072`, `
Extreme, EXOS, X460-24t, 15.3.1.4
cpu CPU 17
memory Slot 1 402653184 of 536870912
temperature System 41 celsius
fanspeed Fan 101 4388 rpm
state Fan 101 1 operational ok
state Power supply 1 3 presentNotOK critical
power Power supply 1 64.1 watt`},
		{"servertech", "1718.3", "Sentry Switched CDU", `
1.3.6.1.4.1.1718.3.1.1.0|4|Sentry Switched CDU Version 7.0c
1.3.6.1.4.1.1718.3.2.2.1.3.1.1|4|TowerA_InfeedA
1.3.6.1.4.1.1718.3.2.2.1.5.1.1|2|1
1.3.6.1.4.1.1718.3.2.2.1.7.1.1|2|525
1.3.6.1.4.1.1718.3.2.2.1.11.1.1|2|2080
1.3.6.1.4.1.1718.3.2.2.1.12.1.1|2|-1
1.3.6.1.4.1.1718.3.2.5.1.3.1.1|4|Rack
1.3.6.1.4.1.1718.3.2.5.1.6.1.1|2|770
1.3.6.1.4.1.1718.3.2.5.1.10.1.1|2|38
1.3.6.1.4.1.1718.3.2.5.1.13.1.1|2|1`, `
Server Technology, , Sentry Switched, 7.0c
state Feed TowerA_InfeedA 1 on ok
current Feed TowerA_InfeedA 5.25 ampere
voltage Feed TowerA_InfeedA 208 volt
temperature Rack 25 celsius
humidity Rack 38 percent`},
		{"apc", "318.1.3.4.6", "APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.5.0 PN:apc_hw05_aos_650.bin AF1:v6.5.0 AN1:apc_hw05_rpdu2g_650.bin MN:AP8853 HR:02 SN: 5A1202E12345 MD:01/11/2012)", `
1.3.6.1.4.1.318.1.1.26.4.3.1.3.1|4|Rack PDU
1.3.6.1.4.1.318.1.1.26.4.3.1.4.1|2|2
1.3.6.1.4.1.318.1.1.26.4.3.1.5.1|2|123
1.3.6.1.4.1.318.1.1.26.4.3.1.9.1|2|48215
1.3.6.1.4.1.318.1.1.26.4.3.1.16.1|2|-1
1.3.6.1.4.1.318.1.1.26.6.3.1.2.1|2|1
1.3.6.1.4.1.318.1.1.26.6.3.1.3.1|2|1
1.3.6.1.4.1.318.1.1.26.6.3.1.5.1|2|54
1.3.6.1.4.1.318.1.1.26.6.3.1.6.1|2|230`, `
APC, , AP8853, AOS v6.5.0 / App v6.5.0
power Rack PDU 1230 watt
energy Rack PDU 4821.5 kilowatthour
state Rack PDU load 2 normal ok
current Phase 1 of PDU 1 5.4 ampere
voltage Phase 1 of PDU 1 230 volt`},
		{"brocade-fos", "1588.2.1.1.1", "Fibre Channel Switch.", `
1.3.6.1.4.1.1588.2.1.1.1.1.6.0|4|v7.4.1d
1.3.6.1.4.1.1588.2.1.1.1.1.22.1.2.1|2|1
1.3.6.1.4.1.1588.2.1.1.1.1.22.1.3.1|2|4
1.3.6.1.4.1.1588.2.1.1.1.1.22.1.4.1|2|38
1.3.6.1.4.1.1588.2.1.1.1.1.22.1.5.1|4|SLOT #0: TEMP #1
1.3.6.1.4.1.1588.2.1.1.1.1.22.1.2.4|2|2
1.3.6.1.4.1.1588.2.1.1.1.1.22.1.3.4|2|3
1.3.6.1.4.1.1588.2.1.1.1.1.22.1.4.4|2|1834
1.3.6.1.4.1.1588.2.1.1.1.1.22.1.5.4|4|FAN #1
1.3.6.1.4.1.1588.2.1.1.1.1.22.1.2.7|2|3
1.3.6.1.4.1.1588.2.1.1.1.1.22.1.3.7|2|6
1.3.6.1.4.1.1588.2.1.1.1.1.22.1.4.7|2|-2147483648
1.3.6.1.4.1.1588.2.1.1.1.26.1.0|2|4
1.3.6.1.4.1.1588.2.1.1.1.26.6.0|2|31`, `
Brocade, Fabric OS, , v7.4.1d
cpu CPU 4
memory Memory 31 %
temperature SLOT #0: TEMP #1 38 celsius ok
fanspeed FAN #1 1834 rpm warning`},
		{"rittal-cmc3", "2606.7", "Rittal CMC III PU", `
1.3.6.1.4.1.2606.7.2.4.0|4|V3.11.00
1.3.6.1.4.1.2606.7.4.1.2.1.2.1|4|CMCIII-PU
1.3.6.1.4.1.2606.7.4.2.2.1.3.1.2|4|Temperature.Value
1.3.6.1.4.1.2606.7.4.2.2.1.4.1.2|2|2
1.3.6.1.4.1.2606.7.4.2.2.1.5.1.2|4x|c2b043
1.3.6.1.4.1.2606.7.4.2.2.1.6.1.2|2|2
1.3.6.1.4.1.2606.7.4.2.2.1.7.1.2|2|-100
1.3.6.1.4.1.2606.7.4.2.2.1.11.1.2|2|2330
1.3.6.1.4.1.2606.7.4.2.2.1.3.1.3|4|Temperature.SetPtHighAlarm
1.3.6.1.4.1.2606.7.4.2.2.1.4.1.3|2|3
1.3.6.1.4.1.2606.7.4.2.2.1.5.1.3|4x|c2b043
1.3.6.1.4.1.2606.7.4.2.2.1.6.1.3|2|2
1.3.6.1.4.1.2606.7.4.2.2.1.7.1.3|2|-100
1.3.6.1.4.1.2606.7.4.2.2.1.11.1.3|2|4000`, `
Rittal, CMC III, , V3.11.00
temperature CMCIII-PU Temperature.Value 23.3 celsius`},
	} {
		r := readBundled(t, sysDescrOID+"|4|"+c.descr+"\n"+sysObjectIDOID+"|6|1.3.6.1.4.1."+c.objectID+c.recording)
		got := []string{fmt.Sprintf("%s, %s, %s, %s", r.Identity.Vendor, r.Identity.OS, r.Identity.Model, r.Identity.Version)}
		for _, p := range r.Processors {
			got = append(got, fmt.Sprintf("cpu %s %v", p.Name, p.UsagePercent))
		}
		for _, m := range r.Memory {
			if m.TotalBytes == nil {
				got = append(got, fmt.Sprintf("memory %s %v %%", m.Name, *m.UsagePercent))
			} else {
				got = append(got, fmt.Sprintf("memory %s %v of %v", m.Name, *m.UsedBytes, *m.TotalBytes))
			}
		}
		for _, s := range r.Sensors {
			got = append(got, strings.Join(strings.Fields(fmt.Sprint(s.Class, " ", s.Name, " ", *s.Value, " ", s.Unit, " ", wordOf(s), " ", s.Severity)), " "))
		}
		want := strings.Split(strings.TrimSpace(c.want), "\n")
		if first, rest := got[0], got[1:]; r.Profile != c.name || first != want[0] || !sameLines(rest, want[1:]) {
			t.Errorf("%s by profile %s:\n%s\nwant\n%s", c.name, r.Profile, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// wordOf is the status of a state; that of a number is its severity again.
func wordOf(s SensorReading) string {
	if s.Class == "state" {
		return s.Status
	}
	return ""
}

func sameLines(a, b []string) bool {
	slices.Sort(a)
	b = slices.Clone(b)
	slices.Sort(b)
	return slices.Equal(a, b)
}
