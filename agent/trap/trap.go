package trap

import (
	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// Trap is what a device said.
type Trap struct {
	Name    oid.OID // snmpTrapOID, valid until Take returns
	IfIndex uint32  // of what it is about; 0: no interface
	Link    Link
	Start   uint32 // 1 coldStart, 2 warmStart (RFC 3418); 0: neither
}

// Link is what a trap says of a link.
type Link uint8

// The traps of RFC 2863; None are all others. The values are those of ifOperStatus.
const (
	None     Link = 0
	LinkUp   Link = 1
	LinkDown Link = 2
)

var ifEntry = oid.MustParse("1.3.6.1.2.1.2.2.1")

// read takes the meaning out of a PDU. It is false for one that is no trap.
func read(p *snmpwire.PDU) (t Trap, ok bool) {
	if p.Type != snmpwire.TrapV1 && p.Type != snmpwire.TrapV2 && p.Type != snmpwire.InformRequest {
		return t, false
	}
	for i := range p.VarBinds {
		vb := &p.VarBinds[i]
		switch {
		case vb.Err != nil:
		case vb.OID.Equal(snmpwire.SnmpTrapOID) && vb.Type == snmpwire.ObjectIdentifier:
			t.Name = vb.Object
		case t.IfIndex == 0 && len(vb.OID) == len(ifEntry)+2 && vb.OID.HasPrefix(ifEntry):
			t.IfIndex = vb.OID[len(ifEntry)+1] // of any column, as some leave ifIndex out
		case t.IfIndex == 0 && len(vb.OID) == len(ifEntry)+1 && vb.OID.HasPrefix(ifEntry) && vb.OID[len(ifEntry)] == 1 && vb.Int > 0:
			t.IfIndex = uint32(vb.Int) // and others its instance
		}
	}
	if len(t.Name) == len(snmpwire.SnmpTraps)+1 && t.Name.HasPrefix(snmpwire.SnmpTraps) {
		switch last := t.Name[len(snmpwire.SnmpTraps)]; last {
		case 1, 2:
			t.Start = last
		case 3:
			t.Link = LinkDown
		case 4:
			t.Link = LinkUp
		}
	}
	return t, t.Name != nil
}
