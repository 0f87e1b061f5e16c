package snmpagent

import (
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// Moving is a View in which counters and time ticks grow: recordings stand still.
type Moving struct {
	View
	PerSecond uint64               // what every Counter32 and Counter64 gains; Counter32 wraps
	Elapsed   func() time.Duration // since the values of the recording; time ticks gain it
}

// Get is View.Get.
func (m Moving) Get(name oid.OID) snmpwire.VarBind { return m.move(m.View.Get(name)) }

// Next is View.Next.
func (m Moving) Next(name oid.OID) snmpwire.VarBind { return m.move(m.View.Next(name)) }

func (m Moving) move(vb snmpwire.VarBind) snmpwire.VarBind {
	const wrap = 1 << 32
	switch vb.Type {
	case snmpwire.Counter32:
		vb.Uint = (vb.Uint + m.gain()) % wrap
	case snmpwire.Counter64:
		vb.Uint += m.gain()
	case snmpwire.TimeTicks:
		vb.Uint = (vb.Uint + uint64(m.Elapsed()/(10*time.Millisecond))) % wrap
	}
	return vb
}

func (m Moving) gain() uint64 {
	return uint64(m.Elapsed().Milliseconds()) * m.PerSecond / 1000
}
