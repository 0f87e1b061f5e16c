package simulate

import (
	"encoding/binary"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmpwire"
)

// Limits of the programs that a fleet remembers; beyond them it begins anew.
const (
	mostPrograms = 4096
	mostSteps    = 400
)

// program is how machines of one model answer one request: pollers ask the same again and again.
type program struct {
	steps []step
	bulk  bool // is cut short where it gets too long; else that is tooBig
}

// step is one variable binding of an answer.
type step struct {
	name []byte // encoded, with its header
	col  *column
	row  int
	fix  snmpwire.VarBind // the value when there is no column
}

// programs are those of one model, by request.
type programs struct {
	all map[string]*program
	key []byte
	vb  snmpwire.VarBind
}

// answer appends the response PDU's list of bindings to dst. It is not ok for what has to be answered thoroughly.
func (p *programs) answer(dst []byte, m *machine, at time.Time, h *snmpwire.Head, room int) (list []byte, values int, ok bool) {
	switch h.Type {
	case snmpwire.GetRequest, snmpwire.GetBulkRequest:
	default:
		return nil, 0, false
	}
	if h.Version != snmpwire.V2c {
		return nil, 0, false
	}
	p.key = append(p.key[:0], byte(h.Type))
	p.key = binary.BigEndian.AppendUint32(p.key, uint32(h.Status))
	p.key = binary.BigEndian.AppendUint32(p.key, uint32(h.Index))
	p.key = append(p.key, h.List...)
	prog := p.all[string(p.key)]
	if prog == nil {
		if prog = compile(m, at, h); prog == nil {
			return nil, 0, false
		}
		if p.all == nil || len(p.all) >= mostPrograms {
			p.all = map[string]*program{}
		}
		p.all[string(p.key)] = prog
	}
	start := len(dst)
	for i := range prog.steps {
		s := &prog.steps[i]
		vb := &s.fix
		if s.col != nil {
			vb = &p.vb
			*vb = snmpwire.VarBind{}
			s.col.read(m, at, s.row, vb)
		}
		before := len(dst)
		dst = vb.AppendTo(dst, s.name)
		if len(dst)-start > room && i > 0 {
			if !prog.bulk {
				return nil, 0, false
			}
			return dst[:before], i, true
		}
	}
	return dst, len(prog.steps), true
}

// compile finds out what a request asks for. It is nil for what is not worth remembering.
func compile(m *machine, at time.Time, h *snmpwire.Head) *program {
	var req snmpwire.Message
	pdu := snmpwire.AppendHead(nil, h)
	if snmpwire.DecodePDU(&req, pdu) != nil {
		return nil
	}
	const unlimited = 1 << 20
	bulk := h.Type == snmpwire.GetBulkRequest
	if bulk && int(req.PDU.MaxRepetitions)*len(req.PDU.VarBinds) > mostSteps {
		return nil
	}
	v := view{m, at}
	resp, ok := snmpagent.Answer(v, &req, unlimited)
	if !ok || len(resp.PDU.VarBinds) > mostSteps || resp.PDU.ErrorStatus != snmpwire.NoError {
		return nil
	}
	prog := &program{bulk: bulk}
	for _, vb := range resp.PDU.VarBinds {
		s := step{name: snmpwire.AppendName(nil, vb.OID), fix: vb}
		if c, row, ok := v.find(vb.OID); ok && s.fix.Type != snmpwire.EndOfMibView {
			s.col, s.row = c, row
		}
		prog.steps = append(prog.steps, s)
	}
	return prog
}

// find is the column and row of an instance.
func (v view) find(name oid.OID) (*column, int, bool) {
	c := v.column(name)
	if c < 0 {
		return nil, 0, false
	}
	col := &v.m.table[c]
	row, found := col.row(name)
	return col, row, found
}
