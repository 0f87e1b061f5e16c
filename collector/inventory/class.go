package inventory

import (
	"cmp"
	"time"
)

// Class is how devices of a role are looked at where nothing else is said of one.
type Class struct {
	ICMPInterval time.Duration
	LostEchoes   int // in a row, that make an outage
}

// What needs no second is looked at more rarely, and may miss more: it is on a desk or in the air, one of many,
// and nothing hangs on it. On the first loss it is looked at as often as all others, so that five lost echoes
// still are confirmed within four seconds.
var (
	ordinary = Class{ICMPInterval: DefaultICMPInterval, LostEchoes: 3}
	plenty   = Class{ICMPInterval: 5 * time.Second, LostEchoes: 5}
)

// ClassOf is the class of a role; "" is a role as any other.
func ClassOf(role string) Class {
	switch role {
	case "ap", "access-point", "wireless", "camera", "phone", "printer", "sensor":
		return plenty
	}
	return ordinary
}

// LostEchoes is how many lost echoes in a row make an outage of d.
func (d Device) LostEchoes() int { return cmp.Or(d.ICMP.Confirm, ClassOf(d.Role).LostEchoes) }

// LostPolls is how many SNMP polls without an answer in a row make an outage of d; 0: as ever.
func (d Device) LostPolls() int { return d.SNMP.Confirm }
