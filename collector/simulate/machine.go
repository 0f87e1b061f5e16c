package simulate

import (
	"encoding/binary"
	"math"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// machine is a simulated device. But for what it remembers it does not change; many machines may share ports,
// columns and rest.
type machine struct {
	name     string
	number   int   // within the fleet
	seed     int64 // with number, what makes counters differ
	exact    bool  // counters are those of the ports, without a share of the machine's own
	descr    string
	objectID oid.OID
	contact  string
	location string
	boot     func(at time.Time) time.Time // the newest start of the device before at
	ports    []port
	cpus     []wave // percent
	stores   []store
	ups      *ups
	cables   []cable
	parts    []part
	swapped  time.Time // when a part was pulled or put back last; zero: never
	standby  *standby  // nil: in no group of routers
	table    []column
	off      bool // pulled: it says nothing

	memo *memo // nil: everything is reckoned each time
	last *lasting
}

// Values of ifType (IANAifType-MIB).
const (
	ethernetCsmacd   = 6
	softwareLoopback = 24
	ieee8023adLag    = 161
)

// port is an interface. Its waves are octets per second.
type port struct {
	index     uint32
	name      string
	descr     string
	alias     string
	kind      uint32 // ifType
	speed     uint64 // bit/s
	mtu       int64
	down      bool
	adminDown bool
	in, out   wave
	errors    wave
	above     uint32 // ifIndex of the aggregate that the port belongs to, or 0
	pulled    pulled
}

// store is a row of hrStorageTable.
type store struct {
	index uint32
	kind  oid.OID // hrStorageType
	descr string
	unit  int64 // octets
	size  int64 // units
	used  float64
	daily float64 // share of size by which used swings over a day
}

// ups is what a UPS says in UPS-MIB (RFC 1628).
type ups struct{ load wave }

// scale makes the counters of equal machines differ: a factor from 0.5 to 1.
func (m *machine) scale(what string, i int) float64 {
	if m.exact {
		return 1
	}
	return 0.5 + 0.5*chance(m.seed, what, m.number, i)
}

// counter is the value of a counter with rate w that started at 0 when the machine did.
func (m *machine) counter(w wave, at time.Time, scale float64) uint64 {
	return uint64(math.Max(0, scale*w.total(m.boot(at), at)))
}

func (m *machine) inOctets(i int, at time.Time) uint64 {
	switch p := &m.ports[i]; {
	case p.pulled.cut:
		return p.pulled.in
	case p.up():
		return m.grown(i, waveIn, &p.in, "in", at) - p.pulled.missedIn
	}
	return 0
}

func (m *machine) outOctets(i int, at time.Time) uint64 {
	switch p := &m.ports[i]; {
	case p.pulled.cut:
		return p.pulled.out
	case p.up():
		return m.grown(i, waveOut, &p.out, "out", at) - p.pulled.missedO
	}
	return 0
}

func (m *machine) inErrors(i int, at time.Time) uint64 {
	return m.grown(i, waveErrors, &m.ports[i].errors, "errors", at)
}

func (m *machine) sysUpTime(at time.Time) uint64 {
	return uint64(at.Sub(m.started(at))/(10*time.Millisecond)) % (1 << 32)
}

func (m *machine) cpuLoad(i int, at time.Time) int64 {
	return int64(math.Round(min(100, m.cpus[i].rate(at))))
}

func (m *machine) storageUsed(i int, at time.Time) int64 {
	s := &m.stores[i]
	share := s.used + s.daily*math.Sin(2*math.Pi*seconds(at)/86400)
	return int64(share * float64(s.size))
}

func (p *port) up() bool { return !p.down && !p.adminDown && !p.pulled.cut }

func (p *port) operStatus() int64 {
	if p.up() {
		return 1
	}
	return 2
}

func (p *port) adminStatus() int64 {
	if p.adminDown {
		return 2
	}
	return 1
}

// mac is a locally administered address that belongs to this port of this machine alone.
func (m *machine) mac(i int) []byte {
	if m.ports[i].kind == softwareLoopback {
		return nil
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(m.number)<<16|uint64(i))
	b[2], b[3] = 0x02, byte(m.seed)
	return b[2:]
}

// octetsPerPacket is what an average packet carries in this world.
const octetsPerPacket = 640

// yearly restarts: sysUpTime, and with it every counter, starts anew every 400 days (it would wrap after
// 497), at an instant that the number of the machine decides.
func yearly(seed int64, number int) func(time.Time) time.Time {
	const period = 400 * 24 * time.Hour
	offset := time.Duration(chance(seed, "boot", number) * float64(period)).Truncate(time.Second)
	return func(at time.Time) time.Time {
		since := at.Sub(time.Unix(0, 0)) - offset
		return time.Unix(0, 0).Add(offset + since.Truncate(period))
	}
}

// setInt, setUint, setText and setName fill in the value of vb; 32-bit counters wrap.
func setInt(vb *snmpwire.VarBind, n int64) { vb.Type, vb.Int = snmpwire.Integer, n }

func setUint(vb *snmpwire.VarBind, t snmpwire.Type, n uint64) {
	if t != snmpwire.Counter64 {
		n &= math.MaxUint32
	}
	vb.Type, vb.Uint = t, n
}

func setText(vb *snmpwire.VarBind, s string) { vb.Type, vb.Bytes = snmpwire.OctetString, []byte(s) }

func setName(vb *snmpwire.VarBind, o oid.OID) { vb.Type, vb.Object = snmpwire.ObjectIdentifier, o }
