package topology

import (
	"fmt"
	"strings"
)

// Role is what a router is within a first hop redundancy group. The zero value is unknown.
type Role uint8

// The roles of VRRP (RFC 2787: master, backup) and of HSRP (RFC 2281: active, standby).
const (
	RoleUnknown Role = iota
	Active
	Standby
	Idle // takes part, and stands in for nobody
)

// ParseRole reads the state of a router as VRRP-MIB, VRRPv3-MIB and CISCO-HSRP-MIB name it.
func ParseRole(state string) (Role, error) {
	switch strings.ToLower(state) {
	case "active", "master":
		return Active, nil
	case "standby", "backup":
		return Standby, nil
	case "init", "initial", "initialize", "learn", "listen", "speak", "disabled", "down", "fault":
		return Idle, nil
	case "unknown", "":
		return RoleUnknown, nil
	}
	return RoleUnknown, fmt.Errorf("state %.40q: want active, master, standby, backup, init, initial, initialize, learn, listen, speak, "+
		"disabled, down, fault or unknown", state)
}

// ClassifyFHRP judges the routers of a group. Two that are active are a split brain whatever the others are;
// short of that a router of unknown role could be active, and so leaves the class open.
func ClassifyFHRP(roles []Role) Class {
	var count [Idle + 1]int
	for _, r := range roles {
		count[r]++
	}
	switch {
	case count[Active] > 1:
		return SplitBrain
	case count[RoleUnknown] > 0:
		return ClassUnknown
	case count[Active] == 0:
		return Failed
	case count[Standby] == 0:
		return AtRisk
	}
	return Full
}
