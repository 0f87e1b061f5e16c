package facts

import (
	"context"
	"slices"
	"strings"

	"ninewatch/agent/snmp"
	"ninewatch/internal/order"
	"ninewatch/internal/telemetry"
)

// Options are what Read may use beside the session.
type Options struct {
	Limits snmp.Limits // of one table; zero: DefaultLimits

	// Open returns a session to the same device in another context: "vlan-10" of SNMPv3, COMMUNITY@10 of
	// SNMPv2c, by which Cisco's switches tell the bridge of one VLAN. Read closes it. May be nil.
	Open func(ctx context.Context, vlan uint32) (snmp.Session, error)
}

// DefaultLimits bounds one table: 20,000 rows of a few columns, or a chassis of 4,000 parts.
func DefaultLimits() snmp.Limits { return snmp.Limits{Rows: 80_000, Bytes: 8 << 20} }

// Read fills the structural lists of f. f.System and f.Interfaces, with their keys, are there already. The
// errors say what is missing or was refused, and why. States are what to look at until the next reading.
func Read(ctx context.Context, s snmp.Session, f *telemetry.DeviceFacts, o Options) (*States, []snmp.PartError) {
	if o.Limits == (snmp.Limits{}) {
		o.Limits = DefaultLimits()
	}
	r := newReader(ctx, s, f, o)
	r.bridge()
	r.vlans()
	r.neighbors()
	r.spanningTrees()
	r.lags()
	r.addresses()
	r.hosts()
	r.bgp()
	r.ospf()
	r.fhrp()
	r.inventory()
	r.finish()
	return r.watched(), r.errs
}

// finish gives the lists their order, their keys and their bounds.
func (r *reader) finish() {
	f := r.f
	for _, v := range volatiles {
		v.order(r)
	}
	f.Addresses = sorted(r, "addresses", f.Addresses, compareAddresses)
	f.Hosts = sorted(r, "hosts", f.Hosts, compareHosts)
	r.fit()
	slices.Sort(f.Partial)
	f.Partial = slices.Compact(f.Partial)
	r.tellRefused()
}

// sorted returns list in order, and no longer than a record may hold.
func sorted[T any](r *reader, name string, list []T, cmp func(a, b T) int) []T {
	order.Sort(list, cmp)
	if limit := telemetry.MaxFacts(name); len(list) > limit {
		r.surplus(name, len(list), limit)
		list = list[:limit]
	}
	return list
}

// isFrom tells whether the MIB of a vendor is worth a question.
func (r *reader) isFrom(enterprises ...string) bool {
	rest, ok := strings.CutPrefix(r.f.System.SysObjectID, "1.3.6.1.4.1.")
	number, _, _ := strings.Cut(rest, ".")
	return !ok || number == netSNMP || slices.Contains(enterprises, number)
}

// Private enterprise numbers (IANA). Net-SNMP's stands on anybody's hardware.
const (
	netSNMP  = "8072"
	cisco    = "9"
	dell     = "674"
	foundry  = "1991"
	huawei   = "2011"
	juniper  = "2636"
	force10  = "6027"
	nokia    = "6527"
	mikroTik = "14988"
	arista   = "30065"
)
