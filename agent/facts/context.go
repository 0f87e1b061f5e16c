package facts

import (
	"fmt"

	"ninewatch/agent/snmp"
	"ninewatch/internal/conf"
)

// InVLAN is the credential by which Cisco's switches answer for the bridge of one VLAN: community string
// indexing, and in SNMPv3 the context vlan-N. It replaces the context that c names.
func InVLAN(c snmp.Credential, vlan uint32) snmp.Credential {
	if c.Version == "3" {
		c.Context = fmt.Sprintf("vlan-%d", vlan)
		return c
	}
	c.Community = conf.Secret(fmt.Sprintf("%s@%d", c.Community.Reveal(), vlan))
	return c
}
