package inspect

import (
	"context"
	"fmt"

	"ninewatch/agent/snmp"
	"ninewatch/internal/oid"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmpwire"
)

// player is a snmp.Session over a recording: profile test needs no device.
type player struct {
	tree     *snmpagent.Tree
	requests uint64
}

func (p *player) Get(_ context.Context, names ...oid.OID) ([]snmpwire.VarBind, error) {
	p.requests++
	out := make([]snmpwire.VarBind, len(names))
	for i, n := range names {
		out[i] = p.tree.Get(n)
	}
	return out, nil
}

func (p *player) Walk(ctx context.Context, root oid.OID, limits snmp.Limits) (rows []snmpwire.VarBind, err error) {
	p.requests++
	for at := root; ctx.Err() == nil; {
		vb := p.tree.Next(at)
		if vb.Type == snmpwire.EndOfMibView || !vb.OID.HasPrefix(root) {
			return rows, nil
		}
		if limits.Rows > 0 && len(rows) >= limits.Rows {
			return rows, fmt.Errorf("%w: more than %d rows", snmp.ErrCut, limits.Rows)
		}
		rows = append(rows, vb)
		at = vb.OID
	}
	return rows, ctx.Err()
}

func (p *player) Counts() snmp.Counts { return snmp.Counts{Requests: p.requests} }

func (p *player) Close() error { return nil }
