package up

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// defaultGateway is where this host sends what is not near, by the kernel's IPv4 routing table; invalid where
// there is none or the system tells it otherwise.
func defaultGateway() netip.Addr {
	table, err := os.ReadFile("/proc/net/route")
	if err != nil {
		return netip.Addr{}
	}
	return gatewayOf(string(table))
}

// gatewayOf reads a routing table in the form of /proc/net/route: addresses are hexadecimal in host order.
func gatewayOf(table string) netip.Addr {
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[1] != "00000000" || fields[2] == "00000000" {
			continue
		}
		raw, err := hex.DecodeString(fields[2])
		if err != nil || len(raw) != 4 {
			continue
		}
		var address [4]byte
		binary.BigEndian.PutUint32(address[:], binary.LittleEndian.Uint32(raw))
		return netip.AddrFrom4(address)
	}
	return netip.Addr{}
}

var notInNames = regexp.MustCompile(`[^a-z0-9.-]+`)

// nameOf makes a name of the inventory of a host name.
func nameOf(host string) string {
	name := notInNames.ReplaceAllString(strings.ToLower(host), "-")
	name = strings.Trim(name, ".-")
	if name == "" {
		return "this-host"
	}
	return name
}

// localZone is the IANA name of this host's time zone, or nothing for UTC.
func localZone() string {
	if zone := os.Getenv("TZ"); zone != "" {
		if _, err := time.LoadLocation(zone); err == nil {
			return zone
		}
	}
	name, err := os.Readlink("/etc/localtime")
	if err != nil {
		return ""
	}
	for dir := filepath.Dir(name); dir != "." && dir != "/"; dir = filepath.Dir(dir) {
		if filepath.Base(dir) != "zoneinfo" {
			continue
		}
		zone, err := filepath.Rel(dir, name)
		if _, bad := time.LoadLocation(zone); err == nil && bad == nil {
			return zone
		}
	}
	return ""
}
