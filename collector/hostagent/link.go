package hostagent

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path"
	"strconv"
	"strings"
)

// Values of ifType (IANAifType-MIB).
const (
	other            = 1
	ethernetCsmacd   = 6
	ppp              = 23
	softwareLoopback = 24
	slip             = 28
	ieee80211        = 71
	tunnel           = 131
	l2vlan           = 135
	ieee8023adLag    = 161
	infiniband       = 199
	bridge           = 209
)

// Values of ifAdminStatus and ifOperStatus (RFC 2863).
const (
	up   = 1
	down = 2
)

// link is an interface.
type link struct {
	index       uint32
	name, alias string
	kind        int64 // ifType
	mtu         int64
	speed       uint64 // Mbit/s; 0: not known
	mac         []byte
	admin, oper int64
	promiscuous bool
	connector   bool // belongs to a device of a bus

	counted       bool // counters are known
	counters      counters
	lastChange    uint64 // ticks; see host.notice
	discontinuity uint64
}

// newLink is what Go's package net tells.
func newLink(i net.Interface) link {
	l := link{index: uint32(i.Index), name: i.Name, kind: other, mtu: int64(i.MTU), mac: i.HardwareAddr, admin: down, oper: down}
	switch {
	case i.Flags&net.FlagLoopback != 0:
		l.kind = softwareLoopback
	case i.Flags&net.FlagPointToPoint != 0:
		l.kind = tunnel
	case len(i.HardwareAddr) == 6:
		l.kind = ethernetCsmacd
	}
	if i.Flags&net.FlagUp != 0 {
		l.admin = up
		if i.Flags&net.FlagRunning != 0 {
			l.oper = up
		}
	}
	return l
}

// errOtherNamespace: /sys was mounted in another network namespace than the one that this process is in.
var errOtherNamespace = errors.New("/sys shows another network namespace than this process is in")

// addSys adds what /sys/class/net knows of l.
func (l *link) addSys(root fs.FS) error {
	folder := path.Join("sys/class/net", l.name)
	read := func(file string) string {
		b, err := fs.ReadFile(root, path.Join(folder, file))
		if err != nil {
			return "" // drivers refuse to tell what they do not know
		}
		return strings.TrimSuffix(string(b), "\n")
	}
	index := read("ifindex")
	if index == "" {
		return fmt.Errorf("interface %q: %q is not there", l.name, "/"+folder)
	}
	if index != strconv.FormatUint(uint64(l.index), 10) {
		return fmt.Errorf("interface %q: %w", l.name, errOtherNamespace)
	}
	flags, _ := strconv.ParseUint(read("flags"), 0, 32)
	const promisc = 0x100 // IFF_PROMISC of <linux/if.h>
	l.promiscuous = flags&promisc != 0
	l.alias = read("ifalias")
	l.kind = kindOf(read("type"), devType(read("uevent")), l.kind)
	l.oper = operStatus(read("operstate"), l.oper)
	_, err := fs.Stat(root, path.Join(folder, "device"))
	l.connector = err == nil
	if _, err := fs.Stat(root, path.Join(folder, "tun_flags")); err != nil {
		l.speed = parseSpeed(read("speed"))
	}
	return nil
}

// parseSpeed reads Mbit/s; -1 and 4294967295 are how drivers write that they know none.
func parseSpeed(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0
	}
	return n
}

// operStatus is ifOperStatus by operstate (RFC 2863, as the kernel has it). Drivers that do not keep it say
// unknown; then the flags decide.
func operStatus(operState string, byFlags int64) int64 {
	switch operState {
	case "up":
		return up
	case "down":
		return down
	case "testing":
		return 3
	case "dormant":
		return 5
	case "notpresent":
		return 6
	case "lowerlayerdown":
		return 7
	}
	return byFlags
}

// devType is DEVTYPE of a uevent file: what kind of virtual interface it is.
func devType(uevent string) string {
	for line := range strings.Lines(uevent) {
		if kind, ok := strings.CutPrefix(strings.TrimSpace(line), "DEVTYPE="); ok {
			return kind
		}
	}
	return ""
}

// kindOf is ifType by DEVTYPE, else by the hardware type (ARPHRD_… of <linux/if_arp.h>), else as it was.
func kindOf(hardware, devType string, otherwise int64) int64 {
	switch devType {
	case "bridge":
		return bridge
	case "bond", "team":
		return ieee8023adLag
	case "vlan":
		return l2vlan
	case "wlan":
		return ieee80211
	}
	switch hardware {
	case "1":
		return ethernetCsmacd
	case "32":
		return infiniband
	case "256", "257", "258", "259":
		return slip
	case "512":
		return ppp
	case "768", "769", "776", "778", "823", "65534": // IPIP, IP6IP6, SIT, GRE, GRE6, none: tun, WireGuard
		return tunnel
	case "772":
		return softwareLoopback
	case "801", "802", "803":
		return ieee80211
	}
	return otherwise
}
